package catalog

import (
	"context"
	"fmt"

	"orderhub/server/errs"
)

// The operators' changes. Each checks its input, writes, and makes the change
// visible in this process before it returns; other processes follow within
// about a second.

// CreateCategory stores a category. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Service) CreateCategory(ctx context.Context, c Category) (Category, error) {
	if err := c.check(); err != nil {
		return Category{}, err
	}
	return refreshed(ctx, s, c, s.store.CreateCategory)
}

// UpdateCategory changes name and description. Errors: *errs.InvalidError, ErrCategoryNotFound.
func (s *Service) UpdateCategory(ctx context.Context, c Category) (Category, error) {
	if err := c.check(); err != nil {
		return Category{}, err
	}
	return refreshed(ctx, s, c, s.store.UpdateCategory)
}

// CreateProduct stores a product. Errors: *errs.InvalidError, *AlreadyExistsError, ErrCategoryNotFound.
func (s *Service) CreateProduct(ctx context.Context, p Product) (Product, error) {
	if err := p.Normalize(); err != nil {
		return Product{}, err
	}
	return s.shown(ctx, p, s.store.CreateProduct)
}

// UpdateProduct replaces a product's fields. Errors: *errs.InvalidError,
// ErrProductNotFound, ErrCategoryNotFound, ErrStaleVersion, *AlreadyExistsError on the slug.
func (s *Service) UpdateProduct(ctx context.Context, p Product) (Product, error) {
	if err := p.Normalize(); err != nil {
		return Product{}, err
	}
	return s.shown(ctx, p, s.store.UpdateProduct)
}

// CreateListing stores a merchant's own name for a product. Errors:
// *errs.InvalidError, ErrProductNotFound, *AlreadyExistsError.
func (s *Service) CreateListing(ctx context.Context, l Listing) (Listing, error) {
	bad := &errs.InvalidError{}
	bad.CheckLine("external_id", l.ExternalID, 1, 255)
	bad.CheckLine("external_option_id", l.ExternalOptionID, 0, 255)
	p := s.Snapshot().ProductByID(l.ProductID)
	if p != nil && l.Price != nil {
		checkPrice(bad, "price", *l.Price, p.Currency)
	}
	if err := bad.OrNil(); err != nil {
		return Listing{}, err
	}
	if p == nil {
		return Listing{}, ErrProductNotFound
	}
	return refreshed(ctx, s, l, s.store.CreateListing)
}

// DeleteListing removes one listing. ErrListingNotFound.
func (s *Service) DeleteListing(ctx context.Context, merchantID, id int64) error {
	if err := s.store.DeleteListing(ctx, merchantID, id); err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// CreateCoupon stores a coupon. Errors: *errs.InvalidError, *AlreadyExistsError.
func (s *Service) CreateCoupon(ctx context.Context, c Coupon) (Coupon, error) {
	if err := c.Normalize(); err != nil {
		return Coupon{}, err
	}
	return s.store.CreateCoupon(ctx, c)
}

// UpdateCoupon replaces a coupon's rules. Errors: *errs.InvalidError, ErrCouponNotFound.
func (s *Service) UpdateCoupon(ctx context.Context, c Coupon) (Coupon, error) {
	if err := c.Normalize(); err != nil {
		return Coupon{}, err
	}
	return s.store.UpdateCoupon(ctx, c)
}

// refreshed writes v and shows this process the result.
func refreshed[T any](ctx context.Context, s *Service, v T, write func(context.Context, T) (T, error)) (T, error) {
	written, err := write(ctx, v)
	if err != nil {
		return written, err
	}
	return written, s.Refresh(ctx)
}

// shown writes a product and shows it to this process. Where nothing else has changed since the catalogue was read, and
// no price depends on more than the product, it is put into what was read: to read all again for each of many products
// would take longer than all of them.
func (s *Service) shown(
	ctx context.Context, p Product, write func(context.Context, Product) (Product, error),
) (Product, error) {
	p, err := write(ctx, p)
	if err != nil {
		return p, err
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	version, err := s.store.CatalogVersion(ctx)
	if err != nil {
		return p, fmt.Errorf("read catalogue version: %w", err)
	}
	current := s.Snapshot()
	before := current.ProductByID(p.ID)
	isTheChange := version == current.Version+1 && (before == nil || before.Version < p.Version)
	if isTheChange && len(current.costs) == 0 && len(current.listOf) == 0 {
		s.snapshot.Store(current.with(version, &p))
		return p, nil
	}
	return p, s.reload(ctx)
}

func (c *Category) check() error {
	bad := &errs.InvalidError{}
	if !slugPattern.MatchString(c.Slug) {
		bad.Add("slug", "must be 1 to 100 lower-case letters, digits or . _ -")
	}
	bad.CheckLine("name", c.Name, 1, maxName)
	bad.CheckText("description", c.Description, maxDescription)
	return bad.OrNil()
}

// FindProduct looks a product up by id, SKU or slug. ErrProductNotFound.
func (s *Service) FindProduct(key string) (*Product, error) {
	if p := s.Snapshot().FindProduct(key); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%q: %w", key, ErrProductNotFound)
}
