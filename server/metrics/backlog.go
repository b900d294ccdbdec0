package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// backlogFor is how long an answer of the database holds: whoever scrapes more often, or beside others, costs it
	// nothing.
	backlogFor = 5 * time.Second
	// backlogTimeout bounds one look at the database; a scrape has ten seconds where nobody says otherwise.
	backlogTimeout = 3 * time.Second
)

// Waiting is how many of a kind wait, and for how long the first of them has.
type Waiting struct {
	Count  int64
	Oldest time.Duration
}

// Backlog is what waits in the database, whichever process is to see to it. Very large numbers end at a bound.
type Backlog struct {
	Orders           map[string]Waiting // by status, those that are not final
	Jobs             map[string]Waiting // by queue, those that are due
	Deliveries       Waiting            // of webhooks, those that are due
	AttemptsParked   int64
	AttemptsDisputed int64
	Approvals        Waiting // for a second operator
	Purchases        Waiting // for people who deliver by hand
	Claims           Waiting // for an answer
	ClaimsOverdue    int64   // of them, for longer than they should
	HoldsOpen        int64
	HoldsOverdue     int64         // of them, past their time
	LowWallets       int64         // below the threshold of their merchant
	EventLogLag      time.Duration // how far what readers of the log of all merchants see is behind
}

// BacklogReader reads the backlog from the database.
type BacklogReader interface {
	Backlog(ctx context.Context) (*Backlog, error)
}

var (
	openOrders        = described("orderhub_open_orders", "Orders that are not final, by status.", "status")
	oldestOpenOrder   = described("orderhub_open_order_oldest_age_seconds", "Age of the oldest of them.", "status")
	dueJobs           = described("orderhub_jobs_due", "Jobs that are due and not being worked.", "queue")
	oldestDueJob      = described("orderhub_job_oldest_due_age_seconds", "Since when the first of them is due.", "queue")
	dueDeliveries     = described("orderhub_webhook_deliveries_due", "Deliveries of webhooks that are due.")
	oldestDueDelivery = described(
		"orderhub_webhook_delivery_oldest_due_age_seconds", "Since when the first of them is due.",
	)
	parkedAttempts   = described("orderhub_attempts_parked", "Purchases from providers that wait for an operator.")
	disputedAttempts = described(
		"orderhub_attempts_disputed", "Settled purchases whose provider said something else later.",
	)
	waitingPurchases = described("orderhub_purchases_waiting", "Purchases that wait for a person who delivers by hand.")
	oldestPurchase   = described("orderhub_purchase_oldest_waiting_age_seconds", "Age of the first of them.")
	waitingClaims    = described("orderhub_claims_waiting", "Claims that wait for an answer.")
	oldestClaim      = described("orderhub_claim_oldest_waiting_age_seconds", "How long the first waits; 0 for none.")
	overdueClaims    = described("orderhub_claims_overdue", "Claims that wait for longer than they should.")

	waitingApprovals = described("orderhub_approvals_pending", "What waits for a second operator.")
	oldestApproval   = described(
		"orderhub_approval_oldest_pending_age_seconds", "Age of the first of it.",
	)

	openHolds    = described("orderhub_holds_open", "Orders that are held.")
	overdueHolds = described("orderhub_holds_overdue", "Holds whose time is over and that still keep what they took.")
	lowWallets   = described("orderhub_wallets_below_threshold", "Wallets below the threshold of their merchant.")
	eventLogLag  = described(
		"orderhub_event_log_lag_seconds", "Age of the oldest event that an open transaction hides from readers of the log.",
	)
)

func described(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// backlogCollector asks the database when it is scraped.
type backlogCollector struct {
	reader   BacklogReader
	log      *slog.Logger
	failures prometheus.Counter

	mu     sync.Mutex // one scrape looks, the others wait for what it finds
	last   *Backlog   // nil when the database did not answer
	lookAt time.Time
}

// RegisterBacklog has the backlog read when the registry is gathered, seldom and within bounds.
func RegisterBacklog(reader BacklogReader, log *slog.Logger, registry prometheus.Registerer) {
	c := &backlogCollector{
		reader: reader, log: log, failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "orderhub_backlog_read_failures_total",
			Help: "Times that the database did not say in time what waits; those metrics were left out.",
		}),
	}
	registry.MustRegister(c, c.failures)
}

// Describe implements prometheus.Collector.
func (*backlogCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		openOrders, oldestOpenOrder, dueJobs, oldestDueJob, dueDeliveries, oldestDueDelivery, parkedAttempts,
		disputedAttempts, waitingPurchases, oldestPurchase, waitingApprovals, oldestApproval, waitingClaims, oldestClaim,
		overdueClaims, openHolds, overdueHolds, lowWallets, eventLogLag,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *backlogCollector) Collect(out chan<- prometheus.Metric) {
	b := c.look()
	if b == nil {
		return
	}
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for status, w := range b.Orders {
		gauge(openOrders, float64(w.Count), status)
		gauge(oldestOpenOrder, w.Oldest.Seconds(), status)
	}
	for queue, w := range b.Jobs {
		gauge(dueJobs, float64(w.Count), queue)
		gauge(oldestDueJob, w.Oldest.Seconds(), queue)
	}
	gauge(dueDeliveries, float64(b.Deliveries.Count))
	gauge(oldestDueDelivery, b.Deliveries.Oldest.Seconds())
	gauge(parkedAttempts, float64(b.AttemptsParked))
	gauge(disputedAttempts, float64(b.AttemptsDisputed))
	gauge(waitingPurchases, float64(b.Purchases.Count))
	gauge(oldestPurchase, b.Purchases.Oldest.Seconds())
	gauge(waitingApprovals, float64(b.Approvals.Count))
	gauge(oldestApproval, b.Approvals.Oldest.Seconds())
	gauge(waitingClaims, float64(b.Claims.Count))
	gauge(oldestClaim, b.Claims.Oldest.Seconds())
	gauge(overdueClaims, float64(b.ClaimsOverdue))
	gauge(openHolds, float64(b.HoldsOpen))
	gauge(overdueHolds, float64(b.HoldsOverdue))
	gauge(lowWallets, float64(b.LowWallets))
	gauge(eventLogLag, b.EventLogLag.Seconds())
}

// look returns what the database says, or said a moment ago; nil when it did not answer.
func (c *backlogCollector) look() *Backlog {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.lookAt) {
		return c.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	read, err := c.reader.Backlog(ctx)
	if err != nil {
		read = nil
		c.failures.Inc()
		c.log.Warn("metrics: the database did not say what waits", "error", err)
	}
	c.last, c.lookAt = read, time.Now().Add(backlogFor)
	return c.last
}
