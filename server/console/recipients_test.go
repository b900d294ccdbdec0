package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// The catalogue's keepers say that recipients are checked; support checks them, where the product or an order is. What
// came of it is in the answer alone, and not in a cookie that says it later.
func TestRecipients(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		keeper, helper, viewer := h.browser("carl", operator.Catalogue), h.browser("sue", operator.Support),
			h.browser("vera", operator.Viewer)
		shop := h.Merchant("buyer", 1000)
		h.Simulated("GOLD", 10, sim.Script{})
		h.Players(map[string]string{"player": evil})
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(shop, "r", "GOLD", 1))
		require.NoError(t, err)
		const at = "/console/catalogue/products/GOLD"
		form := product("GOLD", "source", "provider", "category", "things", "recipientCheckWithin", "10s", "version", "1")
		form.Set("name", "GOLD")
		wrong := keeper.post(at+"/change", form)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-recipientCheckWithin-error"`)
		form.Set("recipientCheckWithin", "30m")
		require.Contains(t, keeper.post(at+"/change", form).body, "recipient check within")
		require.NotContains(t, viewer.get(at).body, "Check somebody")
		page := helper.get(at)
		require.Contains(t, page.body, "not older than 30m")
		require.Contains(t, page.body, "Check somebody")
		require.Equal(t, http.StatusForbidden, viewer.post(at+"/check", url.Values{"userId": {"player"}}).StatusCode)

		found := helper.post(at+"/check", url.Values{"userId": {"player"}, "merchant": {"buyer"}})
		require.Equal(t, http.StatusOK, found.StatusCode, found.body)
		require.Contains(t, found.body, "There is such a recipient")
		plainly(t, found.body)
		require.Contains(t, found.body, "of buyer, until")
		require.NotContains(t, helper.get(at).body, "alert(1)")
		require.Contains(t, helper.post(at+"/check", url.Values{"userId": {"nobody"}}).body, "There is no such recipient")
		nobody := helper.post(at+"/check", nil)
		require.Equal(t, http.StatusBadRequest, nobody.StatusCode)
		require.Contains(t, nobody.body, "Must say who receives it")

		order := "/console/orders/" + placed.Order.Number
		require.Contains(t, helper.get(order).body, "Check who receives GOLD")
		require.NotContains(t, viewer.get(order).body, "Check who receives")
		require.Contains(t, helper.post(order+"/check", url.Values{"line": {"1"}}).body, "There is such a recipient")
		require.Equal(t, http.StatusBadRequest, helper.post(order+"/check", url.Values{"line": {"2"}}).StatusCode)
		h.Players(nil)
		unknown := helper.post(at+"/check", url.Values{"userId": {"other"}})
		require.Contains(t, unknown.body, "It cannot be told")
		require.Contains(t, unknown.body, "Nobody who supplies the product can be asked.")
	})
}
