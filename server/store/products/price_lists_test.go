package products_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// activeList is a list that takes so many hundredths of a per cent off every price.
func activeList(t *testing.T, w *storetest.World, name string, off int64, has ...account.Merchant) catalog.PriceList {
	t.Helper()
	l, err := w.Catalog.CreatePriceList(t.Context(), catalog.PriceList{
		Name: name, Currency: storetest.THB, Rules: []catalog.PriceRule{{Base: catalog.OnList, Percent: -off}},
	})
	require.NoError(t, err)
	l.Status = catalog.ListActive
	l, err = w.Catalog.UpdatePriceList(t.Context(), l, false)
	require.NoError(t, err)
	for _, m := range has {
		require.NoError(t, w.Catalog.SetPriceList(t.Context(), m.ID, l.ID))
	}
	return l
}

// The price of an order, and what made it, are on its line.
func TestPriceListMakesPrices(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m, other := t.Context(), w.Merchant("reseller", 1000), w.Merchant("other", 1000)
		p := w.Stocked("CODE", 10, 20)
		l := activeList(t, w, "resellers", 1000, m)
		bought := func(m account.Merchant, reference string) order.Line {
			placement, err := w.Orders.Create(ctx, storetest.Draft(m, reference, "CODE", 2))
			require.NoError(t, err)
			read, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), placement.Order.Number)
			require.NoError(t, err)
			require.Equal(t, placement.Order, read)
			return read.Lines[0]
		}
		line := bought(m, "a")
		require.Equal(t, storetest.Baht(9), line.UnitPrice)
		require.Equal(t, storetest.Baht(18), line.Total)
		require.Equal(t, "resellers/2/1", line.PriceRule)
		line = bought(other, "a")
		require.Equal(t, storetest.Baht(10), line.UnitPrice)
		require.Empty(t, line.PriceRule)

		lists, err := w.Catalog.PriceLists(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, lists[0].Merchants)
		ids, err := w.Catalog.PriceListMerchants(ctx, l.ID, 10)
		require.NoError(t, err)
		require.Equal(t, []int64{m.ID}, ids)

		own := storetest.Baht(8)
		_, err = w.Catalog.CreateListing(ctx, catalog.Listing{
			MerchantID: m.ID, ProductID: p.ID, ExternalID: "own", Price: &own,
		})
		require.NoError(t, err)
		line = bought(m, "b")
		require.Equal(t, own, line.UnitPrice, "its own listing wins")
		require.Equal(t, catalog.ListingRule, line.PriceRule)

		second := activeList(t, w, "second", 5000, other)
		require.Equal(t, storetest.Baht(5), bought(other, "b").UnitPrice)
		require.NoError(t, w.Catalog.SetPriceList(ctx, other.ID, l.ID), "another one takes its place")
		require.Equal(t, storetest.Baht(9), bought(other, "c").UnitPrice)
		require.NoError(t, w.Catalog.SetPriceList(ctx, other.ID, 0))
		require.Equal(t, storetest.Baht(10), bought(other, "d").UnitPrice)
		require.ErrorIs(t, w.Catalog.SetPriceList(ctx, other.ID, 4711), catalog.ErrPriceListNotFound)
		require.ErrorIs(t, w.Catalog.SetPriceList(ctx, 4711, l.ID), account.ErrMerchantNotFound)

		stale := second
		second.Description = "changed"
		_, err = w.Catalog.UpdatePriceList(ctx, second, false)
		require.NoError(t, err)
		_, err = w.Catalog.UpdatePriceList(ctx, catalog.PriceList{
			ID: stale.ID, Name: stale.Name, Currency: stale.Currency, Version: stale.Version,
		}, false)
		require.ErrorIs(t, err, catalog.ErrStaleVersion)
		_, err = w.Catalog.CreatePriceList(ctx, catalog.PriceList{Name: "second", Currency: storetest.THB})
		var exists *catalog.AlreadyExistsError
		require.ErrorAs(t, err, &exists)
		euros, err := w.Catalog.CreatePriceList(ctx, catalog.PriceList{Name: "euros", Currency: "EUR"})
		require.NoError(t, err)
		var invalid *errs.InvalidError
		require.ErrorAs(t, w.Catalog.SetPriceList(ctx, m.ID, euros.ID), &invalid)
		storetest.RequireClean(t, w.Store)
	})
}

