package app

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"orderhub/server/order"
)

const (
	metricsHeaderTimeout = 5 * time.Second
	metricsWriteTimeout  = 30 * time.Second
)

func (a *App) openMetrics(context.Context) error {
	a.metrics = prometheus.NewRegistry()
	a.metrics.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	a.doorMetrics = newDoorMetrics(a.metrics)
	return nil
}

// serveMetrics answers on a listener of its own: metrics are nobody else's.
func (a *App) serveMetrics(context.Context) error {
	if a.listeners.metrics == nil {
		return nil
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{Registry: a.metrics}))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeaderTimeout, WriteTimeout: metricsWriteTimeout}
	a.serve("metrics", server, a.listeners.metrics)
	a.onCloseTogether("metrics", func(ctx context.Context) error { return stopHTTP(ctx, server) })
	return nil
}

// measuredStore tells how placement goes: how large the batches are, how long
// they take and what becomes of their orders.
type measuredStore struct {
	order.Store
	size     prometheus.Histogram
	seconds  prometheus.Histogram
	outcomes *prometheus.CounterVec
}

func newMeasuredStore(store order.Store, registry prometheus.Registerer) *measuredStore {
	m := &measuredStore{
		Store: store,
		size: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "orderhub_placement_batch_size", Help: "Orders judged in one placement transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9), // 1 to 256
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "orderhub_placement_batch_seconds", Help: "Time one placement transaction took, retries included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // 1 ms to 8 s
		}),
		outcomes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_placements_total", Help: "Orders judged, by what became of them.",
		}, []string{"outcome"}),
	}
	registry.MustRegister(m.size, m.seconds, m.outcomes)
	return m
}

// Place is that of the store, measured.
func (m *measuredStore) Place(ctx context.Context, candidates []*order.Candidate) []order.Placed {
	start := time.Now()
	placed := m.Store.Place(ctx, candidates)
	m.seconds.Observe(time.Since(start).Seconds())
	m.size.Observe(float64(len(candidates)))
	for i := range placed {
		m.outcomes.WithLabelValues(outcomeOf(&placed[i])).Inc()
	}
	return placed
}

func outcomeOf(p *order.Placed) string {
	switch {
	case p.Order != nil:
		return "accepted"
	case p.Replayed != nil:
		return "replayed"
	default:
		return "refused"
	}
}

// doorMetrics tell how the partners' doors are used.
type doorMetrics struct{ seconds *prometheus.HistogramVec }

func newDoorMetrics(registry prometheus.Registerer) *doorMetrics {
	m := &doorMetrics{seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "orderhub_door_request_seconds", Help: "Time of requests at partners' doors.",
		Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
	}, []string{"door", "method", "status"})}
	registry.MustRegister(m.seconds)
	return m
}

func (m *doorMetrics) observe(door, method string, status int, took time.Duration) {
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete:
	default:
		method = "other" // whatever a stranger sends must not become a label
	}
	m.seconds.WithLabelValues(door, method, strconv.Itoa(status)).Observe(took.Seconds())
}

// providerMetrics tell how providers are doing.
type providerMetrics struct {
	seconds   *prometheus.HistogramVec
	broken    *prometheus.GaugeVec
	unsettled prometheus.Counter
}

func newProviderMetrics(registry prometheus.Registerer) *providerMetrics {
	m := &providerMetrics{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_provider_call_seconds", Help: "Time of calls to providers, by what came of them.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"provider", "operation", "result"}),
		broken: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orderhub_provider_broken", Help: "1 while a provider that does not answer is left alone, 0.5 while it is tried again, else 0.",
		}, []string{"provider"}),
		unsettled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_settlement_failures_total", Help: "Times that what became of a line could not be written; it is tried again.",
		}),
	}
	registry.MustRegister(m.seconds, m.broken, m.unsettled)
	return m
}

// Called implements fulfil.Observer.
func (m *providerMetrics) Called(provider, operation, result string, took time.Duration) {
	m.seconds.WithLabelValues(provider, operation, result).Observe(took.Seconds())
}

// Unsettled implements fulfil.Observer.
func (m *providerMetrics) Unsettled() { m.unsettled.Inc() }

// Turned implements fulfil.Observer.
func (m *providerMetrics) Turned(provider, state string) {
	value := map[string]float64{"open": 1, "half-open": 0.5}[state]
	m.broken.WithLabelValues(provider).Set(value)
}
