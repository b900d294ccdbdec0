package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// NewBackups registers what is told of scheduled backups that are made so often; 0 for none.
func NewBackups(every time.Duration, registry prometheus.Registerer) *Runs {
	promauto.With(registry).NewGauge(prometheus.GaugeOpts{
		Name: "orderhub_backup_interval_seconds", Help: "How often a backup is made, 0 while none are scheduled.",
	}).Set(every.Seconds())
	return newRuns(registry, prometheus.GaugeOpts{
		Name: "orderhub_backup_last_success_timestamp_seconds",
		Help: "When the last good scheduled backup was made, 0 for never.",
	}, prometheus.CounterOpts{
		Name: "orderhub_backup_failures_total",
		Help: "Scheduled backups that failed, and old ones that could not be removed.",
	})
}
