package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/order"
)

// begin opens a call and sends no request.
func (h *services) begin(ctx context.Context, method string) grpc.ClientStream {
	h.t.Helper()
	stream, err := h.conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true}, method)
	require.NoError(h.t, err)
	return stream
}

// Who has no key is told before a byte of the request was sent.
func TestKeyComesBeforeTheRequest(t *testing.T) {
	h := startHub(t, nil)
	for _, method := range []string{
		orderhubv1.OrderService_CreateOrder_FullMethodName, orderhubv1.OrderService_WatchOrders_FullMethodName,
	} {
		ctx, cancel := context.WithTimeout(withKey(t, "wrong"), time.Minute)
		defer cancel()
		refused(t, h.begin(ctx, method).RecvMsg(&orderhubv1.CreateOrderResponse{}), codes.Unauthenticated, "UNAUTHENTICATED")
	}
	stream := h.begin(h.asShop(), orderhubv1.CatalogService_ImportUnits_FullMethodName)
	refused(t, stream.RecvMsg(&orderhubv1.ImportUnitsResponse{}), codes.PermissionDenied, "PERMISSION_DENIED")
}

// A request that does not come is not waited for, with a key or without.
func TestSilentStreamsEnd(t *testing.T) {
	h := startHub(t, func(o *api.Options) { o.FirstMessage = 100 * time.Millisecond })
	for _, method := range []string{
		orderhubv1.OrderService_CreateOrder_FullMethodName, orderhubv1.OrderService_WatchOrders_FullMethodName,
		"/grpc.health.v1.Health/Check", "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
	} {
		stream := h.begin(h.asShop(), method)
		refused(t, stream.RecvMsg(&orderhubv1.CreateOrderResponse{}), codes.DeadlineExceeded, "REQUEST_TOO_SLOW")
	}
	watch, err := h.orders().WatchOrders(h.asShop(), &orderhubv1.WatchOrdersRequest{})
	require.NoError(t, err)
	_, err = watch.Recv()
	require.NoError(t, err)
	select {
	case <-watch.Context().Done():
		t.Error("a stream that has begun goes on")
	case <-time.After(300 * time.Millisecond):
	}
}

func TestRequestWithoutMessage(t *testing.T) {
	h := startHub(t, nil)
	stream := h.begin(h.asShop(), orderhubv1.OrderService_CreateOrder_FullMethodName)
	require.NoError(t, stream.CloseSend())
	refused(t, stream.RecvMsg(&orderhubv1.CreateOrderResponse{}), codes.InvalidArgument, "VALIDATION_FAILED")
}

func TestLargeRequests(t *testing.T) {
	h := startHub(t, nil)
	_, err := h.orders().CreateOrder(h.asShop(), newOrder(strings.Repeat("x", 1<<20), line("CODE", 1)))
	refused(t, err, codes.ResourceExhausted, "REQUEST_TOO_LARGE")
	_, err = h.orders().CreateOrder(h.asShop(), newOrder(strings.Repeat("x", 1<<19), line("CODE", 1)))
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")

	h.Stocked("CODE", 1, 0)
	contents := make([]string, 1000)
	for i := range contents {
		contents[i] = strings.Repeat("x", 5000) + string(rune('a'+i%26)) + strings.Repeat("y", i)
	}
	imported, err := h.catalog().ImportUnits(
		h.asAdmin(), &orderhubv1.ImportUnitsRequest{Product: "CODE", Contents: contents},
	)
	require.NoError(t, err, "an import may be larger")
	require.EqualValues(t, 1000, imported.GetImportedCount())
}

// holding is an order service whose orders take until they are let go.
type holding struct {
	api.Orders
	held, letGo chan struct{}
}

func (o holding) Create(ctx context.Context, d *order.Draft) (order.Placement, error) {
	o.held <- struct{}{}
	<-o.letGo
	return o.Orders.Create(ctx, d)
}

// What requests have in memory at once is bounded, for each merchant too; the
// rest is told to come back.
func TestBytesOfRequestsAreBounded(t *testing.T) {
	held := holding{held: make(chan struct{}), letGo: make(chan struct{})}
	h := startHub(t, func(o *api.Options) {
		held.Orders = o.Orders
		o.Orders, o.MaxRequestBytes = held, 4<<20
	})
	h.Stocked("CODE", 1, 10)
	// What only answers have is not looked at, but sent.
	large := newOrder("large", line("CODE", 1))
	large.Order.OrderNumber = strings.Repeat("x", 900<<10)
	answered := make(chan error, 1)
	go func() {
		_, err := h.orders().CreateOrder(h.asShop(), large)
		answered <- err
	}()
	<-held.held

	second := newOrder("second", line("CODE", 1))
	second.Order.OrderNumber = large.Order.OrderNumber
	_, err := h.orders().CreateOrder(h.asShop(), second)
	p := refused(t, err, codes.ResourceExhausted, "OVERLOADED")
	require.Positive(t, p.Retry)
	_, err = h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	require.NoError(t, err, "small requests go on")
	close(held.letGo)
	require.NoError(t, <-answered)
}

