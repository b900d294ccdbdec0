package units_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// expiring imports units of a product, each after so many hours from now; 0 for never.
func expiring(t *testing.T, w *storetest.World, p *catalog.Product, hours ...int) catalog.ImportReport {
	t.Helper()
	units := make([]catalog.ImportedUnit, len(hours))
	for i, h := range hours {
		units[i] = catalog.ImportedUnit{Line: i + 1, Content: fmt.Sprintf("%s in %d h", p.SKU, h)}
		if h != 0 {
			at := time.Now().Add(time.Duration(h) * time.Hour)
			units[i].ExpiresAt = &at
		}
	}
	report, err := w.Catalog.ImportUnits(t.Context(), p, catalog.ImportOptions{}, units)
	require.NoError(t, err)
	return report
}

// withMargin is a product whose units are not sold within an hour of their expiry.
func withMargin(t *testing.T, w *storetest.World, sku string) catalog.Product {
	t.Helper()
	p := w.Stocked(sku, 1, 0)
	p.ExpiryMargin = time.Hour
	changed, err := w.Catalog.UpdateProduct(t.Context(), p)
	require.NoError(t, err)
	return changed
}

// pass has everything expire so much sooner.
func pass(t *testing.T, w *storetest.World, hours int) {
	t.Helper()
	_, err := w.Store.WriteDB.ExecContext(t.Context(), fmt.Sprintf(
		`UPDATE units SET expires_s = expires_s - %d WHERE expires_s < 253402300800`, hours*3600,
	))
	require.NoError(t, err)
}

func inStock(t *testing.T, w *storetest.World, p *catalog.Product) int64 {
	t.Helper()
	levels, err := w.Store.Products.StockLevels(t.Context())
	require.NoError(t, err)
	return levels[p.ID]
}

// What expires first is sold first, what expires never last, and what is within the
// margin not at all.
func TestSoonestIsSoldFirst(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, p := w.Merchant("buyer", 1000), withMargin(t, w, "CODE")
		report := expiring(t, w, &p, 0, 30, 20, 1, 40, -1)
		require.Equal(t, 4, report.Imported)
		require.Equal(t, []catalog.RefusedLine{
			{Line: 4, Reason: catalog.ContentExpired},
			{Line: 6, Reason: catalog.ContentExpired},
		}, report.Refused)
		require.EqualValues(t, 4, inStock(t, w, &p))
		buy := func(reference string, quantity int) ([]string, error) {
			placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, reference, "CODE", quantity))
			if err != nil {
				return nil, err
			}
			return storetest.Contents(placement.Order.Lines[0]), nil
		}
		first, err := buy("a", 1)
		require.NoError(t, err)
		require.Equal(t, []string{"CODE in 20 h"}, first)
		pass(t, w, 29) // what had 30 hours is within the margin
		require.EqualValues(t, 2, inStock(t, w, &p))
		_, err = buy("too many", 3)
		var lines *order.LinesError
		require.ErrorAs(t, err, &lines)
		require.Equal(t, order.ReasonOutOfStock, lines.Problems[0].Reason)
		require.Equal(t, []catalog.UnitState{available, catalog.UnitExpired, sold, available},
			states(t, w, catalog.UnitFilter{ProductID: p.ID}))
		require.Len(t, states(t, w, catalog.UnitFilter{ProductID: p.ID, State: catalog.UnitExpired}), 1)
		rest, err := buy("b", 2)
		require.NoError(t, err)
		require.Equal(t, []string{"CODE in 40 h", "CODE in 0 h"}, rest)
		storetest.RequireClean(t, w.Store)
	})
}

// Large orders are read in a second step; they go on where the first ended.
func TestLargeOrdersTakeTheSoonest(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, p := w.Merchant("buyer", 1000), withMargin(t, w, "CODE")
		hours := make([]int, 3*order.SmallOrder)
		for i := range hours {
			hours[i] = 2 + (len(hours)-i)%7
		}
		units := make([]catalog.ImportedUnit, len(hours))
		for i, h := range hours {
			at := time.Now().Add(time.Duration(h) * time.Hour)
			units[i] = catalog.ImportedUnit{Line: i + 1, Content: fmt.Sprintf("%d-%d", h, i), ExpiresAt: &at}
		}
		_, err := w.Catalog.ImportUnits(t.Context(), &p, catalog.ImportOptions{}, units)
		require.NoError(t, err)
		var sold []string
		for i, quantity := range []int{order.SmallOrder + 1, 2, order.SmallOrder + 5} {
			placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint(i), "CODE", quantity))
			require.NoError(t, err)
			sold = append(sold, storetest.Contents(placement.Order.Lines[0])...)
		}
		for i := range sold[1:] {
			require.LessOrEqual(t, sold[i][:1], sold[i+1][:1], "unit %d", i)
		}
		storetest.RequireClean(t, w.Store)
	})
}

