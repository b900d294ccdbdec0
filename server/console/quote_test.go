package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/fulfil"
	"orderhub/server/operator"
	"orderhub/server/store/storetest"
)

// boughtFor is a product that costs this at a provider of its own.
func (h *hub) boughtFor(sku, provider string, price, cost int64) {
	h.t.Helper()
	p := h.Product(sku, price, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
	h.Supplied(p, provider, &lister{})
	offers, err := h.Providers.ListOffers(h.t.Context(), p.ID)
	require.NoError(h.t, err)
	_, err = h.Providers.UpdateOffer(h.t.Context(), offers[0].ID, func(o *fulfil.Offer) error {
		o.SetCost(storetest.Baht(cost), storetest.THB)
		return nil
	})
	require.NoError(h.t, err)
}

// cheaper has the shop pay by a price list, a tenth less.
func (h *hub) cheaper() {
	h.t.Helper()
	list, err := h.Catalog.CreatePriceList(h.t.Context(), catalog.PriceList{
		Name: "resellers", Currency: storetest.THB, Rules: []catalog.PriceRule{{Base: catalog.OnList, Percent: -1000}},
	})
	require.NoError(h.t, err)
	list.Status = catalog.ListActive
	_, err = h.Catalog.UpdatePriceList(h.t.Context(), list, true)
	require.NoError(h.t, err)
	require.NoError(h.t, h.Catalog.SetPriceList(h.t.Context(), h.shop.ID, list.ID))
}

// An operator sees what an order would cost and earn, by which rule, from whom, and who would be passed over.
func TestQuotes(t *testing.T) {
	h := startSQLite(t)
	h.boughtFor("GEMS", "topups", 10, 7)
	h.boughtFor("DEAR", "boutique", 10, 12)
	h.Stocked("CODE", 25, 1)
	h.cheaper()
	const at = "/console/quote"
	b := h.browser("vera", operator.Viewer)
	require.Contains(t, b.get("/console/catalogue/products/GEMS").body, at+"?sku=GEMS")
	require.Contains(t, b.get(at+"?sku=GEMS").body, ">GEMS</textarea>")

	quoted := b.post(at+"/price", form{"merchant": {"shop"}, "sku": {"GEMS = 2\r\nDEAR\r\nCODE=3\r\nNONE"}})
	require.Equal(t, http.StatusOK, quoted.StatusCode)
	for _, want := range []string{
		"18.00", "resellers/", "14.00", "4.00", "/console/catalogue/products/GEMS/offers/", "/console/providers/topups",
		"nobody", "Passed over: boutique", "our own stock", "OUT_OF_STOCK", "PRODUCT_NOT_FOUND",
		"It would be refused now.",
	} {
		require.Contains(t, quoted.body, want)
	}
	accepted := b.post(at+"/price", form{"merchant": {"shop"}, "sku": {"GEMS"}})
	require.Contains(t, accepted.body, "It would be accepted now.")

	for _, tt := range []struct {
		name string
		form form
		code int
		said string
	}{
		{"no number", form{"merchant": {"shop"}, "sku": {"GEMS=0"}}, http.StatusBadRequest, `id="f-sku-error"`},
		{
			"no pairs",
			form{"merchant": {"shop"}, "sku": {"GEMS"}, "fields": {"x"}},
			http.StatusBadRequest,
			`id="f-fields-error"`,
		},
		{"nobody", form{"merchant": {evil}, "sku": {"GEMS"}}, http.StatusNotFound, "Merchant not found."},
		{
			"no coupon",
			form{"merchant": {"shop"}, "sku": {"GEMS"}, "coupon": {"NONE"}},
			http.StatusBadRequest,
			"COUPON_INVALID",
		},
		{"for nobody", form{"sku": {"GEMS"}}, http.StatusBadRequest, `id="f-merchant-error"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			wrong := b.post(at+"/price", tt.form)
			require.Equal(t, tt.code, wrong.StatusCode, wrong.body)
			require.Contains(t, wrong.body, tt.said)
			require.Contains(t, wrong.body, ">"+tt.form["sku"][0]+"</textarea>", "what was typed stays")
			require.NotContains(t, wrong.body, evil)
		})
	}
}

// The page is walked as an operator would who was asked for a price.
func TestQuotesInABrowser(t *testing.T) {
	h := startSQLite(t)
	h.boughtFor("GEMS", "topups", 10, 7)
	h.boughtFor("DEAR", "boutique", 10, 12)
	h.cheaper()
	b := h.chromium("vera", operator.Viewer)
	b.Press("Quote")
	b.Accessible()
	b.Fill("Merchant", "shop")
	b.Fill("Products", "GEMS=2\nDEAR")
	b.Press("Price it")
	b.See("offer 1 of topups")
	b.See("Passed over")
	b.Accessible()
	b.Picture("quote")
	b.Press("GEMS")
	b.Press("What it would cost and earn…")
	b.Fill("Merchant", "nobody")
	b.Press("Price it")
	b.See("Merchant not found.")
	b.Accessible()
}
