package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

func TestHolds(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, ada := h.browser("vera", operator.Viewer), h.browser("ada", operator.Support)
		require.Contains(t, viewer.get("/console/holds").body, "Nothing is held.")
		h.Stocked("CODE", 10, 3)
		h.Merchant("other", 100)
		before := h.Balance(h.shop)
		placed, err := h.Orders.Hold(t.Context(), storetest.Draft(h.shop, "basket-17", "CODE", 2), 0)
		require.NoError(t, err)
		at := "/console/holds/" + placed.Hold.Number
		list := viewer.get("/console/holds").body
		require.Equal(t, at, hrefOf(t, list, `href="/console/holds/`))
		require.Contains(t, list, "2 × CODE")
		require.Contains(t, viewer.get("/console/holds?merchant=shop").body, at)
		require.Contains(t, viewer.get("/console/holds?merchant=other").body, "No hold is like this.")
		require.Contains(t, viewer.get("/console/holds?merchant=nobody").body, "f-merchant-error")
		require.Equal(t, http.StatusNotFound, viewer.get("/console/holds/nothing").StatusCode)
		require.NotContains(t, viewer.get(at).body, "Release it")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/release", nil).StatusCode)
		require.Contains(t, ada.get(at).body, "Release it")
		require.Contains(t, ada.post(at+"/release", nil).body, "shop has its 20.00 THB back.")
		require.Equal(t, before, h.Balance(h.shop))
		require.NotContains(t, ada.get(at).body, "Release it")
		require.NotContains(t, viewer.get("/console/holds").body, at)
		require.Contains(t, viewer.get("/console/holds?ended=too").body, at)

		placed, err = h.Orders.Hold(t.Context(), storetest.Draft(h.shop, "basket-18", "CODE", 1), 0)
		require.NoError(t, err)
		_, err = h.Orders.Confirm(t.Context(), h.shop.ID, placed.Hold.Number)
		require.NoError(t, err)
		at = "/console/holds/" + placed.Hold.Number
		require.Contains(t, ada.get(at).body, "/console/orders/"+placed.Hold.Number)
		require.Contains(t, ada.post(at+"/release", nil).body, "HOLD_ENDED")
		storetest.RequireClean(t, h.Store)
	})
}