// However orders meet, no unit is sold twice, and none that has expired.
func TestSellingBesideExpired(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, p := w.Merchant("buyer", 1000), withMargin(t, w, "CODE")
		hours := make([]int, 60)
		for i := range hours {
			hours[i] = 2 + i
		}
		expiring(t, w, &p, hours...)
		pass(t, w, 20) // the first twenty are within the margin, or behind it
		accepted, _ := storetest.Together(60, func(i int) error {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("order-", i), "CODE", 1))
			return err
		})
		require.Equal(t, 40, accepted)
		require.Zero(t, inStock(t, w, &p))
		require.Len(t, states(t, w, catalog.UnitFilter{ProductID: p.ID, State: catalog.UnitExpired}), 20)
		storetest.RequireClean(t, w.Store)
	})
}

func TestSetUnitAside(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m := t.Context(), w.Merchant("buyer", 1000)
		p := withMargin(t, w, "CODE")
		expiring(t, w, &p, 10, 20, 0)
		units, err := w.Store.Units.ListUnits(ctx, catalog.UnitFilter{ProductID: p.ID, Limit: 10})
		require.NoError(t, err)
		for range 2 { // it may be repeated
			u, err := w.Catalog.SetUnitAside(ctx, units[0].ID)
			require.NoError(t, err)
			require.Equal(t, catalog.UnitSetAside, u.State)
		}
		require.EqualValues(t, 2, inStock(t, w, &p))
		placement, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, "CODE in 20 h", placement.Order.Lines[0].Goods[0].Content)
		_, err = w.Catalog.SetUnitAside(ctx, units[1].ID)
		require.ErrorIs(t, err, catalog.ErrUnitSold)
		_, err = w.Catalog.PutUnitBack(ctx, units[1].ID)
		require.ErrorIs(t, err, catalog.ErrUnitSold)
		u, err := w.Catalog.PutUnitBack(ctx, units[0].ID)
		require.NoError(t, err)
		require.Equal(t, available, u.State)
		_, err = w.Catalog.SetUnitAside(ctx, units[0].ID)
		require.NoError(t, err)
		pass(t, w, 9)
		_, err = w.Catalog.PutUnitBack(ctx, units[0].ID)
		require.ErrorIs(t, err, catalog.ErrUnitExpired)
		_, err = w.Catalog.SetUnitAside(ctx, 4711)
		require.ErrorIs(t, err, catalog.ErrUnitNotFound)
		_, err = w.Catalog.VoidUnit(ctx, units[0].ID)
		require.NoError(t, err)
		_, err = w.Catalog.PutUnitBack(ctx, units[0].ID)
		require.ErrorIs(t, err, catalog.ErrUnitVoid)
		storetest.RequireClean(t, w.Store)
	})
}

// Withdrawing takes what is set aside and what has expired too, and the list says what became of all.
func TestWithdrawTakesAllThatIsUnsold(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m := t.Context(), w.Merchant("buyer", 1000)
		p := withMargin(t, w, "CODE")
		report := expiring(t, w, &p, 10, 20, 30, 40, 0)
		units, err := w.Store.Units.ListUnits(ctx, catalog.UnitFilter{ProductID: p.ID, Limit: 10})
		require.NoError(t, err)
		_, err = w.Catalog.SetUnitAside(ctx, units[3].ID)
		require.NoError(t, err)
		pass(t, w, 9)
		_, err = w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		imports, err := w.Catalog.ListImports(ctx, catalog.ImportFilter{ProductID: p.ID, Limit: 1})
		require.NoError(t, err)
		require.Equal(t, catalog.UnitCounts{Available: 2, Sold: 1, SetAside: 1, Expired: 1}, imports[0].Units)
		imp, voided, err := w.Catalog.WithdrawImport(ctx, report.ImportID)
		require.NoError(t, err)
		require.Equal(t, 4, voided)
		require.Equal(t, catalog.UnitCounts{Sold: 1, Void: 4}, imp.Units)
		storetest.RequireClean(t, w.Store)
	})
}
