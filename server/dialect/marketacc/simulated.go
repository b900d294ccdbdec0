package marketacc

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"orderhub/server/dialect/sim"
	"orderhub/server/door"
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

func (Simulated) Words() *door.Words { return &words }

// Tamper changes the goods in an order, of a purchase's answer as well as of a
// question's.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	return sim.Tamper(body, func(o *map[string]any) bool {
		items, _ := (*o)["items"].([]any)
		if len(items) != 1 {
			return false
		}
		item, _ := items[0].(map[string]any)
		data, _ := item["data"].(string)
		_, rest, several := strings.Cut(data, "\n")
		switch {
		case data == "":
			return false
		case how == sim.MoreUnits:
			item["data"] = data + "\nONE-TOO-MANY"
		case how == sim.FewerUnits && several:
			item["data"] = rest
		case how == sim.Reversed:
			(*o)["status"], item["data"] = "failed", nil
			if item["status"] != nil {
				item["status"] = "failed"
			}
		default:
			return false
		}
		return true
	})
}
