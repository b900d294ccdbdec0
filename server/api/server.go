package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	grpcprom "github.com/grpc-ecosystem/go-grpc-middleware/providers/prometheus"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto" // registers the codec
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/approval"
	"orderhub/server/audit"
	"orderhub/server/catalog"
	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/exchange"
	"orderhub/server/export"
	"orderhub/server/fulfil"
	"orderhub/server/ident"
	"orderhub/server/money"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/recipient"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/supply"
	"orderhub/server/webhook"
)

// What a connection may do.
const (
	maxHeaderBytes = 16 << 10
	maxStreams     = 100
	// streamWorkers serve one call after the other, on stacks that have grown to what a call takes. Further calls get a
	// goroutine each.
	streamWorkers   = 256
	maxHandshake    = 10 * time.Second
	maxIdle         = 5 * time.Minute
	maxAge          = time.Hour
	maxAgeGrace     = time.Minute
	minPingInterval = 10 * time.Second
	pingAfter       = 2 * time.Minute
	// What a stream may send before it is read, and all streams of a connection
	// together. Being set, they do not grow.
	streamWindow     = 64 << 10
	connectionWindow = 1 << 20
)

// Orders is the part of [order.Service] that the contract shows.
type Orders interface {
	Create(ctx context.Context, d *order.Draft) (order.Placement, error)
	CreateEach(ctx context.Context, drafts []*order.Draft) ([]order.Row, error)
	CreateTogether(ctx context.Context, drafts []*order.Draft) ([]order.Row, error)
	Quote(ctx context.Context, d *order.Draft) (*order.Quote, error)
	Get(ctx context.Context, v order.Viewer, number string) (*order.Order, error)
	GetByReference(ctx context.Context, merchantID int64, reference string) (*order.Order, error)
	Each(ctx context.Context, v order.Viewer, f order.Filter) iter.Seq2[*order.Order, error]
	Events(ctx context.Context, v order.Viewer, number string, after int64, limit int) ([]event.Event, error)
	Cancel(ctx context.Context, v order.Viewer, number string, c order.Cancellation) (*order.Order, error)
	Outcome(ctx context.Context, merchantID int64, reference string) (*order.Outcome, error)
	Holds
}

// Holds is the part of [order.Service] that is about holds.
type Holds interface {
	Hold(ctx context.Context, d *order.Draft, holdFor time.Duration) (order.Placement, error)
	GetHold(ctx context.Context, v order.Viewer, number string) (*order.Hold, error)
	Holds(ctx context.Context, v order.Viewer, f order.HoldFilter) ([]order.Hold, error)
	HeldMoney(ctx context.Context, merchantID int64) (money.Amount, error)
	ExtendHold(ctx context.Context, merchantID int64, number string, by time.Duration) (*order.Hold, error)
	Confirm(ctx context.Context, merchantID int64, number string) (order.Placement, error)
	ReleaseHold(ctx context.Context, v order.Viewer, number string) (*order.Hold, error)
}

// Fulfilment is the part of [fulfil.Engine] that the contract shows.
type Fulfilment interface {
	Resolve(ctx context.Context, d fulfil.Decision) (fulfil.Attempt, error)
	Attempt(ctx context.Context, id int64) (fulfil.Attempt, error)
	ListAttempts(ctx context.Context, f fulfil.AttemptFilter) ([]fulfil.Attempt, error)
	Breaker(providerID int64) string
	Explain(ctx context.Context, o *order.Order, events []event.Event, operator bool) (*fulfil.Story, error)
	Sources(ctx context.Context, o *order.Order, products map[int64]*catalog.Product) ([]fulfil.Source, error)
}

