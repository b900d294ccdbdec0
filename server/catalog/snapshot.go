package catalog

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"orderhub/server/money"
)

// Snapshot is the whole catalogue at one moment, immutable and safe to share.
// Placement prices from it without touching the database; the store notices
// inside the placement transaction when a product has changed since.
type Snapshot struct {
	Version int64

	products   []*Product // by id, archived ones included
	byID       map[int64]*Product
	bySKU      map[string]*Product
	bySlug     map[string]*Product
	categories []Category // by id
	listings   map[listingKey]*Listing
	listingsOf map[priceKey]*Listing // the first of each merchant and product
	prices     map[priceKey]money.Amount

	pricesVersion int64
	pricesUntil   time.Time             // when they have to be read again without a change; zero for never
	costs         map[int64]Cost        // by product
	listOf        map[int64]*pricedList // by merchant, active ones
}

type listingKey struct {
	merchantID           int64
	externalID, optionID string
}

type priceKey struct{ merchantID, productID int64 }

// NewSnapshot builds the lookups over what a store read at one version.
func NewSnapshot(version int64, categories []Category, products []*Product, listings []*Listing) *Snapshot {
	s := &Snapshot{
		Version:    version,
		products:   slices.Clone(products),
		byID:       make(map[int64]*Product, len(products)),
		bySKU:      make(map[string]*Product, len(products)),
		bySlug:     make(map[string]*Product, len(products)),
		categories: slices.Clone(categories),
		listings:   make(map[listingKey]*Listing, len(listings)),
		listingsOf: make(map[priceKey]*Listing, len(listings)),
		prices:     make(map[priceKey]money.Amount),
	}
	slices.SortFunc(s.products, func(a, b *Product) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(s.categories, func(a, b Category) int { return cmp.Compare(a.ID, b.ID) })
	for _, p := range s.products {
		s.byID[p.ID], s.bySKU[p.SKU], s.bySlug[p.Slug] = p, p, p
	}
	priced := make(map[priceKey]*Listing)
	for _, l := range listings {
		s.listings[listingKey{l.MerchantID, l.ExternalID, l.ExternalOptionID}] = l
		key := priceKey{l.MerchantID, l.ProductID}
		if first := s.listingsOf[key]; first == nil || l.ID < first.ID {
			s.listingsOf[key] = l
		}
		if last := priced[key]; l.Price != nil && (last == nil || l.ID > last.ID) {
			priced[key], s.prices[key] = l, *l.Price
		}
	}
	return s
}

// with is the snapshot after a product has come or changed.
func (s *Snapshot) with(version int64, p *Product) *Snapshot {
	next := *s
	next.Version, next.products = version, slices.Clone(s.products)
	next.byID, next.bySKU, next.bySlug = maps.Clone(s.byID), maps.Clone(s.bySKU), maps.Clone(s.bySlug)
	at, known := slices.BinarySearchFunc(next.products, p.ID, func(o *Product, id int64) int {
		return cmp.Compare(o.ID, id)
	})
	if known {
		delete(next.bySKU, next.products[at].SKU)
		delete(next.bySlug, next.products[at].Slug)
		next.products[at] = p
	} else {
		next.products = slices.Insert(next.products, at, p)
	}
	next.byID[p.ID], next.bySKU[p.SKU], next.bySlug[p.Slug] = p, p, p
	return &next
}

// Products returns all products by id, archived ones included. Do not modify.
func (s *Snapshot) Products() []*Product { return s.products }

// ProductIDs are the ids of all products, ascending, archived ones included.
func (s *Snapshot) ProductIDs() []int64 {
	ids := make([]int64, len(s.products))
	for i, p := range s.products {
		ids[i] = p.ID
	}
	return ids
}

// Categories returns all categories by id. Do not modify.
func (s *Snapshot) Categories() []Category { return s.categories }

// ProductByID returns nil when there is none.
func (s *Snapshot) ProductByID(id int64) *Product { return s.byID[id] }

// ProductBySKU returns nil when there is none. SKUs are compared exactly.
func (s *Snapshot) ProductBySKU(sku string) *Product { return s.bySKU[sku] }

// ProductBySlug returns nil when there is none.
func (s *Snapshot) ProductBySlug(slug string) *Product { return s.bySlug[slug] }

// FindProduct looks key up as an id (digits, the first of them no zero), then a
// SKU, then a slug, and returns nil when it is none of them.
func (s *Snapshot) FindProduct(key string) *Product {
	if p := s.byID[idOf(key)]; p != nil {
		return p
	}
	if p := s.bySKU[key]; p != nil {
		return p
	}
	return s.bySlug[key]
}

// FindCategory looks key up as an id, then a slug, as FindProduct does; false when
// it is neither.
func (s *Snapshot) FindCategory(key string) (Category, bool) {
	id := idOf(key)
	i := slices.IndexFunc(s.categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		i = slices.IndexFunc(s.categories, func(c Category) bool { return c.Slug == key })
	}
	if i < 0 {
		return Category{}, false
	}
	return s.categories[i], true
}

// idOf is the id that a key is, 0 for none: "050" and "+50" are not 50.
func idOf(key string) int64 {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil || strconv.FormatInt(id, 10) != key {
		return 0
	}
	return id
}

// Listing returns the merchant's listing under its external names, or nil.
func (s *Snapshot) Listing(merchantID int64, externalID, optionID string) *Listing {
	return s.listings[listingKey{merchantID, externalID, optionID}]
}

// ListingFor returns the merchant's own listing of the product, the first of
// several, or nil.
func (s *Snapshot) ListingFor(merchantID, productID int64) *Listing {
	return s.listingsOf[priceKey{merchantID, productID}]
}
