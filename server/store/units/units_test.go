package units_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/catalog"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Units that were stored before contents had a rule are still found, whatever they looked like.
func TestImportKnowsOlderUnits(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		sealer := storetest.Sealer()
		for _, older := range []string{"CLEAN", "user one|pass", " BLANK ", "\ufeffMARK"} {
			err := s.Client.Unit.Create().SetProductID(p.ID).SetContent(storetest.SealVersion1(t, older, "unit")).
				SetFingerprint(sealer.Fingerprint([]byte(older), fmt.Sprint("unit ", p.ID))).Exec(ctx)
			require.NoError(t, err)
		}
		again := storetest.Units(
			"CLEAN", "CLEAN\u00a0", "user one|pass", "user\u00a0one|pass", " BLANK ", "FRESH", "FR\u00a0ESH",
		)
		known, err := s.Units.KnownUnits(ctx, p.ID, contentsOf(t, again))
		require.NoError(t, err)
		require.Equal(t, []bool{true, true, true, true, true, false, false}, known)
		report, err := storetest.ImportUnits(ctx, s, p.ID, "again", again)
		require.NoError(t, err)
		require.Equal(t, storetest.Imported{Count: 1, Duplicates: []int{1, 2, 3, 4, 5, 7}}, report)
	})
}

func contentsOf(t *testing.T, units []catalog.ImportedUnit) []catalog.NewUnit {
	t.Helper()
	contents := make([]catalog.NewUnit, len(units))
	for i, u := range units {
		content, err := catalog.ParseContent(u.Content)
		require.NoError(t, err)
		contents[i] = catalog.NewUnit{Line: u.Line, Content: content, ExpiresAt: u.ExpiresAt}
	}
	return contents
}

// states are the product's units as operators see them.
func states(t *testing.T, w *storetest.World, f catalog.UnitFilter) (states []catalog.UnitState) {
	t.Helper()
	f.Limit = 1000
	units, err := w.Store.Units.ListUnits(t.Context(), f)
	require.NoError(t, err)
	for _, u := range units {
		require.Equal(t, f.ProductID, u.ProductID)
		require.Equal(t, u.State == catalog.UnitSold, u.OrderNumber != "")
		require.Equal(t, u.State == catalog.UnitSold, u.DeliveredAt != nil)
		states = append(states, u.State)
	}
	return states
}

const available, sold, void = catalog.UnitAvailable, catalog.UnitSold, catalog.UnitVoid

func TestWithdrawImport(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m := t.Context(), w.Merchant("buyer", 1000)
		p := w.Stocked("CODE", 1, 3)
		second, err := w.Catalog.ImportUnits(ctx, &p, catalog.ImportOptions{Name: "second"}, storetest.Units("X", "Y"))
		require.NoError(t, err)
		_, err = w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		imports, err := w.Store.Units.ListImports(ctx, catalog.ImportFilter{ProductID: p.ID, Limit: 10})
		require.NoError(t, err)
		require.Len(t, imports, 2)
		require.Equal(t, second.ImportID, imports[0].ID)
		require.Equal(t, []int{2, 2}, []int{imports[0].Units.Available, imports[1].Units.Available})
		first := imports[1].ID

		for _, voided := range []int{2, 0} { // it may be repeated
			imp, count, err := w.Store.Units.WithdrawImport(ctx, first)
			require.NoError(t, err)
			require.Equal(t, voided, count)
			require.NotNil(t, imp.WithdrawnAt)
			require.Equal(t, []int{3, 0}, []int{imp.Imported, imp.Units.Available})
		}
		require.Equal(
			t, []catalog.UnitState{sold, void, void, available, available},
			states(t, w, catalog.UnitFilter{ProductID: p.ID}),
		)
		require.Equal(
			t, []catalog.UnitState{void, void},
			states(t, w, catalog.UnitFilter{ProductID: p.ID, ImportID: first, State: void}),
		)
		require.Equal(
			t, []catalog.UnitState{available, available},
			states(t, w, catalog.UnitFilter{ProductID: p.ID, ImportID: second.ImportID}),
		)
		_, err = w.Orders.Create(ctx, storetest.Draft(m, "b", "CODE", 3))
		require.Error(t, err, "what is withdrawn is not sold")
		storetest.RequireClean(t, w.Store)

		again := storetest.Units("CODE-1", "CODE-2", "CODE-3")
		third, err := w.Catalog.ImportUnits(ctx, &p, catalog.ImportOptions{}, again)
		require.NoError(t, err)
		require.Equal(t, []int{2, 1}, []int{third.Imported, third.Repeated}, "only what was sold is a repeat")
		_, _, err = w.Store.Units.WithdrawImport(ctx, 4711)
		require.ErrorIs(t, err, catalog.ErrImportNotFound)
	})
}

