package console_test

import (
	"log/slog"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/dialect"
	"orderhub/server/dialect/manual"
	"orderhub/server/dialect/sim"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/report"
	"orderhub/server/store/storetest"
)

// What is bought, what it earns, and what comes after the sale.
func TestTradeInABrowser(t *testing.T) {
	h := startSQLite(t)
	h.Stocked("EPIN", 25, 9)
	h.Simulated("GOLD", 40, sim.Script{Charge: "31.50"})
	h.Supplied(
		h.Product("GIFT", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
		manual.New(h.Store.Purchases),
	)
	claims := claim.NewService(h.Store.Claims, h.Store.Now)
	for i, reference := range []string{"shop-1001", "shop-1002", "shop-1003"} {
		placed, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, reference, "EPIN", 1, "GOLD", i+1))
		require.NoError(t, err)
		o := h.Finish(placed.Order)
		_, err = claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(h.shop.ID), OrderNumber: o.Number, Units: []int64{o.Lines[0].Goods[0].UnitID},
			Reason: claim.AlreadyUsed, Said: claim.Said{Text: "The shop says that it was used before."},
			By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
	}
	byHand, err := h.Orders.Create(t.Context(), storetest.Draft(h.shop, "by-hand", "GIFT", 2))
	require.NoError(t, err)
	_, err = h.Advance(t.Context(), byHand.Order.ID)
	require.NoError(t, err)
	counter := report.NewMarginCounter(h.Store.Reports, h.Store.Now, slog.New(slog.DiscardHandler))
	require.NoError(t, counter.Step(t.Context()))
	h.Supplied(h.Product("OWN", 100, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "topups", &lister{
		items: []dialect.Item{listedItem("OWN", 10), listedItem("A", 20), listedItem("B", 20)},
	})
	carl := h.browser("carl", operator.Catalogue)
	carl.post("/console/providers/topups/policy", url.Values{
		"interval": {"15"}, "newItems": {"propose"}, "seen": seen(carl.get("/console/providers/topups")),
	})
	carl.post("/console/providers/topups/follow", nil)
	_, err = h.Catalog.CreatePriceList(t.Context(), catalog.PriceList{
		Name: "resellers", Description: "Shops that buy a lot", Currency: storetest.THB,
		Rules: []catalog.PriceRule{{Base: catalog.OnList, Percent: -500}},
	})
	require.NoError(t, err)
	h.browser("fin", operator.Finance).post("/console/rates/set", url.Values{
		"baseCurrency": {"USD"}, "quoteCurrency": {"THB"}, "rate": {"34.10"},
	})

	held, err := h.Orders.Hold(t.Context(), storetest.Draft(h.shop, "basket-17", "EPIN", 2), 0)
	require.NoError(t, err)

	b := h.chromium("ada", operator.Admin)
	for _, page := range []struct{ path, see, picture string }{
		{"/holds", "basket-17", "holds"},
		{"/holds/" + held.Hold.Number, "What it keeps", "hold"},
		{"/margins?by=product&then=provider", "GOLD", "margins"},
		{"/claims", "already used", "claims"},
		{"/purchases", "GIFT", "purchases"},
		{"/rates", "34.1 THB", "rates"},
		{"/catalogue/prices/resellers", "What it would make", "prices"},
		{"/providers/topups/proposals", "Item A", "proposals"},
		{"/syncs?provider=topups", "applied", "lists"},
		{"/tickets", "Let in", "tickets"},
		{"/events", "", "events"},
	} {
		b.Visit("/console" + page.path)
		if page.see != "" {
			b.See(page.see)
		}
		b.Accessible()
		b.Picture(page.picture)
	}
	b.Visit("/console/claims")
	b.Press("1")
	b.See("The shop says that it was used before.")
	b.Accessible()
	b.Picture("claim")
}
