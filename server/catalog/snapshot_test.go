package catalog_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/catalog"
	"orderhub/server/money"
)

// TestFindProduct takes a key for an id, then for a SKU, then for a slug.
func TestFindProduct(t *testing.T) {
	product := func(id int64, sku, slug string) catalog.Product { return catalog.Product{ID: id, SKU: sku, Slug: slug} }
	s, _ := service(
		t, product(50, "0050", "gold"), product(7, "A-1", "silver"), product(8, "50", "a-1"), product(9, "x", "A-9"),
	)
	for key, want := range map[string]int64{
		"50": 50, "0050": 50, "gold": 50, "7": 7, "A-1": 7, "silver": 7, "a-1": 8, "A-9": 9, "x": 9,
		"+7": 0, "-7": 0, "07": 0, "0": 0, "7 ": 0, "٧": 0, "7.0": 0, "X": 0, "Gold": 0, "": 0,
		"9223372036854775808": 0,
	} {
		p, err := s.FindProduct(key)
		if want == 0 {
			require.ErrorIs(t, err, catalog.ErrProductNotFound, key)
			continue
		}
		require.NoError(t, err, key)
		require.Equal(t, want, p.ID, key)
	}
	require.Equal(t, int64(8), s.Snapshot().ProductBySKU("50").ID)
	require.Equal(t, int64(8), s.Snapshot().ProductBySlug("a-1").ID)
	require.Nil(t, s.Snapshot().ProductBySKU("a-1"), "SKUs are compared exactly")
}

// TestFindCategory takes a key for an id before it takes it for a slug, wherever that category stands.
func TestFindCategory(t *testing.T) {
	s := catalog.NewSnapshot(1, []catalog.Category{{ID: 12, Slug: "games"}, {ID: 3, Slug: "12"}, {ID: 4, Slug: "05"}},
		nil, nil)
	for key, want := range map[string]int64{
		"12": 12, "games": 12, "3": 3, "4": 4, "05": 4, "5": 0, "+3": 0, "03": 0, "Games": 0, "": 0,
	} {
		c, found := s.FindCategory(key)
		require.Equal(t, want, c.ID, key)
		require.Equal(t, want != 0, found, key)
	}
}

// TestListings finds a merchant's own names, and only those.
func TestListings(t *testing.T) {
	listings := []*catalog.Listing{
		{ID: 5, MerchantID: 1, ProductID: 1, ExternalID: "gold", ExternalOptionID: "small"},
		{ID: 4, MerchantID: 1, ProductID: 1, ExternalID: "gold"},
		{ID: 6, MerchantID: 1, ProductID: 1, ExternalID: "Gold"},
		{ID: 1, MerchantID: 2, ProductID: 1, ExternalID: "gold"},
	}
	s := catalog.NewSnapshot(1, nil, nil, listings)
	require.Equal(t, int64(5), s.Listing(1, "gold", "small").ID)
	require.Equal(t, int64(4), s.Listing(1, "gold", "").ID)
	require.Equal(t, int64(6), s.Listing(1, "Gold", "").ID)
	require.Equal(t, int64(1), s.Listing(2, "gold", "").ID)
	require.Nil(t, s.Listing(2, "gold", "small"))
	require.Equal(t, int64(4), s.ListingFor(1, 1).ID, "the first of several")
	require.Nil(t, s.ListingFor(3, 1))
	require.Nil(t, s.ListingFor(1, 2))
}

// TestOwnPrice prefers the newest of a merchant's prices to the product's, in whatever order a database has them.
func TestOwnPrice(t *testing.T) {
	price := func(p money.Amount) *money.Amount { return &p }
	p := &catalog.Product{ID: 1, Price: 100}
	listings := []*catalog.Listing{
		{ID: 1, MerchantID: 1, ProductID: 1, ExternalID: "a", Price: price(90)},
		{ID: 2, MerchantID: 1, ProductID: 1, ExternalID: "b", Price: price(80)},
		{ID: 3, MerchantID: 1, ProductID: 1, ExternalID: "c"},
		{ID: 4, MerchantID: 2, ProductID: 1, ExternalID: "a"},
		{ID: 5, MerchantID: 3, ProductID: 1, ExternalID: "a", Price: price(0)},
		{ID: 6, MerchantID: 4, ProductID: 2, ExternalID: "a", Price: price(70)},
	}
	rapid.Check(t, func(t *rapid.T) {
		shuffled := rapid.Permutation(listings).Draw(t, "listings")
		s := catalog.NewSnapshot(1, nil, []*catalog.Product{p}, shuffled)
		for merchant, want := range map[int64]money.Amount{1: 80, 2: 100, 3: 0, 4: 100, 0: 100} {
			require.Equal(t, want, s.PriceFor(merchant, p, time.Time{}).Amount, "of merchant %d", merchant)
		}
	})
}

// TestSnapshotIsSorted leaves what it is given as it is.
func TestSnapshotIsSorted(t *testing.T) {
	categories := []catalog.Category{{ID: 3}, {ID: 1}, {ID: 2}}
	products := []*catalog.Product{{ID: 2, SKU: "b"}, {ID: 3, SKU: "c"}, {ID: 1, SKU: "a"}}
	s := catalog.NewSnapshot(9, categories, products, nil)
	require.Equal(t, int64(9), s.Version)
	require.Equal(t, []catalog.Category{{ID: 1}, {ID: 2}, {ID: 3}}, s.Categories())
	require.Equal(t, []*catalog.Product{products[2], products[0], products[1]}, s.Products())
	rand.Shuffle(len(products), func(i, j int) { products[i], products[j] = products[j], products[i] })
	require.Equal(t, "a", s.Products()[0].SKU, "it is immutable")
	require.Equal(t, products[0], s.ProductByID(products[0].ID))
}