// An import that goes on while it is withdrawn ends, and leaves nothing behind that can be sold.
func TestWithdrawImportUnderWay(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		imp, err := s.Units.BeginImport(ctx, p.ID, "x")
		require.NoError(t, err)
		_, _, err = s.Units.AddUnits(ctx, &imp, contentsOf(t, numbered("user", 1000)), 0)
		require.NoError(t, err)
		_, voided, err := s.Units.WithdrawImport(ctx, imp.ID)
		require.NoError(t, err)
		require.Equal(t, 1000, voided)
		_, _, err = s.Units.AddUnits(ctx, &imp, contentsOf(t, numbered("more", 1000)), 0)
		require.ErrorIs(t, err, catalog.ErrImportWithdrawn)
		levels, err := s.Products.StockLevels(ctx)
		require.NoError(t, err)
		require.Empty(t, levels)
	})
}

func TestVoidUnit(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m := t.Context(), w.Merchant("buyer", 1000)
		p := w.Stocked("CODE", 1, 3)
		units, err := w.Store.Units.ListUnits(ctx, catalog.UnitFilter{ProductID: p.ID, Limit: 10})
		require.NoError(t, err)
		for range 2 { // it may be repeated
			u, err := w.Store.Units.VoidUnit(ctx, units[0].ID)
			require.NoError(t, err)
			require.Equal(t, void, u.State)
		}
		placement, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, "CODE-2", placement.Order.Lines[0].Goods[0].Content)
		_, err = w.Store.Units.VoidUnit(ctx, units[1].ID)
		require.ErrorIs(t, err, catalog.ErrUnitSold)
		_, err = w.Store.Units.VoidUnit(ctx, 4711)
		require.ErrorIs(t, err, catalog.ErrUnitNotFound)
		report, err := w.Catalog.ImportUnits(ctx, &p, catalog.ImportOptions{}, storetest.Units("CODE-1"))
		require.NoError(t, err)
		require.Equal(t, 1, report.Repeated, "what is void stays known")
		require.Equal(t, []catalog.UnitState{void, sold, available}, states(t, w, catalog.UnitFilter{ProductID: p.ID}))
		storetest.RequireClean(t, w.Store)
	})
}

// Taking back waits for a sale that is under way, and leaves it what it has.
func TestWithdrawWaitsForSale(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s, elsewhere := t.Context(), open(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "epin"), "EPIN", nil)
		_, err := storetest.ImportUnits(ctx, s, p.ID, "x", storetest.Units("a", "b"))
		require.NoError(t, err)
		imports, err := s.Units.ListImports(ctx, catalog.ImportFilter{Limit: 1})
		require.NoError(t, err)
		units, err := s.Units.ListUnits(ctx, catalog.UnitFilter{ProductID: p.ID, Limit: 2})
		require.NoError(t, err)
		answer := make(chan error, 2)
		require.NoError(t, s.InTx(ctx, func(tx *ent.Tx) error {
			if err := tx.Unit.UpdateOneID(units[0].ID).SetStatus("delivered").Exec(ctx); err != nil {
				return err
			}
			go func() {
				_, voided, err := elsewhere.Units.WithdrawImport(ctx, imports[0].ID)
				if err == nil && voided != 1 {
					err = fmt.Errorf("%d units voided", voided)
				}
				answer <- err
				_, err = elsewhere.Units.VoidUnit(ctx, units[0].ID)
				answer <- err
			}()
			return nil
		}))
		require.NoError(t, <-answer)
		require.ErrorIs(t, <-answer, catalog.ErrUnitSold)
	})
}

// However sales and taking back meet, every unit is either sold once or void.
func TestWithdrawWhileSelling(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		const units, orders = 300, 60
		ctx, p := t.Context(), w.Stocked("CODE", 1, units)
		imports, err := w.Store.Units.ListImports(ctx, catalog.ImportFilter{Limit: 1})
		require.NoError(t, err)
		m := w.Merchant("buyer", 1000)
		var taking sync.WaitGroup
		taking.Go(func() {
			listed, err := w.Store.Units.ListUnits(ctx, catalog.UnitFilter{ProductID: p.ID, AfterID: 0, Limit: 20})
			if err != nil {
				t.Error(err)
			}
			for _, u := range listed {
				_, _ = w.Store.Units.VoidUnit(ctx, u.ID) // sold ones say so
			}
			if _, _, err := w.Store.Units.WithdrawImport(context.WithoutCancel(ctx), imports[0].ID); err != nil {
				t.Error(err)
			}
		})
		accepted, _ := storetest.Together(orders, func(i int) error {
			_, err := w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint("order-", i), "CODE", 3))
			return err
		})
		taking.Wait()
		require.Len(t, states(t, w, catalog.UnitFilter{ProductID: p.ID, State: sold}), 3*accepted)
		require.Empty(t, states(t, w, catalog.UnitFilter{ProductID: p.ID, State: available}))
		require.Len(t, states(t, w, catalog.UnitFilter{ProductID: p.ID, State: void}), units-3*accepted)
		storetest.RequireClean(t, w.Store)
	})
}
