package retention_test

import (
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
	"orderhub/server/webhook"
)

// shop is a world with a merchant whose endpoint is told, two hours before what it calls now.
type shop struct {
	*storetest.World

	t        *testing.T
	s        *stores.All
	merchant account.Merchant
}

func eachShop(t *testing.T, test func(t *testing.T, w *shop, open func() *stores.All)) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := &shop{World: storetest.NewWorld(t, s, 1), t: t, s: s}
		w.merchant = w.Merchant("shop", 100_000)
		w.Stocked("CODE", 1, 500)
		w.Simulated("GOOD", 1, sim.Script{})
		w.Simulated("SLOW", 1, sim.Script{DelayMS: int64(time.Hour / time.Millisecond)})
		_, err := s.Endpoints.CreateEndpoint(t.Context(), webhook.Endpoint{
			MerchantID: w.merchant.ID, Format: webhook.FormatStandard, URL: "https://a.example",
			Status: webhook.StatusActive, MaxRetries: webhook.ByFormat,
		}, "secret", 20)
		require.NoError(t, err)
		test(t, w, open)
	})
}

func (w *shop) place(reference string, lines ...any) *order.Order {
	w.t.Helper()
	placement, err := w.Orders.Create(w.t.Context(), storetest.Draft(w.merchant, reference, lines...))
	require.NoError(w.t, err)
	return placement.Order
}

func (w *shop) exec(statement string, args ...any) {
	w.t.Helper()
	_, err := w.s.WriteDB.ExecContext(w.t.Context(), statement, args...)
	require.NoError(w.t, err, statement)
}

func (w *shop) count(query string) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.s.ReadDB.QueryRowContext(w.t.Context(), query).Scan(&n), query)
	return n
}

// delivered has what there is of orders told.
func (w *shop) delivered(references string) {
	w.t.Helper()
	w.exec(`UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL
		WHERE order_id IN (SELECT id FROM orders WHERE reference IN (` + references + `))`)
}

// sweep removes what is older than an hour, two hours from now, and checks that it was counted before.
func (w *shop) sweep(s *stores.All) map[retention.Kind]int64 {
	w.t.Helper()
	w.visible()
	sweeper := sweeperOf(s)
	counted, err := sweeper.Sweep(w.t.Context(), true)
	require.NoError(w.t, err)
	removed, err := sweeper.Sweep(w.t.Context(), false)
	require.NoError(w.t, err)
	require.Equal(w.t, counted, removed)
	rows := map[retention.Kind]int64{}
	for _, r := range removed {
		rows[r.Kind] = r.Rows
	}
	return rows
}

// step does one step of a kind, as if an hour had passed.
func (w *shop) step(kind retention.Kind, most int) retention.Stepped {
	w.t.Helper()
	w.visible()
	done, err := w.s.Retention.Step(
		w.t.Context(), retention.Step{Kind: kind, Before: time.Now().Add(time.Hour), Most: most},
	)
	require.NoError(w.t, err)
	return done
}

// visible waits until no transaction of other tests on the server hides events from readers of the log of all.
func (w *shop) visible() {
	w.t.Helper()
	if w.s.Pool() == nil {
		return
	}
	require.Eventually(w.t, func() bool {
		return w.count(`SELECT count(*) FROM events
			WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint`) == 0
	}, time.Minute, 10*time.Millisecond)
}

func sweeperOf(s *stores.All) *retention.Sweeper {
	ages := retention.Ages{}
	for _, kind := range retention.Kinds {
		ages[kind] = time.Hour
	}
	return retention.New(retention.Options{
		Store: s.Retention, Ages: ages, Log: slog.New(slog.DiscardHandler),
		Now:     func() time.Time { return time.Now().Add(2 * time.Hour) },
		Removed: func(retention.Kind, int64) {}, Done: func(time.Time) {}, Failed: func() {},
	})
}

func (w *shop) findings() (rules []string) {
	w.t.Helper()
	_, err := w.s.Verification.Verify(w.t.Context(), func(f verification.Finding) { rules = append(rules, f.Rule) })
	require.NoError(w.t, err)
	return rules
}

