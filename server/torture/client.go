package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/clock"
)

// callTimeout is how long a client waits. No fault here lasts nearly as long:
// a call that does is one that hangs.
const callTimeout = 20 * time.Second

// failure is a call that did not bring what was asked for.
type failure struct {
	code   codes.Code
	reason string        // "" when the hub did not answer at all
	retry  time.Duration // what the answer says to wait before coming back; 0 when it says nothing
	err    error
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s %s (retry after %s): %v", f.code, f.reason, f.retry, f.err)
}

func (f *failure) Unwrap() error { return f.err }

// answered reports whether the hub gave the failure, and not the connection.
func (f *failure) answered() bool { return f.reason != "" }

// client is one caller with a merchant's key. Not safe for concurrent use.
type client interface {
	create(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Order, *failure)
	byReference(ctx context.Context, reference string) (*orderhubv1.Order, *failure)
	close()
}

// patientClient comes back while it is told to.
type patientClient struct {
	client
	within time.Duration
}

func (c *patientClient) create(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Order, *failure) {
	return c.again(ctx, func() (*orderhubv1.Order, *failure) { return c.client.create(ctx, o) })
}

func (c *patientClient) byReference(ctx context.Context, reference string) (*orderhubv1.Order, *failure) {
	return c.again(ctx, func() (*orderhubv1.Order, *failure) { return c.client.byReference(ctx, reference) })
}

func (c *patientClient) again(ctx context.Context, call func() (*orderhubv1.Order, *failure)) (
	*orderhubv1.Order, *failure,
) {
	for deadline := time.Now().Add(c.within); ; {
		o, failed := call()
		if failed == nil || failed.code != codes.Unavailable || failed.retry <= 0 || time.Now().After(deadline) {
			return o, failed
		}
		if clock.Sleep(ctx, failed.retry) != nil {
			return o, failed
		}
	}
}

// grpcClient calls over gRPC. It connects anew when the hub has moved.
type grpcClient struct {
	at        func() endpoints
	timeout   time.Duration
	key       string
	connected string
	conn      *grpc.ClientConn
}

// connectTimeout is how long an attempt to connect takes at most where hubs are
// killed: one that is gone soon comes back.
const connectTimeout = time.Second

// dial connects without waiting long between attempts: the hub comes back soon.
// An attempt may take as long as within.
func dial(address string, within time.Duration) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{
				BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 200 * time.Millisecond,
			},
			MinConnectTimeout: within,
		}))
}

func (c *grpcClient) orders() (orderhubv1.OrderServiceClient, error) {
	address := c.at().GRPC
	if c.conn == nil || c.connected != address {
		c.close()
		conn, err := dial(address, connectTimeout)
		if err != nil {
			return nil, err
		}
		c.conn, c.connected = conn, address
	}
	return orderhubv1.NewOrderServiceClient(c.conn), nil
}

func (c *grpcClient) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

func (c *grpcClient) create(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Order, *failure) {
	return c.call(ctx, func(ctx context.Context, orders orderhubv1.OrderServiceClient) (*orderhubv1.Order, error) {
		response, err := orders.CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: o})
		return response.GetOrder(), err
	})
}

func (c *grpcClient) byReference(ctx context.Context, reference string) (*orderhubv1.Order, *failure) {
	return c.call(ctx, func(ctx context.Context, orders orderhubv1.OrderServiceClient) (*orderhubv1.Order, error) {
		response, err := orders.GetOrderByReference(ctx, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: reference})
		return response.GetOrder(), err
	})
}

func (c *grpcClient) call(ctx context.Context,
	call func(context.Context, orderhubv1.OrderServiceClient) (*orderhubv1.Order, error),
) (*orderhubv1.Order, *failure) {
	orders, err := c.orders()
	if err != nil {
		return nil, &failure{code: codes.Unavailable, err: err}
	}
	ctx, cancel := context.WithTimeout(withKey(ctx, c.key), c.timeout)
	defer cancel()
	order, err := call(ctx, orders)
	if err != nil {
		return nil, fromStatus(err)
	}
	return order, nil
}