// One merchant does not take all the places there are.
func TestPlacesAreShared(t *testing.T) {
	held := holding{held: make(chan struct{}), letGo: make(chan struct{})}
	h := startHub(t, func(o *api.Options) {
		held.Orders = o.Orders
		o.Orders, o.MaxInFlight = held, 4
	})
	h.Stocked("CODE", 1, 10)
	answered := make(chan error)
	for _, reference := range []string{"1", "2", "3"} {
		go func() {
			_, err := h.orders().CreateOrder(h.asShop(), newOrder(reference, line("CODE", 1)))
			answered <- err
		}()
		<-held.held
	}
	_, err := h.account().GetAccount(h.asShop(), &orderhubv1.GetAccountRequest{})
	refused(t, err, codes.ResourceExhausted, "OVERLOADED")
	close(held.letGo)
	for range 3 {
		require.NoError(t, <-answered)
	}
}

// One merchant's streams leave room for others'.
func TestWatchersOfOneMerchant(t *testing.T) {
	h := startHub(t, nil)
	var open []grpc.ClientStream // in-process streams that nobody holds end
	watch := func(ctx context.Context) error {
		stream, err := orderhubv1.NewOrderServiceClient(h.server.InProcess()).WatchOrders(
			ctx, &orderhubv1.WatchOrdersRequest{},
		)
		require.NoError(t, err)
		open = append(open, stream)
		_, err = stream.Recv()
		return err
	}
	for range 256 {
		require.NoError(t, watch(h.asShop()))
	}
	refused(t, watch(h.asShop()), codes.ResourceExhausted, "OVERLOADED")
	other := h.Merchant("other", 1)
	require.NoError(t, watch(withKey(t, h.issueKey(other.ID, "merchant"))))
	require.Len(t, open, 258)
}

// A page of orders with much in them ends early, and the next goes on.
func TestPagesAreBoundedInBytes(t *testing.T) {
	h := startHub(t, nil)
	h.Stocked("CODE", 1, 200)
	metadata := map[string]string{}
	for i := range 50 {
		metadata[string(rune('A'+i))] = strings.Repeat("é", 500)
	}
	const orders = 120
	for i := range orders {
		in := newOrder(strings.Repeat("r", i+1), line("CODE", 1))
		in.Order.Metadata = metadata
		_, err := h.orders().CreateOrder(h.asShop(), in)
		require.NoError(t, err)
	}
	seen, pages, token := map[string]bool{}, 0, ""
	for {
		page, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageSize: 1000, PageToken: token})
		require.NoError(t, err)
		for _, o := range page.GetOrders() {
			require.False(t, seen[o.GetOrderNumber()])
			seen[o.GetOrderNumber()] = true
		}
		pages++
		if token = page.GetNextPageToken(); token == "" {
			break
		}
		require.Less(t, len(page.GetOrders()), 60)
	}
	require.Len(t, seen, orders)
	require.Greater(t, pages, 2)
	whole, err := h.orders().ListOrders(h.asShop(), &orderhubv1.ListOrdersRequest{PageSize: 30})
	require.NoError(t, err)
	require.Len(t, whole.GetOrders(), 30)
}

// Who sends many requests of its own is slowed down unless told otherwise.
func TestMerchantsAreLimitedByDefault(t *testing.T) {
	h := startHub(t, nil)
	created, err := h.admin().CreateMerchant(h.asAdmin(), &orderhubv1.CreateMerchantRequest{
		Merchant: &orderhubv1.Merchant{Name: "usual", Currency: "THB"},
	})
	require.NoError(t, err)
	require.EqualValues(t, -1, created.GetMerchant().GetRateLimit().GetRequestsPerMinute())
	ctx := metadata.AppendToOutgoingContext(
		t.Context(), "x-api-key", h.issueKey(created.GetMerchant().GetId(), "merchant"),
	)
	limited := 0
	for range 200 {
		if _, err := h.account().GetAccount(ctx, &orderhubv1.GetAccountRequest{}); err != nil {
			refused(t, err, codes.ResourceExhausted, "RATE_LIMITED")
			limited++
		}
	}
	require.Positive(t, limited, "40 at once, and 20 a second")
}
