package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/money"
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
	Approvals        Waiting            // for a second operator
	Purchases        Waiting            // for people who deliver by hand
	Claims           Waiting            // for an answer
	ClaimsOverdue    int64              // of them, for longer than they should
	Replacements     int64              // for which units are being bought
	PurchasesOverdue int64              // that wait for longer than they should, for people or for their outcome
	Findings         map[string]Waiting // of statements, by kind, those that are open
	HoldsOpen        int64
	HoldsOverdue     int64 // of them, past their time
	HeldMoney        map[money.Currency]money.Amount
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
	overduePurchases = described(
		"orderhub_purchases_overdue", "Purchases that wait for longer than they should, for a person or for their outcome.",
	)
	openFindings  = described("orderhub_findings_open", "Open findings of providers' statements, by kind.", "kind")
	oldestFinding = described("orderhub_finding_oldest_open_age_seconds", "Age of the first of them.", "kind")
	waitingClaims = described("orderhub_claims_waiting", "Claims that wait for an answer.")
	oldestClaim   = described("orderhub_claim_oldest_waiting_age_seconds", "How long the first waits; 0 for none.")
	replacements  = described(
		"orderhub_claim_replacements", "Purchases of units in the place of claimed ones that go on.",
	)
	overdueClaims = described("orderhub_claims_overdue", "Claims that wait for longer than they should.")

	waitingApprovals = described("orderhub_approvals_pending", "What waits for a second operator.")
	oldestApproval   = described(
		"orderhub_approval_oldest_pending_age_seconds", "Age of the first of it.",
	)

	openHolds    = described("orderhub_holds_open", "Orders that are held.")
	overdueHolds = described("orderhub_holds_overdue", "Holds whose time is over and that still keep what they took.")
	heldMoney    = described("orderhub_holds_money", "What they keep of wallets' money.", "currency")
	lowWallets   = described("orderhub_wallets_below_threshold", "Wallets below the threshold of their merchant.")
	eventLogLag  = described(
		"orderhub_event_log_lag_seconds", "Age of the oldest event that an open transaction hides from readers of the log.",
	)
)

// RegisterBacklog has the backlog read when the registry is gathered, seldom and within bounds.
func RegisterBacklog(reader BacklogReader, log *slog.Logger, registry prometheus.Registerer) {
	failures := promauto.With(registry).NewCounter(prometheus.CounterOpts{
		Name: "orderhub_backlog_read_failures_total",
		Help: "Times that the database did not say in time what waits; those metrics were left out.",
	})
	backlog := seldom[*Backlog]{read: reader.Backlog, failed: func(err error) {
		failures.Inc()
		log.Warn("metrics: the database did not say what waits", "error", err)
	}}
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{
			openOrders, oldestOpenOrder, dueJobs, oldestDueJob, dueDeliveries, oldestDueDelivery, parkedAttempts,
			disputedAttempts, waitingPurchases, oldestPurchase, waitingApprovals, oldestApproval, waitingClaims, oldestClaim,
			overdueClaims, replacements, overduePurchases, openFindings, oldestFinding, openHolds, overdueHolds, heldMoney,
			lowWallets, eventLogLag,
		},
		write: func(to sink) {
			if b := backlog.look(); b != nil {
				b.write(to)
			}
		},
	})
}

func (b *Backlog) write(to sink) {
	waiting := func(count, oldest *prometheus.Desc, w Waiting, labels ...string) {
		to.gauge(count, float64(w.Count), labels...)
		to.gauge(oldest, w.Oldest.Seconds(), labels...)
	}
	for status, w := range b.Orders {
		waiting(openOrders, oldestOpenOrder, w, status)
	}
	for queue, w := range b.Jobs {
		waiting(dueJobs, oldestDueJob, w, queue)
	}
	for kind, w := range b.Findings {
		waiting(openFindings, oldestFinding, w, kind)
	}
	waiting(dueDeliveries, oldestDueDelivery, b.Deliveries)
	waiting(waitingPurchases, oldestPurchase, b.Purchases)
	waiting(waitingApprovals, oldestApproval, b.Approvals)
	waiting(waitingClaims, oldestClaim, b.Claims)
	to.gauge(parkedAttempts, float64(b.AttemptsParked))
	to.gauge(disputedAttempts, float64(b.AttemptsDisputed))
	to.gauge(overdueClaims, float64(b.ClaimsOverdue))
	to.gauge(replacements, float64(b.Replacements))
	to.gauge(overduePurchases, float64(b.PurchasesOverdue))
	to.gauge(openHolds, float64(b.HoldsOpen))
	to.gauge(overdueHolds, float64(b.HoldsOverdue))
	for currency, held := range b.HeldMoney {
		to.gauge(heldMoney, float64(held)/float64(money.Unit), string(currency)) // of what is shown, as of balances
	}
	to.gauge(lowWallets, float64(b.LowWallets))
	to.gauge(eventLogLag, b.EventLogLag.Seconds())
}