const attemptsForAll = `INSERT INTO webhook_attempts (delivery_id, number, request_id, status, duration_ms, created_at)
	SELECT id, 1, 'request', 200, 1, created_at FROM webhook_deliveries`

func TestDeliveries(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.place("done", "CODE", 1)
		w.place("waits", "CODE", 1)
		w.place("young", "CODE", 1)
		w.place("open", "GOOD", 1)
		w.place("passed-over", "CODE", 1)
		w.Tell(w.Fanout(nil))
		w.exec(attemptsForAll)
		w.delivered(`'done', 'young', 'open', 'passed-over'`)
		later := time.Now().Add(3 * time.Hour).UTC()
		w.exec(`UPDATE webhook_deliveries SET updated_at = $1
			WHERE order_id = (SELECT id FROM orders WHERE reference = 'young')`, later)
		// What waits about a line must still find that newer news of it was told.
		w.exec(`UPDATE webhook_deliveries SET line_id = 4711
			WHERE order_id IN (SELECT id FROM orders WHERE reference IN ('waits', 'passed-over'))
			AND type = 'order.completed'`)
		w.exec(`UPDATE webhook_bodies SET line_id = 4711 WHERE event_id IN (SELECT event_id FROM webhook_deliveries
			WHERE line_id = 4711)`)
		_, err := w.s.Deliveries.AddTest(t.Context(), webhook.NewDelivery{
			MerchantID: w.merchant.ID, EndpointID: 1, Format: webhook.FormatStandard, MessageID: "test",
			Message: webhook.Message{Type: "webhook.test", Body: []byte("{}")},
		})
		require.NoError(t, err)
		w.exec(`UPDATE webhook_deliveries SET status = 'failed' WHERE event_id = 0`)
		require.Equal(t, 10, w.count(`SELECT count(*) FROM webhook_deliveries`))
		storetest.RequireClean(t, w.s)

		require.EqualValues(t, 4, w.sweep(w.s)[retention.Deliveries],
			"both of done, the first of passed-over, the test")
		require.Zero(t, w.count(`SELECT count(*) FROM webhook_deliveries d JOIN orders o ON o.id = d.order_id
			WHERE o.reference = 'done' OR d.event_id = 0`))
		require.Equal(t, 6, w.count(`SELECT count(*) FROM webhook_deliveries`))
		require.Equal(t, 6, w.count(`SELECT count(*) FROM webhook_attempts a
			JOIN webhook_deliveries d ON d.id = a.delivery_id`))
		require.Equal(t, 6, w.count(`SELECT count(*) FROM webhook_attempts`))
		require.Equal(t, 6, w.count(`SELECT count(*) FROM webhook_bodies`))
		storetest.RequireClean(t, w.s)
		require.Zero(t, w.sweep(w.s)[retention.Deliveries])

		w.place("next", "CODE", 1)
		w.Tell(w.Fanout(nil))
		w.delivered(`'next'`)
		storetest.RequireClean(t, w.s)
		w.exec(`DELETE FROM webhook_deliveries WHERE order_id = (SELECT id FROM orders WHERE reference = 'next')
			AND type = 'order.created'`)
		require.Equal(t, []string{"event-delivery"}, w.findings(), "what is lost is still found")
	})
}

// Operators' events have numbers of their own: that a delivery of one is gone says nothing of merchants' events, and
// takes none of their bodies.
func TestDeliveriesOfOperators(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.place("waits", "CODE", 1)
		w.Tell(w.Fanout(nil))
		e, err := w.s.Endpoints.CreateEndpoint(t.Context(), webhook.Endpoint{
			MerchantID: webhook.House, Format: webhook.FormatOperators, URL: "https://pager.example",
			Status: webhook.StatusActive, MaxRetries: webhook.ByFormat,
		}, "secret", 20)
		require.NoError(t, err)
		last := int64(w.count(`SELECT max(id) FROM events`))
		require.NoError(t, w.s.Deliveries.AddDeliveries(t.Context(), []webhook.NewDelivery{{
			MerchantID: webhook.House, EndpointID: e.ID, Format: webhook.FormatOperators, EventID: last, Sequence: last,
			Message: webhook.Message{Type: "stock.low", Body: []byte("few")}, MessageID: "m",
		}}))
		w.exec(`UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL WHERE format = 'operators'`)
		require.EqualValues(t, 1, w.step(retention.Deliveries, 100).Rows)
		require.Zero(t, w.count(`SELECT count(*) FROM webhook_bodies WHERE format = 'operators'`))
		require.Equal(t, 2, w.count(`SELECT count(*) FROM webhook_bodies`))
		storetest.RequireClean(t, w.s)
		w.exec(`DELETE FROM webhook_deliveries WHERE type = 'order.completed'`)
		require.Equal(t, []string{"event-delivery"}, w.findings(), "what is lost is still found")
	})
}

