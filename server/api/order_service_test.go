package api_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
)

func line(sku string, quantity int32) *orderhubv1.OrderLine {
	return &orderhubv1.OrderLine{Sku: sku, Quantity: quantity}
}

func newOrder(reference string, lines ...*orderhubv1.OrderLine) *orderhubv1.CreateOrderRequest {
	return &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{ReferenceId: reference, Lines: lines}}
}

func TestOrderFromStock(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 5)

	in := newOrder(
		"ref-1",
		&orderhubv1.OrderLine{Sku: "CODE", Quantity: 2, ExternalReference: "mine", Fields: map[string]string{"ignored": "x"}},
	)
	in.Order.Metadata = map[string]string{"campaign": "spring"}
	in.Order.Recipient = &orderhubv1.Recipient{UserId: "player"}
	in.Order.ExpectedTotalAmount = "200.00"
	created, err := h.orders().CreateOrder(h.asShop(), in)
	require.NoError(t, err)

	o := created.GetOrder()
	assert.Regexp(t, "^ord_", o.GetOrderNumber())
	assert.Equal(t, "ref-1", o.GetReferenceId())
	assert.Equal(t, "shop", o.GetMerchant())
	assert.Equal(t, orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, o.GetStatus())
	assert.Equal(t, "player", o.GetRecipient().GetUserId())
	assert.Equal(t, map[string]string{"campaign": "spring"}, o.GetMetadata())
	assert.Equal(t, "THB", o.GetCurrency())
	assert.Equal(t, "200.00", o.GetSubtotalAmount())
	assert.Equal(t, "0.00", o.GetDiscountAmount())
	assert.Equal(t, "200.00", o.GetTotalAmount())
	assert.Equal(t, "0.00", o.GetRefundedAmount())
	assert.Equal(t, "hub", o.GetDoor())
	assert.Empty(t, o.GetExpectedTotalAmount())
	assert.NotNil(t, o.GetCreateTime())
	assert.NotNil(t, o.GetCompleteTime())
	require.Len(t, o.GetLines(), 1)
	l := o.GetLines()[0]
	assert.EqualValues(t, 1, l.GetPosition())
	assert.EqualValues(t, 2, l.GetCompletedQuantity())
	assert.Equal(t, "mine", l.GetExternalReference())
	assert.Equal(t, "100.00", l.GetUnitPrice())
	require.Len(t, l.GetGoods(), 2)
	assert.Equal(t, "CODE-1", l.GetGoods()[0].GetContent())
	assert.Equal(t, orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED, l.GetGoods()[0].GetStatus())
	assert.NotNil(t, l.GetGoods()[0].GetDeliverTime())

	again, err := h.orders().CreateOrder(h.asShop(), in)
	require.NoError(t, err)
	assert.Equal(t, o.GetOrderNumber(), again.GetOrder().GetOrderNumber())

	got, err := h.orders().GetOrder(h.asShop(), &orderhubv1.GetOrderRequest{OrderNumber: o.GetOrderNumber()})
	require.NoError(t, err)
	assert.Equal(t, "CODE-2", got.GetOrder().GetLines()[0].GetGoods()[1].GetContent())
	byReference, err := h.orders().GetOrderByReference(
		h.asShop(), &orderhubv1.GetOrderByReferenceRequest{ReferenceId: "ref-1", Merchant: "shop"},
	)
	require.NoError(t, err)
	assert.Equal(t, o.GetOrderNumber(), byReference.GetOrder().GetOrderNumber())

	events, err := h.orders().ListOrderEvents(
		h.asShop(), &orderhubv1.ListOrderEventsRequest{OrderNumber: o.GetOrderNumber()},
	)
	require.NoError(t, err)
	require.Len(t, events.GetEvents(), 2)
	assert.Equal(t, "order.created", events.GetEvents()[0].GetType())
	assert.Equal(t, "order.completed", events.GetEvents()[1].GetType())
	assert.Equal(t, "ref-1", events.GetEvents()[0].GetReferenceId())

	account, err := h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	require.NoError(t, err)
	assert.Equal(t, "800.00", account.GetAccount().GetBalance())
	statement, err := h.account().ListTransfers(
		h.asShop(),
		&orderhubv1.ListTransfersRequest{Kind: []orderhubv1.TransferKind{orderhubv1.TransferKind_TRANSFER_KIND_CHARGE}},
	)
	require.NoError(t, err)
	require.Len(t, statement.GetTransfers(), 1)
	assert.Equal(t, "-200.00", statement.GetTransfers()[0].GetAmount())
	assert.Equal(t, "800.00", statement.GetTransfers()[0].GetBalanceAfter())
	assert.Equal(t, o.GetOrderNumber(), statement.GetTransfers()[0].GetOrderNumber())
}

