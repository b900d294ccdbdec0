package backlog_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/sim"
	"orderhub/server/metrics"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/reconcile"
	"orderhub/server/store"
	"orderhub/server/store/backlog"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// exec runs a statement with arguments on the writer.
func exec(t *testing.T, s *stores.All, statement string, args ...any) {
	t.Helper()
	_, err := s.WriteDB.ExecContext(t.Context(), statement, args...)
	require.NoError(t, err)
}

// read reads the backlog.
func read(t *testing.T, s *stores.All) *metrics.Backlog {
	t.Helper()
	b, err := s.Backlog.Backlog(t.Context())
	require.NoError(t, err)
	return b
}

// requireWaiting checks a count, and an age within the time that a test may take.
func requireWaiting(t *testing.T, count int64, oldest time.Duration, w metrics.Waiting) {
	t.Helper()
	require.Equal(t, count, w.Count)
	require.InDelta(t, oldest.Seconds(), w.Oldest.Seconds(), 90)
}

func TestNothingWaits(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		findings := make(map[string]metrics.Waiting)
		for _, kind := range reconcile.Kinds {
			findings[string(kind)] = metrics.Waiting{}
		}
		require.Equal(t, &metrics.Backlog{
			Orders: map[string]metrics.Waiting{"pending": {}, "processing": {}},
			Jobs:   map[string]metrics.Waiting{"default": {}, "webhooks": {}}, Findings: findings,

			HeldMoney: map[money.Currency]money.Amount{},
		}, read(t, open()))
	})
}

func TestOrdersThatWait(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("shop", 1000)
		w.Stocked("CODE", 10, 5)
		w.Simulated("SLOW", 10, sim.Script{DelayMS: time.Hour.Milliseconds()})
		for _, draft := range []string{"1", "2", "3"} {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "final "+draft, "CODE", 1))
			require.NoError(t, err)
			_, err = w.Orders.Create(t.Context(), storetest.Draft(m, "open "+draft, "SLOW", 1))
			require.NoError(t, err)
		}
		exec(t, w.Store, "UPDATE orders SET created_at = $1 WHERE reference IN ('open 2', 'final 3')",
			w.Store.Now().Add(-time.Hour))
		b := read(t, w.Store)
		requireWaiting(t, 3, time.Hour, b.Orders["pending"])
		requireWaiting(t, 0, 0, b.Orders["processing"])
	})
}

func TestJobsThatAreDue(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		in := "now() + $3 * interval '1 second'"
		if s.Pool() == nil {
			in = "datetime('now', 'subsec', $3 || ' seconds')"
		}
		for _, job := range []struct {
			queue, state string
			seconds      int
		}{
			{"provider_2", "available", -300},
			{"provider_2", "available", -900},
			{"provider_2", "available", 600},
			{"provider_3", "available", 600},
			{"default", "running", -900},
			{"webhooks", "scheduled", 600},
		} {
			exec(t, s, `INSERT INTO river_job (kind, max_attempts, queue, state, args, scheduled_at)
				VALUES ('call', 1, $1, $2, '{}', `+in+`)`, job.queue, job.state, job.seconds)
		}
		jobs := read(t, s).Jobs
		requireWaiting(t, 2, 15*time.Minute, jobs["provider_2"])
		for _, queue := range []string{"provider_3", "default", "webhooks"} {
			require.Zero(t, jobs[queue], queue)
		}
	})
}

func TestDeliveriesThatAreDue(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		now := s.Now()
		for _, delivery := range []struct {
			lane string
			at   any
		}{
			{"e1", now.Add(-time.Minute)},
			{"e1", now.Add(time.Hour)},
			{"e2", now.Add(-time.Hour)},
			{"e2", nil},
			{"e3", now.Add(time.Hour)},
		} {
			exec(t, s, `INSERT INTO webhook_deliveries (merchant_id, format, type, lane, message_id, payload,
				next_attempt_at, created_at, updated_at)
				VALUES (1, 'standard', 'order.completed', $1, 'm', '', $2, $3, $3)`,
				delivery.lane, delivery.at, now)
		}
		requireWaiting(t, 2, time.Hour, read(t, s).Deliveries)
	})
}

func TestAttemptsForOperators(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		for i, attempt := range []struct{ status, dispute string }{
			{"parked", ""},
			{"parked", "it says refused"},
			{"delivered", "it says refused"},
			{"delivered", ""},
			{"parked", ""},
			{"unknown", ""},
		} {
			exec(t, s, `INSERT INTO attempts (order_id, line_id, merchant_id, provider_id, offer_id, number,
				reference,
				quantity, status, dispute, submitted_at, created_at, updated_at)
				VALUES (1, $1, 1, 1, 1, 1, $2, 1, $3, $4, $5, $5, $5)`,
				i, "a"+string(rune('a'+i)), attempt.status, attempt.dispute, s.Now())
		}
		b := read(t, s)
		require.EqualValues(t, 3, b.AttemptsParked)
		require.EqualValues(t, 2, b.AttemptsDisputed)
	})
}

