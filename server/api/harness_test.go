package api_test

import (
	"context"
	"log/slog"
	"net"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/approval"
	"orderhub/server/claim"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/export"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/operator"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/reconcile"
	"orderhub/server/report"
	"orderhub/server/session"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/webhooktest"
)

// services is the real API over real services, reached over a real connection.
type services struct {
	*storetest.World
	t        *testing.T
	server   *api.Server
	conn     *grpc.ClientConn
	log      *loggingtest.Buffer
	registry *prometheus.Registry

	shop     account.Merchant // has THB 1,000
	shopKey  string
	adminKey string
	hooks    *webhooktest.Services
}

// startHub starts one on SQLite; change may alter its options.
func startHub(t *testing.T, change func(*api.Options)) *services {
	t.Helper()
	return startHubOn(t, storetest.SQLite(t)(), change)
}

func startHubOn(t *testing.T, store *stores.All, change func(*api.Options)) *services {
	t.Helper()
	h := &services{
		t: t, World: storetest.NewWorld(t, store, 1), log: &loggingtest.Buffer{}, registry: prometheus.NewRegistry(),
	}
	h.shop = h.Merchant("shop", 1000)
	h.shopKey = h.issueKey(h.shop.ID, account.ScopeMerchant)
	h.adminKey = h.issueKey(h.operator("operator").ID, account.ScopeAdmin)
	h.start(store, change)
	return h
}

// start serves the hub's services; change may alter the options.
func (h *services) start(store *stores.All, change func(*api.Options)) {
	h.hooks = webhooktest.Open(h.t, store.Deliveries, store.Endpoints, map[string]webhook.Format{
		webhook.FormatStandard:  api.NewStandardFormat(h.Accounts),
		webhook.FormatOperators: api.NewOperatorFormat(h.Providers, h.Catalog), gameso.Name: gameso.Format{},
		bursagb.Name: bursagb.Format{},
	})
	o := api.Options{
		Orders: h.Orders, Events: h.Events, Catalog: h.Catalog, Accounts: h.Accounts, Providers: h.Providers,
		Operators: operator.NewService(h.Store.Operators), Records: h.Store.Records, Mark: h.Store.Vault.Mark,
		OperatorEvents: h.Store.OperatorEvents, Exchange: h.Exchange,
		Margins: report.NewMargins(h.Store.Reports, h.Exchange, time.Now), Supply: h.Supply,
		Sessions: session.NewService(session.Options{
			Store: h.Store.Sessions, Guesses: h.Store.Guesses, Log: slog.New(slog.DiscardHandler),
		}),
		Approvals:  approval.NewService(h.Store.Approvals, h.Accounts, approval.Limits{}, time.Hour),
		Exports:    export.NewService(h.Store.Exports, time.Now),
		Purchases:  purchase.NewService(h.Store.Purchases, h.Engine, time.Now),
		Recipients: h.Recipients,
		Claims:     claim.NewService(h.Store.Claims, time.Now),
		Reconcile:  reconcile.NewService(h.Store.Reconciliations, h.Engine, time.Now).From(h.Providers),
		Fulfilment: h.Engine, Eraser: order.NewEraser(h.Store.Erasure, h.Store.Holds, h.Recipients.Forget),
		Finder:   order.NewFinder(h.Store.Orders, h.Store.Holds),
		Reports:  report.NewService(h.Store.Reports, h.Store.Reports, h.Store.Now),
		Webhooks: webhook.NewService(store.Endpoints, false), Deliveries: h.hooks.Deliveries, Replays: h.hooks.Replays,
		Auth: account.NewAuthenticator(store.Accounts, time.Now), Registry: h.registry,
		Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&o)
	}
	var err error
	h.server, err = api.NewServer(o)
	require.NoError(h.t, err)
	h.listen()
}

func (h *services) listen() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(h.t, err)
	go func() { _ = h.server.GRPC().Serve(listener) }()
	h.t.Cleanup(h.server.GRPC().Stop)
	h.conn, err = grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = h.conn.Close() })
}

func (h *services) operator(name string) account.Merchant {
	m, err := h.Accounts.CreateMerchant(context.Background(), account.NewMerchant{
		Name: name,
		Role: account.RoleOperator,
	})
	require.NoError(h.t, err)
	return m
}

func (h *services) issueKey(merchantID int64, scope account.Scope) string {
	_, plain, err := h.Accounts.IssueKey(context.Background(), account.Key{MerchantID: merchantID, Scope: scope})
	require.NoError(h.t, err)
	return plain
}

// asShop and asAdmin call with the key of the shop, or of the operator.
func (h *services) asShop() context.Context  { return withKey(h.t, h.shopKey) }
func (h *services) asAdmin() context.Context { return withKey(h.t, h.adminKey) }

func withKey(t *testing.T, key string) context.Context {
	return metadata.AppendToOutgoingContext(t.Context(), "x-api-key", key)
}

func (h *services) orders() orderhubv1.OrderServiceClient {
	return orderhubv1.NewOrderServiceClient(h.conn)
}

func (h *services) catalog() orderhubv1.CatalogServiceClient {
	return orderhubv1.NewCatalogServiceClient(h.conn)
}

func (h *services) account() orderhubv1.AccountServiceClient {
	return orderhubv1.NewAccountServiceClient(h.conn)
}

func (h *services) webhooks() orderhubv1.WebhookServiceClient {
	return orderhubv1.NewWebhookServiceClient(h.conn)
}

func (h *services) admin() orderhubv1.AdminServiceClient {
	return orderhubv1.NewAdminServiceClient(h.conn)
}

// problem is what a failed call told.
type problem struct {
	Code       codes.Code
	Reason     string
	Message    string
	Metadata   map[string]string
	Violations map[string]string // message by field
	Retry      time.Duration
	RequestID  string
}

func problemOf(err error) problem {
	s := status.Convert(err)
	p := problem{Code: s.Code(), Message: s.Message()}
	for _, detail := range s.Details() {
		switch d := detail.(type) {
		case *errdetails.ErrorInfo:
			p.Reason, p.Metadata = d.GetReason(), d.GetMetadata()
		case *errdetails.RetryInfo:
			p.Retry = d.GetRetryDelay().AsDuration()
		case *errdetails.RequestInfo:
			p.RequestID = d.GetRequestId()
		case *errdetails.BadRequest:
			p.Violations = make(map[string]string)
			for _, v := range d.GetFieldViolations() {
				p.Violations[v.GetField()] = v.GetDescription()
			}
		}
	}
	return p
}

// refused asserts code and reason, and returns the rest.
func refused(t *testing.T, err error, code codes.Code, reason string) problem {
	t.Helper()
	p := problemOf(err)
	require.Equal(t, code, p.Code, "%v", err)
	require.Equal(t, reason, p.Reason, "%v", err)
	return p
}
