package client

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

const (
	maxMessageBytes = 16 << 20    // of an answer: a page of orders may be large
	pingAfter       = time.Minute // of silence; the hub takes pings no more often than that
	pingTimeout     = 10 * time.Second
	userAgent       = "orderhub-client-go"
	keyHeader       = "x-api-key"
)

// Client calls one hub with one API key. It may be used by many goroutines at once; one is enough for a program.
type Client struct {
	conn     *grpc.ClientConn
	orders   orderhubv1.OrderServiceClient
	account  orderhubv1.AccountServiceClient
	settings settings
}

// settings are what options change.
type settings struct {
	plaintext bool
	tls       *tls.Config
	attempts  int
	firstWait time.Duration // before the first repeat; later ones wait longer
	maxWait   time.Duration
	silence   time.Duration // after which a stream is taken for dead
	dial      []grpc.DialOption
}

// Option changes how a hub is called.
type Option func(*settings)

// WithTLS says how TLS is spoken: with an authority of your own, or a client's certificate. Without it the system's
// authorities are believed, from TLS 1.2 on.
func WithTLS(config *tls.Config) Option {
	return func(s *settings) { s.tls = config }
}

// WithPlaintext leaves TLS out, for a hub on this machine. New refuses it for any other address, because the key would
// be read by whoever is on the way.
func WithPlaintext() Option {
	return func(s *settings) { s.plaintext = true }
}

// WithAttempts is how often a call is made at most while it may succeed, 4 without this; 1 repeats nothing.
func WithAttempts(n int) Option {
	return func(s *settings) { s.attempts = max(n, 1) }
}

// WithBackoff is how long is waited before the first repeat, and at most before any; without it a fifth of a second and
// ten seconds. A hub that says when to come back is waited for longer.
func WithBackoff(first, most time.Duration) Option {
	return func(s *settings) { s.firstWait, s.maxWait = first, most }
}

// WithDialOptions are further options of gRPC: interceptors of your own, for instance. They come after those of this
// package.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}

// New makes a client of the hub whose gRPC is at address, a host and a port. It connects when it is first used. The key
// may be empty where the client's certificate stands for one.
func New(address, key string, options ...Option) (*Client, error) {
	s := settings{
		attempts: 4, firstWait: 200 * time.Millisecond, maxWait: 10 * time.Second, silence: time.Minute,
	}
	for _, option := range options {
		option(&s)
	}
	transport, err := s.transport(address)
	if err != nil {
		return nil, err
	}
	if key == "" && (s.tls == nil || len(s.tls.Certificates) == 0 && s.tls.GetClientCertificate == nil) {
		return nil, errors.New("orderhub: an API key is needed, or a client's certificate that stands for one")
	}
	repeats := &repeater{attempts: s.attempts, first: s.firstWait, most: s.maxWait}
	dial := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(apiKey{key: key, plaintext: s.plaintext}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: pingAfter, Timeout: pingTimeout}),
		grpc.WithUserAgent(userAgent),
		// gRPC may repeat what never left; that is all it does by itself.
		grpc.WithDisableServiceConfig(),
		grpc.WithChainUnaryInterceptor(repeats.unary),
		grpc.WithChainStreamInterceptor(typedStream),
	}
	conn, err := grpc.NewClient(address, append(dial, s.dial...)...)
	if err != nil {
		return nil, fmt.Errorf("orderhub: address: %w", err)
	}
	return &Client{
		conn: conn, orders: orderhubv1.NewOrderServiceClient(conn), account: orderhubv1.NewAccountServiceClient(conn),
		settings: s,
	}, nil
}

func (s *settings) transport(address string) (credentials.TransportCredentials, error) {
	host, port, err := net.SplitHostPort(address)
	if _, bad := strconv.ParseUint(port, 10, 16); err != nil || bad != nil || host == "" {
		return nil, fmt.Errorf("orderhub: the address must be a host and a port, not %q", address)
	}
	switch {
	case s.plaintext && s.tls != nil:
		return nil, errors.New("orderhub: either TLS or plaintext")
	case s.plaintext && !onThisMachine(host):
		return nil, fmt.Errorf("orderhub: %s is not this machine: without TLS others could read the key", host)
	case s.plaintext:
		return insecure.NewCredentials(), nil
	case s.tls == nil:
		return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12}), nil
	default:
		config := s.tls.Clone()
		config.MinVersion = max(config.MinVersion, tls.VersionTLS12)
		return credentials.NewTLS(config), nil
	}
}

func onThisMachine(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// apiKey is sent with every call.
type apiKey struct {
	key       string
	plaintext bool
}

func (k apiKey) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	if k.key == "" {
		return nil, nil
	}
	return map[string]string{keyHeader: k.key}, nil
}

func (k apiKey) RequireTransportSecurity() bool { return !k.plaintext }

// Close ends the connection, and what is under way on it.
func (c *Client) Close() error { return c.conn.Close() }

// Conn is what the generated stubs take, such as orderhubv1.NewCatalogServiceClient. Their calls have the key, fail
// with an [Error] and are repeated where that is safe.
func (c *Client) Conn() grpc.ClientConnInterface { return c.conn }

// CreateOrder places an order and returns it, with the goods that are there already.
//
// An order without a reference is given one, at random, in order itself: whoever keeps it can repeat the call after no
// answer came. With the same reference the call may be repeated at any time, and is, by this package, while it may
// succeed: the hub answers with the order that is there.
func (c *Client) CreateOrder(ctx context.Context, order *orderhubv1.Order) (*orderhubv1.Order, error) {
	if order.GetReferenceId() == "" && order != nil {
		order.ReferenceId = rand.Text()
	}
	answer, err := c.orders.CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: order})
	return answer.GetOrder(), err
}

// QuoteOrder says what an order would cost now, and whether it would be accepted. Nothing is reserved.
func (c *Client) QuoteOrder(ctx context.Context, request *orderhubv1.QuoteOrderRequest) (*orderhubv1.Quote, error) {
	answer, err := c.orders.QuoteOrder(ctx, request)
	return answer.GetQuote(), err
}

// GetOrder returns an order by the hub's number, with its goods.
func (c *Client) GetOrder(ctx context.Context, number string) (*orderhubv1.Order, error) {
	answer, err := c.orders.GetOrder(ctx, &orderhubv1.GetOrderRequest{OrderNumber: number})
	return answer.GetOrder(), err
}

// GetOrderByReference returns an order by your own reference, with its goods.
func (c *Client) GetOrderByReference(ctx context.Context, reference string) (*orderhubv1.Order, error) {
	answer, err := c.orders.GetOrderByReference(ctx, &orderhubv1.GetOrderByReferenceRequest{ReferenceId: reference})
	return answer.GetOrder(), err
}

// CancelOrder cancels what can be of an order, or of the lines named, and returns the order as it is then.
func (c *Client) CancelOrder(ctx context.Context, request *orderhubv1.CancelOrderRequest) (*orderhubv1.Order, error) {
	answer, err := c.orders.CancelOrder(ctx, request)
	return answer.GetOrder(), err
}

// GetAccount returns whose key it is, and the balance.
func (c *Client) GetAccount(ctx context.Context) (*orderhubv1.Account, error) {
	answer, err := c.account.GetAccount(ctx, &orderhubv1.GetAccountRequest{})
	return answer.GetAccount(), err
}
