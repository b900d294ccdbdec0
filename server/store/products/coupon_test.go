package products_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestListings(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "gold")
		gold, silver := storetest.NewProduct(t, s, category, "GOLD", nil), storetest.NewProduct(t, s, category, "SILVER", nil)
		channel, other := storetest.NewMerchant(t, s, "channel"), storetest.NewMerchant(t, s, "other")
		own := storetest.Baht(8)

		first, err := s.Products.CreateListing(ctx, catalog.Listing{
			MerchantID: channel.ID, ProductID: gold.ID, ExternalID: "map", ExternalOptionID: "option", Price: &own,
		})
		require.NoError(t, err)
		require.NotZero(t, first.ID)
		second, err := s.Products.CreateListing(
			ctx, catalog.Listing{MerchantID: channel.ID, ProductID: silver.ID, ExternalID: "map"},
		)
		require.NoError(t, err)
		require.Nil(t, second.Price)
		_, err = s.Products.CreateListing(
			ctx, catalog.Listing{MerchantID: channel.ID, ProductID: silver.ID, ExternalID: "MAP"},
		)
		require.NoError(t, err, "letter case counts")
		foreign, err := s.Products.CreateListing(
			ctx, catalog.Listing{MerchantID: other.ID, ProductID: gold.ID, ExternalID: "map", ExternalOptionID: "option"},
		)
		require.NoError(t, err, "names are the merchant's own")

		loaded := storetest.Snapshot(t, s)
		require.Equal(t, &first, loaded.Listing(channel.ID, "map", "option"))
		require.Equal(t, own, loaded.PriceFor(channel.ID, loaded.ProductByID(gold.ID), time.Now()).Amount)
		require.Equal(t, gold.Price, loaded.PriceFor(other.ID, loaded.ProductByID(gold.ID), time.Now()).Amount)
		require.Equal(t, int64(3), loaded.ProductByID(gold.ID).Version, "each of its listings moved it")
		require.Equal(t, int64(3), loaded.ProductByID(silver.ID).Version)

		_, err = s.Products.CreateListing(
			ctx, catalog.Listing{MerchantID: channel.ID, ProductID: silver.ID, ExternalID: "map", ExternalOptionID: "option"},
		)
		alreadyExists(t, err, "listing", "map/option")
		_, err = s.Products.CreateListing(
			ctx, catalog.Listing{MerchantID: channel.ID, ProductID: silver.ID, ExternalID: "map"},
		)
		alreadyExists(t, err, "listing", "map")
		_, err = s.Products.CreateListing(ctx, catalog.Listing{MerchantID: channel.ID, ProductID: 999, ExternalID: "x"})
		require.ErrorIs(t, err, catalog.ErrProductNotFound)
		_, err = s.Products.CreateListing(ctx, catalog.Listing{MerchantID: 999, ProductID: gold.ID, ExternalID: "x"})
		require.ErrorIs(t, err, account.ErrMerchantNotFound)

		page, err := s.Products.ListListings(ctx, channel.ID, 0, 1)
		require.NoError(t, err)
		require.Equal(t, []catalog.Listing{first}, page)
		page, err = s.Products.ListListings(ctx, channel.ID, first.ID, 10)
		require.NoError(t, err)
		require.Len(t, page, 2)
		require.Equal(t, second, page[0])

		require.ErrorIs(t, s.Products.DeleteListing(ctx, channel.ID, foreign.ID), catalog.ErrListingNotFound)
		require.NoError(t, s.Products.DeleteListing(ctx, channel.ID, first.ID))
		require.ErrorIs(t, s.Products.DeleteListing(ctx, channel.ID, first.ID), catalog.ErrListingNotFound)
		loaded = storetest.Snapshot(t, s)
		require.Nil(t, loaded.Listing(channel.ID, "map", "option"))
		require.Equal(t, int64(4), loaded.ProductByID(gold.ID).Version)
	})
}

