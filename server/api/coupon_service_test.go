package api_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func TestListings(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	create := func(l *orderhubv1.Listing) (*orderhubv1.Listing, error) {
		resp, err := h.catalog().CreateListing(h.asAdmin(), &orderhubv1.CreateListingRequest{Merchant: "shop", Listing: l})
		return resp.GetListing(), err
	}
	made, err := create(&orderhubv1.Listing{ExternalId: "17", Product: "code", Price: "9.90"})
	require.NoError(t, err)
	assert.Equal(t, "CODE", made.GetProduct())
	assert.Equal(t, "shop", made.GetMerchant())
	assert.Equal(t, "9.90", made.GetPrice())
	seen, err := h.catalog().GetProduct(h.asShop(), &orderhubv1.GetProductRequest{Product: "CODE"})
	require.NoError(t, err)
	assert.Equal(t, "9.90", seen.GetProduct().GetPrice(), "the merchant's own price")

	_, err = create(&orderhubv1.Listing{ExternalId: "17", Product: "CODE"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	_, err = create(&orderhubv1.Listing{ExternalId: "18", Product: "NONE"})
	refused(t, err, codes.NotFound, "PRODUCT_NOT_FOUND")
	_, err = create(&orderhubv1.Listing{Product: "CODE", Price: "x"})
	violations := refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations
	assert.Contains(t, violations, "externalId")
	assert.Contains(t, violations, "price")

	listed, err := h.catalog().ListListings(h.asAdmin(), &orderhubv1.ListListingsRequest{Merchant: "shop"})
	require.NoError(t, err)
	require.Len(t, listed.GetListings(), 1)
	in := &orderhubv1.DeleteListingRequest{Merchant: "shop", Listing: made.GetId()}
	_, err = h.catalog().DeleteListing(h.asAdmin(), in)
	require.NoError(t, err)
	_, err = h.catalog().DeleteListing(h.asAdmin(), in)
	refused(t, err, codes.NotFound, "LISTING_NOT_FOUND")
}

func TestCoupons(t *testing.T) {
	h := startHub(t, nil)
	h.shelf("CODE", nil)
	create := func(c *orderhubv1.Coupon) (*orderhubv1.Coupon, error) {
		resp, err := h.catalog().CreateCoupon(h.asAdmin(), &orderhubv1.CreateCouponRequest{Coupon: c})
		return resp.GetCoupon(), err
	}
	end := time.Date(2035, 1, 1, 0, 0, 0, 0, time.UTC)
	made, err := create(&orderhubv1.Coupon{
		Code: "welcome10", Percent: "12.5", Products: []string{"code"}, Categories: []string{"codes"},
		EndTime: timestamppb.New(end),
		MaxUses: proto.Int32(5),
	})
	require.NoError(t, err)
	assert.Equal(t, "WELCOME10", made.GetCode())
	assert.Equal(t, "12.5", made.GetPercent())
	assert.Empty(t, made.GetAmount())
	assert.Equal(t, []string{"CODE"}, made.GetProducts())
	assert.Equal(t, []string{"codes"}, made.GetCategories())
	assert.Equal(t, end, made.GetEndTime().AsTime())
	assert.EqualValues(t, 5, made.GetMaxUses())
	assert.Nil(t, made.MaxUsesPerMerchant)

	edited := proto.CloneOf(made)
	edited.Percent = ""
	edited.Amount = "50"
	edited.Currency = "THB"
	edited.MinSubtotal = "100"
	resp, err := h.catalog().UpdateCoupon(h.asAdmin(), &orderhubv1.UpdateCouponRequest{
		Code: "Welcome10", Changes: edited,
		UpdateMask: &fieldmaskpb.FieldMask{
			Paths: []string{"code", "percent", "amount", "currency", "min_subtotal", "max_uses"},
		},
	})
	require.NoError(t, err)
	assert.Equal(t, "50.00", resp.GetCoupon().GetAmount())
	assert.Equal(t, "100.00", resp.GetCoupon().GetMinSubtotal())
	assert.Empty(t, resp.GetCoupon().GetPercent())

	for name, tt := range map[string]struct {
		coupon *orderhubv1.Coupon
		field  string
	}{
		"neither":         {&orderhubv1.Coupon{Code: "X"}, "percent"},
		"both":            {&orderhubv1.Coupon{Code: "X", Percent: "1", Amount: "1", Currency: "THB"}, "percent"},
		"no code":         {&orderhubv1.Coupon{Percent: "1"}, "code"},
		"over 100":        {&orderhubv1.Coupon{Code: "X", Percent: "100.01"}, "percent"},
		"zero":            {&orderhubv1.Coupon{Code: "X", Percent: "0.00"}, "percent"},
		"no currency":     {&orderhubv1.Coupon{Code: "X", Amount: "1"}, "currency"},
		"amount too fine": {&orderhubv1.Coupon{Code: "X", Amount: "0.001", Currency: "THB"}, "amount"},
		"no such product": {&orderhubv1.Coupon{Code: "X", Percent: "1", Products: []string{"NONE"}}, "products[0]"},
		"ends first": {&orderhubv1.Coupon{
			Code: "X", Percent: "1", StartTime: timestamppb.New(end), EndTime: timestamppb.New(end),
		}, "endTime"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := create(tt.coupon)
			assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, tt.field)
		})
	}
	_, err = create(&orderhubv1.Coupon{Code: "WELCOME10", Percent: "1"})
	refused(t, err, codes.AlreadyExists, "ALREADY_EXISTS")
	_, err = h.catalog().ArchiveCoupon(h.asAdmin(), &orderhubv1.ArchiveCouponRequest{Code: "NONE"})
	refused(t, err, codes.NotFound, "COUPON_NOT_FOUND")
	archived, err := h.catalog().ArchiveCoupon(h.asAdmin(), &orderhubv1.ArchiveCouponRequest{Code: "welcome10"})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.CatalogStatus_CATALOG_STATUS_ARCHIVED, archived.GetCoupon().GetStatus())
	listed, err := h.catalog().ListCoupons(h.asAdmin(), &orderhubv1.ListCouponsRequest{})
	require.NoError(t, err)
	assert.Len(t, listed.GetCoupons(), 1)
	got, err := h.catalog().GetCoupon(h.asAdmin(), &orderhubv1.GetCouponRequest{Code: "welcome10"})
	require.NoError(t, err)
	assert.Equal(t, archived.GetCoupon().String(), got.GetCoupon().String())
	_, err = h.catalog().GetCoupon(h.asAdmin(), &orderhubv1.GetCouponRequest{Code: "NONE"})
	refused(t, err, codes.NotFound, "COUPON_NOT_FOUND")
}

func TestListsPageToTheEnd(t *testing.T) {
	h := startHub(t, nil)
	for _, sku := range []string{"A", "B", "C", "D", "E"} {
		h.shelf(sku, nil)
	}
	var seen []string
	in := &orderhubv1.ListProductsRequest{PageSize: 2}
	for pages := 1; ; pages++ {
		resp, err := h.catalog().ListProducts(context.WithoutCancel(h.asShop()), in)
		require.NoError(t, err)
		for _, p := range resp.GetProducts() {
			seen = append(seen, p.GetSku())
		}
		if in.PageToken = resp.GetNextPageToken(); in.PageToken == "" {
			assert.Equal(t, 3, pages)
			break
		}
	}
	assert.Equal(t, []string{"A", "B", "C", "D", "E"}, seen)
}
