package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/retention"
)

// Retention tells of the removal of what is no longer kept.
type Retention struct {
	*Runs

	removed *prometheus.CounterVec
}

// NewRetention registers what is told of a hub that keeps each kind for such a time.
func NewRetention(ages retention.Ages, registry prometheus.Registerer) *Retention {
	r := &Retention{
		Runs: newRuns(registry, prometheus.GaugeOpts{
			Name: "orderhub_retention_last_success_timestamp_seconds",
			Help: "When a process last removed all that is no longer kept, 0 for never.",
		}, prometheus.CounterOpts{
			Name: "orderhub_retention_failures_total",
			Help: "Times that not everything could be removed that is no longer kept.",
		}),
		removed: promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_retention_removed_rows_total", Help: "Rows removed because they are no longer kept, by kind.",
		}, []string{"kind"}),
	}
	age := promauto.With(registry).NewGaugeVec(prometheus.GaugeOpts{
		Name: "orderhub_retention_age_seconds", Help: "How long each kind is kept, 0 for good.",
	}, []string{"kind"})
	for _, kind := range retention.Kinds {
		age.WithLabelValues(string(kind)).Set(ages[kind].Seconds())
		r.removed.WithLabelValues(string(kind))
	}
	return r
}

// Removed counts rows.
func (r *Retention) Removed(kind retention.Kind, rows int64) {
	r.removed.WithLabelValues(string(kind)).Add(float64(rows))
}
