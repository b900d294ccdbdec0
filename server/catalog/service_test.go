package catalog_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// TestNothingIsSoldWithoutACatalogue: a service that cannot read one does not begin.
func TestNothingIsSoldWithoutACatalogue(t *testing.T) {
	_, err := catalog.NewService(t.Context(), &memory{fails: errBroken}, nil, slog.New(slog.DiscardHandler), time.Now)
	require.ErrorIs(t, err, errBroken)
}

// TestRefresh reads the catalogue when it has changed, and keeps the last one while it cannot be read.
func TestRefresh(t *testing.T) {
	s, m := service(t, codes)
	require.NoError(t, s.Refresh(t.Context()))
	require.Equal(t, 1, m.loads, "nothing has changed")
	m.products, m.version = append(m.products, whole()), 2
	require.Len(t, s.Snapshot().Products(), 1)
	require.NoError(t, s.Refresh(t.Context()))
	require.Len(t, s.Snapshot().Products(), 2)
	require.NoError(t, s.Reload(t.Context()))
	require.Equal(t, 3, m.loads, "whether it has changed or not")

	m.fails, m.version = errBroken, 3
	require.ErrorIs(t, s.Refresh(t.Context()), errBroken)
	require.ErrorIs(t, s.Reload(t.Context()), errBroken)
	require.Len(t, s.Snapshot().Products(), 2)
}

// TestRun sees what other processes change within a second, a store that failed meanwhile too.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &shared{}
		s, err := catalog.NewService(t.Context(), m, nil, slog.New(slog.DiscardHandler), time.Now)
		require.NoError(t, err)
		ctx, stop := context.WithCancel(t.Context())
		go s.Run(ctx)
		for _, version := range []int64{1, -1, 2} {
			m.version.Store(version)
			time.Sleep(1100 * time.Millisecond)
			require.Equal(t, max(version, 1), s.Snapshot().Version)
		}
		stop()
		m.version.Store(3)
		time.Sleep(5 * time.Second)
		require.Equal(t, int64(2), s.Snapshot().Version)
	})
}

// shared is a store whose catalogue others change; a negative version fails.
type shared struct {
	catalog.Store

	version atomic.Int64
}

func (s *shared) CatalogVersion(context.Context) (int64, error) {
	version := s.version.Load()
	if version < 0 {
		return 0, errBroken
	}
	return version, nil
}

func (s *shared) LoadSnapshot(context.Context) (*catalog.Snapshot, error) {
	return catalog.NewSnapshot(s.version.Load(), nil, nil, nil), nil
}

// TestStockIsCountedOnceASecond, of all products together.
func TestStockIsCountedOnceASecond(t *testing.T) {
	now, m := noon, &memory{marks: make(map[string]bool), products: []catalog.Product{codes}}
	other := codes
	other.ID = 2
	s, err := catalog.NewService(t.Context(), m, m, slog.New(slog.DiscardHandler), func() time.Time { return now })
	require.NoError(t, err)
	stock := func(p catalog.Product) int64 {
		n, err := s.Stock(t.Context(), &p)
		require.NoError(t, err)
		return n
	}
	require.Zero(t, stock(codes))
	_, err = importOf(t, s, catalog.ImportOptions{}, linesOf("A", "B", "C"))
	require.NoError(t, err)
	now = now.Add(time.Second - 1)
	require.Zero(t, stock(codes))
	require.Equal(t, 1, m.counted)
	now = now.Add(1)
	require.Equal(t, int64(3), stock(codes))
	require.Zero(t, stock(other))
	require.Equal(t, 2, m.counted)

	for _, unlimited := range []catalog.Product{
		{ID: 1, Source: catalog.SourceProvider}, {ID: 1, Source: catalog.SourceStock, Dated: true},
	} {
		require.Equal(t, int64(1_000_000), stock(unlimited))
	}
	require.Equal(t, 2, m.counted, "what has no units needs no count")

	now, m.fails = now.Add(time.Second), errBroken
	_, err = s.Stock(t.Context(), &codes)
	require.ErrorIs(t, err, errBroken)
	_, err = s.ListProducts(t.Context(), 0, catalog.ProductFilter{Archived: true})
	require.ErrorIs(t, err, errBroken)
}

