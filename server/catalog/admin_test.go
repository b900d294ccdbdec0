package catalog_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// TestChangesAreSeenAtOnce by the process that makes them.
func TestChangesAreSeenAtOnce(t *testing.T) {
	ctx := t.Context()
	s, m := service(t)
	games, err := s.CreateCategory(ctx, catalog.Category{Slug: "games", Name: "Oyun"})
	require.NoError(t, err)
	require.Equal(t, "Oyun", s.Snapshot().Categories()[1].Name)
	games.Name = "Oyunlar"
	_, err = s.UpdateCategory(ctx, games)
	require.NoError(t, err)
	require.Equal(t, "Oyunlar", s.Snapshot().Categories()[1].Name)

	p, err := s.CreateProduct(ctx, whole())
	require.NoError(t, err)
	require.Equal(t, "gold-100", s.Snapshot().ProductByID(p.ID).Slug, "what was left out is filled in")
	p.Price = 20 * money.Unit
	_, err = s.UpdateProduct(ctx, p)
	require.NoError(t, err)
	require.Equal(t, 20*money.Unit, s.Snapshot().ProductByID(p.ID).Price)

	l, err := s.CreateListing(ctx, catalog.Listing{MerchantID: 9, ProductID: p.ID, ExternalID: "altın"})
	require.NoError(t, err)
	require.Equal(t, &l, s.Snapshot().Listing(9, "altın", ""))
	require.ErrorIs(t, s.DeleteListing(ctx, 8, l.ID), catalog.ErrListingNotFound, "of another merchant")
	require.NotNil(t, s.Snapshot().Listing(9, "altın", ""))
	require.NoError(t, s.DeleteListing(ctx, 9, l.ID))
	require.Nil(t, s.Snapshot().Listing(9, "altın", ""))

	loads := m.loads
	again := whole()
	again.SKU = "OTHER"
	other, err := s.CreateProduct(ctx, again)
	require.NoError(t, err)
	other.Slug = "baska"
	_, err = s.UpdateProduct(ctx, other)
	require.NoError(t, err)
	require.Equal(t, loads, m.loads, "one of many products is seen without reading all again")
	shown := s.Snapshot()
	require.Nil(t, shown.ProductBySlug("other"))
	require.NoError(t, s.Reload(ctx))
	require.Equal(t, s.Snapshot(), shown)

	m.categories[0].Name = "Elsewhere" // and another process changes something
	m.version++
	_, err = s.UpdateProduct(ctx, *shown.ProductBySKU("OTHER"))
	require.NoError(t, err)
	require.Equal(t, "Elsewhere", s.Snapshot().Categories()[0].Name)
}

// TestRefusedChangesChangeNothing, neither in the store nor in what is sold from.
func TestRefusedChangesChangeNothing(t *testing.T) {
	listing := func(l catalog.Listing) func(context.Context, *catalog.Service) error {
		l.ProductID = codes.ID
		return func(ctx context.Context, s *catalog.Service) error { _, err := s.CreateListing(ctx, l); return err }
	}
	priced := func(p money.Amount) catalog.Listing { return catalog.Listing{ExternalID: "a", Price: &p} }
	for name, c := range map[string]struct {
		change func(context.Context, *catalog.Service) error
		fields []string
	}{
		"new category": {func(ctx context.Context, s *catalog.Service) error {
			_, err := s.CreateCategory(ctx, catalog.Category{
				Slug: "Oyun", Name: strings.Repeat("ş", 201), Description: strings.Repeat("ş", 10_001),
			})
			return err
		}, []string{"slug", "name", "description"}},
		"category": {func(ctx context.Context, s *catalog.Service) error {
			_, err := s.UpdateCategory(ctx, catalog.Category{ID: 1, Slug: "codes"})
			return err
		}, []string{"name"}},
		"new product": {func(ctx context.Context, s *catalog.Service) error {
			_, err := s.CreateProduct(ctx, catalog.Product{SKU: "A", Name: "a", Source: "stock"})
			return err
		}, []string{"currency"}},
		"product": {func(ctx context.Context, s *catalog.Service) error {
			p := whole()
			p.ID, p.Price = 1, -10_000
			_, err := s.UpdateProduct(ctx, p)
			return err
		}, []string{"price"}},
		"listing without a name": {listing(catalog.Listing{}), []string{"external_id"}},
		"listing of long names": {
			listing(
				catalog.Listing{ExternalID: strings.Repeat("ı", 256), ExternalOptionID: strings.Repeat("ı", 256)},
			),
			[]string{"external_id", "external_option_id"},
		},
		"listing with an invisible name": {listing(catalog.Listing{ExternalID: "a\u200b"}), []string{"external_id"}},
		"listing below nothing":          {listing(priced(-1)), []string{"price"}},
		"listing too dear":               {listing(priced(bound13)), []string{"price"}},
		"listing in fractions of kuruş":  {listing(priced(5_000)), []string{"price"}},
		"new coupon": {func(ctx context.Context, s *catalog.Service) error {
			_, err := s.CreateCoupon(ctx, percent(0))
			return err
		}, []string{"percent"}},
		"coupon": {func(ctx context.Context, s *catalog.Service) error {
			_, err := s.UpdateCoupon(ctx, percent(10_001))
			return err
		}, []string{"percent"}},
		"days of what has none": {func(ctx context.Context, s *catalog.Service) error {
			return s.SetAllotments(ctx, 1, []catalog.Allotment{{UseDate: "2026-12-24", Capacity: 1}})
		}, []string{"product"}},
		"days that are none, and one twice": {func(ctx context.Context, s *catalog.Service) error {
			return s.SetAllotments(ctx, 3, []catalog.Allotment{
				{UseDate: "2026-02-30"}, {UseDate: "2026-12-01"}, {UseDate: "2026-12-01", Capacity: 2}, {UseDate: ""},
			})
		}, []string{"allotments[0].use_date", "allotments[2].use_date", "allotments[3].use_date"}},
		"days of what a provider sells on any": {func(ctx context.Context, s *catalog.Service) error {
			return s.SetAllotments(ctx, 2, []catalog.Allotment{{UseDate: "2026-12-24", Capacity: 1}})
		}, []string{"product"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, m := service(
				t, codes, catalog.Product{ID: 2, Source: catalog.SourceProvider},
				catalog.Product{ID: 3, Source: catalog.SourceStock, Dated: true},
			)
			requireFields(t, c.fields, c.change(t.Context(), s))
			require.Equal(t, int64(1), m.version)
			require.Empty(t, m.coupons)
			require.Empty(t, m.days)
			require.Equal(t, 1, m.loads)
		})
	}
}

