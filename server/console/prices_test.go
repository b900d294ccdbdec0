package console_test

import (
	"fmt"
	"net/http"
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

// A list is made, tried with a rule before it has it, and changed.
func TestPriceListForms(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("CODE", 10, 1)
	keeper, viewer := h.browser("kim", operator.Catalogue), h.browser("vera", operator.Viewer)
	const start, at = "/console/catalogue/new-price-list", "/console/catalogue/prices/friends"
	require.Contains(t, keeper.get("/console/catalogue/prices").body, start)
	require.NotContains(t, viewer.get("/console/catalogue/prices").body, start)
	require.Contains(t, keeper.post(start+"/create", form{"name": {"Friends!"}, "currency": {"thb"}}).body, "f-name-error")
	made := keeper.post(start+"/create", form{
		"name": {"friends"}, "currency": {"thb"}, "description": {evil}, "startTime": {"2026-01-01T00:00"},
	})
	require.Contains(t, made.body, "friends is a draft")
	plainly(t, made.body)
	require.NotContains(t, viewer.get(at).body, at+"/add")

	const rule = "base=list&percent=-20&rounding=ending&step=0.99"
	tried := keeper.get(at + "?" + rule).body
	require.Contains(t, tried, "What it would make with the rule above")
	require.Contains(t, tried, "8.99")
	require.Contains(t, tried, `value="-20"`)
	require.Contains(t, keeper.get(at+"?base=list&percent=lots").body, "f-percent-error")
	require.NotContains(t, keeper.get(at).body, "8.99", "nothing was changed")

	version := func() []string { return []string{fmt.Sprint(h.priceList("friends").Version)} }
	add := form{
		"version": version(), "base": {"list"}, "percent": {"-20"}, "rounding": {"ending"}, "step": {"0.99"},
	}
	require.Contains(t, keeper.post(at+"/add", add).body, "8.99")
	require.Contains(t, keeper.post(at+"/add", add).body, "STALE_VERSION", "by who posted it the first time")
	require.Len(t, h.priceList("friends").Rules, 1)
	add["version"], add["product"] = version(), []string{"CODE"}
	require.Contains(t, keeper.post(at+"/add", add).body, "The rule is added.")
	require.EqualValues(t, 2, h.priceList("friends").Rules[1].Number)
	remove := func(b *browser, number string) answer {
		return b.post(at+"/remove", form{"version": version(), "number": {number}})
	}
	require.Contains(t, remove(keeper, "1").body, "The rule is removed.")
	require.EqualValues(t, 2, h.priceList("friends").Rules[0].Number)
	require.Equal(t, http.StatusForbidden, remove(viewer, "2").StatusCode)
	changed := keeper.post(at+"/change", form{"version": version(), "description": {"friends of the house"}}).body
	require.Contains(t, changed, "friends of the house")
	require.Nil(t, h.priceList("friends").From)
}

type form = map[string][]string

func (h *hub) priceList(name string) *catalog.PriceList {
	list, err := h.Catalog.PriceList(h.t.Context(), name)
	require.NoError(h.t, err)
	return &list
}
