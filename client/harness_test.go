package client

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// fakeHub answers as it is told and keeps what it was asked.
type fakeHub struct {
	orderhubv1.UnimplementedOrderServiceServer
	orderhubv1.UnimplementedAccountServiceServer
	orderhubv1.UnimplementedKeyServiceServer
	orderhubv1.UnimplementedClaimServiceServer

	mu         sync.Mutex
	failures   []error // one for each call, then there are none
	calls      int
	references []string
	keys       []string
	watch      func(after int64, stream grpc.ServerStreamingServer[orderhubv1.WatchOrdersResponse]) error
}

func (f *fakeHub) called(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		f.keys = append(f.keys, md.Get(keyHeader)...)
	}
	f.calls++
	if f.calls <= len(f.failures) {
		return f.failures[f.calls-1]
	}
	return nil
}

// CreateOrder answers with the reference.
func (f *fakeHub) CreateOrder(
	ctx context.Context, r *orderhubv1.CreateOrderRequest,
) (*orderhubv1.CreateOrderResponse, error) {
	f.mu.Lock()
	f.references = append(f.references, r.GetOrder().GetReferenceId())
	f.mu.Unlock()
	return &orderhubv1.CreateOrderResponse{Order: &orderhubv1.Order{ReferenceId: r.GetOrder().GetReferenceId()}},
		f.called(ctx)
}

// GetAccount answers with nobody's.
func (f *fakeHub) GetAccount(
	ctx context.Context, _ *orderhubv1.GetAccountRequest,
) (*orderhubv1.GetAccountResponse, error) {
	return &orderhubv1.GetAccountResponse{Account: &orderhubv1.Account{Name: "shop"}}, f.called(ctx)
}

// CreateOwnKey is a call that may not be repeated.
func (f *fakeHub) CreateOwnKey(
	ctx context.Context, _ *orderhubv1.CreateOwnKeyRequest,
) (*orderhubv1.CreateOwnKeyResponse, error) {
	return &orderhubv1.CreateOwnKeyResponse{}, f.called(ctx)
}

// CreateClaim answers with the reference.
func (f *fakeHub) CreateClaim(
	ctx context.Context, r *orderhubv1.CreateClaimRequest,
) (*orderhubv1.CreateClaimResponse, error) {
	return &orderhubv1.CreateClaimResponse{Claim: &orderhubv1.Claim{Reference: r.GetReference()}}, f.called(ctx)
}

// WatchOrders does what the test says.
func (f *fakeHub) WatchOrders(
	r *orderhubv1.WatchOrdersRequest, stream grpc.ServerStreamingServer[orderhubv1.WatchOrdersResponse],
) error {
	if err := f.called(stream.Context()); err != nil {
		return err
	}
	return f.watch(r.GetAfterSequence(), stream)
}

// serve runs the hub until the test ends and returns its address.
func (f *fakeHub) serve(t *testing.T, options ...grpc.ServerOption) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := grpc.NewServer(options...)
	orderhubv1.RegisterOrderServiceServer(server, f)
	orderhubv1.RegisterAccountServiceServer(server, f)
	orderhubv1.RegisterKeyServiceServer(server, f)
	orderhubv1.RegisterClaimServiceServer(server, f)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-served)
	})
	return listener.Addr().String()
}

// over is a client of the hub without TLS that waits for little.
func over(t *testing.T, f *fakeHub, options ...Option) *Client {
	t.Helper()
	quick := []Option{WithPlaintext(), WithBackoff(time.Millisecond, 5*time.Millisecond)}
	c, err := New(f.serve(t), "the-key", append(quick, options...)...)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// withTLS has servers speak it.
func withTLS(creds credentials.TransportCredentials) grpc.ServerOption { return grpc.Creds(creds) }

// refusal is an error as the hub makes it.
func refusal(t *testing.T, code codes.Code, reason Reason, after time.Duration) error {
	t.Helper()
	details := []protoadapt.MessageV1{
		&errdetails.ErrorInfo{Domain: "orderhub", Reason: string(reason), Metadata: map[string]string{"lines": "1,3"}},
		&errdetails.RequestInfo{RequestId: "req_1"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
			{Field: "lines[0].sku", Description: "no such product"},
		}},
	}
	if after > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(after)})
	}
	s, err := status.New(code, "for people").WithDetails(details...)
	require.NoError(t, err)
	return s.Err()
}
