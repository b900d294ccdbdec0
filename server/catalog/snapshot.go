package catalog

import (
	"cmp"
	"slices"
	"strconv"

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
	for _, l := range listings {
		s.listings[listingKey{l.MerchantID, l.ExternalID, l.ExternalOptionID}] = l
		key := priceKey{l.MerchantID, l.ProductID}
		if first := s.listingsOf[key]; first == nil || l.ID < first.ID {
			s.listingsOf[key] = l
		}
		if l.Price != nil {
			s.prices[priceKey{l.MerchantID, l.ProductID}] = *l.Price
		}
	}
	return s
}

// Products returns all products by id, archived ones included. Do not modify.
func (s *Snapshot) Products() []*Product { return s.products }

// Categories returns all categories by id. Do not modify.
func (s *Snapshot) Categories() []Category { return s.categories }

// ProductByID returns nil when there is none.
func (s *Snapshot) ProductByID(id int64) *Product { return s.byID[id] }

// ProductBySKU returns nil when there is none. SKUs are compared exactly.
func (s *Snapshot) ProductBySKU(sku string) *Product { return s.bySKU[sku] }

// ProductBySlug returns nil when there is none.
func (s *Snapshot) ProductBySlug(slug string) *Product { return s.bySlug[slug] }

// FindProduct looks key up as an id (all digits), then a SKU, then a slug, and
// returns nil when it is none of them.
func (s *Snapshot) FindProduct(key string) *Product {
	if id, err := strconv.ParseInt(key, 10, 64); err == nil {
		if p := s.byID[id]; p != nil {
			return p
		}
	}
	if p := s.bySKU[key]; p != nil {
		return p
	}
	return s.bySlug[key]
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

// PriceFor is what one unit of p costs the merchant: the price of its own
// listing where it has one, else the product's.
func (s *Snapshot) PriceFor(merchantID int64, p *Product) money.Amount {
	if price, ok := s.prices[priceKey{merchantID, p.ID}]; ok {
		return price
	}
	return p.Price
}
