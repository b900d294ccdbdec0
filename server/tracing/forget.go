package tracing

import (
	"context"
	"log/slog"
	"time"

	"orderhub/server/clock"
)

// keepTrails is how long it is known in which trace an order was placed: longer
// than an attempt or a delivery takes.
const keepTrails = 31 * 24 * time.Hour

// Forgetter keeps the trails of orders.
type Forgetter interface {
	ForgetTrails(ctx context.Context, before time.Time) error
}

// ForgetTrails forgets those of old orders until ctx ends.
func ForgetTrails(ctx context.Context, kept Forgetter, now func() time.Time, log *slog.Logger) {
	clock.Every(ctx, time.Hour, func() {
		if err := kept.ForgetTrails(ctx, now().Add(-keepTrails)); err != nil && ctx.Err() == nil {
			log.Warn("the traces of old orders are not forgotten", "error", err)
		}
	})
}
