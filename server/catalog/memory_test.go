package catalog_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
)

// memory is a store without a database. What it does not keep it does not implement.
type memory struct {
	catalog.Store
	catalog.UnitStore

	version    int64
	loads      int // of the snapshot
	categories []catalog.Category
	products   []catalog.Product
	listings   []catalog.Listing
	coupons    []catalog.Coupon
	days       []catalog.Allotment
	units      []memoryUnit
	marks      map[string]bool // of units, by product
	imports    []catalog.UnitImport

	fails   error // of every call, while it is set
	breaks  int   // the place of the unit before which AddUnits breaks off; 0 for never
	counted int   // calls of StockLevels
}

type memoryUnit struct {
	catalog.Unit

	content catalog.Content
}

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// service is a catalogue of these products, in one category, over a store in memory.
func service(t require.TestingT, products ...catalog.Product) (*catalog.Service, *memory) {
	m := &memory{
		version: 1, categories: []catalog.Category{{ID: 1, Slug: "codes", Name: "Codes"}}, products: products,
		marks: make(map[string]bool),
	}
	log := slog.New(slog.DiscardHandler)
	s, err := catalog.NewService(context.Background(), m, m, log, func() time.Time { return noon })
	require.NoError(t, err)
	return s, m
}

func (m *memory) CatalogVersion(context.Context) (int64, error) { return m.version, m.fails }

func (m *memory) LoadSnapshot(context.Context) (*catalog.Snapshot, error) {
	m.loads++
	return catalog.NewSnapshot(m.version, m.categories, pointers(m.products), pointers(m.listings)), m.fails
}

func pointers[T any](values []T) []*T {
	var list []*T
	for _, v := range values {
		list = append(list, &v)
	}
	return list
}

// create keeps what no other in the list is like.
func create[T any](m *memory, list *[]T, v T, same func(T) bool, taken error) (T, error) {
	var none T
	if m.fails != nil {
		return none, m.fails
	}
	if slices.ContainsFunc(*list, same) {
		return none, taken
	}
	*list = append(*list, v)
	m.version++
	return v, nil
}

// update puts v in the place of the one that is meant.
func update[T any](m *memory, list []T, v T, meant func(T) bool, missing error) (T, error) {
	i := slices.IndexFunc(list, meant)
	if err := m.fails; err != nil || i < 0 {
		var none T
		return none, cmp.Or(err, missing)
	}
	list[i] = v
	m.version++
	return v, nil
}

func (m *memory) CreateCategory(_ context.Context, c catalog.Category) (catalog.Category, error) {
	c.ID = cmp.Or(c.ID, int64(len(m.categories)+1))
	return create(m, &m.categories, c, func(o catalog.Category) bool { return o.Slug == c.Slug },
		&catalog.AlreadyExistsError{Kind: "category", Name: c.Slug})
}

func (m *memory) UpdateCategory(_ context.Context, c catalog.Category) (catalog.Category, error) {
	same := func(o catalog.Category) bool { return o.ID == c.ID }
	return update(m, m.categories, c, same, catalog.ErrCategoryNotFound)
}

func (m *memory) CreateProduct(_ context.Context, p catalog.Product) (catalog.Product, error) {
	p.ID, p.Version = cmp.Or(p.ID, int64(len(m.products)+1)), 1
	return create(m, &m.products, p, func(o catalog.Product) bool { return o.SKU == p.SKU || o.Slug == p.Slug },
		&catalog.AlreadyExistsError{Kind: "product", Name: p.SKU})
}

func (m *memory) UpdateProduct(_ context.Context, p catalog.Product) (catalog.Product, error) {
	for _, o := range m.products {
		if o.ID == p.ID && p.Version != 0 && p.Version != o.Version {
			return p, catalog.ErrStaleVersion
		}
	}
	p.Version++
	return update(m, m.products, p, func(o catalog.Product) bool { return o.ID == p.ID }, catalog.ErrProductNotFound)
}

