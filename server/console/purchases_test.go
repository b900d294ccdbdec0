package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/manual"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/store/storetest"
)

func TestPurchases(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, ada, grace := h.browser("vera", operator.Viewer), h.browser("ada", operator.Support),
			h.browser("grace", operator.Support)
		require.Contains(t, viewer.get("/console/purchases").body, "Nothing waits for a person to deliver it.")
		h.Supplied(
			h.Product("GIFT", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
			manual.New(h.Store.Purchases),
		)
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "by-hand", "GIFT", 2))
		require.NoError(t, err)
		_, err = h.Advance(t.Context(), placed.Order.ID)
		require.NoError(t, err)
		open, err := h.Store.Purchases.Purchases(t.Context(), purchase.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, open, 1)

		at := hrefOf(t, viewer.get("/console/purchases").body, `href="/console/purchases/`)
		looked := viewer.get(at)
		require.Contains(t, looked.body, "That takes the role support.")
		require.NotContains(t, looked.body, "player")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/take", nil).StatusCode)

		require.NotContains(t, ada.get(at).body, "player")
		taken := ada.post(at+"/take", nil)
		require.Contains(t, taken.body, "player")
		require.Contains(t, taken.body, at+"/deliver")
		require.Contains(t, ada.get("/console/purchases").body, `id="mine"`)
		require.NotContains(t, ada.get(at).body, "player", "it is shown to who asks for it, each time on record")
		require.Contains(t, grace.post(at+"/take", nil).body, "PURCHASE_TAKEN")
		require.Contains(t, grace.post(at+"/deliver", url.Values{"goods": {"A"}}).body, "PURCHASE_TAKEN")
		bad := ada.post(at+"/deliver", url.Values{"goods": {"A\nB\nC"}})
		require.Equal(t, http.StatusBadRequest, bad.StatusCode, bad.body)
		require.Contains(t, bad.body, "1 to 2 entries")
		require.Contains(t, ada.post(at+"/deliver", url.Values{"goods": {""}}).body, "one line for each unit")
		done := ada.post(at+"/deliver", url.Values{"goods": {"AAAA-1\r\nAAAA-2\r\n"}})
		require.Contains(t, done.body, "2 of 2 units delivered.")
		require.Equal(t, order.StatusCompleted, h.Finish(placed.Order).Status)
		require.Contains(t, viewer.get("/console/purchases?status=delivered").body, at)
		require.NotContains(t, viewer.get(at).body, "AAAA-1")
	})
}
