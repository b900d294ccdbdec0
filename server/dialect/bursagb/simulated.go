package bursagb

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

// Request says what a request asks for, of which purchase and of what. Products
// are named by their CustomerStoreProductID.
func (Simulated) Request(_, path string, body []byte) (op sim.Operation, reference string, skus []string) {
	path = strings.ToLower(path)
	detail, isDetail := strings.CutPrefix(path, "/order/detail/")
	switch {
	case path == "/order/create":
		var o createOrderWire
		_ = json.Unmarshal(body, &o) // the door says what is wrong with it
		for _, line := range o.BasketData {
			reference = line.DeliverID
			skus = append(skus, strconv.FormatInt(line.CustomerStoreProductID, 10))
		}
		return sim.Place, reference, skus
	case isDetail:
		return sim.Inquire, detail, nil
	case path == "/order/cancel":
		return sim.Cancel, "", nil
	case path == "/products/list":
		return sim.List, "", nil
	case path == "/customer/get":
		return sim.Account, "", nil
	case strings.HasPrefix(path, "/login/"):
		return sim.SignIn, "", nil
	default:
		return sim.Other, "", nil
	}
}

// Refuse answers with an error of the status.
func (Simulated) Refuse(w http.ResponseWriter, status int, retryAfter time.Duration) {
	answer := internal
	if status == http.StatusTooManyRequests {
		answer = tooMany
	}
	e := answer(nil)
	e.Status, e.RetryAfter = status, retryAfter
	words.Refuse(w, e)
}

// Tamper changes the state of a line that is delivered.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	var state envelope[*deliveryWire]
	if json.Unmarshal(body, &state) != nil || state.Data == nil || state.Data.Status != statusDelivered {
		return nil, false
	}
	units := &state.Data.DeliveryData
	if *units == nil {
		units = &state.Data.DeliveryNote
	}
	switch {
	case how == sim.MoreUnits:
		// Codes, whatever they were: texts of another number are every unit's.
		state.Data.DeliveryData, state.Data.DeliveryNote = append(*units, "ONE-TOO-MANY"), nil
	case how == sim.FewerUnits && len(*units) > 1:
		state.Data.DeliveryData, state.Data.DeliveryNote = (*units)[1:], nil
	case how == sim.Reversed:
		state.Data.Status = statusCancelled
		state.Data.DeliveryData = nil
		state.Data.DeliveryNote = []string{"Order was taken back"}
	default:
		return nil, false
	}
	changed, err := json.Marshal(state)
	return changed, err == nil
}