func TestCoupons(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		starts := time.Date(2026, 3, 29, 1, 30, 0, 123456789, time.FixedZone("+03", 3*60*60))
		ends := starts.Add(time.Hour)
		limit, each := int64(5), int64(0)
		given := catalog.Coupon{
			Code: "Welcome10", Kind: catalog.CouponAmount, Amount: storetest.Baht(50), Currency: storetest.THB,
			MinSubtotal: storetest.Baht(100), ProductIDs: []int64{3, 1}, CategoryIDs: []int64{2}, StartsAt: &starts,
			EndsAt: &ends, MaxUses: &limit, MaxUsesPerMerchant: &each, Status: catalog.StatusActive,
		}
		created, err := s.Products.CreateCoupon(ctx, given)
		require.NoError(t, err)
		require.Equal(t, "WELCOME10", created.Code)
		require.Equal(t, time.Date(2026, 3, 28, 22, 30, 0, 123456000, time.UTC), *created.StartsAt)
		given.ID = created.ID
		given.Code = created.Code
		given.CreatedAt = created.CreatedAt
		given.UpdatedAt = created.UpdatedAt
		given.StartsAt, given.EndsAt = created.StartsAt, created.EndsAt
		require.Equal(t, given, created)

		for _, code := range []string{"WELCOME10", "welcome10", " Welcome10 "} {
			found, err := s.Products.Coupon(ctx, code)
			require.NoError(t, err)
			require.Equal(t, created, found)
		}
		_, err = s.Products.Coupon(ctx, "welcome1")
		require.ErrorIs(t, err, catalog.ErrCouponNotFound)
		_, err = s.Products.CreateCoupon(
			ctx, catalog.Coupon{Code: "welcome10", Kind: catalog.CouponPercent, PercentBasisPoints: 1},
		)
		alreadyExists(t, err, "coupon", "WELCOME10")

		plain := catalog.Coupon{
			ID: created.ID, Code: "ignored", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, Uses: 99,
			Status: catalog.StatusArchived,
		}
		updated, err := s.Products.UpdateCoupon(ctx, plain)
		require.NoError(t, err)
		plain.Code = "WELCOME10"
		plain.Uses = 0
		plain.CreatedAt = created.CreatedAt
		plain.UpdatedAt = updated.UpdatedAt
		require.Equal(t, plain, updated)
		found, err := s.Products.Coupon(ctx, "WELCOME10")
		require.NoError(t, err)
		require.Equal(t, updated, found)
		_, err = s.Products.UpdateCoupon(ctx, catalog.Coupon{ID: 999})
		require.ErrorIs(t, err, catalog.ErrCouponNotFound)

		second, err := s.Products.CreateCoupon(
			ctx, catalog.Coupon{Code: "ONCE", Kind: catalog.CouponPercent, PercentBasisPoints: 1},
		)
		require.NoError(t, err)
		page, err := s.Products.ListCoupons(ctx, catalog.CouponFilter{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, []catalog.Coupon{updated}, page)
		page, err = s.Products.ListCoupons(ctx, catalog.CouponFilter{AfterID: updated.ID, Limit: 5})
		require.NoError(t, err)
		require.Equal(t, []catalog.Coupon{second}, page)
		page, err = s.Products.ListCoupons(ctx, catalog.CouponFilter{AfterID: second.ID, Limit: 5})
		require.NoError(t, err)
		require.Empty(t, page)
	})
}

// A coupon that gets its limit after it was used begins with what it had.
func TestCouponUses(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 10, 10)
		coupon, err := w.Catalog.CreateCoupon(
			ctx, catalog.Coupon{Code: "OPEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000},
		)
		require.NoError(t, err)
		order := func(reference string) error {
			draft := storetest.Draft(m, reference, "CODE", 1)
			draft.Coupon = "open"
			_, err := w.Orders.Create(ctx, draft)
			return err
		}
		require.NoError(t, order("a"))
		require.NoError(t, order("b"))
		found, err := w.Catalog.Coupon(ctx, "OPEN")
		require.NoError(t, err)
		require.Equal(t, int64(2), found.Uses)

		limit := int64(3)
		coupon.MaxUses = &limit
		coupon, err = w.Catalog.UpdateCoupon(ctx, coupon)
		require.NoError(t, err)
		require.Equal(t, int64(2), coupon.Uses)
		require.NoError(t, order("c"))
		require.Error(t, order("d"))
		coupons, err := w.Catalog.ListCoupons(ctx, catalog.CouponFilter{})
		require.NoError(t, err)
		require.Equal(t, int64(3), coupons[0].Uses)
	})
}

