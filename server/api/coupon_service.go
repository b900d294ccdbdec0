package api

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

func (s *catalogService) CreateCoupon(ctx context.Context, r *orderhubv1.CreateCouponRequest) (
	*orderhubv1.CreateCouponResponse, error,
) {
	set, err := maskOf(r.GetCoupon(), nil)
	if err != nil {
		return nil, err
	}
	c := catalog.Coupon{Code: r.GetCoupon().GetCode()}
	if err := s.applyCoupon(ctx, &c, set, r.GetCoupon()); err != nil {
		return nil, err
	}
	c, err = s.Catalog.CreateCoupon(ctx, c)
	return &orderhubv1.CreateCouponResponse{Coupon: s.toAPICoupon(&c)}, err
}

func (s *catalogService) ListCoupons(ctx context.Context, r *orderhubv1.ListCouponsRequest) (
	*orderhubv1.ListCouponsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	found, err := s.Catalog.ListCoupons(ctx, catalog.CouponFilter{AfterID: p.key(0), Limit: p.limit()})
	shown, next, err := pageOf(&p, found, err, func(c *catalog.Coupon) int64 { return c.ID }, s.toAPICoupon)
	return &orderhubv1.ListCouponsResponse{Coupons: shown, NextPageToken: next}, err
}

func (s *catalogService) GetCoupon(ctx context.Context, r *orderhubv1.GetCouponRequest) (
	*orderhubv1.GetCouponResponse, error,
) {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return nil, err
	}
	c, err := s.Catalog.Coupon(ctx, r.GetCode())
	return &orderhubv1.GetCouponResponse{Coupon: s.toAPICoupon(&c)}, err
}

func (s *catalogService) UpdateCoupon(ctx context.Context, r *orderhubv1.UpdateCouponRequest) (
	*orderhubv1.UpdateCouponResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	c, err := s.Catalog.Coupon(ctx, r.GetCode())
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "code", catalog.NormalizeCouponCode(r.GetChanges().GetCode()), c.Code)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	if err := s.applyCoupon(ctx, &c, set, r.GetChanges()); err != nil {
		return nil, err
	}
	c, err = s.Catalog.UpdateCoupon(ctx, c)
	return &orderhubv1.UpdateCouponResponse{Coupon: s.toAPICoupon(&c)}, err
}

func (s *catalogService) ArchiveCoupon(ctx context.Context, r *orderhubv1.ArchiveCouponRequest) (
	*orderhubv1.ArchiveCouponResponse, error,
) {
	c, err := s.Catalog.Coupon(ctx, r.GetCode())
	if err != nil {
		return nil, err
	}
	c.Status = catalog.StatusArchived
	c, err = s.Catalog.UpdateCoupon(ctx, c)
	return &orderhubv1.ArchiveCouponResponse{Coupon: s.toAPICoupon(&c)}, err
}

// applyCoupon takes over the fields of the set; a new coupon takes them all.
// What the products and categories are called is looked up.
func (s *catalogService) applyCoupon(ctx context.Context, c *catalog.Coupon, set fieldSet, m *orderhubv1.Coupon) error {
	if err := s.Catalog.Refresh(ctx); err != nil {
		return err
	}
	bad := &errs.InvalidError{}
	applyAPICoupon(bad, c, set, m)
	if set.has("products") {
		c.ProductIDs = nil
		for i, key := range m.GetProducts() {
			p, err := s.Catalog.FindProduct(key)
			if err != nil {
				bad.Add(fmt.Sprintf("products[%d]", i), "must be a product")
				continue
			}
			c.ProductIDs = append(c.ProductIDs, p.ID)
		}
	}
	if set.has("categories") {
		c.CategoryIDs = nil
		for i, key := range m.GetCategories() {
			category, err := s.findCategory(key)
			if err != nil {
				bad.Add(fmt.Sprintf("categories[%d]", i), "must be a category")
				continue
			}
			c.CategoryIDs = append(c.CategoryIDs, category.ID)
		}
	}
	return bad.OrNil()
}

