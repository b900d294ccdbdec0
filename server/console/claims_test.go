package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
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

// What is replaced by a purchase says so until it has come, and where the purchase is.
func TestClaimsReplacedByPurchases(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		ada := h.browser("ada", operator.Support)
		h.Simulated("GOLD", 10, sim.Script{})
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "one", "GOLD", 1))
		require.NoError(t, err)
		o := h.Finish(placed.Order)
		_, err = claim.NewService(h.Store.Claims, h.Store.Now).Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(h.shop.ID), OrderNumber: o.Number, Reason: claim.AlreadyUsed,
			By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		at := hrefOf(t, ada.get("/console/claims").body, `href="/console/claims/`)
		answered := ada.post(at+"/replace", nil).body
		require.Contains(t, answered, "Others are being bought in the place of the units.")
		require.Contains(t, answered, "The customer keeps these until then")
		require.NotContains(t, answered, "Give back what it cost", "nothing waits")
		require.Contains(t, ada.get("/console/claims?status=replacing").body, at)
		h.Finish(o)
		require.NotContains(t, ada.get(at).body, "The customer keeps these")
		bought := hrefOf(t, ada.get("/console/orders/"+o.Number).body, `href="/console/attempts/`)
		require.Contains(t, ada.get(bought).body, at, "the newest attempt is for the claim")
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
		for when, says := range map[string]string{
			"soon": "This is not a time", "2026-01-02T03:04": "Must not be before the ticket was delivered",
		} {
			let := ada.post("/console/tickets/redeem", url.Values{"ticketCode": {code}, "redeemTime": {when}})
			require.Contains(t, let.body, says)
		}
		let := ada.post("/console/tickets/redeem", url.Values{
			"ticketCode": {code}, "place": {"Gate 2"}, "reference": {"gate-2-7"},
			"redeemTime": {h.Store.Now().UTC().Format("2006-01-02T15:04:05")},
		})
		require.Contains(t, let.body, "is used now.")
		require.NotContains(t, let.Request.URL.String(), code)
		again := ada.post("/console/tickets/redeem", url.Values{"ticketCode": {code}, "reference": {"gate-2-7"}})
		require.Contains(t, again.body, "is used now.")
		require.Contains(t, ada.post("/console/tickets/redeem", url.Values{"ticketCode": {code}}).body, "TICKET_USED")
	})
}

// halves is a provider that delivers one unit of each purchase.
type halves struct{ mute }

func (halves) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{
		State: dialect.Delivered, ProviderReference: p.Reference, Goods: []dialect.Goods{{Content: "ONE-" + p.Reference}},
	}, nil
}

// Of several purchases that delivered for a line, the page has the one chosen by which a unit came.
func TestPassingOnWithItsPurchase(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		ada := h.browser("ada", operator.Support)
		p := h.Product("GOLD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		h.Supplied(p, "first", halves{})
		h.Supplied(p, "second", halves{})
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "one", "GOLD", 2))
		require.NoError(t, err)
		o := h.Finish(placed.Order)
		require.Len(t, o.Lines[0].Goods, 2)
		claims := claim.NewService(h.Store.Claims, h.Store.Now)
		made, err := claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(h.shop.ID), OrderNumber: o.Number, Units: []int64{o.Lines[0].Goods[1].UnitID},
			Reason: claim.NotWorking, By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		at := fmt.Sprintf("/console/claims/%d", made.ID)
		require.Contains(t, ada.post(at+"/dispute", nil).body, "NO_PURCHASE")
		attempts, err := h.Engine.ListAttempts(t.Context(), fulfil.AttemptFilter{OrderID: o.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, attempts, 2)
		page := ada.get(at).body
		for _, a := range attempts {
			require.Contains(t, page, fmt.Sprintf(`<option value="%d"`, a.ID))
		}
		chosen := strconv.FormatInt(attempts[0].ID, 10)
		passed := ada.post(at+"/dispute", url.Values{"attempt": {chosen}, "reference": {"CASE-1"}})
		require.Contains(t, passed.body, "The unit is passed to its provider.")
		require.Contains(t, passed.body, "/console/attempts/"+chosen)
		storetest.RequireClean(t, h.Store)
	})
}
