package gameso

import (
	"encoding/json"
	"net/http"
	"strings"

	"orderhub/server/dialect/sim"
	"orderhub/server/door"
)

// Simulated knows how a simulated partner misbehaves.
type Simulated struct{}

// Request says what a request asks for, of which purchase and of what.
func (Simulated) Request(method, path string, body []byte) (op sim.Operation, reference string, skus []string) {
	reference, found := strings.CutPrefix(path, "/v1/orders/")
	switch {
	case method == http.MethodPost && path == "/v1/orders":
		var o createOrderWire
		_ = json.Unmarshal(body, &o) // the door says what is wrong with it
		for _, item := range o.Items {
			skus = append(skus, item.SKU)
		}
		return sim.Place, o.ReferenceID, skus
	case method == http.MethodGet && found:
		return sim.Inquire, reference, nil
	default:
		return sim.Other, "", nil
	}
}

func (Simulated) Words() *door.Words { return &words }

func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	return sim.Tamper(body, func(o *orderWire) bool {
		if o.Status != "completed" || len(o.Items) == 0 {
			return false
		}
		item := &o.Items[0]
		switch how {
		case sim.MoreUnits:
			item.CompletedQuantity++
		case sim.FewerUnits:
			item.CompletedQuantity = max(item.CompletedQuantity-1, 1)
		case sim.Reversed:
			code, message := codeProviderError, "Order was taken back"
			o.Status, o.FailureCode, o.FailureMessage = statusFailed, &code, &message
			item.Status, item.CompletedQuantity, item.FailedQuantity = statusFailed, 0, item.Quantity
			item.FailureCode, item.FailureMessage = &code, &message
		default:
			return false
		}
		return true
	})
}
