package marketacc

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"orderhub/server/dialect/sim"
)

// Simulated knows how a simulated partner misbehaves.
type Simulated struct{}

const ordersPath = "/api/v2/orders"

// Request says what a request asks for, of which purchase and of what. Products
// are named by their ids.
func (Simulated) Request(method, path string, body []byte) (op sim.Operation, reference string, skus []string) {
	code, single := strings.CutPrefix(path, ordersPath+"/")
	switch {
	case method == http.MethodPost && path == ordersPath:
		var o createOrderWire
		_ = json.Unmarshal(body, &o) // the door says what is wrong with it
		return sim.Place, o.IdempotencyKey, []string{strconv.FormatInt(o.ProductID, 10)}
	case method == http.MethodGet && single:
		return sim.Inquire, code, nil
	case method == http.MethodGet && path == ordersPath:
		return sim.Statement, "", nil
	case path == "/api/v2/products":
		return sim.List, "", nil
	case path == "/api/v2/me":
		return sim.Account, "", nil
	default:
		return sim.Other, "", nil
	}
}

// Refuse answers with an error of the status.
func (Simulated) Refuse(w http.ResponseWriter, status int, retryAfter time.Duration) {
	answer := internal
	if status == http.StatusTooManyRequests {
		answer = limited
	}
	e := answer(nil)
	e.Status, e.RetryAfter = status, retryAfter
	words.Refuse(w, e)
}

// Tamper changes the goods in an order, of a purchase's answer as well as of a
// question's.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	var o map[string]json.RawMessage
	var items []map[string]json.RawMessage
	var data string
	if json.Unmarshal(body, &o) != nil || json.Unmarshal(o["items"], &items) != nil || len(items) != 1 ||
		json.Unmarshal(items[0]["data"], &data) != nil || data == "" {
		return nil, false
	}
	_, rest, several := strings.Cut(data, "\n")
	switch {
	case how == sim.MoreUnits:
		items[0]["data"] = text(data + "\nONE-TOO-MANY")
	case how == sim.FewerUnits && several:
		items[0]["data"] = text(rest)
	case how == sim.Reversed:
		o["status"], items[0]["data"] = text("failed"), json.RawMessage("null")
		if items[0]["status"] != nil {
			items[0]["status"] = text("failed")
		}
	default:
		return nil, false
	}
	var err error
	if o["items"], err = json.Marshal(items); err != nil {
		return nil, false
	}
	changed, err := json.Marshal(o)
	return changed, err == nil
}

func text(s string) json.RawMessage {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic("marketacc: " + err.Error()) // a text always encodes
	}
	return quoted
}
