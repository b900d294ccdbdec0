package app_test

import (
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
)

// claimCauses are orders whose units did not work, or were used, as doors show them.
func claimCauses() []cause {
	replaced := twoUnits("replaced", "CLAIM_ANSWER_REPLACE")
	delete(replaced, "AX Cloud") // no ticket is replaced
	day := time.Now().UTC().Format(time.DateOnly)
	ticket := map[string]request{
		"REST":     with(restOrder("ticket-rest", "PARK_DAY", "1"), demo.ChannelKey),
		"AX Cloud": axOrderOf("ticket-axcloud", parkDay, parkDayOption, "1"),
	}
	for name, r := range ticket {
		r.body = strings.NewReplacer(`"quantity":1}`, `"quantity":1,"useDate":"`+day+`"}`, "2030-05-01", day).Replace(r.body)
		r.prepare = func(h *hub, r *request) { useTicket(h, name, r) }
		ticket[name] = r
	}
	return []cause{
		{
			"refunded claim", "An order whose only unit did not work and was paid back (`orderhub claim answer`).",
			overHTTP(everywhere("refunded", func(name string, r *request) {
				r.prepare = func(h *hub, r *request) { claimUnit(h, name, r, "CLAIM_ANSWER_REFUND") }
			})),
		},
		{
			"refunded claim on one of two units", "The other one works.", twoUnits("refunded-one", "CLAIM_ANSWER_REFUND"),
		},
		{
			"replaced unit", "One of two units did not work, and another one took its place; of a ticket none does.", replaced,
		},
		{
			"used ticket", "Somebody was let in with it (`orderhub ticket redeem`). AX Cloud tells the state of an order as a " +
				"whole, which stays; it cannot be cancelled any more.",
			ticket,
		},
	}
}

// twoUnits are orders of two units, one of which is claimed and answered.
func twoUnits(reference, answer string) map[string]request {
	return overHTTP(everywhere(reference, func(name string, r *request) {
		r.body = strings.NewReplacer(`"quantity":1`, `"quantity":2`, `"Quantity":1`, `"Quantity":2`).Replace(r.body)
		r.prepare = func(h *hub, r *request) { claimUnit(h, name, r, answer) }
	}))
}

// claimUnit places an order, has its first unit claimed and answered, and reads it.
func claimUnit(h *hub, name string, r *request, answer string) {
	h.tb.Helper()
	ask := func(path string, body map[string]any, into any) {
		require.Equal(h.tb, http.StatusOK, h.call(http.MethodPost, demo.OperatorKey, "/hub/v1"+path, body, into))
	}
	readAfter(h, name, r, func(number string) {
		var claim struct{ ID string }
		wish := map[string]any{"reason": "CLAIM_REASON_NOT_WORKING", "units": []string{goodsOf(h, number)[0].Unit}}
		ask("/orders/"+number+"/claims", wish, &claim)
		ask("/claims/"+claim.ID+":answer", map[string]any{"answer": answer}, nil)
	})
}

// useTicket places an order of a ticket, lets somebody in with it, and reads it.
func useTicket(h *hub, name string, r *request) {
	h.tb.Helper()
	key := r.key
	readAfter(h, name, r, func(number string) {
		redeem := map[string]any{"ticketCode": goodsOf(h, number)[0].TicketCode, "place": "Gate 2"}
		status := h.call(http.MethodPost, demo.OperatorKey, "/hub/v1/tickets:redeem", redeem, nil)
		require.Equal(h.tb, http.StatusOK, status)
	})
	r.key = key
}

type unitJSON struct{ Unit, TicketCode string }

// goodsOf are those of an order of one line.
func goodsOf(h *hub, number string) []unitJSON {
	h.tb.Helper()
	var o struct {
		Lines []struct{ Goods []unitJSON }
	}
	path := "/hub/v1/orders/" + number + "?showGoods=true"
	require.Equal(h.tb, http.StatusOK, h.call(http.MethodGet, demo.OperatorKey, path, nil, &o))
	require.NotEmpty(h.tb, o.Lines[0].Goods)
	return o.Lines[0].Goods
}
