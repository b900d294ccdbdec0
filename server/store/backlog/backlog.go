package backlog

import (
	"context"
	"strings"
	"time"

	"github.com/riverqueue/river"

	"orderhub/server/job"
	"orderhub/server/metrics"
	"orderhub/server/money"
	"orderhub/server/purchase"
	"orderhub/server/reconcile"
	"orderhub/server/store"
)

var _ metrics.BacklogReader = (*Store)(nil)

// The queries; $1 is now. Queues and lanes are found one after the other in their index, and what is due of each is
// counted there.
var (
	openOrders = dated(`SELECT status, count(*), epoch_of(min(created_at)) FROM (
		SELECT status, created_at FROM orders WHERE status IN ('pending', 'processing')
		ORDER BY updated_at LIMIT 100000) AS open GROUP BY status`)

	dueJobs = dated(`WITH RECURSIVE queues(queue) AS (
			SELECT (SELECT queue FROM river_job WHERE state = 'available' ORDER BY queue LIMIT 1)
			UNION ALL
			SELECT (SELECT j.queue FROM river_job j WHERE j.state = 'available' AND j.queue > queues.queue
			ORDER BY j.queue LIMIT 1) FROM queues WHERE queues.queue IS NOT NULL)
		SELECT queue,
			(SELECT count(*) FROM (SELECT 1 FROM river_job j WHERE j.state = 'available' AND j.queue = queues.queue
			AND j.priority = 1 AND j.scheduled_at <= $1 LIMIT 10000) AS due),
			epoch_of((SELECT j.scheduled_at FROM river_job j WHERE j.state = 'available' AND j.queue = queues.queue
			AND j.priority = 1 ORDER BY j.scheduled_at LIMIT 1))
		FROM queues WHERE queue IS NOT NULL`)

	dueDeliveries = dated(`WITH RECURSIVE lanes(lane) AS (
			SELECT * FROM (SELECT lane FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY lane
			LIMIT 1) AS first
			UNION ALL
			SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.next_attempt_at IS NOT NULL
			AND d.lane > lanes.lane ORDER BY d.lane LIMIT 1)
			FROM lanes WHERE lanes.lane IS NOT NULL),
		each_lane(due, oldest) AS (
			SELECT (SELECT count(*) FROM (SELECT 1 FROM webhook_deliveries d WHERE d.lane = lanes.lane
				AND d.next_attempt_at <= $1 LIMIT 10000) AS due),
				(SELECT d.next_attempt_at FROM webhook_deliveries d WHERE d.lane = lanes.lane
				AND d.next_attempt_at IS NOT NULL ORDER BY d.next_attempt_at LIMIT 1)
			FROM lanes WHERE lane IS NOT NULL)
		SELECT CAST(coalesce(sum(due), 0) AS bigint), epoch_of(min(oldest)) FROM each_lane`)

	attemptsForOperators = store.Same(`SELECT count(CASE WHEN status = 'parked' THEN 1 END),
		count(CASE WHEN dispute <> '' THEN 1 END)
		FROM (SELECT status, dispute FROM attempts WHERE status = 'parked' OR dispute <> '' LIMIT 100000) AS open`)

	// What expired is not counted, and not read either.
	pendingApprovals = dated(`SELECT count(*), epoch_of(min(created_at)) FROM (
		SELECT created_at FROM approval_requests WHERE status = 'pending' AND expires_at > $1
		ORDER BY expires_at LIMIT 10000) AS open`)

	// Those whose attempt was settled otherwise are nobody's.
	openPurchases = dated(`SELECT count(*), epoch_of(min(created_at)) FROM (
		SELECT p.created_at FROM purchases p JOIN attempts a ON a.id = p.id
		WHERE ` + store.OpenPurchase + ` AND a.settled_at IS NULL ORDER BY p.id LIMIT 10000) AS open`)

	waitingClaims = dated(`SELECT count(*), epoch_of(min(created_at)) FROM (
		SELECT created_at FROM claims WHERE waiting > 0 ORDER BY id LIMIT 10000) AS open`)
	overduePurchases = store.Same(`SELECT count(*) FROM (SELECT 1 FROM attempts a WHERE a.settled_at IS NULL
		AND a.id IN (` + store.OverduePurchases + `) LIMIT 10000) AS late`)
	openFindings = dated(`SELECT kind, count(*), epoch_of(min(created_at)) FROM (SELECT kind, created_at
		FROM reconciliation_findings WHERE status = 'open' ORDER BY provider_id, id LIMIT 10000) AS found
		GROUP BY kind`)
	openHolds = store.Same(`SELECT count(*), count(CASE WHEN expires_at <= $1 THEN 1 END) FROM (
		SELECT expires_at FROM holds WHERE status = 'held' ORDER BY expires_at LIMIT 10000) AS held`)
	// A currency of which nothing is held any more is 0, and does not end as it was.
	heldMoney = store.Same(`SELECT a.currency, CAST(coalesce((SELECT sum(total_micros) FROM (
		SELECT currency, total_micros FROM holds WHERE status = 'held' ORDER BY expires_at LIMIT 10000) AS held
		WHERE held.currency = a.currency), 0) AS bigint) FROM accounts a WHERE a.kind = 'held'`)
	replacingClaims = store.Same(`SELECT count(*) FROM (
		SELECT 1 FROM replacements WHERE ended_at IS NULL LIMIT 10000) AS going`)
	overdueClaims = store.Same(`SELECT count(*) FROM (
		SELECT 1 FROM claims WHERE waiting > 0 AND answer_by <= $1 LIMIT 10000) AS late`)

	// There is a wallet for each merchant, not for each order.
	lowWallets = store.Same(`SELECT count(*) FROM accounts WHERE balance_micros < low_balance_micros`)

	// Readers of the log of all merchants see only what no open transaction may still precede. On SQLite that is
	// everything.
	hiddenEvent = store.Statement{
		Postgres: `SELECT date_part('epoch', created_at) FROM events
			WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
			AND id > coalesce((SELECT restored_id FROM event_logs WHERE id = 1), 0)
			ORDER BY transaction_id, id LIMIT 1`,
		SQLite: `SELECT NULL WHERE false`,
	}
)

