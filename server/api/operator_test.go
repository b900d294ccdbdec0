package api_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/order"
)

// The operator of this machine needs no key, meets the same rules as everybody, and is told causes that
// others find in the log only.
func TestOperatorOfThisMachine(t *testing.T) {
	h := startHub(t, func(o *api.Options) { o.Orders = burning{o.Orders} })
	conn := h.server.AsOperator("somebody")
	admin, orders := orderhubv1.NewAdminServiceClient(conn), orderhubv1.NewOrderServiceClient(conn)
	for range 2 * account.HubRateLimit.Burst {
		_, err := admin.GetMerchant(t.Context(), &orderhubv1.GetMerchantRequest{Merchant: "shop"})
		require.NoError(t, err)
	}
	_, err := admin.Deposit(t.Context(), &orderhubv1.DepositRequest{Merchant: "shop", Amount: "much"})
	assert.Contains(t, refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED").Violations, "amount")
	_, err = admin.Deposit(t.Context(), &orderhubv1.DepositRequest{Merchant: "nobody", Amount: "1"})
	refused(t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	_, err = orders.CreateOrder(t.Context(), newOrder("operators-buy-nothing", line("CODE", 1)))
	refused(t, err, codes.PermissionDenied, "PERMISSION_DENIED")

	before := h.log.String()
	_, err = orders.GetOrder(t.Context(), &orderhubv1.GetOrderRequest{OrderNumber: "ord_1"})
	assert.Equal(t, "the disk is on fire", refused(t, err, codes.Internal, "INTERNAL").Message)
	after, _ := strings.CutPrefix(h.log.String(), before)
	assert.NotContains(t, after, `"level":"ERROR"`)
	_, err = h.orders().GetOrder(h.asAdmin(), &orderhubv1.GetOrderRequest{OrderNumber: "ord_1"})
	assert.NotContains(t, refused(t, err, codes.Internal, "INTERNAL").Message, "fire")
}

type burning struct{ api.Orders }

func (burning) Get(context.Context, order.Viewer, string) (*order.Order, error) {
	return nil, errors.New("the disk is on fire")
}

// Nobody is taken for the operator of this machine who comes over a connection, or over REST's within this process:
// neither by what is sent, nor when its own calls are marked as the operator's are.
func TestNobodyElseIsTheOperatorOfThisMachine(t *testing.T) {
	h := startHub(t, nil)
	marked := context.WithValue(t.Context(), api.OperatorKey, "somebody")
	_, err := orderhubv1.NewAdminServiceClient(h.server.InProcess()).ListMerchants(
		marked, &orderhubv1.ListMerchantsRequest{},
	)
	require.NoError(t, err, "what marks a call is not what this test marks it with")
	pretends := metadata.NewOutgoingContext(t.Context(), metadata.Pairs(
		"operator", "somebody", "operatorkey", "somebody", "x-operator", "somebody", "scope", "admin", "x-scope", "admin",
		"x-api-key", "somebody", "authorization", "Operator somebody",
	))
	for name, caller := range map[string]struct {
		conn grpc.ClientConnInterface
		ctx  context.Context //nolint:containedctx // one of a table
	}{
		"marked over a connection": {h.conn, marked},
		"sent over a connection":   {h.conn, pretends},
		"sent over REST":           {h.server.InProcess(), pretends},
		"nothing":                  {h.server.InProcess(), t.Context()},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := orderhubv1.NewAdminServiceClient(caller.conn).ListMerchants(
				caller.ctx, &orderhubv1.ListMerchantsRequest{},
			)
			refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
			stream, err := orderhubv1.NewOrderServiceClient(caller.conn).WatchOrders(
				caller.ctx, &orderhubv1.WatchOrdersRequest{Merchant: "shop"},
			)
			require.NoError(t, err)
			_, err = stream.Recv()
			refused(t, err, codes.Unauthenticated, "UNAUTHENTICATED")
		})
	}
}
