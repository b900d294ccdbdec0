package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Backups tells of scheduled backups.
type Backups struct {
	last     prometheus.Gauge
	failures prometheus.Counter
}

// NewBackups registers what is told of backups that are made so often; 0 for none.
func NewBackups(every time.Duration, registry prometheus.Registerer) *Backups {
	b := &Backups{
		last: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "orderhub_backup_last_success_timestamp_seconds",
			Help: "When the last good scheduled backup was made, 0 for never.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_backup_failures_total",
			Help: "Scheduled backups that failed, and old ones that could not be removed.",
		}),
	}
	interval := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "orderhub_backup_interval_seconds", Help: "How often a backup is made, 0 while none are scheduled.",
	})
	interval.Set(every.Seconds())
	registry.MustRegister(b.last, b.failures, interval)
	return b
}

// Done notes when the last good backup was made.
func (b *Backups) Done(at time.Time) { b.last.Set(float64(at.Unix())) }

// Failed counts a failure.
func (b *Backups) Failed() { b.failures.Inc() }