// dated writes epoch_of, the seconds from 1970 to an instant, as each database computes it.
func dated(text string) store.Statement {
	return store.Statement{
		Postgres: strings.ReplaceAll(text, "epoch_of(", "date_part('epoch', "),
		SQLite:   strings.ReplaceAll(text, "epoch_of(", "-210866760000.0 + 86400.0 * julianday("),
	}
}

func (s *Store) Backlog(ctx context.Context) (*metrics.Backlog, error) {
	now := s.db.Now()
	b := &metrics.Backlog{
		Orders: map[string]metrics.Waiting{"pending": {}, "processing": {}},
		Jobs:   map[string]metrics.Waiting{river.QueueDefault: {}, job.WebhookQueue: {}},

		HeldMoney: make(map[money.Currency]money.Amount),
		Findings:  make(map[string]metrics.Waiting),
	}
	for _, kind := range reconcile.Kinds {
		b.Findings[string(kind)] = metrics.Waiting{}
	}
	err := s.db.Peek(
		ctx,
		store.NewQuery(openOrders, nil, byName(b.Orders, now)),
		store.NewQuery(dueJobs, []any{now}, byName(b.Jobs, now)),
		store.NewQuery(dueDeliveries, []any{now},
			func(row store.Scanner) error { return scan(row, &b.Deliveries, now) }),
		store.NewQuery(attemptsForOperators, nil, store.Into(&b.AttemptsParked, &b.AttemptsDisputed)),
		store.NewQuery(pendingApprovals, []any{now},
			func(row store.Scanner) error { return scan(row, &b.Approvals, now) }),
		store.NewQuery(openPurchases, nil, func(row store.Scanner) error { return scan(row, &b.Purchases, now) }),
		store.NewQuery(waitingClaims, nil, func(row store.Scanner) error { return scan(row, &b.Claims, now) }),
		store.NewQuery(replacingClaims, nil, store.Into(&b.Replacements)),
		store.NewQuery(overdueClaims, []any{now}, store.Into(&b.ClaimsOverdue)),
		store.NewQuery(overduePurchases, []any{now, now.Add(-purchase.Patience)}, store.Into(&b.PurchasesOverdue)),
		store.NewQuery(openFindings, nil, byName(b.Findings, now)),
		store.NewQuery(openHolds, []any{now}, store.Into(&b.HoldsOpen, &b.HoldsOverdue)),
		store.NewQuery(heldMoney, nil, store.Keyed(b.HeldMoney)),
		store.NewQuery(lowWallets, nil, store.Into(&b.LowWallets)),
		store.NewQuery(hiddenEvent, nil, store.Each1(func(at *float64) { b.EventLogLag = since(at, now) })),
	)
	return b, store.During("read what waits", err)
}

// byName takes rows of a name and what waits under it.
func byName(into map[string]metrics.Waiting, now time.Time) func(store.Scanner) error {
	return func(row store.Scanner) error {
		var name string
		var w metrics.Waiting
		err := scan(row, &w, now, &name)
		into[name] = w
		return err
	}
}

// scan takes what comes first, how many wait, and since when.
func scan(row store.Scanner, into *metrics.Waiting, now time.Time, first ...any) error {
	var oldest *float64
	err := row.Scan(append(first, &into.Count, &oldest)...)
	into.Oldest = since(oldest, now)
	return err
}

// since is how long ago an instant is; 0 for none, and for one that is yet to come.
func since(at *float64, now time.Time) time.Duration {
	if at == nil {
		return 0
	}
	passed := float64(now.UnixMicro())/1e6 - *at
	return max(0, time.Duration(passed*float64(time.Second)))
}