// ask calls a method of any service.
func ask[Service, Request, Answer any](
	ctx context.Context, c *grpcClient, service func(grpc.ClientConnInterface) Service,
	method func(Service, context.Context, Request, ...grpc.CallOption) (Answer, error), r Request,
) (answer Answer, failed *failure) {
	_, failed = c.call(ctx, func(ctx context.Context, _ orderhubv1.OrderServiceClient) (*orderhubv1.Order, error) {
		var err error
		answer, err = method(service(c.conn), ctx, r)
		return nil, err
	})
	return answer, failed
}

func withKey(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "x-api-key", key)
}

func fromStatus(err error) *failure {
	f := &failure{code: status.Code(err), err: err}
	for _, detail := range status.Convert(err).Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			f.reason = d.GetReason()
		case *errdetails.RetryInfo:
			f.retry = d.GetRetryDelay().AsDuration()
		}
	}
	return f
}

// noLongerKept says after what a reader of events is told to go on, because what it asked for is not kept any more.
func noLongerKept(err error) (after map[string]string, gone bool) {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetReason() == "POSITION_NO_LONGER_KEPT" {
			return info.GetMetadata(), true
		}
	}
	return nil, false
}

// restClient calls over HTTP.
type restClient struct {
	at   func() endpoints
	key  string
	http *http.Client
}

func newRESTClient(at func() endpoints, key string, timeout time.Duration) *restClient {
	return &restClient{at: at, key: key, http: &http.Client{Transport: &http.Transport{}, Timeout: timeout}}
}

func (c *restClient) close() { c.http.CloseIdleConnections() }

func (c *restClient) create(ctx context.Context, o *orderhubv1.Order) (*orderhubv1.Order, *failure) {
	body, err := protojson.Marshal(o)
	if err != nil {
		return nil, &failure{code: codes.Internal, err: err}
	}
	return c.call(ctx, http.MethodPost, "/hub/v1/orders", body)
}

func (c *restClient) byReference(ctx context.Context, reference string) (*orderhubv1.Order, *failure) {
	return c.call(ctx, http.MethodGet, "/hub/v1/orders:byReference?referenceId="+url.QueryEscape(reference), nil)
}

func (c *restClient) call(ctx context.Context, verb, path string, body []byte) (*orderhubv1.Order, *failure) {
	answer, err := c.send(ctx, verb, path, body)
	if err != nil {
		f := &failure{code: codes.Unavailable, err: err}
		if timeout, ok := errors.AsType[interface {
			error
			Timeout() bool
		}](err); ok && timeout.Timeout() {
			f.code = codes.DeadlineExceeded
		}
		return nil, f
	}
	if answer.status/100 != 2 {
		return nil, fromJSON(answer)
	}
	order := &orderhubv1.Order{}
	if err := protojson.Unmarshal(answer.content, order); err != nil {
		return nil, &failure{code: codes.Internal, err: err}
	}
	return order, nil
}

// httpAnswer is a response that has been read.
type httpAnswer struct {
	status     int
	retryAfter string
	content    []byte
}

func (c *restClient) send(ctx context.Context, verb, path string, body []byte) (*httpAnswer, error) {
	request, err := http.NewRequestWithContext(ctx, verb, "http://"+c.at().HTTP+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("X-API-Key", c.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return &httpAnswer{response.StatusCode, response.Header.Get("Retry-After"), content}, err
}

func fromJSON(answer *httpAnswer) *failure {
	var body struct {
		Code   string `json:"code"`
		Reason string `json:"reason"`
	}
	if err := json.Unmarshal(answer.content, &body); err != nil {
		return &failure{code: codes.Unknown, err: fmt.Errorf("HTTP %d: %q", answer.status, answer.content)}
	}
	f := &failure{
		code: codes.Code(code.Code_value[body.Code]), reason: body.Reason, err: fmt.Errorf("HTTP %d", answer.status),
	}
	if seconds, err := strconv.Atoi(answer.retryAfter); err == nil {
		f.retry = time.Duration(seconds) * time.Second
	}
	switch f.code {
	case codes.Unavailable, codes.ResourceExhausted:
		want := map[codes.Code]int{
			codes.Unavailable: http.StatusServiceUnavailable, codes.ResourceExhausted: http.StatusTooManyRequests,
		}
		if answer.status != want[f.code] {
			return &failure{code: codes.Unknown, err: fmt.Errorf("HTTP %d with code %s", answer.status, body.Code)}
		}
	}
	return f
}
