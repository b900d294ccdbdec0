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
	"orderhub/server/money"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// alreadyExists is the error for a name of the catalogue that is taken.
func alreadyExists(t *testing.T, err error, kind, name string) {
	t.Helper()
	var exists *catalog.AlreadyExistsError
	require.ErrorAs(t, err, &exists)
	require.Equal(t, catalog.AlreadyExistsError{Kind: kind, Name: name}, *exists)
}

// ticketProduct uses every field of a product.
func ticketProduct(category catalog.Category) catalog.Product {
	return catalog.Product{
		SKU: "PARK_DAY", Slug: "park-day", Name: "Tageskarte für Ärzte 日", Description: "A day\nin the park",
		Category: category,
		Currency: "KRW", Price: 2222 * money.Unit, Source: catalog.SourceProvider, Format: "user|pass",
		Status: catalog.StatusActive,
		Fields: []catalog.Field{
			{
				ID: 1, Identifier: "userid", Title: "Your name", Type: catalog.FieldText, Required: true, MinLength: 3,
				MaxLength: 50,
			},
			{ID: 2, Identifier: "server", Title: "Server", Type: catalog.FieldSelect, Options: []string{"EU <1>", "TR"}},
		},
		MinQuantity: 2, MaxQuantity: 50, Dated: true, LossPolicy: catalog.LossFails,
	}
}

func TestEmptyCatalog(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		version, err := s.Products.CatalogVersion(t.Context())
		require.NoError(t, err)
		require.Zero(t, version)
		empty := storetest.Snapshot(t, s)
		require.Zero(t, empty.Version)
		require.Empty(t, empty.Products())
		require.Empty(t, empty.Categories())
	})
}

func TestCategories(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		created, err := s.Products.CreateCategory(
			ctx, catalog.Category{Slug: "gold", Name: "Game gold", Description: "Shiny"},
		)
		require.NoError(t, err)
		require.NotZero(t, created.ID)
		require.Equal(t, []catalog.Category{created}, storetest.Snapshot(t, s).Categories())

		_, err = s.Products.CreateCategory(ctx, catalog.Category{Slug: "gold", Name: "Other"})
		alreadyExists(t, err, "category", "gold")
		_, err = s.Products.CreateCategory(ctx, catalog.Category{Slug: "Gold", Name: "Letter case counts"})
		require.NoError(t, err)

		updated, err := s.Products.UpdateCategory(
			ctx, catalog.Category{ID: created.ID, Slug: "ignored", Name: "Gold", Description: ""},
		)
		require.NoError(t, err)
		require.Equal(t, "gold", updated.Slug)
		require.Equal(t, "Gold", updated.Name)
		require.Empty(t, updated.Description)
		require.Equal(t, created.CreatedAt, updated.CreatedAt)
		require.True(t, updated.UpdatedAt.After(created.UpdatedAt))
		require.Equal(t, updated, storetest.Snapshot(t, s).Categories()[0])

		_, err = s.Products.UpdateCategory(ctx, catalog.Category{ID: 999, Name: "Gold"})
		require.ErrorIs(t, err, catalog.ErrCategoryNotFound)
	})
}

func TestProducts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		tickets, gold := storetest.NewCategory(t, s, "day-ticket"), storetest.NewCategory(t, s, "gold")
		given := ticketProduct(tickets)
		created, err := s.Products.CreateProduct(ctx, given)
		require.NoError(t, err)
		given.ID = created.ID
		given.Version = 1
		given.CreatedAt = created.CreatedAt
		given.UpdatedAt = created.UpdatedAt
		require.Equal(t, given, created)
		require.NotZero(t, created.ID)
		require.WithinDuration(t, time.Now(), created.CreatedAt, time.Minute)
		require.Equal(t, time.UTC, created.CreatedAt.Location())
		require.Equal(t, &created, storetest.Snapshot(t, s).ProductBySKU("PARK_DAY"))

		changed := created
		changed.SKU = "ignored"
		changed.Slug = "park"
		changed.Name = "Park"
		changed.Description = ""
		changed.Category = gold
		changed.Currency = "TRY"
		changed.Price = 19_900_000
		changed.Source = catalog.SourceStock
		changed.Format = ""
		changed.Status = catalog.StatusArchived
		changed.Fields = nil
		changed.MinQuantity = 1
		changed.MaxQuantity = 1000
		changed.Dated = false
		updated, err := s.Products.UpdateProduct(ctx, changed)
		require.NoError(t, err)
		changed.SKU, changed.Version, changed.UpdatedAt = "PARK_DAY", 2, updated.UpdatedAt
		require.Equal(t, changed, updated)
		require.True(t, updated.UpdatedAt.After(created.UpdatedAt))
		require.Equal(t, &updated, storetest.Snapshot(t, s).ProductByID(created.ID))
	})
}

