package orderhub

import (
	"context"
	"encoding/json"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// listing is a hub with orders, one to a page.
type listing struct {
	orderhubv1.UnimplementedOrderServiceServer

	orders  []*orderhubv1.Order
	endless bool
	asked   *orderhubv1.ListOrdersRequest
}

func (l *listing) ListOrders(_ context.Context, r *orderhubv1.ListOrdersRequest) (
	*orderhubv1.ListOrdersResponse, error,
) {
	l.asked = r
	at, _ := strconv.Atoi(r.GetPageToken())
	next := ""
	switch {
	case l.endless:
		next = "0"
	case at+1 < len(l.orders):
		next = strconv.Itoa(at + 1)
	}
	return &orderhubv1.ListOrdersResponse{Orders: l.orders[at : at+1], NextPageToken: next}, nil
}

func TestReadStatement(t *testing.T) {
	at := time.Date(2026, 5, 14, 9, 30, 0, 0, time.UTC)
	made := func(reference string, s orderhubv1.OrderStatus, total, refunded string, completed int32) *orderhubv1.Order {
		return &orderhubv1.Order{
			ReferenceId: reference, OrderNumber: "ord_" + reference, Status: s, Currency: "THB", TotalAmount: total,
			RefundedAmount: refunded, CreateTime: timestamppb.New(at),
			Lines: []*orderhubv1.OrderLine{{Quantity: 3, CompletedQuantity: completed}},
		}
	}
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	hub := &listing{orders: []*orderhubv1.Order{
		made("all", orderhubv1.OrderStatus_ORDER_STATUS_COMPLETED, "30.00", "0.00", 3),
		made("open", orderhubv1.OrderStatus_ORDER_STATUS_PROCESSING, "30.00", "0.00", 1),
		made("partly", orderhubv1.OrderStatus_ORDER_STATUS_FAILED, "30.00", "10.00", 2),
		made("none", orderhubv1.OrderStatus_ORDER_STATUS_FAILED, "30.00", "30.00", 0),
	}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer()
	orderhubv1.RegisterOrderServiceServer(server, hub)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-ended)
	})
	settings, err := json.Marshal(map[string]any{"address": listener.Addr().String(), "insecure": true})
	require.NoError(t, err)
	c, err := NewConnector(outbound.Setup{
		Settings: settings, Credentials: map[string]string{"api_key": "k"}, Now: time.Now,
	})
	require.NoError(t, err)
	defer c.Close()
	require.True(t, dialect.NewPartner(c).Can().ReadsStatement)
	read := func() (all []dialect.Entry, err error) {
		err = dialect.NewPartner(c).ReadStatement(t.Context(), at, at.Add(time.Hour), func(part []dialect.Entry) error {
			all = append(all, part...)
			return nil
		})
		return all, err
	}
	all, err := read()
	require.NoError(t, err)
	require.Equal(t, []dialect.Entry{
		{Reference: "all", ProviderReference: "ord_all", At: at, Says: dialect.SaysCharged, Sum: thb(30)},
		{Reference: "open", ProviderReference: "ord_open", At: at},
		{Reference: "partly", ProviderReference: "ord_partly", At: at, Says: dialect.SaysCharged, Sum: thb(30)},
		{Reference: "partly", ProviderReference: "ord_partly", At: at, Says: dialect.SaysCredited, Sum: thb(10)},
		{Reference: "none", ProviderReference: "ord_none", At: at, Says: dialect.SaysRefused},
	}, all)
	require.Equal(t, at, hub.asked.GetCreateTimeFrom().AsTime())
	require.Equal(t, at.Add(time.Hour), hub.asked.GetCreateTimeTo().AsTime())
	hub.endless = true
	_, err = read()
	require.ErrorIs(t, err, dialect.ErrEndless)
	hub.endless, hub.orders[0].TotalAmount = false, "-1"
	_, err = read()
	require.ErrorIs(t, err, dialect.ErrMalformed)
}
