package catalog

import (
	"context"
	"errors"
	"fmt"
)

// What a caller can act on.
var (
	ErrCategoryNotFound = errors.New("category not found")
	ErrProductNotFound  = errors.New("product not found")
	ErrListingNotFound  = errors.New("listing not found")
	ErrCouponNotFound   = errors.New("coupon not found")
	ErrStaleVersion     = errors.New("changed by someone else since it was read")
)

// AlreadyExistsError says that a unique name is taken.
type AlreadyExistsError struct {
	Kind string // "product", "category", "listing", "coupon"
	Name string
}

func (e *AlreadyExistsError) Error() string {
	return fmt.Sprintf("%s %q already exists", e.Kind, e.Name)
}

// CouponFilter pages through coupons by ascending id.
type CouponFilter struct {
	AfterID int64
	Limit   int
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	DirectPriceLists

	// StockLevels counts what can be sold now: available units of undated stock
	// products. Products without units are absent.
	StockLevels(ctx context.Context) (map[int64]int64, error)
	// ListAllotments returns the days in [from, to] by date; "" means no bound.
	ListAllotments(ctx context.Context, productID int64, from, to string, limit int) ([]Allotment, error)
	// ListListings returns a merchant's listings by ascending id.
	ListListings(ctx context.Context, merchantID, afterID int64, limit int) ([]Listing, error)
	// Coupon finds a coupon by its code, in any letter case. ErrCouponNotFound.
	Coupon(ctx context.Context, code string) (Coupon, error)
	// ListCoupons returns coupons by ascending id.
	ListCoupons(ctx context.Context, f CouponFilter) ([]Coupon, error)
}

// Store keeps the catalogue. Every change of a product, category or listing
// also moves the catalogue's version, in the same transaction, so that every
// process notices; a change of a product or of a listing of it moves the
// product's own version too.
type Store interface {
	Direct
	PriceListStore

	// CatalogVersion is cheap; it only tells whether LoadSnapshot would differ.
	CatalogVersion(ctx context.Context) (int64, error)
	// LoadSnapshot reads everything at one version.
	LoadSnapshot(ctx context.Context) (*Snapshot, error)

	// CreateCategory assigns ID unless it is set. *AlreadyExistsError on the slug.
	CreateCategory(ctx context.Context, c Category) (Category, error)
	// UpdateCategory writes name and description. ErrCategoryNotFound.
	UpdateCategory(ctx context.Context, c Category) (Category, error)

	// CreateProduct assigns ID unless it is set, and version 1.
	// *AlreadyExistsError on SKU or slug; ErrCategoryNotFound.
	CreateProduct(ctx context.Context, p Product) (Product, error)
	// UpdateProduct writes every field but ID, SKU and Version, which it
	// increments. A p.Version other than 0 must be the current one, else
	// ErrStaleVersion. ErrProductNotFound, ErrCategoryNotFound.
	UpdateProduct(ctx context.Context, p Product) (Product, error)

	// SetAllotments creates or changes the capacity of days, each of which is there
	// once. Where CheckCapacities refuses one, nothing is changed.
	SetAllotments(ctx context.Context, productID int64, allotments []Allotment) error

	// CreateListing fails with *AlreadyExistsError on the external names.
	CreateListing(ctx context.Context, l Listing) (Listing, error)
	// DeleteListing fails with ErrListingNotFound.
	DeleteListing(ctx context.Context, merchantID, id int64) error

	// CreateCoupon fails with *AlreadyExistsError on the code.
	CreateCoupon(ctx context.Context, c Coupon) (Coupon, error)
	// UpdateCoupon writes everything but ID, Code and Uses. ErrCouponNotFound; a
	// limit below the uses there are is a *errs.InvalidError, then nothing is
	// changed.
	UpdateCoupon(ctx context.Context, c Coupon) (Coupon, error)
}