// shelf has products of two categories and currencies, a merchant's own price and some stock.
func shelf(t *testing.T) *catalog.Service {
	t.Helper()
	games, cards := catalog.Category{ID: 1, Slug: "games"}, catalog.Category{ID: 2, Slug: "cards"}
	product := func(id int64, sku, name string, category catalog.Category, price money.Amount) catalog.Product {
		return catalog.Product{
			ID: id, SKU: sku, Slug: catalog.SlugOf(sku), Name: name, Category: category, Currency: "TRY", Price: price,
			Source: catalog.SourceStock, Status: catalog.StatusActive,
		}
	}
	old, foreign, bought := product(4, "OLD", "Eski", games, 5), product(5, "USD", "Dollar", cards, 5),
		product(6, "TOPUP", "Yükleme", games, 50)
	old.Status, foreign.Currency, bought.Source = catalog.StatusArchived, "USD", catalog.SourceProvider
	s, m := service(
		t, product(1, "GOLD-100", "IŞIK Altın", games, 10), product(2, "CARD", "İstanbul Kart", cards, 20),
		product(3, "gold-500", "Altın 500", games, 30), old, foreign, bought,
	)
	price := money.Amount(15)
	m.listings = []catalog.Listing{{ID: 1, MerchantID: 9, ProductID: 1, ExternalID: "a", Price: &price}}
	m.version++
	require.NoError(t, s.Refresh(t.Context()))
	_, err := s.ImportUnits(t.Context(), s.Snapshot().ProductByID(1), catalog.ImportOptions{}, linesOf("A", "B"))
	require.NoError(t, err)
	return s
}

// TestListProducts narrows by what one merchant sees.
func TestListProducts(t *testing.T) {
	price := func(p money.Amount) *money.Amount { return &p }
	s := shelf(t)
	for name, c := range map[string]struct {
		merchant int64
		filter   catalog.ProductFilter
		want     []int64
	}{
		"all that is on sale":      {0, catalog.ProductFilter{}, []int64{1, 2, 3, 5, 6}},
		"archived too":             {0, catalog.ProductFilter{Archived: true}, []int64{1, 2, 3, 4, 5, 6}},
		"of a currency":            {0, catalog.ProductFilter{Currency: "USD"}, []int64{5}},
		"of a category":            {0, catalog.ProductFilter{Category: "games"}, []int64{1, 3, 6}},
		"of no category":           {0, catalog.ProductFilter{Category: "Games"}, nil},
		"a page":                   {0, catalog.ProductFilter{Limit: 2}, []int64{1, 2}},
		"the next":                 {0, catalog.ProductFilter{Limit: 2, AfterID: 2}, []int64{3, 5}},
		"in stock":                 {0, catalog.ProductFilter{MinStock: 1}, []int64{1, 6}},
		"as much as there is":      {0, catalog.ProductFilter{MinStock: 2}, []int64{1, 6}},
		"more than there is":       {0, catalog.ProductFilter{MinStock: 3}, []int64{6}},
		"a page of those in stock": {0, catalog.ProductFilter{MinStock: 1, Limit: 1, AfterID: 1}, []int64{6}},
		"from 20 to 30": {
			0,
			catalog.ProductFilter{MinPrice: price(20), MaxPrice: price(30)},
			[]int64{2, 3},
		},
		"up to 14":                    {0, catalog.ProductFilter{MaxPrice: price(14)}, []int64{1, 5}},
		"up to 14, at its own price":  {9, catalog.ProductFilter{MaxPrice: price(14)}, []int64{5}},
		"from 11, at its own price":   {9, catalog.ProductFilter{MinPrice: price(11), MaxPrice: price(15)}, []int64{1}},
		"part of a SKU":               {0, catalog.ProductFilter{Query: "Gold"}, []int64{1, 3}},
		"part of a name":              {0, catalog.ProductFilter{Query: "altın"}, []int64{1, 3}},
		"in capitals":                 {0, catalog.ProductFilter{Query: "ALTIN"}, []int64{1, 3}},
		"of capitals":                 {0, catalog.ProductFilter{Query: "ışık"}, []int64{1}},
		"with a dot":                  {0, catalog.ProductFilter{Query: "istanbul"}, []int64{2}},
		"with a dot, in capitals":     {0, catalog.ProductFilter{Query: "İSTANBUL"}, []int64{2}},
		"of an accent it has not":     {0, catalog.ProductFilter{Query: "yukleme"}, nil},
		"a wildcard is none":          {0, catalog.ProductFilter{Query: "%"}, nil},
		"everything at once, nothing": {0, catalog.ProductFilter{Query: "gold", Category: "cards"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			listed, err := s.ListProducts(t.Context(), c.merchant, c.filter)
			require.NoError(t, err)
			var ids []int64
			for _, p := range listed {
				ids = append(ids, p.ID)
			}
			require.Equal(t, c.want, ids)
		})
	}
	listed, err := s.ListProducts(t.Context(), 9, catalog.ProductFilter{Limit: 1})
	require.NoError(t, err)
	want := catalog.ListedProduct{Product: s.Snapshot().ProductByID(1), Price: 15, Stock: 2}
	require.Equal(t, []catalog.ListedProduct{want}, listed)
}
