package app

import (
	"context"
	"log/slog"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/account"
	"orderhub/server/api"
	"orderhub/server/config"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/ident"
	"orderhub/server/store/stores"
	"orderhub/server/webhook"
	"orderhub/server/webhook/transport"
)

// sendWebhooks posts what is to be told of events. It is closed after the jobs,
// which make the deliveries.
func (a *App) sendWebhooks(context.Context) error {
	w, err := newWebhooks(webhookOptions{
		store: a.store, outbox: a.store.Deliveries, accounts: a.Accounts, observer: newWebhookMetrics(a.metrics),
		lease:      a.config.RescueAfter,
		allowLocal: a.config.AllowLocalTargets, signature: a.config.GameSOSignature, log: a.log, now: a.now,
	})
	if err != nil {
		return err
	}
	a.onClose("webhooks", w.Close)
	a.Webhooks = w.Endpoints
	a.Deliveries = w.Deliveries
	a.Replays = w.Replays
	a.fanout = w.fanout
	return nil
}

// Webhooks are the services that tell merchants of events.
type Webhooks struct {
	Endpoints  *webhook.Service
	Deliveries *webhook.Deliveries
	Replays    *webhook.Replays

	fanout *webhook.Fanout
	sender *webhook.Sender
	client *transport.Client
}

type webhookOptions struct {
	store      *stores.All
	outbox     webhook.Outbox
	accounts   *account.Service
	observer   webhook.Observer
	lease      time.Duration
	allowLocal bool
	signature  string // of GameSO's format, as in the configuration
	log        *slog.Logger
	now        func() time.Time
}

func newWebhooks(o webhookOptions) (*Webhooks, error) {
	signature, err := gameso.ParseSignatureSettings(o.signature)
	if err != nil {
		return nil, err
	}
	formats := map[string]webhook.Format{
		webhook.FormatStandard: api.NewStandardFormat(o.accounts),
		gameso.Name:            gameso.Format{Signature: signature},
		bursagb.Name:           bursagb.Format{},
	}
	ids := ident.New(o.now, nil)
	client := transport.New(transport.Options{AllowLocal: o.allowLocal, Now: o.now, Log: o.log})
	sender := webhook.NewSender(webhook.SenderOptions{
		Outbox: o.outbox, Poster: client, Formats: formats, Observer: o.observer,
		Lease: o.lease, RequestID: ids.RequestID, Now: o.now, Log: o.log,
	})
	return &Webhooks{
		Endpoints:  webhook.NewService(o.store.Deliveries, o.allowLocal),
		Deliveries: webhook.NewDeliveries(o.store.Deliveries, sender, formats, ids.MessageID, o.now),
		Replays:    webhook.NewReplays(o.store.Deliveries, o.now),
		fanout:     webhook.NewFanout(o.store.Deliveries, formats, ids.MessageID, sender.Wake, o.now, o.log),
		sender:     sender, client: client,
	}, nil
}

// NewWebhooks works on the store beside a hub that may be running, for an
// operator's commands: it posts tests, and leaves the rest to the hub. Close ends
// it, and leaves the store open.
func NewWebhooks(s *stores.All, allowLocal bool, log *slog.Logger) (*Webhooks, error) {
	return newWebhooks(webhookOptions{
		store: s, outbox: idle{s.Deliveries}, accounts: account.NewService(s.Accounts),
		observer: newWebhookMetrics(prometheus.NewRegistry()),
		lease:    config.Default().RescueAfter, allowLocal: allowLocal, log: log, now: s.Now,
	})
}

// Close ends the posting and its connections.
func (w *Webhooks) Close(ctx context.Context) error {
	w.fanout.Close()
	err := w.sender.Close(ctx)
	w.client.Close()
	return err
}

// idle is an outbox in which nothing is ever due.
type idle struct{ webhook.Outbox }

// DueLanes implements webhook.Outbox.
func (idle) DueLanes(context.Context, time.Time) ([]string, error) { return nil, nil }

// ClaimDeliveries implements webhook.Outbox.
func (idle) ClaimDeliveries(_ context.Context, claims []webhook.Claim) ([][]*webhook.Due, error) {
	return make([][]*webhook.Due, len(claims)), nil
}

// webhookMetrics tells how deliveries go. Endpoints are counted by number only
// where they fail: there are few of those.
type webhookMetrics struct {
	attempts *prometheus.CounterVec
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	lag      *prometheus.HistogramVec
	lanes    *prometheus.GaugeVec
}

func newWebhookMetrics(registry prometheus.Registerer) *webhookMetrics {
	m := &webhookMetrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_webhook_attempts_total", Help: "Posts of webhook deliveries, by what answered them.",
		}, []string{"format", "result"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_webhook_failures_total",
			Help: "Posts that no 2xx answered, by endpoint; 0 for addresses that orders name.",
		}, []string{"endpoint"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_webhook_seconds", Help: "How long one post took.",
			Buckets: []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}, []string{"format"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "orderhub_webhook_lag_seconds", Help: "From an event to the 2xx that answered its delivery.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 60, 300, 3600, 86400},
		}, []string{"format"}),
		lanes: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "orderhub_webhook_endpoints",
			Help: "Endpoints being posted to, and left alone because they do not answer, by this process.",
		}, []string{"state"}),
	}
	registry.MustRegister(m.attempts, m.failures, m.seconds, m.lag, m.lanes)
	return m
}

// Posted implements webhook.Observer.
func (m *webhookMetrics) Posted(d *webhook.Due, a *webhook.Answer) {
	result := "no_answer"
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