func (m *memory) CreateListing(_ context.Context, l catalog.Listing) (catalog.Listing, error) {
	l.ID = int64(len(m.listings) + 1)
	return create(m, &m.listings, l, func(o catalog.Listing) bool {
		return o.MerchantID == l.MerchantID && o.ExternalID == l.ExternalID && o.ExternalOptionID == l.ExternalOptionID
	}, &catalog.AlreadyExistsError{Kind: "listing", Name: l.ExternalID})
}

func (m *memory) DeleteListing(_ context.Context, merchantID, id int64) error {
	before := len(m.listings)
	m.listings = slices.DeleteFunc(m.listings, func(l catalog.Listing) bool {
		return l.ID == id && l.MerchantID == merchantID
	})
	if len(m.listings) == before {
		return catalog.ErrListingNotFound
	}
	m.version++
	return nil
}

func (m *memory) CreateCoupon(_ context.Context, c catalog.Coupon) (catalog.Coupon, error) {
	c.ID = int64(len(m.coupons) + 1)
	return create(m, &m.coupons, c, func(o catalog.Coupon) bool { return o.Code == c.Code },
		&catalog.AlreadyExistsError{Kind: "coupon", Name: c.Code})
}

func (m *memory) UpdateCoupon(_ context.Context, c catalog.Coupon) (catalog.Coupon, error) {
	return update(m, m.coupons, c, func(o catalog.Coupon) bool { return o.ID == c.ID }, catalog.ErrCouponNotFound)
}

func (m *memory) SetAllotments(_ context.Context, _ int64, days []catalog.Allotment) error {
	m.days = append(m.days, days...)
	return m.fails
}

func (m *memory) StockLevels(context.Context) (map[int64]int64, error) {
	m.counted++
	levels := make(map[int64]int64)
	for _, u := range m.units {
		if u.State == catalog.UnitAvailable {
			levels[u.ProductID]++
		}
	}
	return levels, m.fails
}

func (m *memory) BeginImport(_ context.Context, productID int64, name string) (catalog.UnitImport, error) {
	imp := catalog.UnitImport{ID: int64(len(m.imports) + 1), ProductID: productID, Name: name}
	return create(m, &m.imports, imp, func(catalog.UnitImport) bool { return false }, nil)
}

// had reports whether the product has or had a content that looks the same.
func (m *memory) had(productID int64, c *catalog.Content) bool {
	return m.marks[markOf(productID, c)]
}

func markOf(productID int64, c *catalog.Content) string { return fmt.Sprint(productID, " ", c.Mark) }

func (m *memory) KnownUnits(_ context.Context, productID int64, units []catalog.NewUnit) ([]bool, error) {
	known := make([]bool, len(units))
	for i := range units {
		known[i] = m.had(productID, &units[i].Content)
	}
	return known, m.fails
}

func (m *memory) UnitImport(_ context.Context, id int64) (catalog.UnitImport, error) {
	if id > int64(len(m.imports)) {
		return catalog.UnitImport{}, catalog.ErrImportNotFound
	}
	return m.imports[id-1], m.fails
}

// AddUnits keeps one unit after the other, so that it can break off between them.
func (m *memory) AddUnits(_ context.Context, imp *catalog.UnitImport, units []catalog.NewUnit, bad int) (
	added int, repeated []int, err error,
) {
	kept := &m.imports[imp.ID-1]
	kept.Refused += bad
	for i := range units {
		if len(m.units)+1 == m.breaks {
			return added, repeated, errBroken
		}
		if m.had(imp.ProductID, &units[i].Content) {
			repeated = append(repeated, units[i].Line)
			kept.Refused++
			continue
		}
		m.marks[markOf(imp.ProductID, &units[i].Content)] = true
		m.units = append(m.units, memoryUnit{catalog.Unit{
			ID: int64(len(m.units) + 1), ProductID: imp.ProductID, ImportID: imp.ID, State: catalog.UnitAvailable,
		}, units[i].Content})
		kept.Imported++
		added++
	}
	return added, repeated, nil
}
