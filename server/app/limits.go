package app

import (
	"context"

	"orderhub/server/ident"
	"orderhub/server/metrics"
	"orderhub/server/ratelimit"
)

// shareLimits counts merchants' requests together with the other processes on the
// database. SQLite has one process.
func (a *App) shareLimits(ctx context.Context) (err error) {
	if !a.config.Postgres() {
		return nil
	}
	a.limiter, err = ratelimit.Join(ctx, ratelimit.Options{
		Name: ident.New(a.now, nil).RequestID(), Store: a.store.RateLimits, Observer: metrics.NewRateLimits(a.metrics),
		Log: a.log, Now: a.now,
	})
	if err != nil {
		return err
	}
	a.closing.WhileOpen(ctx, "shared limits", a.limiter.Run)
	return nil
}
