package app

import (
	"context"

	"orderhub/server/metrics"
	"orderhub/server/retention"
)

// removeOld removes what is no longer kept for as long as the hub runs.
func (a *App) removeOld(ctx context.Context) error {
	ages := a.config.Ages()
	told := metrics.NewRetention(ages, a.metrics)
	sweeper := retention.New(retention.Options{
		Store: a.store.Retention, Ages: ages, Now: a.now, Log: a.log,
		Removed: told.Removed, Done: told.Done, Failed: told.Failed,
	})
	a.closing.WhileOpen(ctx, "retention", sweeper.Run)
	return nil
}
