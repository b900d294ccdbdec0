package app

import (
	"context"
	"net/http"
	"strings"

	"orderhub/server/api"
	"orderhub/server/gateway"
	"orderhub/server/tracing"
	"orderhub/server/trail"
)

// openTracing begins to trace if the environment says where to. Closed after all
// that is traced, it sends what is left.
func (a *App) openTracing(ctx context.Context) (err error) {
	if a.tracing, err = tracing.FromEnvironment(ctx, a.log); err != nil || a.tracing == nil {
		return err
	}
	a.closing.OnClose("traces", func(ctx context.Context) error {
		a.tracing.Close(ctx)
		return nil
	})
	return nil
}

// tracer follows what is done for orders; nil while nothing is traced.
func (a *App) tracer() trail.Tracer {
	if a.tracing == nil {
		return nil
	}
	return a.tracing
}

// callTracer is nil while nothing is traced.
func (a *App) callTracer() api.Tracer {
	if a.tracing == nil {
		return nil
	}
	return a.tracing
}

// forgetTrails forgets the traces of old orders, those too that were kept while
// traces were on.
func (a *App) forgetTrails(ctx context.Context) error {
	a.closing.WhileOpen(ctx, "old traces", func(ctx context.Context) {
		tracing.ForgetTrails(ctx, a.store.Orders, a.now, a.log)
	})
	return nil
}

func (a *App) tracedAttempts() tracing.AttemptStore {
	return a.tracing.Attempts(a.store.Attempts, a.store.Orders)
}

// trailOf is nil while nothing is traced.
func (a *App) trailOf() func(context.Context) string {
	if a.tracing == nil {
		return nil
	}
	return a.tracing.TrailOf
}

// tracedTransport is nil while nothing is traced.
func (a *App) tracedTransport() func(http.RoundTripper) http.RoundTripper {
	if a.tracing == nil {
		return nil
	}
	return a.tracing.Transport
}

// tracedHTTP is the handler itself while nothing is traced.
func (a *App) tracedHTTP(handler http.Handler, mounts []gateway.Mount) http.Handler {
	if a.tracing == nil {
		return handler
	}
	return a.tracing.Handler(handler, func(path string) string {
		for _, mount := range mounts {
			if mount.Matches(path) {
				return mount.Name
			}
		}
		if strings.HasPrefix(path, gateway.Path) {
			return "hub"
		}
		return "" // health pages and the documentation
	})
}
