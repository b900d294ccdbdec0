package axcloud

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"orderhub/server/dialect/sim"
)

// Simulated knows how a simulated partner misbehaves.
type Simulated struct{}

// Request says what a request asks for, of which purchase and of what. Products
// are named by their options.
func (Simulated) Request(method, path string, body []byte) (op sim.Operation, reference string, skus []string) {
	code, single := strings.CutPrefix(path, ordersPath+"/")
	switch {
	case method == http.MethodPost && path == ordersPath:
		var o struct {
			Order struct {
				Code string `json:"channel_order_code"`
			} `json:"order"`
			Lines []struct {
				Option string `json:"dc_code"`
			} `json:"depth_combinations"`
		}
		_ = json.Unmarshal(body, &o) // the door says what is wrong with it
		for _, line := range o.Lines {
			skus = append(skus, line.Option)
		}
		return sim.Place, o.Order.Code, skus
	case single && method == http.MethodGet:
		return sim.Inquire, code, nil
	case single && method == http.MethodPatch:
		return sim.Cancel, code, nil
	case strings.HasPrefix(path, root+"/products/"):
		return sim.List, "", nil
	default:
		return sim.Other, "", nil
	}
}

// Refuse answers with an error of the status.
func (Simulated) Refuse(w http.ResponseWriter, status int, retryAfter time.Duration) {
	e := serverFault(nil)
	e.Status, e.RetryAfter = status, retryAfter
	words.Refuse(w, e)
}

// Tamper changes the tickets of an order's answer, and the status of one that is
// read.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	if how == sim.Reversed {
		var states answer[[]orderState]
		if json.Unmarshal(body, &states) != nil || len(states.Data) != 1 ||
			states.Data[0].AXOrderStatus != statusSupplierConfirm {
			return nil, false
		}
		states.Data[0].AXOrderStatus = statusUnavoidableCancel
		changed, err := json.Marshal(states)
		return changed, err == nil
	}
	var created answer[createdOrder]
	if json.Unmarshal(body, &created) != nil || len(created.Data.DepthCombinations) == 0 {
		return nil, false
	}
	tickets := &created.Data.DepthCombinations[0].Tickets
	switch {
	case how == sim.MoreUnits:
		*tickets = append(*tickets, createdTicket{TicketCode: codeOf("simulated", body), TicketStatus: ticketNew})
	case how == sim.FewerUnits && len(*tickets) > 1:
		*tickets = (*tickets)[1:]
	default:
		return nil, false
	}
	changed, err := json.Marshal(created)
	return changed, err == nil
}
