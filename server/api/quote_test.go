package api_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/store/storetest"
)

func TestQuoteSaysWhatEachLineLacks(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 3)
	h.Ticket("TICKET", 10, 4, "2030-01-01")
	h.Simulated("GOLD", 50, sim.Script{})
	h.Product("GONE", 7, func(p *catalog.Product) { p.Status = catalog.StatusArchived })

	resp, err := h.orders().QuoteOrder(h.asShop(), &orderhubv1.QuoteOrderRequest{
		ReferenceId: "ignored",
		Lines: []*orderhubv1.OrderLine{
			line("NONE", 1), line("CODE", 5), line("GOLD", 2), line("GONE", 1),
			{Sku: "TICKET", Quantity: 1, UseDate: "2030-01-01"},
			{Sku: "TICKET", Quantity: 1, UseDate: "2030-01-02"},
		},
	})
	require.NoError(t, err)
	q := resp.GetQuote()
	assert.Equal(t, "THB", q.GetCurrency())
	assert.Equal(t, "627.00", q.GetSubtotalAmount(), "500 + 100 + 7 + 10 + 10: every line with a price")
	assert.Equal(t, "0.00", q.GetDiscountAmount())
	assert.Equal(t, "627.00", q.GetTotalAmount())
	assert.False(t, q.GetOrderable())
	assert.True(t, q.GetSufficientBalance())
	assert.Equal(t, "0.00", q.GetMissingAmount())

	want := []struct {
		code      string
		unitPrice string
		stock     int32
	}{
		{"PRODUCT_NOT_FOUND", "", 0},
		{"OUT_OF_STOCK", "100.00", 3},
		{"", "50.00", 1_000_000},
		{"PRODUCT_NOT_AVAILABLE", "7.00", 0},
		{"", "10.00", 4},
		{"DATE_NOT_AVAILABLE", "10.00", 0},
	}
	require.Len(t, q.GetLines(), len(want))
	for i, l := range q.GetLines() {
		assert.EqualValues(t, i+1, l.GetPosition())
		assert.Equal(t, want[i].code, l.GetFailureCode(), l.GetSku())
		assert.Equal(t, want[i].code == "", l.GetAvailable(), l.GetSku())
		assert.Equal(t, want[i].unitPrice, l.GetUnitPrice(), l.GetSku())
		assert.Equal(t, want[i].stock, l.GetStock(), l.GetSku())
	}
}

func TestQuoteWithCouponAndBalance(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 30)
	_, err := h.catalog().CreateCoupon(
		h.asAdmin(), &orderhubv1.CreateCouponRequest{Coupon: &orderhubv1.Coupon{Code: "ten", Percent: "10"}},
	)
	require.NoError(t, err)
	quote := func(quantity int32, coupon string) (*orderhubv1.Quote, error) {
		resp, err := h.orders().QuoteOrder(h.asShop(), &orderhubv1.QuoteOrderRequest{
			Lines: []*orderhubv1.OrderLine{line("CODE", quantity)}, Coupon: coupon,
		})
		return resp.GetQuote(), err
	}
	q, err := quote(2, "Ten")
	require.NoError(t, err)
	assert.True(t, q.GetOrderable())
	assert.Equal(t, "20.00", q.GetDiscountAmount())
	assert.Equal(t, "180.00", q.GetTotalAmount())
	assert.Equal(t, "20.00", q.GetLines()[0].GetDiscountAmount())

	q, err = quote(12, "ten") // THB 1,080 of 1,000
	require.NoError(t, err)
	assert.False(t, q.GetOrderable())
	assert.False(t, q.GetSufficientBalance())
	assert.Equal(t, "80.00", q.GetMissingAmount())
	assert.True(t, q.GetLines()[0].GetAvailable())

	_, err = quote(1, "none")
	assert.Equal(
		t, map[string]string{"cause": "unknown"}, refused(t, err, codes.InvalidArgument, "COUPON_INVALID").Metadata,
	)

	resp, err := h.orders().QuoteOrder(
		h.asShop(), &orderhubv1.QuoteOrderRequest{Lines: []*orderhubv1.OrderLine{line("NONE", 1)}},
	)
	require.NoError(t, err, "no line can be ordered")
	assert.Equal(t, "0.00", resp.GetQuote().GetTotalAmount())
	assert.False(t, resp.GetQuote().GetOrderable())
	assert.True(t, resp.GetQuote().GetSufficientBalance())

	_, err = h.orders().QuoteOrder(
		h.asAdmin(), &orderhubv1.QuoteOrderRequest{Lines: []*orderhubv1.OrderLine{line("CODE", 1)}},
	)
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
}

// What made a price is for operators, of lines that would be refused too.
func TestQuoteSaysWhatMadeThePrice(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 3)
	h.Product("GONE", 10, func(p *catalog.Product) { p.Status = catalog.StatusArchived })
	list, err := h.Catalog.CreatePriceList(t.Context(), catalog.PriceList{
		Name: "resellers", Currency: storetest.THB, Rules: []catalog.PriceRule{{Base: catalog.OnList, Percent: -1000}},
	})
	require.NoError(t, err)
	list.Status = catalog.ListActive
	list, err = h.Catalog.UpdatePriceList(t.Context(), list, true)
	require.NoError(t, err)
	require.NoError(t, h.Catalog.SetPriceList(t.Context(), h.shop.ID, list.ID))
	rule := fmt.Sprintf("resellers/%d/1", list.Version)
	for _, tt := range []struct {
		name     string
		ctx      context.Context
		merchant string
		rule     string
	}{{"operator", h.asAdmin(), "shop", rule}, {"merchant", h.asShop(), "", ""}} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := h.orders().QuoteOrder(tt.ctx, &orderhubv1.QuoteOrderRequest{
				Merchant: tt.merchant, Lines: []*orderhubv1.OrderLine{line("CODE", 1), line("GONE", 1)},
			})
			require.NoError(t, err)
			for i, price := range []string{"90.00", "9.00"} {
				require.Equal(t, price, resp.GetQuote().GetLines()[i].GetUnitPrice())
				require.Equal(t, tt.rule, resp.GetQuote().GetLines()[i].GetPriceRule())
			}
		})
	}
}