// TestErrorsOfTheStore reach the caller as they are, and what is sold from stays.
func TestErrorsOfTheStore(t *testing.T) {
	ctx := t.Context()
	first := whole()
	first.ID, first.Version, first.Slug = 1, 3, "gold"
	s, m := service(t, first)
	var exists *catalog.AlreadyExistsError
	_, err := s.CreateProduct(ctx, whole())
	require.ErrorAs(t, err, &exists)
	require.EqualError(t, err, `product "GOLD-100" already exists`)
	_, err = s.CreateCategory(ctx, catalog.Category{Slug: "codes", Name: "Twice"})
	require.ErrorAs(t, err, &exists)

	stale := first
	stale.Version, stale.Name = 2, "Read before"
	_, err = s.UpdateProduct(ctx, stale)
	require.ErrorIs(t, err, catalog.ErrStaleVersion)
	stale.ID = 8
	_, err = s.UpdateProduct(ctx, stale)
	require.ErrorIs(t, err, catalog.ErrProductNotFound)
	_, err = s.UpdateCategory(ctx, catalog.Category{ID: 8, Slug: "a", Name: "a"})
	require.ErrorIs(t, err, catalog.ErrCategoryNotFound)
	require.ErrorIs(t, s.SetAllotments(ctx, 8, nil), catalog.ErrProductNotFound)
	_, err = s.CreateListing(ctx, catalog.Listing{ProductID: 8, ExternalID: "a"})
	require.ErrorIs(t, err, catalog.ErrProductNotFound)
	require.Equal(t, first.Name, s.Snapshot().ProductByID(1).Name)

	m.fails = errBroken
	_, err = s.CreateCoupon(ctx, percent(1))
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, int64(1), m.version)
}

// TestCoupons are kept in the form in which they are compared.
func TestCoupons(t *testing.T) {
	s, m := service(t)
	c := percent(1000)
	c.Code = " yaz "
	created, err := s.CreateCoupon(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, "YAZ", m.coupons[0].Code)
	_, err = s.CreateCoupon(t.Context(), catalog.Coupon{
		Code: "Yaz", Kind: catalog.CouponAmount, Amount: money.Unit, Currency: "TRY",
	})
	var exists *catalog.AlreadyExistsError
	require.ErrorAs(t, err, &exists)
	created.PercentBasisPoints, created.Status = 2000, ""
	updated, err := s.UpdateCoupon(t.Context(), created)
	require.NoError(t, err)
	require.Equal(t, catalog.StatusActive, updated.Status)
	require.Equal(t, int64(2000), m.coupons[0].PercentBasisPoints)
}

// TestCheckCapacities never lets more be sold than there is.
func TestCheckCapacities(t *testing.T) {
	days := []catalog.Allotment{{UseDate: "2026-12-24", Capacity: 2}, {UseDate: "2026-12-25"}, {UseDate: "2026-12-26"}}
	require.NoError(t, catalog.CheckCapacities(days, nil))
	require.NoError(t, catalog.CheckCapacities(days, map[string]int64{"2026-12-24": 2, "2026-12-31": 9}))
	requireFields(t, []string{"allotments[0].capacity", "allotments[2].capacity"},
		catalog.CheckCapacities(days, map[string]int64{"2026-12-24": 3, "2026-12-26": 1}))
	days[1].Capacity = -1
	requireFields(t, []string{"allotments[1].capacity"}, catalog.CheckCapacities(days, nil))
}

// TestAllotments are of dated products, whoever their goods come from.
func TestAllotments(t *testing.T) {
	day := catalog.Allotment{UseDate: "2026-12-24", Capacity: 1}
	for _, source := range []catalog.Source{catalog.SourceStock, catalog.SourceProvider} {
		s, m := service(t, catalog.Product{ID: 1, Dated: true, Source: source})
		require.NoError(t, s.SetAllotments(t.Context(), 1, []catalog.Allotment{day}))
		require.Equal(t, []catalog.Allotment{day}, m.days)
	}
}
