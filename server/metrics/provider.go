package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/fulfil"
)

var _ fulfil.Observer = (*Providers)(nil)

// Providers tells how providers are doing.
type Providers struct {
	seconds   *prometheus.HistogramVec
	broken    *prometheus.GaugeVec
	unsettled prometheus.Counter
}

// NewProviders registers the metrics of providers.
func NewProviders(registry prometheus.Registerer) *Providers {
	factory := promauto.With(registry)
	return &Providers{
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_provider_call_seconds", Help: "Time of calls to providers, by what came of them.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"provider", "operation", "result"}),
		broken: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orderhub_provider_broken",
			Help: "1 while a provider that does not answer is left alone, 0.5 while it is tried again, else 0.",
		}, []string{"provider"}),
		unsettled: factory.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_settlement_failures_total",
			Help: "Times that what became of a line could not be written; it is tried again.",
		}),
	}
}

func (m *Providers) Called(provider, operation, result string, took time.Duration) {
	m.seconds.WithLabelValues(provider, operation, result).Observe(took.Seconds())
	m.broken.WithLabelValues(provider) // 0 until a breaker says otherwise
}

func (m *Providers) Unsettled() { m.unsettled.Inc() }

func (m *Providers) BreakerChanged(provider, state string) {
	value := map[string]float64{"open": 1, "half-open": 0.5}[state]
	m.broken.WithLabelValues(provider).Set(value)
}