// Instants are UTC with microseconds whatever the clock says, and what is answered is what is read later.
func TestClockInAnotherZone(t *testing.T) {
	t.Parallel()
	given := time.Date(2026, 3, 29, 1, 30, 0, 123456789, time.FixedZone("+03", 3*60*60))
	want := time.Date(2026, 3, 28, 22, 30, 0, 123456000, time.UTC)
	storetest.RunURL(t, func(t *testing.T, url string) {
		ctx := t.Context()
		s, err := stores.Open(
			ctx, store.Options{URL: url, Sealer: storetest.Sealer(), Now: func() time.Time { return given }},
		)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Close()) })
		category := storetest.NewCategory(t, s, "gold")
		require.Equal(t, want, category.CreatedAt)
		product := storetest.NewProduct(t, s, category, "GOLD", nil)
		require.Equal(t, want, product.UpdatedAt)
		require.Equal(t, &product, storetest.Snapshot(t, s).ProductByID(product.ID))
		m := storetest.NewMerchant(t, s, "buyer")
		require.Equal(t, want, m.CreatedAt)
		found, err := s.Accounts.Merchant(ctx, m.ID)
		require.NoError(t, err)
		require.Equal(t, m, found)
		transfer, _, err := s.Accounts.Deposit(ctx, account.Deposit{MerchantID: m.ID, Amount: 1, Currency: storetest.THB})
		require.NoError(t, err)
		require.Equal(t, want, transfer.CreatedAt)

		for _, bounds := range []struct {
			from, to time.Time
			found    int
		}{
			{want, time.Time{}, 1},
			{given.Truncate(time.Microsecond), time.Time{}, 1},
			{want.Add(time.Nanosecond), time.Time{}, 0},
			{time.Time{}, want, 0},
			{time.Time{}, want.Add(time.Nanosecond), 1},
			{given.Add(-time.Hour), given.Add(time.Hour), 1},
		} {
			transfers, err := s.Accounts.ListTransfers(ctx, m.ID, account.TransferFilter{From: bounds.from, To: bounds.to})
			require.NoError(t, err)
			require.Len(t, transfers, bounds.found, "%v", bounds)
		}
	})
}

func TestCatalogWithoutDatabase(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Products.LoadSnapshot(ctx)
		require.ErrorIs(t, err, context.Canceled)
		_, err = s.Products.CreateCategory(ctx, catalog.Category{Slug: "x", Name: "x"})
		require.ErrorIs(t, err, context.Canceled)
	})
}

// TestCurrencyOfOwnPrices changes the currency of a product only while nobody has a price of his own in it.
func TestCurrencyOfOwnPrices(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		gold := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "gold"), "GOLD", nil)
		shop, own := storetest.NewMerchant(t, s, "shop"), storetest.Baht(8)
		named := catalog.Listing{MerchantID: shop.ID, ProductID: gold.ID, ExternalID: "named"}
		_, err := s.Products.CreateListing(ctx, named)
		require.NoError(t, err)
		change := func(currency money.Currency) error {
			p := *storetest.Snapshot(t, s).ProductByID(gold.ID)
			p.Currency = currency
			_, err := s.Products.UpdateProduct(ctx, p)
			return err
		}
		require.NoError(t, change("USD"), "a name has no currency")
		require.NoError(t, change("THB"))

		named.ExternalID, named.Price = "priced", &own
		priced, err := s.Products.CreateListing(ctx, named)
		require.NoError(t, err)
		err = change("USD")
		var invalid *errs.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "currency", invalid.Violations[0].Field)
		require.Contains(t, err.Error(), "in 1 listings")
		require.Equal(t, money.Currency("THB"), storetest.Snapshot(t, s).ProductByID(gold.ID).Currency)
		require.NoError(t, s.Products.DeleteListing(ctx, shop.ID, priced.ID))
		require.NoError(t, change("USD"))
	})
}