func applyAPICoupon(bad *errs.InvalidError, c *catalog.Coupon, set fieldSet, m *orderhubv1.Coupon) {
	if set.has("currency") {
		c.Currency = fromAPICurrency(bad, "currency", m.GetCurrency())
	}
	if set.has("percent") {
		c.PercentBasisPoints = fromAPIPercent(bad, m.GetPercent())
	}
	if set.has("amount") {
		c.Amount = fromAPICouponAmount(bad, "amount", m.GetAmount(), c)
	}
	if set.has("min_subtotal") {
		c.MinSubtotal = fromAPICouponAmount(bad, "min_subtotal", m.GetMinSubtotal(), c)
	}
	if set.has("start_time") {
		c.StartsAt = fromAPIOptionalTime(bad, "start_time", m.GetStartTime())
	}
	if set.has("end_time") {
		c.EndsAt = fromAPIOptionalTime(bad, "end_time", m.GetEndTime())
	}
	take(set, "max_uses", &c.MaxUses, fromAPILimit(m.MaxUses))
	take(set, "max_uses_per_merchant", &c.MaxUsesPerMerchant, fromAPILimit(m.MaxUsesPerMerchant))
	if status, given := fromAPICatalogStatus[m.GetStatus()]; given && set.has("status") {
		c.Status = status
	}
	c.Kind = catalog.CouponAmount
	if c.PercentBasisPoints != 0 {
		c.Kind = catalog.CouponPercent
	}
}

// fromAPICouponAmount reads an amount of the coupon's currency.
func fromAPICouponAmount(bad *errs.InvalidError, field, text string, c *catalog.Coupon) money.Amount {
	if text != "" && c.Currency == "" {
		bad.Add("currency", "must be given with an amount or a minimum")
		return 0
	}
	return fromAPIAmount(bad, field, text, c.Currency)
}

// fromAPIPercent reads per cent with at most two decimals as basis points.
func fromAPIPercent(bad *errs.InvalidError, text string) int64 {
	points, ok := percentOf(text)
	if !ok {
		bad.Add("percent", "must be above 0, at most 100, with at most 2 decimals")
	}
	return points
}

func fromAPILimit(n *int32) *int64 {
	if n == nil {
		return nil
	}
	return new(int64(*n))
}

// toAPICoupon names products and categories as the catalogue does now.
func (s *catalogService) toAPICoupon(c *catalog.Coupon) *orderhubv1.Coupon {
	converted := toAPICoupon(c)
	snapshot := s.Catalog.Snapshot()
	for _, id := range c.ProductIDs {
		if p := snapshot.ProductByID(id); p != nil {
			converted.Products = append(converted.Products, p.SKU)
		}
	}
	for _, category := range snapshot.Categories() {
		if slices.Contains(c.CategoryIDs, category.ID) {
			converted.Categories = append(converted.Categories, category.Slug)
		}
	}
	return converted
}

func toAPICoupon(c *catalog.Coupon) *orderhubv1.Coupon {
	converted := &orderhubv1.Coupon{
		Code:               c.Code,
		Currency:           string(c.Currency),
		StartTime:          toAPIOptionalTime(c.StartsAt),
		EndTime:            toAPIOptionalTime(c.EndsAt),
		MaxUses:            toAPILimit(c.MaxUses),
		MaxUsesPerMerchant: toAPILimit(c.MaxUsesPerMerchant),
		UseCount:           toAPICount(c.Uses),
		Status:             toAPICatalogStatus[c.Status],
		CreateTime:         toAPITime(c.CreatedAt),
		UpdateTime:         toAPITime(c.UpdatedAt),
	}
	if c.Kind == catalog.CouponPercent {
		converted.Percent = toAPIPercent(c.PercentBasisPoints)
	} else {
		converted.Amount = c.Amount.Format(c.Currency)
	}
	if c.MinSubtotal != 0 {
		converted.MinSubtotal = c.MinSubtotal.Format(c.Currency)
	}
	return converted
}

// toAPIPercent writes basis points as per cent: "10", "12.5".
func toAPIPercent(points int64) string {
	return strconv.FormatFloat(float64(points)/100, 'f', -1, 64)
}

func toAPILimit(n *int64) *int32 {
	if n == nil {
		return nil
	}
	return new(toAPICount(*n))
}