// What a job may yet make deliveries of is not forgotten: it would tell it twice.
func TestDeliveriesOfUnfinishedJobs(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.place("first", "CODE", 1)
		w.Tell(w.Fanout(nil))
		w.delivered(`'first'`)
		w.place("second", "CODE", 1) // its job waits
		require.Zero(t, w.sweep(w.s)[retention.Deliveries])
		w.Tell(w.Fanout(nil))
		require.EqualValues(t, 2, w.sweep(w.s)[retention.Deliveries])
		storetest.RequireClean(t, w.s)
	})
}

// A replay of what is not kept any more tells it again, in words that stay until it is told.
func TestReplayAfterRemoval(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.place("old", "CODE", 1)
		fanout := w.Fanout(nil)
		w.Tell(fanout)
		w.delivered(`'old'`)
		require.EqualValues(t, 2, w.step(retention.Deliveries, 100).Rows)
		replay := webhook.Replay{
			Query: webhook.Query{MerchantID: w.merchant.ID, EndpointID: 1}, PerSecond: 100, StartsAt: time.Now(),
		}
		_, _, err := fanout.Step(t.Context(), replay)
		require.NoError(t, err)
		require.Equal(t, 2, w.count(`SELECT count(*) FROM webhook_deliveries WHERE status = 'pending'`))
		require.Zero(t, w.step(retention.Deliveries, 100).Rows)
		storetest.RequireClean(t, w.s)
		id := int64(w.count(`SELECT min(id) FROM webhook_deliveries`))
		w.exec(`DELETE FROM webhook_deliveries`)
		_, err = w.s.Deliveries.Redeliver(t.Context(), w.merchant.ID, id)
		require.ErrorIs(t, err, webhook.ErrDeliveryNotFound)
	})
}

func TestCallbacks(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.Finish(w.place("done", "GOOD", 1))
		w.Finish(w.place("disputed", "GOOD", 1))
		for _, o := range []*order.Order{w.place("open", "SLOW", 1), w.place("half", "GOOD", 1, "SLOW", 1)} {
			_, err := w.Advance(t.Context(), o.ID)
			require.NoError(t, err)
		}
		w.exec(`UPDATE attempts SET dispute = 'said otherwise'
			WHERE order_id = (SELECT id FROM orders WHERE reference = 'disputed')`)
		rows, err := w.s.ReadDB.QueryContext(t.Context(), `SELECT provider_id, reference FROM attempts`)
		require.NoError(t, err)
		notices := map[int64][]dialect.Notice{}
		for rows.Next() {
			var provider int64
			var reference string
			require.NoError(t, rows.Scan(&provider, &reference))
			notices[provider] = append(notices[provider], dialect.Notice{ID: "of " + reference, Reference: reference})
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
		for provider := range notices {
			notices[provider] = append(notices[provider], dialect.Notice{ID: "of nothing", Reference: "unknown"})
			_, _, err := w.s.Attempts.RecordNotices(t.Context(), provider, notices[provider])
			require.NoError(t, err)
		}
		unknown := len(notices)
		require.Equal(t, 5+unknown, w.count(`SELECT count(*) FROM callbacks`))
		require.EqualValues(t, 1+unknown, w.sweep(w.s)[retention.Callbacks])
		require.Equal(t, 4, w.count(`SELECT count(*) FROM callbacks c JOIN attempts a ON a.id = c.attempt_id
			JOIN orders o ON o.id = a.order_id WHERE o.reference IN ('open', 'half', 'disputed')`))
		storetest.RequireClean(t, w.s)
	})
}