// Options wires a Server. Everything without a default is required.
type Options struct {
	Orders    Orders
	Eraser    *order.Eraser
	Finder    *order.Finder
	Reports   *report.Service
	Margins   *report.Margins
	Events    Log
	Catalog   *catalog.Service
	Accounts  *account.Service
	Approvals *approval.Service
	Operators *operator.Service
	Sessions  *session.Service
	Providers *fulfil.Providers
	Purchases *purchase.Service
	Exports   *export.Service
	Claims    *claim.Service
	Supply    *supply.Service
	Reconcile *reconcile.Service
	// Fulfilment sees to what is bought from providers.
	Fulfilment Fulfilment
	Webhooks   *webhook.Service
	Deliveries *webhook.Deliveries
	Replays    *webhook.Replays
	Auth       *account.Authenticator
	// Records is what operators did, and Mark what stands there for a text that may be secret or personal.
	Records audit.Store
	Mark    func(text string) string
	// OperatorEvents are what operators should see and merchants must not.
	OperatorEvents operatorevent.Store
	// Exchange has what currencies are worth in one another.
	Exchange *exchange.Service
	// Recipients has who would receive goods checked.
	Recipients *recipient.Service
	// TicketKeys make the tickets of streams; the first seals, all of them open. Nil
	// for one of this process alone.
	TicketKeys      [][]byte
	TLS             *tls.Config // of connections; nil for none
	Tracer          Tracer      // nil for none
	Log             *slog.Logger
	Registry        prometheus.Registerer // nil for no metrics
	Now             func() time.Time      // nil for time.Now
	TrustedProxies  []netip.Prefix        // whose X-Forwarded-For counts
	MaxInFlight     int                   // calls at work, over gRPC and REST together; 0 for 512
	MaxRequestBytes int64                 // of all requests being received or at work; 0 for 32 MiB
	FirstMessage    time.Duration         // that a request may take to arrive over gRPC; 0 for what its method has
	SlowAfter       time.Duration         // that a caller may take for one message of a stream; 0 for 30 s
	LookAgain       time.Duration         // between looks at who keeps a stream open; 0 for 30 s
}

// Server serves the contract.
type Server struct {
	grpc    *grpc.Server
	channel *inprocgrpc.Channel
	health  *health.Server
	guard   *guard

	watchers *watchers
}

// NewServer compiles the contract's rules and registers the services. It
// listens nowhere and reports NOT_SERVING until [Server.SetServing].
func NewServer(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	validator, err := newValidator()
	if err != nil {
		return nil, err
	}
	metrics := grpcprom.NewServerMetrics(grpcprom.WithServerHandlingTimeHistogram(
		grpcprom.WithHistogramBuckets([]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}),
	))
	if o.Registry != nil {
		if err := o.Registry.Register(metrics); err != nil {
			return nil, fmt.Errorf("register gRPC metrics: %w", err)
		}
	}
	control, err := admission.New(admission.Options{
		Calls: o.MaxInFlight, Bytes: o.MaxRequestBytes, Log: o.Log, Registry: o.Registry, Now: o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("register metrics: %w", err)
	}
	g := &guard{
		auth: o.Auth, log: o.Log, proxies: o.TrustedProxies, ids: ident.New(o.Now, nil), validator: validator,
		control: control, codec: encoding.GetCodecV2(grpcproto.Name), firstMessageAfter: o.FirstMessage, tracer: o.Tracer,
		mark: o.Mark,
	}
	if g.tickets, err = newTickets(o.TicketKeys, o.Now); err != nil {
		return nil, err
	}
	s := &Server{grpc: newGRPC(g, o.TLS), health: health.NewServer(), guard: g, watchers: newWatchers(&o)}
	if err := s.offer(&o, metrics); err != nil {
		return nil, err
	}
	return s, nil
}

// offer registers the services, over connections and within the process.
func (s *Server) offer(o *Options, metrics *grpcprom.ServerMetrics) error {
	outer, inner, stream := s.guard.outer(metrics), s.guard.inner(), chainStream(s.guard.stream(metrics))
	listening := registrar{
		Server: s.grpc, guard: s.guard, outer: outer, inner: chainUnary(inner), stream: stream,
	}
	s.channel = new(inprocgrpc.Channel).
		WithServerUnaryInterceptor(chainUnary(slices.Concat(outer, inner))).
		WithServerStreamInterceptor(stream)
	if err := register(o, s.watchers, s.guard, listening, s.channel); err != nil {
		return err
	}
	healthpb.RegisterHealthServer(listening, s.health)
	reflection.Register(listening) // v1 and v1alpha
	metrics.InitializeMetrics(s.grpc)
	s.SetServing(false)
	return nil
}

func newGRPC(g *guard, config *tls.Config) *grpc.Server {
	var security credentials.TransportCredentials // nil for none
	if config != nil {
		security = credentials.NewTLS(config)
	}
	return grpc.NewServer(
		grpc.Creds(security),
		grpc.InTapHandle(g.expect),
		grpc.ForceServerCodecV2(g.codec),
		grpc.MaxRecvMsgSize(maxRequestBytes),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.InitialWindowSize(streamWindow),
		grpc.InitialConnWindowSize(connectionWindow),
		grpc.ConnectionTimeout(maxHandshake),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPingInterval, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: maxIdle, MaxConnectionAge: maxAge, MaxConnectionAgeGrace: maxAgeGrace, Time: pingAfter,
		}),
	)
}