// Prices that go from costs follow the lowest active offer, over exchange rates.
func TestPricesByCost(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m := t.Context(), w.Merchant("reseller", 1000)
		p := w.Stocked("CODE", 10, 20)
		l := catalog.PriceList{Name: "by-cost", Currency: storetest.THB, Rules: []catalog.PriceRule{
			{Base: catalog.OnCost, Percent: 2000, Rounding: catalog.RoundUp, Step: storetest.Baht(1)},
		}}
		l, err := w.Catalog.CreatePriceList(ctx, l)
		require.NoError(t, err)
		l.Status = catalog.ListActive
		_, err = w.Catalog.UpdatePriceList(ctx, l, false)
		var problems *catalog.PriceProblemsError
		require.ErrorAs(t, err, &problems, "nobody sells it")
		require.Equal(t, 1, problems.Products)
		_, err = w.Catalog.UpdatePriceList(ctx, l, true)
		require.NoError(t, err)
		require.NoError(t, w.Catalog.SetPriceList(ctx, m.ID, l.ID))
		orders := 0
		pays := func(want money.Amount, rule string) {
			t.Helper()
			orders++
			placement, err := w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint(orders), "CODE", 1))
			require.NoError(t, err)
			require.Equal(t, want, placement.Order.Total)
			require.Equal(t, rule, placement.Order.Lines[0].PriceRule)
		}
		pays(storetest.Baht(10), "")
		provider, err := w.Store.Providers.CreateProvider(ctx, fulfil.Provider{
			Name: "cheap", Connector: "sim", Status: fulfil.StatusActive,
		}, nil)
		require.NoError(t, err)
		offer, err := w.Store.Providers.CreateOffer(ctx, fulfil.Offer{
			ProductID: p.ID, ProviderID: provider.ID, ProviderSKU: "A", Cost: 2 * money.Unit, Currency: "USD",
		})
		require.NoError(t, err)
		pays(storetest.Baht(10), "")
		previewed, _, err := w.Catalog.PreviewPriceList(ctx, &l)
		require.NoError(t, err)
		require.Equal(t, catalog.PriceNoRate, previewed[0].Problem)
		_, err = w.Store.Rates.Add(ctx, exchange.Entry{
			Pair: exchange.Pair{Base: "USD", Quote: "THB"}, Rate: 34 * exchange.Scale, From: time.Now().Add(-time.Hour),
		})
		require.NoError(t, err)
		pays(storetest.Baht(82), "by-cost/2/1") // 2 × 34 × 1.2 = 81.60
		free, err := w.Store.Providers.CreateOffer(ctx, fulfil.Offer{
			ProductID: p.ID, ProviderID: provider.ID, ProviderSKU: "B", Currency: storetest.THB,
		})
		require.NoError(t, err)
		pays(storetest.Baht(82), "by-cost/2/1") // what nobody has said is no cost
		offer, err = w.Store.Providers.UpdateOffer(ctx, offer.ID, func(o *fulfil.Offer) error {
			o.Cost, o.Currency = storetest.Baht(5), storetest.THB
			return nil
		})
		require.NoError(t, err)
		pays(storetest.Baht(6), "by-cost/2/1")
		require.NoError(t, w.Store.Providers.DeleteOffer(ctx, offer.ID))
		pays(storetest.Baht(10), "")
		previewed, _, err = w.Catalog.PreviewPriceList(ctx, &l)
		require.NoError(t, err)
		require.Equal(t, catalog.PriceNoCost, previewed[0].Problem)
		require.Equal(t, storetest.Baht(10), previewed[0].Price)
		require.Equal(t, catalog.Cost{}, previewed[0].Cost)
		second, err := w.Catalog.CreatePriceList(ctx, catalog.PriceList{
			Name: "second", Currency: storetest.THB, Rules: l.Rules,
		})
		require.NoError(t, err)
		second.Status = catalog.ListActive
		_, err = w.Catalog.UpdatePriceList(ctx, second, false)
		require.ErrorAs(t, err, &problems, "it would make no price")
		require.NoError(t, w.Store.Providers.DeleteOffer(ctx, free.ID))
		storetest.RequireClean(t, w.Store)
	})
}