// What waits for longer than it should, for a person or for its outcome, whether operators were told or not.
func TestPurchasesThatAreOverdue(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		now := s.Now()
		long, lately := now.Add(-2*time.Hour), now.Add(-time.Minute)
		for i, attempt := range []struct {
			status    string
			submitted time.Time
			check     any
			settled   any
			deliverBy any // of one by hand; "" of others
		}{
			{"parked", long, nil, nil, ""},
			{"parked", lately, nil, nil, ""},
			{"unknown", long, now, nil, ""},
			{"unknown", lately, now, nil, ""},
			{"accepted", long, now, nil, ""},
			{"accepted", lately, now, nil, lately},
			{"accepted", long, now, nil, now.Add(time.Hour)},
			{"accepted", long, now, nil, nil},
			{"refused", long, nil, now, lately},
		} {
			exec(t, s, `INSERT INTO attempts (id, order_id, line_id, merchant_id, provider_id, offer_id, number,
				reference,
				quantity, status, submitted_at, next_check_at, settled_at, created_at, updated_at)
				VALUES ($1, 1, $1, 1, 1, 1, 1, $2, 1, $3, $4, $5, $6, $4, $4)`,
				i+1, fmt.Sprint("a", i), attempt.status, attempt.submitted, attempt.check, attempt.settled)
			if attempt.deliverBy != "" {
				exec(t, s, `INSERT INTO purchases (id, provider_id, state, deliver_by, created_at, updated_at)
					VALUES ($1, 1, 'waiting', $2, $3, $3)`, i+1, attempt.deliverBy, attempt.submitted)
			}
		}
		require.EqualValues(t, 4, read(t, s).PurchasesOverdue)
	})
}

func TestFindingsThatAreOpen(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		for i, finding := range []struct {
			kind, status string
			age          time.Duration
		}{
			{"credited", "open", time.Hour},
			{"credited", "open", time.Minute},
			{"credited", "booked", 3 * time.Hour},
			{"missing_here", "open", 2 * time.Hour},
			{"missing_there", "gone", time.Hour},
		} {
			exec(t, s, `INSERT INTO reconciliation_findings (provider_id, reconciliation_id, seen_id, identity, kind,
				status,
				created_at, updated_at) VALUES ($1, 1, 1, $2, $3, $4, $5, $5)`,
				i%2+1, fmt.Sprint(i), finding.kind, finding.status, s.Now().Add(-finding.age))
		}
		found := read(t, s).Findings
		requireWaiting(t, 2, time.Hour, found["credited"])
		requireWaiting(t, 1, 2*time.Hour, found["missing_here"])
		require.Zero(t, found["missing_there"])
		require.Len(t, found, len(reconcile.Kinds))
	})
}

// What expired, or was decided about, waits for nobody.
func TestApprovalsThatWait(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		require.Equal(t, metrics.Waiting{}, read(t, s).Approvals)
		now := s.Now()
		for _, request := range []struct {
			status       string
			age, expires time.Duration
		}{
			{"pending", time.Hour, time.Hour},
			{"pending", 2 * time.Hour, time.Minute},
			{"pending", 3 * time.Hour, -time.Minute},
			{"approved", 4 * time.Hour, time.Hour},
		} {
			exec(t, s, `INSERT INTO approval_requests (kind, merchant_id, currency, asked_kind, asked_id, asked_name,
				asked_key_id, status, created_at, expires_at)
				VALUES ('deposit', 1, 'THB', 'operator', 1, 'ada', 1, $1, $2, $3)`,
				request.status, now.Add(-request.age), now.Add(request.expires))
		}
		found := read(t, s).Approvals
		require.EqualValues(t, 2, found.Count)
		require.InDelta(t, (2 * time.Hour).Seconds(), found.Oldest.Seconds(), 60)
	})
}

func TestWalletsBelowTheirThreshold(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		w.Merchant("never-asked", 0)
		for name, deposit := range map[string]int64{"low": 49, "even": 50, "above": 51} {
			m, threshold := w.Merchant(name, deposit), new(money.Amount)
			*threshold = storetest.Baht(50)
			_, err := w.Accounts.UpdateMerchant(t.Context(), m.ID, account.MerchantChange{LowBalance: &threshold})
			require.NoError(t, err)
		}
		require.EqualValues(t, 1, read(t, w.Store).LowWallets)
	})
}

// What is held is known in every currency in which something was, and goes back to nothing.
func TestHeldMoney(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		require.Empty(t, read(t, w.Store).HeldMoney)
		m := w.Merchant("shop", 100)
		w.Stocked("CODE", 10, 5)
		var last *order.Hold
		for _, reference := range []string{"1", "2"} {
			p, err := w.Orders.Hold(t.Context(), storetest.Draft(m, reference, "CODE", 2), 0)
			require.NoError(t, err)
			last = p.Hold
		}
		held := func(baht int64, open int) {
			t.Helper()
			b := read(t, w.Store)
			require.Equal(t, map[money.Currency]money.Amount{storetest.THB: storetest.Baht(baht)}, b.HeldMoney)
			require.EqualValues(t, open, b.HoldsOpen)
		}
		held(40, 2)
		_, err := w.Orders.Confirm(t.Context(), m.ID, last.Number)
		require.NoError(t, err)
		held(20, 1)
		exec(t, w.Store, `UPDATE holds SET expires_at = $1 WHERE status = 'held'`, w.Store.Now())
		_, err = w.Store.Holds.ExpireHolds(t.Context(), order.ExpireStep{Most: 10, Units: 10})
		require.NoError(t, err)
		held(0, 0)
	})
}