func TestJobs(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		w.exec(`DELETE FROM river_job`)
		old, young := any(time.Now().UTC()), any(time.Now().UTC().Add(3*time.Hour))
		tags, placeholders := `'{}'`, `'{}'`
		if w.s.Pool() == nil { // as River writes it
			const layout = "2006-01-02 15:04:05.999"
			old, young = old.(time.Time).Format(layout), young.(time.Time).Format(layout)
			tags = `'[]'`
		}
		job := func(state string, finalized any) {
			w.exec(`INSERT INTO river_job (args, kind, max_attempts, queue, tags, state, finalized_at)
				VALUES (`+placeholders+`, 'x', 1, 'default', `+tags+`, '`+state+`', $1)`, finalized)
		}
		for _, state := range []string{"completed", "completed", "cancelled", "discarded"} {
			job(state, old)
		}
		job("completed", young)
		job("discarded", young)
		job("available", nil)
		removed := w.sweep(w.s)
		require.EqualValues(t, 3, removed[retention.Jobs])
		require.EqualValues(t, 1, removed[retention.FailedJobs])
		require.Equal(t, 3, w.count(`SELECT count(*) FROM river_job`))
		require.Zero(t, w.sweep(w.s)[retention.Jobs])
	})
}

// many has n orders told, with their deliveries done.
func (w *shop) many(n int) {
	w.t.Helper()
	for i := range n {
		w.place(fmt.Sprint("many-", i), "CODE", 1)
	}
	w.Tell(w.Fanout(nil))
	w.exec(`UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL`)
}

// Two processes remove everything once, one of them at a time, and orders are placed meanwhile.
func TestTwoProcesses(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, open func() *stores.All) {
		w.many(150)
		other := open()
		placed, refused := storetest.Together(12, func(i int) error {
			if i > 1 {
				_, err := w.Orders.Create(t.Context(), storetest.Draft(w.merchant, fmt.Sprint("new-", i), "CODE", 1))
				return err
			}
			_, err := sweeperOf([]*stores.All{w.s, other}[i]).Sweep(t.Context(), false)
			if errors.Is(err, retention.ErrElsewhere) {
				return nil
			}
			return err
		})
		require.Equal(t, 12, placed, "%v", refused)
		w.Tell(w.Fanout(nil))
		w.sweep(w.s)
		require.Zero(t, w.count(`SELECT count(*) FROM webhook_deliveries WHERE status <> 'pending'`))
		storetest.RequireClean(t, w.s)
	})
}

// Who is interrupted between two steps leaves what another goes on with.
func TestInterrupted(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, open func() *stores.All) {
		w.many(20)
		step := retention.Step{Kind: retention.Deliveries, Before: time.Now().Add(time.Hour), Most: 7}
		done, err := w.s.Retention.Step(t.Context(), step)
		require.NoError(t, err)
		require.EqualValues(t, 7, done.Rows)
		require.True(t, done.More)
		storetest.RequireClean(t, w.s)
		other := open()
		require.EqualValues(t, 33, w.sweep(other)[retention.Deliveries])
		require.Zero(t, w.count(`SELECT count(*) FROM webhook_bodies`))
		storetest.RequireClean(t, other)
	})
}

// While another process removes something, PostgreSQL lets nobody else.
func TestElsewhere(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		if w.s.Pool() == nil {
			t.Skip("SQLite has one writer")
		}
		w.many(1)
		tx, err := w.s.WriteDB.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer func() { _ = tx.Rollback() }()
		var locked bool
		key := int64(0x6f72646572687562)
		require.NoError(t, tx.QueryRow(`SELECT pg_try_advisory_xact_lock($1)`, key).Scan(&locked))
		require.True(t, locked)
		_, err = sweeperOf(w.s).Sweep(t.Context(), false)
		require.ErrorIs(t, err, retention.ErrElsewhere)
		require.Equal(t, 2, w.count(`SELECT count(*) FROM webhook_deliveries`))
	})
}

func TestLastSweep(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		last, err := w.s.Retention.LastSweep(t.Context())
		require.NoError(t, err)
		require.True(t, last.IsZero() || last.Unix() == 0)
		w.sweep(w.s)
		last, err = w.s.Retention.LastSweep(t.Context())
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(2*time.Hour), last, time.Minute)
	})
}
