package app

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/metrics"
	"orderhub/server/report"
)

// countFigures counts what reports need for as long as the hub runs.
func (a *App) countFigures(ctx context.Context) error {
	a.closing.WhileOpen(ctx, "figures", report.NewCounter(a.store.Reports, a.now, a.log).Run)
	a.closing.WhileOpen(ctx, "margins", report.NewMarginCounter(a.store.Reports, a.now, a.log).Run)
	return nil
}

// watchStock tells operators of stock for as long as the hub runs.
func (a *App) watchStock(ctx context.Context) error {
	expired := metrics.NewStock(a.Catalog, a.log, a.metrics)
	a.closing.WhileOpen(ctx, "stock", catalog.NewWatch(a.store.Units, a.log, expired).Run)
	return nil
}
