package axcloud

import (
	"encoding/json"
	"net/http"
	"strings"

	"orderhub/server/dialect/sim"
	"orderhub/server/door"
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

func (Simulated) Words() *door.Words { return &words }

// Tamper changes the tickets of an order's answer, and the status of one that is
// read.
func (Simulated) Tamper(how sim.Effect, body []byte) ([]byte, bool) {
	if how == sim.Reversed {
		return sim.Tamper(body, func(states *answer[[]orderState]) bool {
			if len(states.Data) != 1 || states.Data[0].AXOrderStatus != statusSupplierConfirm {
				return false
			}
			states.Data[0].AXOrderStatus = statusUnavoidableCancel
			return true
		})
	}
	return sim.Tamper(body, func(created *answer[createdOrder]) bool {
		if len(created.Data.DepthCombinations) == 0 {
			return false
		}
		tickets := &created.Data.DepthCombinations[0].Tickets
		switch {
		case how == sim.MoreUnits:
			*tickets = append(*tickets, createdTicket{TicketCode: codeOf("simulated", body), TicketStatus: ticketNew})
		case how == sim.FewerUnits && len(*tickets) > 1:
			*tickets = (*tickets)[1:]
		default:
			return false
		}
		return true
	})
}
