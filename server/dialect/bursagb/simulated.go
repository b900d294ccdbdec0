package bursagb

import (
	"encoding/json"
	"strconv"
	"strings"

	"orderhub/server/dialect/sim"
	"orderhub/server/door"
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

func (Simulated) Words() *door.Words { return &words }

// Tamper changes the state of a line that is delivered.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	return sim.Tamper(body, func(answer *envelope[*deliveryWire]) bool {
		state := answer.Data
		if state == nil || state.Status != statusDelivered {
			return false
		}
		units := state.DeliveryData
		if units == nil {
			units = state.DeliveryNote
		}
		switch {
		case how == sim.MoreUnits:
			// Codes, whatever they were: texts of another number are every unit's.
			state.DeliveryData, state.DeliveryNote = append(units, "ONE-TOO-MANY"), nil
		case how == sim.FewerUnits && len(units) > 1:
			state.DeliveryData, state.DeliveryNote = units[1:], nil
		case how == sim.Reversed:
			state.Status = statusCancelled
			state.DeliveryData, state.DeliveryNote = nil, []string{"Order was taken back"}
		default:
			return false
		}
		return true
	})
}
