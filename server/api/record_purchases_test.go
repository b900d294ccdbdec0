package api_test

import (
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/dialect/manual"
	"orderhub/server/purchase"
	"orderhub/server/store/storetest"
)

func (a *acting) purchases() {
	const service = "PurchaseService."
	a.Supplied(a.Product("HAND", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
		manual.New(a.Store.Purchases))
	asked := func(reference string) int64 {
		placed, err := a.Orders.Create(a.t.Context(), storetest.Draft(a.shop, reference, "HAND", 1))
		require.NoError(a.t, err)
		_, err = a.Advance(a.t.Context(), placed.Order.ID)
		require.NoError(a.t, err)
		open, err := a.Store.Purchases.Purchases(a.t.Context(), purchase.Filter{State: purchase.Waiting, Limit: 10})
		require.NoError(a.t, err)
		require.Len(a.t, open, 1)
		return open[0].ID
	}
	take := func(id int64) {
		taken := do[*orderhubv1.TakePurchaseRequest, *orderhubv1.TakePurchaseResponse](a, service+"TakePurchase",
			&orderhubv1.TakePurchaseRequest{Purchase: id}, to("purchase", asText(id))).GetPurchase()
		require.Equal(a.t, "player", taken.GetRecipient().GetUserId())
		require.Equal(a.t, "ada", taken.GetTakenBy())
	}
	id := asked("by-hand")
	take(id)
	do[*orderhubv1.ReleasePurchaseRequest, *orderhubv1.ReleasePurchaseResponse](a, service+"ReleasePurchase",
		&orderhubv1.ReleasePurchaseRequest{Purchase: id}, to("purchase", asText(id)))
	take(id)
	do[*orderhubv1.DeliverPurchaseRequest, *orderhubv1.DeliverPurchaseResponse](a, service+"DeliverPurchase",
		&orderhubv1.DeliverPurchaseRequest{Purchase: id, Goods: []string{"CONTENT-HAND"}}, to("purchase", asText(id)))
	id = asked("by-hand-2")
	take(id)
	do[*orderhubv1.RefusePurchaseRequest, *orderhubv1.RefusePurchaseResponse](a, service+"RefusePurchase",
		&orderhubv1.RefusePurchaseRequest{Purchase: id, Reason: "no such account"}, to("purchase", asText(id)))
	assert.Equal(a.t, "no such account", a.entries(audit.Filter{Method: service + "RefusePurchase"})[0].Reason)
}