func TestProductErrors(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category := storetest.NewCategory(t, s, "epin")
		first := storetest.NewProduct(t, s, category, "EPIN_25", nil)
		// Letter case counts.
		second := storetest.NewProduct(t, s, category, "epin_25", func(p *catalog.Product) { p.Slug = "other" })
		before, err := s.Products.CatalogVersion(ctx)
		require.NoError(t, err)

		same := first
		same.ID, same.Slug = 0, "fresh"
		_, err = s.Products.CreateProduct(ctx, same)
		alreadyExists(t, err, "product", "EPIN_25")
		same.SKU, same.Slug = "FRESH", "epin-25"
		_, err = s.Products.CreateProduct(ctx, same)
		alreadyExists(t, err, "product", "epin-25")
		same.ID, same.Slug = first.ID, "fresh"
		_, err = s.Products.CreateProduct(ctx, same)
		alreadyExists(t, err, "product", fmt.Sprint(first.ID))
		same.ID, same.Category.ID = 0, 999
		_, err = s.Products.CreateProduct(ctx, same)
		require.ErrorIs(t, err, catalog.ErrCategoryNotFound)

		second.Slug = "epin-25"
		_, err = s.Products.UpdateProduct(ctx, second)
		alreadyExists(t, err, "product", "epin-25")
		second.Slug, second.Category.ID = "other", 999
		_, err = s.Products.UpdateProduct(ctx, second)
		require.ErrorIs(t, err, catalog.ErrCategoryNotFound)
		second.ID = 999
		_, err = s.Products.UpdateProduct(ctx, second)
		require.ErrorIs(t, err, catalog.ErrProductNotFound)

		after, err := s.Products.CatalogVersion(ctx)
		require.NoError(t, err)
		require.Equal(t, before, after, "what is refused changes nothing")
	})
}

func TestStaleProduct(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		p := storetest.NewProduct(t, s, storetest.NewCategory(t, s, "gold"), "GOLD", nil)
		same, err := s.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		require.Equal(t, p, same, "a change of nothing makes no version")
		p.Name = "second"
		_, err = s.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		_, err = s.Products.UpdateProduct(ctx, p)
		require.ErrorIs(t, err, catalog.ErrStaleVersion)
		p.Version, p.Name = 0, "third"
		blind, err := s.Products.UpdateProduct(ctx, p)
		require.NoError(t, err)
		require.Equal(t, int64(3), blind.Version)

		// Of several who read the same, one writes.
		updated, refused := storetest.Together(8, func(i int) error {
			mine := blind
			mine.Name = fmt.Sprint("name ", i)
			_, err := s.Products.UpdateProduct(ctx, mine)
			return err
		})
		require.Equal(t, 1, updated)
		for _, err := range refused {
			require.ErrorIs(t, err, catalog.ErrStaleVersion)
		}
		require.Equal(t, int64(4), storetest.Snapshot(t, s).ProductByID(p.ID).Version)
	})
}

