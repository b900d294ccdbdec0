package supplies_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/store/storetest"
	"orderhub/server/supply"
)

// A price that goes from a cost moves with the list that the cost is taken over from.
func TestPricesMoveWithCosts(t *testing.T) {
	run(t, func(t *testing.T, f *follower) {
		m := f.Merchant("reseller", 1000)
		list, err := f.Catalog.CreatePriceList(t.Context(), catalog.PriceList{
			Name: "by-cost", Currency: storetest.THB, Status: catalog.ListActive,
			Rules: []catalog.PriceRule{{Base: catalog.OnCost, Percent: 10000}},
		})
		require.NoError(t, err)
		list.Status = catalog.ListActive
		_, err = f.Catalog.UpdatePriceList(t.Context(), list, true)
		require.NoError(t, err)
		require.NoError(t, f.Catalog.SetPriceList(t.Context(), m.ID, list.ID))
		pays := func(want money.Amount) {
			t.Helper()
			placement, err := f.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(want), "OWN", 1))
			require.NoError(t, err)
			require.Equal(t, want, placement.Order.Total)
		}
		pays(storetest.Baht(20)) // twice what it costs
		f.lists(11)
		f.follow(supply.Applied)
		pays(storetest.Baht(22))
	})
}
