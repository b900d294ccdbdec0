package app

import (
	"context"
	"net/http"
	"strings"

	"orderhub/server/api"
	"orderhub/server/gateway"
	"orderhub/server/order"
	"orderhub/server/tracing"
	"orderhub/server/trail"
)

// openTracing begins to trace if the environment says where to. Closed after all
// that is traced, it sends what is left.
func (a *App) openTracing(ctx context.Context) (err error) {
	if a.tracing, err = tracing.FromEnvironment(ctx, a.log); err != nil || a.tracing == nil {
		return err
	}
	a.onClose("traces", func(ctx context.Context) error {
		a.tracing.Close(ctx)
		return nil
	})
	return nil
}

// tracer follows what is done for orders.
func (a *App) tracer() trail.Tracer {
	if a.tracing == nil {
		return trail.None{}
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

// tracedPlacements is the store itself while nothing is traced.
func (a *App) tracedPlacements(store order.Store) order.Store {
	if a.tracing == nil {
		return store
	}
	return a.tracing.Placements(store)
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