// A list that changes while orders are placed, in another process: who counts on a price pays it or is refused, and
// every order has the price of the version that its line names.
func TestPriceListChangesWhileOrdering(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		const changes, orders = 6, 90
		a, b := storetest.NewWorld(t, open(), storetest.Committers), storetest.NewWorld(t, open(), 2)
		ctx, m := t.Context(), a.Merchant("reseller", 100_000)
		a.Stocked("CODE", 100, 2*orders)
		l := activeList(t, a, "resellers", 0, m)
		priceOf := map[string]money.Amount{"resellers/2/1": storetest.Baht(100)}
		var changing sync.WaitGroup
		changing.Go(func() {
			for i := range int64(changes) {
				l.Rules[0].Percent = -1000 * (i + 1)
				changed, err := b.Catalog.UpdatePriceList(ctx, l, false)
				if err != nil {
					t.Error(err)
					return
				}
				l = changed
			}
		})
		var mu sync.Mutex
		paid, expected := make(map[string]money.Amount), storetest.Baht(100)
		placed, refused := storetest.Together(orders, func(i int) error {
			d := storetest.Draft(m, fmt.Sprint(i), "CODE", 1)
			if i%3 == 0 {
				d.ExpectedTotal = &expected
			}
			d.FixedPrices = i%3 == 1
			placement, err := a.Orders.Create(ctx, d)
			if err != nil {
				return err
			}
			line := placement.Order.Lines[0]
			if i%3 == 0 && line.UnitPrice != expected {
				return fmt.Errorf("paid %d", line.UnitPrice)
			}
			mu.Lock()
			defer mu.Unlock()
			if before, known := paid[line.PriceRule]; known && before != line.UnitPrice {
				return fmt.Errorf("%s made %d and %d", line.PriceRule, before, line.UnitPrice)
			}
			paid[line.PriceRule] = line.UnitPrice
			return nil
		})
		changing.Wait()
		require.Equal(t, orders, placed+len(refused))
		for _, err := range refused {
			var changed *order.PriceChangedError
			var lines *order.LinesError
			if errors.As(err, &lines) {
				require.Equal(t, order.ReasonPriceChanged, lines.Problems[0].Reason)
				continue
			}
			require.ErrorAs(t, err, &changed)
		}
		for i := range changes {
			priceOf[fmt.Sprintf("resellers/%d/1", 3+i)] = storetest.Baht(100 - 10*(int64(i)+1))
		}
		for rule, price := range paid {
			require.Equal(t, priceOf[rule], price, rule)
		}

		// This process has not read the last list: nobody pays an older price.
		l.Rules[0].Percent = -9000
		_, err := b.Catalog.UpdatePriceList(ctx, l, false)
		require.NoError(t, err)
		d := storetest.Draft(m, "fixed", "CODE", 1)
		d.FixedPrices = true
		_, err = a.Orders.Create(ctx, d)
		var lines *order.LinesError
		require.ErrorAs(t, err, &lines)
		require.Equal(t, order.ReasonPriceChanged, lines.Problems[0].Reason)
		placement, err := a.Orders.Create(ctx, storetest.Draft(m, "any", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(10), placement.Order.Total)
		storetest.RequireClean(t, a.Store)
	})
}