// A transaction that stays open hides what was written after its beginning from readers of the log.
func TestEventLogLag(t *testing.T) {
	w := storetest.NewWorld(t, storetest.Postgres(t)(), 1)
	m := w.Merchant("shop", 1000)
	w.Stocked("CODE", 10, 5)
	tx, err := w.Store.WriteDB.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "SELECT pg_current_xact_id()")
	require.NoError(t, err)
	require.Zero(t, read(t, w.Store).EventLogLag)
	_, err = w.Orders.Create(t.Context(), storetest.Draft(m, "1", "CODE", 1))
	require.NoError(t, err)
	require.Positive(t, read(t, w.Store).EventLogLag)
	require.NoError(t, tx.Rollback())
	require.Zero(t, read(t, w.Store).EventLogLag)
}

// plan is how the database goes about a query, step by step.
func plan(t *testing.T, s *stores.All, query store.Statement) (steps []string) {
	t.Helper()
	now := "'" + s.Now().Format(time.RFC3339) + "'"
	explain := "EXPLAIN " + strings.ReplaceAll(query.Postgres, "$1", now)
	if s.Pool() == nil {
		explain = "EXPLAIN QUERY PLAN " + strings.ReplaceAll(query.SQLite, "$1", now)
	}
	rows, err := s.ReadDB.QueryContext(t.Context(), explain)
	require.NoError(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		require.NoError(t, rows.Scan(row...))
		steps = append(steps, fmt.Sprint(*row[len(row)-1].(*any)))
	}
	require.NoError(t, rows.Err())
	return steps
}

// large are the tables that grow with every order.
const large = `(orders|events|river_job|webhook_deliveries|attempts|j|d)`

var (
	wholePostgres = regexp.MustCompile(`Seq Scan on ` + large + `\b`)
	wholeSQLite   = regexp.MustCompile(`^SCAN ` + large + `$`)
)

// readsWhole says whether a step reads all of a large table.
func readsWhole(step string) bool {
	return wholePostgres.MatchString(step) || wholeSQLite.MatchString(step)
}

// Rows that nobody waits for are not read, however many there are.
func TestPlans(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		const n = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) `
		for _, insert := range []string{
			`INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency, created_at,
				updated_at) ` + n + `SELECT i, concat(i), 1, concat(i), '', 'hub',
				CASE WHEN i % 1000 = 0 THEN 'pending' ELSE 'completed' END, 'THB', $1, $1 FROM n`,
			`INSERT INTO events (merchant_id, sequence, type, created_at) ` + n +
				`SELECT 1, i, 'order.completed', $1 FROM n`,
			`INSERT INTO webhook_deliveries (merchant_id, format, type, lane, message_id, payload, status,
				next_attempt_at, created_at, updated_at) ` + n +
				`SELECT 1, 'standard', 'order.completed', concat(i % 7), 'm', '',
				'delivered', CASE WHEN i % 1000 = 0 THEN $1 END, $1, $1 FROM n`,
			`INSERT INTO attempts (order_id, line_id, merchant_id, provider_id, offer_id, number, reference, quantity,
				status, submitted_at, created_at, updated_at) ` + n + `SELECT i, i, 1, 1, 1, 1, concat(i), 1,
				CASE WHEN i % 1000 = 0 THEN 'parked' ELSE 'delivered' END, $1, $1, $1 FROM n`,
			`INSERT INTO river_job (kind, max_attempts, queue, state, args, finalized_at) ` + n + `SELECT 'call', 1,
				concat(i % 7), CASE WHEN i % 1000 = 0 THEN 'available' ELSE 'completed' END, '{}',
				CASE WHEN i % 1000 = 0 THEN NULL ELSE $1 END FROM n`,
		} {
			if s.Pool() != nil {
				insert = strings.NewReplacer("$1", "now()", "ELSE 'completed' END, '{}'",
					"ELSE 'completed' END::river_job_state, '{}'").Replace(insert)
				exec(t, s, insert)
			} else {
				exec(t, s, insert, s.Now())
			}
		}
		exec(t, s, "ANALYZE")
		for table, query := range backlog.Queries {
			steps := plan(t, s, query)
			require.NotEmpty(t, steps)
			for _, step := range steps {
				require.False(t, readsWhole(step), "%s: %s", table, strings.Join(steps, "\n"))
			}
		}
		require.EqualValues(t, 20, read(t, s).Orders["pending"].Count)
		require.EqualValues(t, 20, read(t, s).AttemptsParked)
		require.EqualValues(t, 20, read(t, s).Deliveries.Count)
	})
}
