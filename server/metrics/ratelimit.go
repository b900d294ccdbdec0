package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/ratelimit"
)

var _ ratelimit.Observer = (*RateLimits)(nil)

// RateLimits tells how processes count merchants' requests together.
type RateLimits struct {
	processes, together                        prometheus.Gauge
	asked, buckets, claimed, refused, failures prometheus.Counter
}

// NewRateLimits registers what is told.
func NewRateLimits(registry prometheus.Registerer) *RateLimits {
	factory := promauto.With(registry)
	counter := func(name, help string) prometheus.Counter {
		return factory.NewCounter(prometheus.CounterOpts{Name: "orderhub_rate_limit_" + name, Help: help})
	}
	return &RateLimits{
		processes: factory.NewGauge(prometheus.GaugeOpts{
			Name: "orderhub_processes",
			Help: "Processes of the hub that serve on the database, as this one knows them.",
		}),
		together: factory.NewGauge(prometheus.GaugeOpts{
			Name: "orderhub_rate_limit_shared",
			Help: "1 while merchants' requests are counted with other processes, 0 while this one counts by itself.",
		}),
		asked:   counter("asked_total", "Times that the database was asked for requests that may be let in."),
		buckets: counter("asked_limits_total", "Limits of merchants that it was asked about."),
		claimed: counter("claimed_total", "Requests that it allowed to be let in."),
		refused: counter("refused_total", "Requests refused because all processes together had used up the limit."),
		failures: counter(
			"failures_total",
			"Times that the database did not answer, so that this process goes by its share of each limit.",
		),
	}
}

func (r *RateLimits) Live(processes int, together bool) {
	r.processes.Set(float64(processes))
	r.together.Set(oneIf(together))
}

func (r *RateLimits) Asked(buckets int) {
	r.asked.Inc()
	r.buckets.Add(float64(buckets))
}

func (r *RateLimits) Claimed(requests int) { r.claimed.Add(float64(requests)) }

func (r *RateLimits) Refused() { r.refused.Inc() }

func (r *RateLimits) Failed() { r.failures.Inc() }
