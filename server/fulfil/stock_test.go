package fulfil_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/dialect/stock"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// shelf lets the product be served from the units of another one first.
func shelf(t *testing.T, w *storetest.World, p catalog.Product, sku string) *stock.Connector {
	t.Helper()
	own, err := w.Store.Providers.CreateProvider(
		t.Context(), fulfil.Provider{Name: "own", Connector: stock.Name, Status: fulfil.StatusActive}, nil,
	)
	require.NoError(t, err)
	_, err = w.Store.Providers.CreateOffer(
		t.Context(),
		fulfil.Offer{
			ProductID: p.ID, ProviderID: own.ID, ProviderSKU: sku, Currency: storetest.THB, Status: fulfil.StatusActive,
		},
	)
	require.NoError(t, err)
	c := stock.New(w.Store.Units)
	w.Connectors = map[int64]dialect.Connector{own.ID: c}
	return c
}

// What is left of our own stock is sold first, each unit once, and the rest is
// bought.
func TestStockFirst(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10_000)
		w.Stocked("CODES", 10, 5)
		p := w.Simulated("GOOD", 10, sim.Script{})
		c := shelf(t, w, p, "CODES")
		var buying sync.WaitGroup
		var mu sync.Mutex
		seen := make(map[string]bool)
		own := 0
		for n := range 8 {
			placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", n), "GOOD", 2))
			require.NoError(t, err)
			buying.Go(func() {
				o := w.Finish(placement.Order)
				mu.Lock()
				defer mu.Unlock()
				if o.Status != order.StatusCompleted || len(o.Lines[0].Goods) != 2 {
					t.Errorf("order %d is %s with %d goods", n, o.Status, len(o.Lines[0].Goods))
				}
				for _, g := range o.Lines[0].Goods {
					if seen[g.Content] {
						t.Errorf("%s is delivered twice", g.Content)
					}
					seen[g.Content] = true
					if g.Content[0] == 'C' {
						own++
					}
				}
			})
		}
		buying.Wait()
		require.Equal(t, 5, own)
		levels, err := w.Store.Products.StockLevels(t.Context())
		require.NoError(t, err)
		for _, left := range levels {
			require.Zero(t, left)
		}
		_, err = w.Store.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%v", f) })
		require.NoError(t, err)

		refused, err := c.Place(t.Context(), dialect.Purchase{Reference: "another", SKU: "CODES", Quantity: 1})
		require.NoError(t, err)
		require.Equal(t, "OUT_OF_STOCK", refused.FailureCode)
		refused, err = c.Place(t.Context(), dialect.Purchase{Reference: "another", SKU: "NONE", Quantity: 1})
		require.NoError(t, err)
		require.Equal(t, "ITEM_NOT_FOUND", refused.FailureCode)
	})
}

// Units set aside for a purchase are the same however often they are asked for.
func TestStockIsSetAsideOnce(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		w.Stocked("CODES", 10, 3)
		c := stock.New(w.Store.Units)
		p := dialect.Purchase{Reference: "ref", SKU: "CODES", Quantity: 2}
		asked, err := c.Inquire(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, dialect.CodeNotReceived, asked.FailureCode)
		first, err := c.Place(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, []dialect.Goods{{Content: "CODES-1"}, {Content: "CODES-2"}}, first.Goods)
		again, err := c.Place(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, first, again)
		asked, err = c.Inquire(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, first, asked)
	})
}
