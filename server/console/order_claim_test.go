package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// An operator claims for a merchant on the page of the order, units that are ticked or all that are left.
func TestClaimFromOrder(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, ada := h.browser("vera", operator.Viewer), h.browser("ada", operator.Support)
		h.Stocked("CODE", 10, 3)
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "one", "CODE", 3))
		require.NoError(t, err)
		at, goods := "/console/orders/"+placed.Order.Number, placed.Order.Lines[0].Goods
		unit := func(i int) string { return strconv.FormatInt(goods[i].UnitID, 10) }
		require.NotContains(t, viewer.get(at).body, "Claim units…")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/claim", nil).StatusCode)

		wrong := ada.post(at+"/claim", url.Values{"units": {unit(1)}, "reason": {"other"}})
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-claim-text-error"`, "what is wrong has to be said")
		require.Contains(t, wrong.body, `value="`+unit(1)+`" checked`, "what was ticked is kept")
		require.NotContains(t, wrong.body, `value="`+unit(0)+`" checked`)
		require.Contains(t, ada.post(at+"/claim", url.Values{"units": {"many"}}).body, "This is no unit of the order.")
		made := ada.post(at+"/claim", url.Values{
			"units": {unit(1)}, "reason": {"already_used"}, "text": {"In May"}, "evidence": {"a screenshot"},
			"reference": {"complaint-1"},
		}).body
		for _, want := range []string{"waits for an answer.", "In May", "a screenshot", "complaint-1", "already used"} {
			require.Contains(t, made, want)
		}
		left := ada.get(at).body
		require.NotContains(t, left, `name="units" value="`+unit(1)+`"`)
		require.Contains(t, left, `name="units" value="`+unit(2)+`"`)
		again := ada.post(at+"/claim", url.Values{"units": {unit(1)}, "reason": {"expired"}})
		require.Contains(t, again.body, "UNIT_CLAIMED")

		require.Contains(t, ada.post(at+"/claim", url.Values{"reason": {"expired"}}).body, "waits for an answer.")
		listed, err := claim.NewService(h.Store.Claims, h.Store.Now).Claims(
			t.Context(), order.ByOperator(), claim.Filter{OrderNumber: placed.Order.Number, Limit: 10},
		)
		require.NoError(t, err)
		require.Len(t, listed, 2)
		require.Len(t, listed[0].Units, 2)
		require.Equal(t, "ada", listed[0].By.Name)
		require.NotContains(t, ada.get(at).body, "Claim units…", "nothing is left")
		storetest.RequireClean(t, h.Store)
	})
}