// register offers every service of the contract at each registrar.
func register(o *Options, w *watchers, g *guard, registrars ...grpc.ServiceRegistrar) error {
	if o.Orders == nil || o.Finder == nil || o.Reports == nil || o.Events == nil || o.Catalog == nil ||
		o.Accounts == nil || o.Approvals == nil || o.Operators == nil || o.Sessions == nil || o.Providers == nil ||
		o.Purchases == nil || o.Exports == nil || o.Webhooks == nil ||
		o.Deliveries == nil || o.Replays == nil || o.Auth == nil || o.Log == nil || o.Records == nil || o.Mark == nil ||
		o.OperatorEvents == nil || o.Exchange == nil || o.Margins == nil || o.Supply == nil || o.Recipients == nil ||
		o.Claims == nil || o.Reconcile == nil {
		return errors.New("api: an option is missing")
	}
	names, err := lru.New[int64, string](cachedNames)
	if err != nil {
		return err
	}
	h := &services{
		Options: o, watchers: w, tickets: g.tickets, admitted: g.admitted, allowCheck: g.auth.AllowCheck, names: names,
	}
	for _, r := range registrars {
		orderhubv1.RegisterOrderServiceServer(r, &orderService{services: h})
		orderhubv1.RegisterBatchServiceServer(r, &batchService{services: h, guard: g})
		orderhubv1.RegisterHoldServiceServer(r, &holdService{services: h})
		orderhubv1.RegisterExportServiceServer(r, &exportService{services: h})
		orderhubv1.RegisterReferenceServiceServer(r, &referenceService{services: h, explain: g.orderError})
		orderhubv1.RegisterCatalogServiceServer(r, &catalogService{services: h})
		orderhubv1.RegisterAccountServiceServer(r, &accountService{services: h})
		orderhubv1.RegisterKeyServiceServer(r, &keyService{services: h})
		orderhubv1.RegisterAdminServiceServer(r, &adminService{services: h})
		orderhubv1.RegisterWebhookServiceServer(r, &webhookService{services: h})
		orderhubv1.RegisterOperatorServiceServer(r, &operatorService{services: h})
		orderhubv1.RegisterApprovalServiceServer(r, &approvalService{services: h})
		orderhubv1.RegisterPurchaseServiceServer(r, &purchaseService{services: h})
		orderhubv1.RegisterClaimServiceServer(r, &claimService{services: h})
		orderhubv1.RegisterRedemptionServiceServer(r, &redemptionService{services: h})
		orderhubv1.RegisterReportServiceServer(r, &reportService{services: h})
		orderhubv1.RegisterSupplyServiceServer(r, &supplyService{services: h})
		orderhubv1.RegisterReconciliationServiceServer(r, &reconciliationService{services: h})
		orderhubv1.RegisterFundsServiceServer(r, &fundsService{services: h})
		orderhubv1.RegisterOperatorEventServiceServer(r, &operatorEventService{services: h})
		orderhubv1.RegisterOperatorWebhookServiceServer(r, &operatorWebhookService{services: h})
		orderhubv1.RegisterPriceServiceServer(r, &priceService{services: h})
		orderhubv1.RegisterExchangeServiceServer(r, &exchangeService{services: h})
		orderhubv1.RegisterRecipientServiceServer(r, &recipientService{services: h})
	}
	return nil
}

// GRPC is the server to listen with; stopping it is up to the caller.
func (s *Server) GRPC() *grpc.Server { return s.grpc }

// SetServing sets what the health service answers, for the whole server and
// for each service of the contract.
func (s *Server) SetServing(serving bool) {
	status := healthpb.HealthCheckResponse_NOT_SERVING
	if serving {
		status = healthpb.HealthCheckResponse_SERVING
	}
	s.health.SetServingStatus("", status)
	for name := range s.channel.GetServiceInfo() {
		s.health.SetServingStatus(name, status)
	}
}

// Address is where an HTTP request comes from: the connection's peer or, behind
// trusted proxies, the last hop before them. The zero Addr when it is unknown.
func (s *Server) Address(remoteAddr string, forwardedFor []string) netip.Addr {
	return s.guard.resolve(httpPeer{addr: parseAddress(remoteAddr), forwarded: forwardedFor})
}