// An id that the caller chose is not given out again, and a lower one does not turn the sequence back.
func TestChosenIDs(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		category, err := s.Products.CreateCategory(ctx, catalog.Category{ID: 1, Slug: "one", Name: "One"})
		require.NoError(t, err)
		require.Equal(t, int64(1), category.ID)
		require.Equal(t, int64(2), storetest.NewCategory(t, s, "two").ID)

		for i, step := range []struct{ chosen, want int64 }{
			{1, 1}, {0, 2}, {315, 315}, {0, 316}, {7, 7}, {0, 317}, {318, 318}, {0, 319},
		} {
			p := storetest.NewProduct(t, s, category, fmt.Sprint("SKU", i), func(p *catalog.Product) { p.ID = step.chosen })
			require.Equal(t, step.want, p.ID)
		}

		m, err := s.Accounts.CreateMerchant(ctx, account.NewMerchant{ID: 1, Name: "demo", Currency: storetest.THB})
		require.NoError(t, err)
		require.Equal(t, int64(1), m.ID)
		require.Equal(t, int64(2), storetest.NewMerchant(t, s, "poor").ID)
		_, err = s.Accounts.CreateMerchant(ctx, account.NewMerchant{ID: 2, Name: "other", Currency: storetest.THB})
		var exists *account.AlreadyExistsError
		require.ErrorAs(t, err, &exists)
		require.Equal(t, "id", exists.Field)
	})
}

// Every change moves the catalogue's version by one, and every process sees it.
func TestCatalogVersionMoves(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s, elsewhere := t.Context(), open(), open()
		merchant := storetest.NewMerchant(t, s, "channel")
		var category catalog.Category
		var product catalog.Product
		var listing catalog.Listing
		changes := []func() error{
			func() (err error) {
				category, err = s.Products.CreateCategory(ctx, catalog.Category{Slug: "gold", Name: "Gold"})
				return err
			},
			func() (err error) { _, err = s.Products.UpdateCategory(ctx, category); return err },
			func() (err error) { product = storetest.NewProduct(t, s, category, "GOLD", nil); return nil },
			func() (err error) { _, err = s.Products.UpdateProduct(ctx, product); return err },
			func() (err error) {
				listing, err = s.Products.CreateListing(
					ctx, catalog.Listing{MerchantID: merchant.ID, ProductID: product.ID, ExternalID: "1"},
				)
				return err
			},
			func() error { return s.Products.DeleteListing(ctx, merchant.ID, listing.ID) },
		}
		for i, change := range changes {
			require.NoError(t, change())
			version, err := elsewhere.Products.CatalogVersion(ctx)
			require.NoError(t, err)
			require.Equal(t, int64(i+1), version)
			require.Equal(t, version, storetest.Snapshot(t, elsewhere).Version)
		}
	})
}

// A snapshot is of one moment: every change below moves the catalogue and one product by one each.
func TestSnapshotIsConsistent(t *testing.T) {
	t.Parallel()
	const products, writers, changes = 5, 3, 20
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s, elsewhere := t.Context(), open(), open()
		category, merchant := storetest.NewCategory(t, s, "gold"), storetest.NewMerchant(t, s, "channel")
		var all []catalog.Product
		for i := range products {
			all = append(all, storetest.NewProduct(t, s, category, fmt.Sprint("P", i), nil))
		}
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for i := range changes {
					p := all[(w+i)%products]
					p.Version, p.Description = 0, fmt.Sprint(w, "-", i)
					_, err := s.Products.UpdateProduct(ctx, p)
					_, listing := s.Products.CreateListing(ctx, catalog.Listing{
						MerchantID: merchant.ID, ProductID: p.ID, ExternalID: fmt.Sprint(w, "-", i),
					})
					if err := errors.Join(err, listing); err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		done := make(chan struct{})
		go func() { writing.Wait(); close(done) }()
		last := int64(0)
		for reading := true; reading; {
			select {
			case <-done:
				reading = false
			default:
			}
			loaded := storetest.Snapshot(t, elsewhere)
			sum := int64(1) // the category
			for _, p := range loaded.Products() {
				sum += p.Version
			}
			require.Equal(t, loaded.Version, sum)
			require.GreaterOrEqual(t, loaded.Version, last)
			last = loaded.Version
		}
		require.Equal(t, int64(1+products+2*writers*changes), last)
	})
}
