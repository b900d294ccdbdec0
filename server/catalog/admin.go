package catalog

import (
	"context"
	"fmt"

	"orderhub/server/fault"
)

// The operators' changes. Each checks its input, writes, and makes the change
// visible in this process before it returns; other processes follow within
// about a second.

// CreateCategory stores a category. Errors: *fault.InvalidError, *AlreadyExistsError.
func (s *Service) CreateCategory(ctx context.Context, c Category) (Category, error) {
	if err := c.check(); err != nil {
		return Category{}, err
	}
	return refreshed(ctx, s, c, s.Store.CreateCategory)
}

// UpdateCategory changes name and description. Errors: *fault.InvalidError, ErrCategoryNotFound.
func (s *Service) UpdateCategory(ctx context.Context, c Category) (Category, error) {
	if err := c.check(); err != nil {
		return Category{}, err
	}
	return refreshed(ctx, s, c, s.Store.UpdateCategory)
}

// CreateProduct stores a product. Errors: *fault.InvalidError, *AlreadyExistsError, ErrCategoryNotFound.
func (s *Service) CreateProduct(ctx context.Context, p Product) (Product, error) {
	if err := p.Normalize(); err != nil {
		return Product{}, err
	}
	return refreshed(ctx, s, p, s.Store.CreateProduct)
}

// UpdateProduct replaces a product's fields. Errors: *fault.InvalidError,
// ErrProductNotFound, ErrCategoryNotFound, ErrStaleVersion, *AlreadyExistsError on the slug.
func (s *Service) UpdateProduct(ctx context.Context, p Product) (Product, error) {
	if err := p.Normalize(); err != nil {
		return Product{}, err
	}
	return refreshed(ctx, s, p, s.Store.UpdateProduct)
}

// CreateListing stores a merchant's own name for a product.
func (s *Service) CreateListing(ctx context.Context, l Listing) (Listing, error) {
	bad := &fault.InvalidError{}
	bad.CheckLine("external_id", l.ExternalID, 1, 255)
	bad.CheckLine("external_option_id", l.ExternalOptionID, 0, 255)
	if l.Price != nil {
		checkPrice(bad, "price", *l.Price)
	}
	if err := bad.OrNil(); err != nil {
		return Listing{}, err
	}
	return refreshed(ctx, s, l, s.Store.CreateListing)
}

// DeleteListing removes one listing. ErrListingNotFound.
func (s *Service) DeleteListing(ctx context.Context, merchantID, id int64) error {
	if err := s.Store.DeleteListing(ctx, merchantID, id); err != nil {
		return err
	}
	return s.Refresh(ctx)
}

// CreateCoupon stores a coupon. Errors: *fault.InvalidError, *AlreadyExistsError.
func (s *Service) CreateCoupon(ctx context.Context, c Coupon) (Coupon, error) {
	if err := c.Normalize(); err != nil {
		return Coupon{}, err
	}
	return s.Store.CreateCoupon(ctx, c)
}

// UpdateCoupon replaces a coupon's rules. Errors: *fault.InvalidError, ErrCouponNotFound.
func (s *Service) UpdateCoupon(ctx context.Context, c Coupon) (Coupon, error) {
	if err := c.Normalize(); err != nil {
		return Coupon{}, err
	}
	return s.Store.UpdateCoupon(ctx, c)
}

// refreshed writes v and shows this process the result.
func refreshed[T any](ctx context.Context, s *Service, v T, write func(context.Context, T) (T, error)) (T, error) {
	written, err := write(ctx, v)
	if err != nil {
		return written, err
	}
	return written, s.Refresh(ctx)
}

func (c *Category) check() error {
	bad := &fault.InvalidError{}
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
