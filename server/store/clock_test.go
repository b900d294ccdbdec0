package store_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/clock/clocktest"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/logging/loggingtest"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// openOn opens the database on a machine with a clock of its own, and follows that
// until the returned function is called.
func openOn(t *testing.T, url string, m *clocktest.Machine) (*stores.All, *loggingtest.Buffer, func()) {
	t.Helper()
	log, machine := &loggingtest.Buffer{}, m.Machine()
	s, err := stores.Open(
		t.Context(),
		store.Options{
			URL: url, Sealer: storetest.Sealer(), Machine: &machine,
			Log: slog.New(slog.NewTextHandler(log, nil)),
		},
	)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { s.Clock.Follow(ctx) })
	stop := sync.OnceFunc(func() {
		cancel()
		following.Wait()
		require.NoError(t, s.Close())
	})
	t.Cleanup(stop)
	return s, log, stop
}

// Processes on one PostgreSQL agree what time it is, whatever their machines show,
// and whatever these are set to.
func TestClockOfTheServer(t *testing.T) {
	t.Parallel()
	url := storetest.PostgresURL(t)
	slow, fast := clocktest.Running(-2*time.Hour), clocktest.Running(3*time.Hour)
	a, _, _ := openOn(t, url, slow)
	b, log, _ := openOn(t, url, fast)
	agree := func() {
		t.Helper()
		var now time.Time
		require.NoError(t, a.Pool().QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&now))
		require.WithinDuration(t, now, a.Now(), time.Minute)
		require.WithinDuration(t, a.Now(), b.Now(), time.Minute)
	}
	agree()
	require.InDelta(t, 3*time.Hour, b.Clock.Ahead(), float64(time.Minute))
	require.Eventually(
		t, func() bool { return bytes.Contains([]byte(log.String()), []byte("differs from that of the database")) },
		time.Minute, 20*time.Millisecond,
	)
	fast.Step(-10 * time.Hour)
	agree()
	require.Eventually(
		t, func() bool { return bytes.Contains([]byte(log.String()), []byte("was set")) }, time.Minute,
		20*time.Millisecond,
	)
	agree()

	// What one of them puts off, the other sees to when that moment has come.
	attempt := waitingAttempt(t, a)
	_, ask, err := b.Attempts.Claim(t.Context(), []int64{attempt}, false, b.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Empty(t, ask, "an hour is not over")
	execute(t, a, "UPDATE attempts SET next_check_at = clock_timestamp()")
	_, ask, err = b.Attempts.Claim(t.Context(), []int64{attempt}, false, b.Now().Add(time.Minute))
	require.NoError(t, err)
	require.Equal(t, []int64{attempt}, ask)
}

// A step of the machine's clock moves what is due with it, also one that nobody
// saw, and the log says so.
func TestClockOfTheMachine(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{"back": -2 * time.Hour, "forward": 2 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := storetest.SQLiteURL(t)
			m := clocktest.Running(0)
			s, log, stop := openOn(t, url, m)
			attempt := waitingAttempt(t, s)
			soon := func(s *stores.All) bool {
				a, err := s.Attempts.Attempt(t.Context(), attempt)
				require.NoError(t, err)
				wait := a.NextCheckAt.Sub(s.Now())
				age := s.Now().Sub(a.SubmittedAt)
				return wait > 30*time.Minute && wait <= time.Hour && age >= 0 && age < 30*time.Minute
			}
			require.True(t, soon(s))
			execute(
				t, s,
				"INSERT INTO river_job (args, kind, max_attempts, queue, state, scheduled_at) VALUES ('{}', 'x', 1, "+
					"'q', "+
					"'scheduled', '2026-11-27 12:00:00.5')",
			)
			m.Step(step)
			require.Eventually(t, func() bool { return s.Clock.Ahead().Abs() < time.Second }, time.Minute,
				20*time.Millisecond)
			require.Eventually(t, func() bool { return soon(s) }, time.Minute, 20*time.Millisecond)
			require.Contains(t, log.String(), "level=WARN")
			require.Contains(t, log.String(), step.String())
			handle := s.WriteDB
			var due string
			require.NoError(t, handle.QueryRow("SELECT concat(scheduled_at, '') FROM river_job WHERE kind = 'x'").
				Scan(&due))
			require.Equal(
				t, map[string]string{"back": "2026-11-27 10:00:00.500", "forward": "2026-11-27 14:00:00.500"}[name],
				due,
			)

			stop() // and then while nobody looked
			s, _, _ = openOn(t, url, clocktest.Running(step-5*time.Hour))
			require.Eventually(t, func() bool { return soon(s) }, time.Minute, 20*time.Millisecond)
		})
	}
}

// Where nothing else waits, a hold tells that the clock was set back while no hub served.
func TestClockSetBackIsNoticedByHolds(t *testing.T) {
	t.Parallel()
	url := storetest.SQLiteURL(t)
	s, _, stop := openOn(t, url, clocktest.Running(0))
	w := storetest.NewWorld(t, s, 1)
	w.Stocked("CODE", 10, 1)
	placed, err := w.Orders.Hold(t.Context(), storetest.Draft(w.Merchant("buyer", 100), "r", "CODE", 1), time.Hour)
	require.NoError(t, err)
	w.Orders.Close()
	stop()

	s, log, _ := openOn(t, url, clocktest.Running(-24*time.Hour))
	require.Eventually(t, func() bool {
		h, err := s.Holds.Hold(t.Context(), order.ByOperator(), placed.Hold.Number)
		require.NoError(t, err)
		left := h.ExpiresAt.Sub(s.Now())
		return left > 30*time.Minute && left <= time.Hour
	}, time.Minute, 20*time.Millisecond)
	require.Contains(t, log.String(), "set back since the hub ran last")
}

// waitingAttempt is an attempt that was accepted and is to be asked for in an hour.
func waitingAttempt(t *testing.T, s *stores.All) int64 {
	t.Helper()
	w := storetest.NewWorld(t, s, 1)
	w.Supplied(w.Simulated("GOOD", 10, sim.Script{}), "later", later{})
	m := w.Merchant("buyer", 100)
	placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "GOOD", 1))
	require.NoError(t, err)
	e := fulfil.NewEngine(fulfil.Options{
		Store: s.Attempts, Providers: s.Providers, Directory: w, Log: slog.New(slog.DiscardHandler), Now: s.Now,
	})
	defer e.Close()
	_, err = e.Route(t.Context(), []int64{placed.Order.ID})
	require.NoError(t, err)
	attempts, err := s.Attempts.Attempts(t.Context(), []int64{placed.Order.ID})
	require.NoError(t, err)
	id := attempts[placed.Order.ID][placed.Order.Lines[0].ID][0].ID
	_, err = e.Call(t.Context(), []int64{id}, true)
	require.NoError(t, err)
	return id
}

// later is a provider that accepts and wants to be asked in an hour.
type later struct{}

func (later) Idempotent() bool { return true }

func (later) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs", CheckAfter: time.Hour}, nil
}

func execute(t *testing.T, s *stores.All, text string) {
	t.Helper()
	handle := s.WriteDB
	_, err := handle.Exec(text)
	require.NoError(t, err)
}