func TestOrderRefused(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 100, 3)
	h.Ticket("TICKET", 10, 1, "2030-01-01")
	h.Simulated("GOLD", 10, sim.Script{})
	h.Product("FIELD", 10, func(p *catalog.Product) {
		p.Source = catalog.SourceProvider
		p.Fields = []catalog.Field{{ID: 1, Identifier: "user_id", Required: true, MinLength: 3}}
	})
	h.Product("OTHER", 10, func(p *catalog.Product) { p.Currency = "KRW" })
	h.Product("FEW", 10, func(p *catalog.Product) { p.MaxQuantity = 2 })
	h.Product("GONE", 10, func(p *catalog.Product) { p.Status = catalog.StatusArchived })
	_, err := h.orders().CreateOrder(h.asShop(), newOrder("taken", line("CODE", 1)))
	require.NoError(t, err)

	tests := []struct {
		name       string
		order      *orderhubv1.Order
		code       codes.Code
		reason     string
		violations []string
		metadata   map[string]string
	}{
		{"nothing", nil, codes.InvalidArgument, "VALIDATION_FAILED", []string{"order"}, nil},
		{"empty", &orderhubv1.Order{}, codes.InvalidArgument, "VALIDATION_FAILED", []string{"referenceId", "lines"}, nil},
		{
			"bad lines",
			&orderhubv1.Order{ReferenceId: "a\nb", Lines: []*orderhubv1.OrderLine{line("CODE", 1), {UseDate: "tomorrow"}}},
			codes.InvalidArgument, "VALIDATION_FAILED",
			[]string{"referenceId", "lines[1].sku", "lines[1].quantity", "lines[1].useDate"},
			nil,
		},
		{
			"long reference",
			&orderhubv1.Order{ReferenceId: strings.Repeat("é", 256), Lines: []*orderhubv1.OrderLine{line("CODE", 1)}},
			codes.InvalidArgument, "VALIDATION_FAILED",
			[]string{"referenceId"},
			nil,
		},
		{
			"NUL in a value",
			&orderhubv1.Order{
				ReferenceId: "x", Metadata: map[string]string{"a_key": "\x00"}, Lines: []*orderhubv1.OrderLine{line("CODE", 1)},
			},
			codes.InvalidArgument, "VALIDATION_FAILED",
			[]string{"metadata.a_key"},
			nil,
		},
		{
			"expected total",
			&orderhubv1.Order{ReferenceId: "x", ExpectedTotalAmount: "1.234", Lines: []*orderhubv1.OrderLine{line("CODE", 1)}},
			codes.InvalidArgument, "VALIDATION_FAILED",
			[]string{"expectedTotalAmount"},
			nil,
		},
		{
			"no such day",
			&orderhubv1.Order{
				ReferenceId: "x", Lines: []*orderhubv1.OrderLine{{Sku: "TICKET", Quantity: 1, UseDate: "2030-02-31"}},
			},
			codes.InvalidArgument, "VALIDATION_FAILED",
			[]string{"lines[0].useDate"},
			nil,
		},
		{
			"unknown products", newOrder("x", line("CODE", 1), line("NONE", 1), line("OTHER", 1)).Order,
			codes.NotFound, "PRODUCT_NOT_FOUND",
			[]string{"lines[1].sku", "lines[2].sku"},
			map[string]string{"lines": "2,3"},
		},
		{
			"archived", newOrder("x", line("GONE", 1)).Order,
			codes.FailedPrecondition, "PRODUCT_NOT_AVAILABLE",
			[]string{"lines[0].sku"},
			map[string]string{"lines": "1"},
		},
		{
			"quantity", newOrder("x", line("FEW", 3)).Order,
			codes.InvalidArgument, "QUANTITY_NOT_ALLOWED",
			[]string{"lines[0].quantity"},
			map[string]string{"lines": "1"},
		},
		{
			"field missing", newOrder("x", line("FIELD", 1)).Order,
			codes.InvalidArgument, "FIELD_INVALID",
			[]string{"lines[0].fields.user_id"},
			map[string]string{"lines": "1"},
		},
		{
			"day not sold",
			&orderhubv1.Order{
				ReferenceId: "x", Lines: []*orderhubv1.OrderLine{{Sku: "TICKET", Quantity: 1, UseDate: "2030-01-02"}},
			},
			codes.FailedPrecondition, "DATE_NOT_AVAILABLE",
			[]string{"lines[0].useDate"},
			map[string]string{"lines": "1"},
		},
		{
			"out of stock", newOrder("x", line("GOLD", 1), line("CODE", 3)).Order,
			codes.FailedPrecondition, "OUT_OF_STOCK",
			[]string{"lines[1].quantity"},
			map[string]string{"lines": "2"},
		},
		{
			"too little money", newOrder("x", line("GOLD", 100)).Order,
			codes.FailedPrecondition, "INSUFFICIENT_BALANCE", nil,
			map[string]string{"missing_amount": "100.00", "currency": "THB"},
		},
		{
			"price changed",
			&orderhubv1.Order{ReferenceId: "x", ExpectedTotalAmount: "99", Lines: []*orderhubv1.OrderLine{line("CODE", 1)}},
			codes.FailedPrecondition, "PRICE_CHANGED", nil,
			map[string]string{"total_amount": "100.00", "currency": "THB"},
		},
		{
			"coupon", &orderhubv1.Order{ReferenceId: "x", Coupon: "NOPE", Lines: []*orderhubv1.OrderLine{line("CODE", 1)}},
			codes.InvalidArgument, "COUPON_INVALID",
			[]string{"coupon"},
			map[string]string{"cause": "unknown"},
		},
		{"reference taken", newOrder("taken", line("CODE", 2)).Order, codes.AlreadyExists, "DUPLICATE_REFERENCE", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := h.orders().CreateOrder(h.asShop(), &orderhubv1.CreateOrderRequest{Order: tt.order})
			p := refused(t, err, tt.code, tt.reason)
			var fields []string
			for field := range p.Violations {
				fields = append(fields, field)
			}
			assert.ElementsMatch(t, tt.violations, fields, "%v", p.Violations)
			if tt.metadata != nil {
				assert.Equal(t, tt.metadata, p.Metadata)
			}
			assert.NotEmpty(t, p.Message)
			assert.NotEmpty(t, p.RequestID)
		})
	}
}

