package app

import (
	"context"

	"orderhub/server/metrics"
	"orderhub/server/report"
	"orderhub/server/retention"
)

// countFigures counts what reports need for as long as the hub runs.
func (a *App) countFigures(ctx context.Context) error {
	a.whileOpen(ctx, "figures", report.NewCounter(a.store.Reports, a.now, a.log).Run)
	return nil
}

// removeOld removes what is no longer kept for as long as the hub runs.
func (a *App) removeOld(ctx context.Context) error {
	ages := a.config.Ages()
	told := metrics.NewRetention(ages, a.metrics)
	sweeper := retention.New(retention.Options{
		Store: a.store.Retention, Ages: ages, Now: a.now, Log: a.log,
		Removed: told.Removed, Done: told.Done, Failed: told.Failed,
	})
	a.whileOpen(ctx, "retention", sweeper.Run)
	return nil
}
