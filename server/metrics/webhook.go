package metrics

import (
	"iter"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/webhook"
)

var _ webhook.Observer = (*Webhooks)(nil)

const noAnswer = "no_answer"

// Webhooks tells how deliveries go. Endpoints are counted by number only
// where they fail: there are few of those.
type Webhooks struct {
	attempts *prometheus.CounterVec
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	lag      *prometheus.HistogramVec
	lanes    *prometheus.GaugeVec
}

// NewWebhooks has each metric there before the first post, so that its growth is seen.
func NewWebhooks(formats iter.Seq[string], registry prometheus.Registerer) *Webhooks {
	factory := promauto.With(registry)
	m := &Webhooks{
		attempts: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_webhook_attempts_total", Help: "Posts of webhook deliveries, by what answered them.",
		}, []string{"format", "result"}),
		failures: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_webhook_failures_total",
			Help: "Posts that no 2xx answered, by endpoint; 0 for addresses that orders name.",
		}, []string{"endpoint"}),
		seconds: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_webhook_seconds", Help: "How long one post took.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}, []string{"format"}),
		lag: factory.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_webhook_lag_seconds", Help: "From an event to the 2xx that answered its delivery.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300, 3600, 86400},
		}, []string{"format"}),
		lanes: factory.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orderhub_webhook_endpoints",
			Help: "Endpoints being posted to, and left alone because they do not answer, by this process.",
		}, []string{"state"}),
	}
	for format := range formats {
		for _, result := range []string{"2xx", "3xx", "4xx", "5xx", noAnswer} {
			m.attempts.WithLabelValues(format, result)
		}
		m.seconds.WithLabelValues(format)
		m.lag.WithLabelValues(format)
	}
	m.failures.WithLabelValues("0")
	m.Lanes(0, 0)
	return m
}

// Posted implements webhook.Observer.
func (m *Webhooks) Posted(d *webhook.Due, a *webhook.Answer) {
	result := noAnswer
	if a.Status != 0 {
		result = strconv.Itoa(a.Status/100) + "xx"
	}
	m.attempts.WithLabelValues(d.Endpoint.Format, result).Inc()
	m.seconds.WithLabelValues(d.Endpoint.Format).Observe(a.Took.Seconds())
	if !a.OK() {
		m.failures.WithLabelValues(strconv.FormatInt(d.Endpoint.ID, 10)).Inc()
	}
}

// Delivered implements webhook.Observer.
func (m *Webhooks) Delivered(format string, lag time.Duration) {
	m.lag.WithLabelValues(format).Observe(lag.Seconds())
}

// Lanes implements webhook.Observer.
func (m *Webhooks) Lanes(busy, leftAlone int) {
	m.lanes.WithLabelValues("busy").Set(float64(busy))
	m.lanes.WithLabelValues("left_alone").Set(float64(leftAlone))
}