func TestOrdersOfOthersDoNotExist(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 5)
	other := withKey(t, h.issueKey(h.Merchant("other", 10).ID, "merchant"))
	created, err := h.orders().CreateOrder(h.asShop(), newOrder("mine", line("CODE", 1)))
	require.NoError(t, err)
	number := created.GetOrder().GetOrderNumber()

	_, err = h.orders().GetOrder(other, &orderhubv1.GetOrderRequest{OrderNumber: number})
	refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = h.orders().CancelOrder(other, &orderhubv1.CancelOrderRequest{OrderNumber: number})
	refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = h.orders().ListOrderEvents(other, &orderhubv1.ListOrderEventsRequest{OrderNumber: number})
	refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = h.orders().GetOrderByReference(other, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: "mine"})
	refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = h.orders().GetOrderByReference(
		other, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: "mine", Merchant: "shop"},
	)
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	_, err = h.account().GetAccount(other, &orderhubv1.GetAccountRequest{Merchant: "1"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")

	_, err = h.orders().GetOrder(h.asAdmin(), &orderhubv1.GetOrderRequest{OrderNumber: number})
	require.NoError(t, err)
	_, err = h.orders().GetOrder(h.asAdmin(), &orderhubv1.GetOrderRequest{OrderNumber: number, Merchant: "other"})
	refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	_, err = h.orders().GetOrderByReference(h.asAdmin(), &orderhubv1.GetOrderByReferenceRequest{ReferenceId: "mine"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "merchant")
	all, err := h.orders().ListOrders(h.asAdmin(), &orderhubv1.ListOrdersRequest{})
	require.NoError(t, err)
	require.Len(t, all.GetOrders(), 1)
	assert.Equal(t, "shop", all.GetOrders()[0].GetMerchant())
}

func TestCancelOrder(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 5)
	h.Simulated("SLOW", 10, sim.Script{DelayMS: 60_000, Cancellable: true})

	open, err := h.orders().CreateOrder(h.asShop(), newOrder("open", line("SLOW", 2), line("SLOW", 1)))
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.OrderStatus_ORDER_STATUS_PENDING, open.GetOrder().GetStatus())
	assert.Nil(t, open.GetOrder().GetCompleteTime())
	number := open.GetOrder().GetOrderNumber()

	one := []*orderhubv1.CancelOrderLine{{Position: 2}}
	for range 2 { // safe to repeat
		partly, err := h.orders().CancelOrder(h.asShop(), &orderhubv1.CancelOrderRequest{OrderNumber: number, Lines: one})
		require.NoError(t, err)
		assert.Equal(t, "10.00", partly.GetOrder().GetRefundedAmount())
		assert.Equal(t, orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED, partly.GetOrder().GetLines()[1].GetStatus())
	}
	for _, none := range []*orderhubv1.CancelOrderLine{{Position: 3}, {Position: 1, TicketCodes: []string{"none"}}} {
		_, err = h.orders().CancelOrder(
			h.asShop(), &orderhubv1.CancelOrderRequest{OrderNumber: number, Lines: []*orderhubv1.CancelOrderLine{none}},
		)
		refused(t, err, codes.NotFound, "ORDER_NOT_FOUND")
	}
	for range 2 { // safe to repeat
		cancelled, err := h.orders().CancelOrder(
			h.asShop(), &orderhubv1.CancelOrderRequest{OrderNumber: number, Reason: "changed my mind"},
		)
		require.NoError(t, err)
		assert.Equal(t, orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED, cancelled.GetOrder().GetStatus())
		assert.Equal(t, "30.00", cancelled.GetOrder().GetRefundedAmount())
	}

	done, err := h.orders().CreateOrder(h.asShop(), newOrder("done", line("CODE", 1)))
	require.NoError(t, err)
	_, err = h.orders().CancelOrder(
		h.asShop(), &orderhubv1.CancelOrderRequest{OrderNumber: done.GetOrder().GetOrderNumber()},
	)
	refused(t, err, codes.FailedPrecondition, "NOT_CANCELLABLE")
}
