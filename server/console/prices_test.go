package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// A list is looked at, activated with its problems accepted, and given to a merchant.
func TestPriceListPages(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("CODE", 10, 1)
	h.Merchant("reseller", 100)
	_, err := h.Catalog.CreatePriceList(t.Context(), catalog.PriceList{
		Name: "resellers", Currency: storetest.THB, Rules: []catalog.PriceRule{{Base: catalog.OnCost, Percent: 1200}},
	})
	require.NoError(t, err)
	keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
	const at = "/console/catalogue/prices/resellers"
	require.Contains(t, viewer.get("/console/catalogue/prices").body, at)
	shown := viewer.get(at).body
	require.Contains(t, shown, "no cost")
	require.NotContains(t, shown, at+"/activate")
	require.Contains(t, keeper.post(at+"/activate", nil).body, "problems")
	require.Contains(t, keeper.post(at+"/activate", map[string][]string{"accept": {"yes"}}).body, "resellers is active.")
	given := keeper.post(at+"/give", map[string][]string{"merchant": {"reseller"}}).body
	require.Contains(t, given, "reseller has resellers.")
	require.Contains(t, keeper.post(at+"/archive", nil).body, "makes no prices any more")
}
