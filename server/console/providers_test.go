package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
)

func TestProviders(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
		require.Contains(t, viewer.get("/console/providers").body, "There are no providers yet.")
		h.Simulated("GOLD", 10, sim.Script{})
		require.Contains(t, viewer.get("/console/providers").body, "/console/providers/sim")
		const at = "/console/providers/sim"
		require.Contains(t, viewer.get("/console/providers").body, "In 24 hours")
		page := viewer.get(at)
		require.Contains(t, page.body, "GOLD")
		require.NotContains(t, page.body, "Disable")
		for _, act := range []string{"switch", "change", "compare"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+"/"+act, nil).StatusCode, act)
		}
		require.Contains(t, keeper.get(at).body, "Disable")
		require.Contains(
			t, keeper.post(at+"/switch", url.Values{"status": {"disabled"}}).body, "The provider is disabled.",
		)
		require.Contains(t, keeper.get(at).body, "Enable")
		require.Contains(t, keeper.post(at+"/switch", url.Values{"status": {"active"}}).body, "The provider is active.")
		for typed, said := range map[string]string{"many": "This is not a whole number.", "5000": "1000"} {
			wrong := keeper.post(at+"/change", url.Values{"maxConcurrency": {typed}})
			require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
			require.Contains(t, wrong.body, said)
			require.Contains(t, wrong.body, `value="`+typed+`"`)
		}
		require.Contains(t, keeper.post(at+"/change", url.Values{"maxConcurrency": {"7"}}).body, "<dd>7</dd>")
		compared := keeper.post(at+"/compare", nil)
		require.Equal(t, http.StatusOK, compared.StatusCode, compared.body)
		require.Contains(t, compared.body, "This provider lists nothing, so nothing can be compared.")
		require.NotContains(t, compared.body, "not listed any more")
	})
}

// Offers are made, changed, switched off and deleted where products and providers are.
func TestOffers(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		viewer, keeper := h.browser("vera", operator.Viewer), h.browser("carl", operator.Catalogue)
		h.Simulated("GOLD", 10, sim.Script{})
		h.Product("SILVER", 20, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		const product, provider = "/console/catalogue/products/SILVER", "/console/providers/sim"
		offer := url.Values{
			"provider": {"sim"}, "providerSku": {"their-silver"}, "cost": {"1,5"}, "currency": {"usd"}, "priority": {"3"},
		}
		for _, at := range []string{product, provider} {
			require.NotContains(t, viewer.get(at).body, "Add an offer")
			require.Equal(t, http.StatusForbidden, viewer.post(at+"/offer", offer).StatusCode)
		}
		wrong := keeper.post(product+"/offer", offer)
		require.Equal(t, http.StatusBadRequest, wrong.StatusCode)
		require.Contains(t, wrong.body, `id="f-offer-cost-error"`)
		require.Contains(t, wrong.body, `value="their-silver"`)
		offer.Set("cost", "1.50")
		made := keeper.post(product+"/offer", offer)
		require.Contains(t, made.body, "SILVER is bought from sim as their-silver.")
		_, rest, found := strings.Cut(made.body, `<th scope="row"><a href="`+product+"/offers/")
		require.True(t, found)
		id, _, _ := strings.Cut(rest, `"`)
		at := product + "/offers/" + id
		require.Contains(t, keeper.get(provider).body, at)
		page := keeper.get(at)
		require.Contains(t, page.body, "their-silver")
		require.NotContains(t, viewer.get(at).body, "<form method=\"post\" action=\""+at)
		for _, act := range []string{"change", "switch", "delete"} {
			require.Equal(t, http.StatusForbidden, viewer.post(at+"/"+act, nil).StatusCode, act)
		}

		change := url.Values{
			"seen": {hidden(t, page.body, "seen")}, "providerSku": {"their-silver"}, "cost": {"1.75"}, "currency": {"USD"},
			"priority": {"2"},
		}
		require.Contains(t, keeper.post(at+"/change", change).body, "Changed: cost, priority.")
		late := keeper.post(at+"/change", change)
		require.Equal(t, http.StatusConflict, late.StatusCode)
		change.Set("seen", hidden(t, keeper.get(at).body, "seen"))
		require.Contains(t, keeper.post(at+"/change", change).body, "Nothing was changed.")
		change["maxLossBasisPoints"], change["priceLocked"] = []string{"0"}, []string{"yes"}
		bounded := keeper.post(at+"/change", change)
		require.Contains(t, bounded.body, "Changed: price locked, max loss basis points.")
		require.Contains(t, bounded.body, "<dt>May be lost</dt><dd>0 hundredths of a percent of its cost</dd>")
		require.Contains(t, bounded.body, `name="priceLocked" value="yes" checked>`)
		require.Contains(t, bounded.body, `name="stateLocked" value="yes">`)
		change["maxLossBasisPoints"] = []string{"much"}
		change.Set("seen", hidden(t, bounded.body, "seen"))
		require.Equal(t, http.StatusBadRequest, keeper.post(at+"/change", change).StatusCode)
		change["maxLossBasisPoints"], change["priceLocked"] = []string{""}, nil
		free := keeper.post(at+"/change", change).body
		require.Contains(t, free, "Changed: price locked, max loss basis points.")
		require.NotContains(t, free, "May be lost")
		off := keeper.post(at+"/switch", url.Values{"status": {"disabled"}})
		require.Contains(t, off.body, "Offer "+id+" is disabled.")
		require.Contains(t, off.body, "Switch on")
		require.Contains(t, keeper.post(at+"/switch", url.Values{"status": {"active"}}).body, "is active.")
		gone := keeper.post(at+"/delete", url.Values{"seen": {hidden(t, keeper.get(at).body, "seen")}})
		require.Contains(t, gone.body, "SILVER is not bought from sim as their-silver any more.")
		require.Equal(t, http.StatusNotFound, keeper.get(at).StatusCode)

		offer = url.Values{"product": {"SILVER"}, "providerSku": {"again"}, "cost": {"2.00"}}
		require.Contains(t, keeper.post(provider+"/offer", offer).body, "SILVER is bought from sim as again.")
		twice := keeper.post(provider+"/offer", offer)
		require.Equal(t, http.StatusConflict, twice.StatusCode)
	})
}
