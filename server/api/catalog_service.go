package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
)

// catalogService has what everybody may read here; what operators change is in
// catalog_admin.go, stock_service.go and coupon_service.go.
type catalogService struct {
	orderhubv1.UnimplementedCatalogServiceServer
	*services
}

func (s *catalogService) ListCategories(ctx context.Context, r *orderhubv1.ListCategoriesRequest) (
	*orderhubv1.ListCategoriesResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	e, err := s.catalogueViewOf(ctx, "")
	if err != nil {
		return nil, err
	}
	counts := s.productCounts(e)
	id := func(c *catalog.Category) int64 { return c.ID }
	convert := func(c *catalog.Category) *orderhubv1.Category { return toAPICategory(c, counts[c.ID]) }
	shown, next, err := pageOf(&p, skip(&p, s.Catalog.Snapshot().Categories(), id), nil, id, convert)
	return &orderhubv1.ListCategoriesResponse{Categories: shown, NextPageToken: next}, err
}

// productCounts is how many products on sale the viewer sees, by category.
func (h *services) productCounts(e catalogueView) map[int64]int {
	counts := make(map[int64]int)
	for _, p := range h.Catalog.Snapshot().Products() {
		if p.Active() && e.see(p) {
			counts[p.Category.ID]++
		}
	}
	return counts
}

func (s *catalogService) ListProducts(ctx context.Context, r *orderhubv1.ListProductsRequest) (
	*orderhubv1.ListProductsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	e, err := s.catalogueViewOf(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	filter, err := fromAPIProductFilter(r, e, &p)
	if err != nil {
		return nil, err
	}
	found, err := s.Catalog.ListProducts(ctx, e.merchantID, filter)
	convert := func(l *catalog.ListedProduct) *orderhubv1.Product { return toAPIProduct(l, e) }
	shown, next, err := pageOf(&p, found, err, func(l *catalog.ListedProduct) int64 { return l.ID }, convert)
	return &orderhubv1.ListProductsResponse{Products: shown, NextPageToken: next}, err
}

func (s *catalogService) GetProduct(ctx context.Context, r *orderhubv1.GetProductRequest) (
	*orderhubv1.GetProductResponse, error,
) {
	e, err := s.catalogueViewOf(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := s.Catalog.FindProduct(r.GetProduct())
	if err != nil {
		return nil, err
	}
	if !e.see(p) {
		return nil, catalog.ErrProductNotFound
	}
	converted, err := s.toAPIProduct(ctx, p, e)
	return &orderhubv1.GetProductResponse{Product: converted}, err
}

// toAPIProduct finds the product's stock and the viewer's price first.
func (h *services) toAPIProduct(ctx context.Context, p *catalog.Product, e catalogueView) (*orderhubv1.Product, error) {
	listed, err := h.Catalog.Listed(ctx, e.merchantID, p)
	if err != nil {
		return nil, err
	}
	return toAPIProduct(&listed, e), nil
}
