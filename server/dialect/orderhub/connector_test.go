package orderhub

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/nettest"
)

func failure(t *testing.T, code codes.Code, reason string, retry time.Duration) error {
	t.Helper()
	var details []protoadapt.MessageV1
	if reason != "" {
		details = append(details, &errdetails.ErrorInfo{Reason: reason})
	}
	if retry > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(retry)})
	}
	s, err := status.New(code, "x").WithDetails(details...)
	if len(details) == 0 {
		return status.Error(code, "x")
	}
	require.NoError(t, err)
	return s.Err()
}

// What each of the contract's errors says about a purchase.
func TestRefused(t *testing.T) {
	tests := []struct {
		code   codes.Code
		reason string
		want   string // "" for an unknown outcome
	}{
		{codes.InvalidArgument, "VALIDATION_FAILED", "PROVIDER_ERROR"},
		{codes.NotFound, "PRODUCT_NOT_FOUND", "ITEM_NOT_FOUND"},
		{codes.FailedPrecondition, "OUT_OF_STOCK", "OUT_OF_STOCK"},
		{codes.FailedPrecondition, "INSUFFICIENT_BALANCE", "PROVIDER_OUT_OF_FUNDS"},
		{codes.FailedPrecondition, "PRICE_CHANGED", "PROVIDER_ERROR"},
		{codes.Unauthenticated, "UNAUTHENTICATED", "PROVIDER_UNAVAILABLE"},
		{codes.PermissionDenied, "MERCHANT_SUSPENDED", "PROVIDER_UNAVAILABLE"},
		{codes.AlreadyExists, "DUPLICATE_REFERENCE", ""},
		{codes.Unavailable, "UNAVAILABLE", ""},
		{codes.Internal, "INTERNAL", ""},
		{codes.NotFound, "", ""},
		{codes.DeadlineExceeded, "", ""},
		{codes.Canceled, "", ""},
	}
	for _, tt := range tests {
		outcome, err := refused(failure(t, tt.code, tt.reason, 0))
		if tt.want == "" {
			require.Error(t, err, "%s %s", tt.code, tt.reason)
			require.NotErrorIs(t, err, dialect.ErrNotSent)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, dialect.Refused, outcome.State)
		require.Equal(t, tt.want, outcome.FailureCode)
	}
	_, err := refused(failure(t, codes.ResourceExhausted, "RATE_LIMITED", 3*time.Second))
	var busy *dialect.BusyError
	require.ErrorAs(t, err, &busy)
	require.Equal(t, 3*time.Second, busy.After)
}

// A hub that is down is told from one that does not answer.
func TestHubThatIsDown(t *testing.T) {
	c, err := NewConnector(outbound.Setup{
		Settings:    []byte(`{"address": "` + nettest.Reserve(t).Address + `", "insecure": true}`),
		Credentials: map[string]string{"api_key": "k"}, Now: time.Now,
	})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Place(t.Context(), dialect.Purchase{Reference: "r", SKU: "A", Quantity: 1})
	require.ErrorIs(t, err, dialect.ErrNotSent)
}

func TestOutcomeOf(t *testing.T) {
	p := &dialect.Purchase{Reference: "r", Quantity: 2}
	made := func(status orderhubv1.OrderStatus, goods ...orderhubv1.GoodsStatus) *orderhubv1.Order {
		line := &orderhubv1.OrderLine{Quantity: 2}
		for _, g := range goods {
			line.Goods = append(line.Goods, &orderhubv1.Goods{Content: "c", TicketCode: "t", Status: g})
		}
		return &orderhubv1.Order{ReferenceId: "r", OrderNumber: "ord_1", Status: status, Lines: []*orderhubv1.OrderLine{line}}
	}
	const (
		delivered = orderhubv1.GoodsStatus_GOODS_STATUS_DELIVERED
		cancelled = orderhubv1.GoodsStatus_GOODS_STATUS_CANCELLED
	)
	for _, tt := range []struct {
		order *orderhubv1.Order
		state dialect.State
		goods int
	}{
		{made(orderhubv1.OrderStatus_ORDER_STATUS_PENDING), dialect.Accepted, 0},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING, delivered), dialect.Accepted, 0},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, delivered, delivered), dialect.Delivered, 2},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, delivered, cancelled), dialect.Delivered, 1},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_FAILED, delivered), dialect.Delivered, 1},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_FAILED), dialect.Refused, 0},
		{made(orderhubv1.OrderStatus_ORDER_STATUS_CANCELLED), dialect.Cancelled, 0},
	} {
		o, err := outcomeOf(tt.order, p)
		require.NoError(t, err)
		require.Equal(t, tt.state, o.State, tt.order.GetStatus())
		require.Len(t, o.Goods, tt.goods)
	}
	p.UseDate = "2030-01-01"
	o, err := outcomeOf(made(orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, delivered, delivered), p)
	require.NoError(t, err)
	require.Equal(t, "t", o.Goods[0].Content, "of a ticket its code")
	p.Quantity = 3
	_, err = outcomeOf(made(orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, delivered, delivered), p)
	require.ErrorIs(t, err, dialect.ErrMalformed)
}
