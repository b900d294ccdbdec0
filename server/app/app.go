// Package app puts the hub together: it opens what the configuration asks for,
// connects it and closes it in reverse. Each subsystem has a function of its own
// that registers how to close what it opened; New lists them in order.
package app

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/admission"
	"orderhub/server/api"
	"orderhub/server/config"
	"orderhub/server/console"
	"orderhub/server/event"
	"orderhub/server/metrics"
	"orderhub/server/ratelimit"
	"orderhub/server/readiness"
	"orderhub/server/shutdown"
	"orderhub/server/store/stores"
	"orderhub/server/tlsfiles"
	"orderhub/server/tracing"
)

// App is a running hub.
type App struct {
	// Services are what the doors stand in front of.
	Services

	config  config.Config
	proxies []netip.Prefix
	log     *slog.Logger
	now     func() time.Time // the store's

	tracing     *tracing.Tracing // nil while nothing is traced
	metrics     *prometheus.Registry
	doorMetrics *metrics.Doors

	store *stores.All
	bell  *event.Bell
	// limiter counts merchants' requests together with other processes, where there may be some.
	limiter *ratelimit.Limiter
	api     *api.Server
	console *console.Console // nil where there is none
	// beside says that another process serves: what is due is left to that one.
	beside bool

	tls         *tlsfiles.Files // nil without TLS
	connections admission.Connections
	listeners   listeners
	ready       *readiness.Readiness
	failed      chan error // capacity 1: why the hub cannot go on

	closing shutdown.Steps
}

// Addresses are those the hub listens on, with the ports it got.
type Addresses struct {
	HTTP    string
	GRPC    string
	Metrics string // "" when none are served
}

// New opens and starts a hub; it answers, and Run makes it ready. When New fails
// it has closed what it opened. Errors: *config.InvalidError, *AddressError,
// *MigrationError, those of the key and of the database.
func New(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *App, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{config: cfg, log: log, bell: event.NewBell(), failed: make(chan error, 1)}
	if a.proxies, err = cfg.Proxies(); err != nil {
		return nil, err
	}
	err = a.start(
		ctx,
		a.openMetrics,
		a.openTracing,
		a.openTLS,
		a.listen, // before the database: an address that is taken must not leave a new one behind
		a.openStore,
		a.refusePublicKeys,
		a.watchFile,
		a.followClock,
		a.followSealing,
		a.forgetTrails,
		a.scheduleBackups,
		a.removeOld,
		a.countFigures,
		a.announce,
		a.shareLimits,
		a.newServices,
		a.watchStock,
		a.sendWebhooks,
		a.startJobs,
		a.readBalances,
		a.serveOrders,
		a.watch,
		a.newAPI,
		a.openConsole,
		a.serveGRPC,
		a.serveHTTP,
		a.watchState,
		a.serveMetrics,
	)
	if err != nil {
		return nil, err
	}
	a.closing.OnClose("readiness", a.unready)
	return a, nil
}

// start begins with one step after the other; when one fails, everything is closed.
func (a *App) start(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			_ = a.Close() // what failed says more
			return err
		}
	}
	return nil
}

// Addresses tells where the hub listens.
func (a *App) Addresses() Addresses {
	return Addresses{
		HTTP: addressOf(a.listeners.http), GRPC: addressOf(a.listeners.grpc), Metrics: addressOf(a.listeners.metrics),
	}
}

// Run makes the hub ready and returns when ctx ends, or something without which
// the hub cannot go on fails; by then everything is closed.
func (a *App) Run(ctx context.Context) error {
	a.ready.SetServing(true)
	a.api.SetServing(true)
	at := a.Addresses()
	a.log.Info("ready", "http", at.HTTP, "grpc", at.GRPC, "metrics", at.Metrics, "database", a.config.DatabaseName())
	var failure error
	select {
	case <-ctx.Done():
		a.log.Info("stopping", "timeout", a.config.ShutdownTimeout.String())
	case failure = <-a.failed:
		a.log.Error("stopping: the hub cannot go on", "error", failure)
	}
	if err := a.Close(); err != nil {
		a.log.Error("not everything was closed well", "error", err)
		if failure == nil {
			failure = err
		}
	}
	a.log.Info("stopped")
	return failure
}

// fail ends Run with the first failure.
func (a *App) fail(err error) {
	select {
	case a.failed <- err:
	default:
	}
}

// unready tells load balancers to look elsewhere before anything is refused.
func (a *App) unready(context.Context) error {
	a.ready.SetServing(false)
	a.api.SetServing(false)
	a.api.EndStreams()
	return nil
}

// Close ends everything, last opened first: no request is accepted any more,
// those at work end, then the jobs, then the database is closed. Calling it
// again waits for the first call and returns its error.
func (a *App) Close() error { return a.closing.Close(a.config.ShutdownTimeout) }
