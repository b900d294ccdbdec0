package app

import (
	"context"

	"orderhub/server/report"
)

// countFigures counts what reports need for as long as the hub runs.
func (a *App) countFigures(ctx context.Context) error {
	a.whileOpen(ctx, "figures", report.NewCounter(a.store.Reports, a.now, a.log).Run)
	return nil
}
