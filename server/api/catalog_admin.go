package api

import (
	"context"
	"errors"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
)

// An update without a version is made again when somebody else was faster.
const updateTries = 3

func (s *catalogService) CreateCategory(ctx context.Context, r *orderhubv1.CreateCategoryRequest) (
	*orderhubv1.CreateCategoryResponse, error,
) {
	in := r.GetCategory()
	created, err := s.Catalog.CreateCategory(
		ctx, catalog.Category{Slug: in.GetSlug(), Name: in.GetName(), Description: in.GetDescription()},
	)
	return &orderhubv1.CreateCategoryResponse{Category: toAPICategory(&created, 0)}, err
}

func (s *catalogService) UpdateCategory(ctx context.Context, r *orderhubv1.UpdateCategoryRequest) (
	*orderhubv1.UpdateCategoryResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	category, err := s.category(ctx, r.GetCategory())
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "slug", r.GetChanges().GetSlug(), category.Slug)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	take(set, "name", &category.Name, r.GetChanges().GetName())
	take(set, "description", &category.Description, r.GetChanges().GetDescription())
	if category, err = s.Catalog.UpdateCategory(ctx, category); err != nil {
		return nil, err
	}
	count := s.productCounts(catalogueView{operator: true})[category.ID]
	return &orderhubv1.UpdateCategoryResponse{Category: toAPICategory(&category, count)}, nil
}

func (s *catalogService) CreateProduct(ctx context.Context, r *orderhubv1.CreateProductRequest) (
	*orderhubv1.CreateProductResponse, error,
) {
	bad, in := &errs.InvalidError{}, r.GetProduct()
	set, err := maskOf(in, nil)
	if err != nil {
		return nil, err
	}
	p := catalog.Product{SKU: in.GetSku()}
	applyAPIProduct(bad, &p, set, in)
	p.Version = 0
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	if p.Category, err = s.productCategory(ctx, in.GetCategory()); err != nil {
		return nil, err
	}
	if p, err = s.Catalog.CreateProduct(ctx, p); err != nil {
		return nil, err
	}
	converted, err := s.toAPIProduct(ctx, &p, catalogueView{operator: true})
	return &orderhubv1.CreateProductResponse{Product: converted}, err
}

func (s *catalogService) UpdateProduct(ctx context.Context, r *orderhubv1.UpdateProductRequest) (
	*orderhubv1.UpdateProductResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	p, err := s.changeProduct(ctx, r.GetProduct(), func(p *catalog.Product) error {
		return s.applyProduct(ctx, p, set, r.GetChanges())
	})
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIProduct(ctx, &p, catalogueView{operator: true})
	return &orderhubv1.UpdateProductResponse{Product: converted}, err
}

// applyProduct takes over the changes. Without a version the one that was read
// stays, so that nobody's change is lost in between.
func (s *catalogService) applyProduct(
	ctx context.Context, p *catalog.Product, set fieldSet, changes *orderhubv1.Product,
) error {
	bad, read := &errs.InvalidError{}, p.Version
	set.keeps(bad, "sku", changes.GetSku(), p.SKU)
	applyAPIProduct(bad, p, set, changes)
	if err := bad.OrNil(); err != nil {
		return err
	}
	if p.Version == 0 {
		p.Version = read
	} else if p.Version != read {
		return catalog.ErrStaleVersion
	}
	if !set.has("category") {
		return nil
	}
	category, err := s.productCategory(ctx, changes.GetCategory())
	p.Category = category
	return err
}

// changeProduct reads, changes and writes a product until nobody came between.
func (s *catalogService) changeProduct(ctx context.Context, key string, change func(*catalog.Product) error) (
	catalog.Product, error,
) {
	for try := 1; ; try++ {
		current, err := s.product(ctx, key)
		if err != nil {
			return catalog.Product{}, err
		}
		changed := *current
		if err := change(&changed); err != nil {
			return catalog.Product{}, err
		}
		written, err := s.Catalog.UpdateProduct(ctx, changed)
		if !errors.Is(err, catalog.ErrStaleVersion) || try == updateTries {
			return written, err
		}
	}
}

func (s *catalogService) ArchiveProduct(ctx context.Context, r *orderhubv1.ArchiveProductRequest) (
	*orderhubv1.ArchiveProductResponse, error,
) {
	p, err := s.changeProduct(ctx, r.GetProduct(), func(p *catalog.Product) error {
		p.Status = catalog.StatusArchived
		return nil
	})
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIProduct(ctx, &p, catalogueView{operator: true})
	return &orderhubv1.ArchiveProductResponse{Product: converted}, err
}

// product finds a product as it is now, whatever process changed it last.
// ErrProductNotFound.
func (h *services) product(ctx context.Context, key string) (*catalog.Product, error) {
	if err := h.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	return h.Catalog.FindProduct(key)
}

// category finds one by id or slug as it is now. ErrCategoryNotFound.
func (h *services) category(ctx context.Context, key string) (catalog.Category, error) {
	if err := h.Catalog.Refresh(ctx); err != nil {
		return catalog.Category{}, err
	}
	return h.findCategory(key)
}

func (h *services) findCategory(key string) (catalog.Category, error) {
	if c, found := h.Catalog.Snapshot().FindCategory(key); found {
		return c, nil
	}
	return catalog.Category{}, catalog.ErrCategoryNotFound
}

// productCategory finds the category a product names; its id decides.
func (h *services) productCategory(ctx context.Context, c *orderhubv1.ProductCategory) (catalog.Category, error) {
	if id := c.GetId(); id != 0 {
		return h.category(ctx, strconv.FormatInt(id, 10))
	}
	return h.category(ctx, c.GetSlug())
}

func (s *catalogService) CreateListing(ctx context.Context, r *orderhubv1.CreateListingRequest) (
	*orderhubv1.CreateListingResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := s.product(ctx, r.GetListing().GetProduct())
	if err != nil {
		return nil, err
	}
	listing, err := fromAPIListing(r.GetListing(), m.ID, p)
	if err != nil {
		return nil, err
	}
	listing, err = s.Catalog.CreateListing(ctx, listing)
	return &orderhubv1.CreateListingResponse{Listing: toAPIListing(&listing, m.Name, p)}, err
}

func (s *catalogService) ListListings(ctx context.Context, r *orderhubv1.ListListingsRequest) (
	*orderhubv1.ListListingsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	found, err := s.Catalog.ListListings(ctx, m.ID, p.key(0), p.limit())
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	products := s.Catalog.Snapshot()
	convert := func(l *catalog.Listing) *orderhubv1.Listing {
		return toAPIListing(l, m.Name, products.ProductByID(l.ProductID))
	}
	shown, next, err := pageOf(&p, found, nil, func(l *catalog.Listing) int64 { return l.ID }, convert)
	return &orderhubv1.ListListingsResponse{Listings: shown, NextPageToken: next}, err
}

func (s *catalogService) DeleteListing(ctx context.Context, r *orderhubv1.DeleteListingRequest) (
	*orderhubv1.DeleteListingResponse, error,
) {
	m, err := s.Accounts.FindMerchant(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	return &orderhubv1.DeleteListingResponse{}, s.Catalog.DeleteListing(ctx, m.ID, r.GetListing())
}
