package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

func TestClaims(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, ada := h.browser("vera", operator.Viewer), h.browser("ada", operator.Support)
		require.Contains(t, viewer.get("/console/claims").body, "Nothing waits for an answer.")
		h.Stocked("CODE", 10, 3)
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "one", "CODE", 2))
		require.NoError(t, err)
		claims := claim.NewService(h.Store.Claims, h.Store.Now)
		_, err = claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(h.shop.ID), OrderNumber: placed.Order.Number, Reason: claim.AlreadyUsed,
			Said: claim.Said{Text: "It was used in May"}, By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		at := hrefOf(t, viewer.get("/console/claims").body, `href="/console/claims/`)
		looked := viewer.get(at)
		require.Contains(t, looked.body, "It was used in May")
		require.Contains(t, looked.body, "That takes the role support.")
		require.Contains(t, viewer.get("/console/orders/"+placed.Order.Number).body, at)
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/refund", nil).StatusCode)

		require.Contains(t, ada.post(at+"/reject", url.Values{"reason": {""}}).body, "Say why")
		require.Contains(t, ada.post(at+"/refund", url.Values{"unit": {"many"}}).body, "Enter the number of a unit")
		require.Contains(t, ada.post(at+"/replace", nil).body, "OUT_OF_STOCK")
		unit := url.Values{"unit": {strconv.FormatInt(placed.Order.Lines[0].Goods[0].UnitID, 10)}, "reason": {"sorry"}}
		require.Contains(t, ada.post(at+"/replace", unit).body, "The units are replaced.")
		require.Contains(t, ada.post(at+"/refund", nil).body, "given back")
		require.Contains(t, viewer.get("/console/claims?status=answered").body, at)
		require.Contains(t, ada.post(at+"/dispute", nil).body, "UNIT_NOT_FOUND")
		storetest.RequireClean(t, h.Store)
	})
}

func TestTicketsAtTheConsole(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		ada := h.browser("ada", operator.Support)
		today := h.Store.Now().Format(time.DateOnly)
		h.Ticket("DAY", 10, 5, today)
		draft := storetest.Draft(h.shop, "one", "DAY", 1)
		draft.Lines[0].UseDate = today
		placed, err := h.Orders.Create(t.Context(), draft)
		require.NoError(t, err)
		code := placed.Order.Lines[0].Goods[0].TicketCode
		require.Contains(t, ada.post("/console/tickets/redeem", nil).body, "Enter the ticket&#39;s code.")
		let := ada.post("/console/tickets/redeem", url.Values{"ticketCode": {code}, "place": {"Gate 2"}})
		require.Contains(t, let.body, "is used now.")
		require.NotContains(t, let.Request.URL.String(), code)
		require.Contains(t, ada.post("/console/tickets/redeem", url.Values{"ticketCode": {code}}).body, "TICKET_USED")
	})
}
