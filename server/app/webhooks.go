package app

import (
	"context"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/api"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/ident"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
	"orderhub/server/webhook/transport"
)

// sendWebhooks posts what is to be told of events, but for what another process sees to. It is closed after the jobs,
// which make the deliveries.
func (a *App) sendWebhooks(ctx context.Context) error {
	signature, err := gameso.ParseSignatureSettings(a.config.GameSOSignature)
	if err != nil {
		return err
	}
	toOperators := api.NewOperatorFormat(a.Providers, a.Catalog)
	formats := map[string]webhook.Format{
		standard.Name:      api.NewStandardFormat(a.Accounts),
		standard.Operators: toOperators,
		gameso.Name:        gameso.Format{Signature: signature},
		bursagb.Name:       bursagb.Format{},
	}
	outbox := a.tracing.Outbox(a.store.Deliveries, a.store.Orders)
	if a.beside {
		outbox = idle{outbox}
	}
	ids := ident.New(a.now, nil)
	client := transport.New(transport.Options{
		AllowLocal: a.config.AllowLocalTargets, Now: a.now, Log: a.log, Through: a.tracedTransport(),
	})
	sender := webhook.NewSender(webhook.SenderOptions{
		Outbox: outbox, Poster: client, Formats: formats, Observer: newWebhookMetrics(a.metrics, formats),
		Lease: a.config.RescueAfter, RequestID: ids.RequestID, Now: a.now, Log: a.log, Tracer: a.tracer(),
	})
	a.Webhooks = webhook.NewService(a.store.Deliveries, a.config.AllowLocalTargets)
	a.Deliveries = webhook.NewDeliveries(a.store.Deliveries, sender, formats, ids.MessageID, a.now)
	a.Replays = webhook.NewReplays(a.store.Deliveries, a.now)
	a.fanout = webhook.NewFanout(a.store.Deliveries, formats, ids.MessageID, sender.Wake, a.now, a.log)
	a.onClose("webhooks", func(ctx context.Context) error {
		a.fanout.Close()
		err := sender.Close(ctx)
		client.Close()
		return err
	})
	if a.beside {
		return nil
	}
	a.whileOpen(ctx, "operators' endpoints", webhook.NewOperatorFanout(webhook.OperatorFanoutOptions{
		Outbox: a.store.OperatorEvents, Store: a.store.Deliveries, Words: toOperators, NewID: ids.MessageID,
		Wake: sender.Wake, Now: a.now, Log: a.log,
	}).Run)
	return nil
}

// idle is an outbox in which nothing is ever due.
type idle struct{ webhook.Outbox }

// DueLanes implements webhook.Outbox.
func (idle) DueLanes(context.Context, time.Time) ([]string, error) { return nil, nil }

// ClaimDeliveries implements webhook.Outbox.
func (idle) ClaimDeliveries(_ context.Context, claims []webhook.Claim) ([][]*webhook.Due, error) {
	return make([][]*webhook.Due, len(claims)), nil
}

const noAnswer = "no_answer"

// webhookMetrics tells how deliveries go. Endpoints are counted by number only
// where they fail: there are few of those.
type webhookMetrics struct {
	attempts *prometheus.CounterVec
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	lag      *prometheus.HistogramVec
	lanes    *prometheus.GaugeVec
}

// newWebhookMetrics has each metric there before the first post, so that its growth is seen.
func newWebhookMetrics(registry prometheus.Registerer, formats map[string]webhook.Format) *webhookMetrics {
	factory := promauto.With(registry)
	m := &webhookMetrics{
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
func (m *webhookMetrics) Posted(d *webhook.Due, a *webhook.Answer) {
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
func (m *webhookMetrics) Delivered(format string, lag time.Duration) {
	m.lag.WithLabelValues(format).Observe(lag.Seconds())
}

// Lanes implements webhook.Observer.
func (m *webhookMetrics) Lanes(busy, leftAlone int) {
	m.lanes.WithLabelValues("busy").Set(float64(busy))
	m.lanes.WithLabelValues("left_alone").Set(float64(leftAlone))
}
