package fulfil_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// What no database or terminal takes is a provider's way to leave an order for
// ever: each answer leads to an end, or to a person.
func TestUncleanAnswers(t *testing.T) {
	accepted := func(reference string) func(int, dialect.Purchase) (dialect.Outcome, error) {
		return func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Accepted, ProviderReference: reference}, nil
		}
	}
	delivers := func(contents ...string) func(int, dialect.Purchase) (dialect.Outcome, error) {
		return func(int, dialect.Purchase) (dialect.Outcome, error) {
			o := dialect.Outcome{State: dialect.Delivered, ProviderReference: "theirs"}
			for _, content := range contents {
				o.Goods = append(o.Goods, dialect.Goods{Content: content})
			}
			return o, nil
		}
	}
	huge := strings.Repeat("9", 3<<20)
	tests := []struct {
		name     string
		provider *act
		order    order.Status
		attempt  fulfil.AttemptStatus
	}{
		{"NUL in a reason", &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{
				State: dialect.Refused, FailureCode: "A\x00B", FailureMessage: "\x1b[2J\xffno\x00" + huge,
			}, nil
		}}, order.StatusFailed, fulfil.AttemptRefused},
		{
			"huge order number, askable", &act{place: accepted(huge), inquire: delivers("a", "b")},
			order.StatusCompleted,
			fulfil.AttemptDelivered,
		},
		{
			"huge order number for ever", &act{place: accepted(huge), inquire: accepted(huge)}, order.StatusProcessing,
			fulfil.AttemptParked,
		},
		{
			"NUL in the order number, nobody to ask", &act{place: accepted("1\x00")}, order.StatusProcessing,
			fulfil.AttemptParked,
		},
		{
			"goods that are no text", &act{place: delivers("fine", "\xc3\xcb\xd1")}, order.StatusProcessing,
			fulfil.AttemptParked,
		},
		{"goods with NUL", &act{place: delivers("fine", "CODE\x00")}, order.StatusProcessing, fulfil.AttemptParked},
		{
			"goods as they are meant", &act{place: delivers("two\nlines\r\n", "\x1b ")}, order.StatusCompleted,
			fulfil.AttemptDelivered,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.provider.calls()
			play(t, 0, []offer{{connector: tt.provider, limits: fulfil.Limits{Horizon: time.Hour}}}, func(s *stage) {
				o, attempts := s.final()
				require.Equal(t, tt.order, o.Status)
				require.Len(t, attempts, 1)
				require.Equal(t, tt.attempt, attempts[0].Status)
				require.Len(t, tt.provider.references, tt.provider.placed, "bought once")
				for _, said := range []string{
					attempts[0].FailureCode, attempts[0].FailureMessage, attempts[0].ProviderReference,
					o.FailureMessage,
				} {
					require.LessOrEqual(t, len([]rune(said)), 500)
					require.False(t, strings.ContainsFunc(said, unicode.IsControl), "%q", said)
				}
				_, err := s.engine.Explain(t.Context(), o, nil, true)
				require.NoError(t, err)
			})
		})
	}
}

// calls forgets those that were made on another database.
func (a *act) calls() { a.placed, a.asked, a.references = 0, 0, nil }

// refusing is a store that does not take results for some lines.
type refusing struct {
	fulfil.Store

	mu   sync.Mutex
	line int64 // 0 for none
}

var errNotTaken = errors.New("not taken")

func (r *refusing) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(results, func(one fulfil.Result) bool { return one.Settlement.LineID == r.line }) {
		return nil, errNotTaken
	}
	return r.Store.Settle(ctx, results)
}

// counter counts what could not be written.
type counter struct{ unsettled atomic.Int64 }

func (*counter) Called(string, string, string, time.Duration) {}
func (*counter) BreakerChanged(string, string)                {}
func (c *counter) Unsettled()                                 { c.unsettled.Add(1) }

// A result that the database does not take fails alone, and not in silence; it is
// written once the database takes it.
func TestResultThatIsNotTaken(t *testing.T) {
	deliver := func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }
	play(t, 0, []offer{{connector: &act{place: deliver, safe: true}}}, func(s *stage) {
		var ids []int64
		var orders []*order.Order
		for _, reference := range []string{"a", "b", "c"} {
			d := storetest.Draft(s.buyer, reference, "GOOD", 1)
			placed, err := s.Orders.Create(t.Context(), d)
			require.NoError(t, err)
			orders = append(orders, placed.Order)
		}
		st := &refusing{Store: s.Store.Attempts, line: orders[1].Lines[0].ID}
		var log bytes.Buffer
		seen := &counter{}
		e := fulfil.NewEngine(fulfil.Options{
			Store: st, Providers: s.Store.Providers, Directory: s.directory,
			Log: slog.New(slog.NewTextHandler(&log, nil)), Now: s.clock.now, CallTimeout: callTimeout, Observer: seen,
		})
		defer e.Close()
		for _, o := range orders {
			_, err := e.Route(t.Context(), []int64{o.ID})
			require.NoError(t, err)
			ids = append(ids, s.last(o).ID)
		}
		_, err := e.Call(t.Context(), ids, true)
		require.ErrorIs(t, err, errNotTaken)
		require.Equal(t, []bool{true, false, true}, []bool{s.done(orders[0]), s.done(orders[1]), s.done(orders[2])})
		require.Equal(t, int64(1), seen.unsettled.Load())
		require.Contains(t, log.String(), "level=ERROR")
		require.Contains(t, log.String(), s.last(orders[1]).Reference)

		st.line = 0
		finishRandom(t, s.World, e, s.clock, orders[1])
		require.True(t, s.done(orders[1]))
	})
}

// last is the order's last attempt.
func (s *stage) last(o *order.Order) fulfil.Attempt {
	s.t.Helper()
	attempts, err := s.Store.Attempts.Attempts(s.t.Context(), []int64{o.ID})
	require.NoError(s.t, err)
	tried := attempts[o.ID][o.Lines[0].ID]
	return tried[len(tried)-1]
}

func (s *stage) done(o *order.Order) bool {
	s.t.Helper()
	now, err := s.Orders.Get(s.t.Context(), order.ByMerchant(o.MerchantID), o.Number)
	require.NoError(s.t, err)
	return now.Status == order.StatusCompleted
}

// dying is a store whose process dies just after it settled.
type dying struct{ fulfil.Store }

func (d dying) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	if _, err := d.Store.Settle(ctx, results); err != nil {
		return nil, err
	}
	return nil, errCrash
}

// After a crash between settling an attempt and routing what it left, the line goes
// on, though another one of its order waits for a day.
func TestLineIsNotLeftBehind(t *testing.T) {
	refuse := &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{State: dialect.Refused, FailureCode: "NO"}, nil
	}}
	deliver := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }}
	slow := &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs", CheckAfter: 20 * time.Hour}, nil
	}}
	play(
		t, 0, []offer{{connector: refuse}, {connector: deliver, priority: 1}, {product: "SLOW", connector: slow}},
		func(s *stage) {
			placed, err := s.Orders.Create(t.Context(), storetest.Draft(s.buyer, "both", "GOOD", 1, "SLOW", 1))
			require.NoError(t, err)
			o := placed.Order
			e := fulfil.NewEngine(fulfil.Options{
				Store: dying{s.Store.Attempts}, Providers: s.Store.Providers, Directory: s.directory,
				Log: slog.New(slog.DiscardHandler), Now: s.clock.now, CallTimeout: callTimeout,
			})
			_, err = e.Route(t.Context(), []int64{o.ID})
			require.NoError(t, err)
			s.forgetJobs()
			attempts, err := s.Store.Attempts.Attempts(t.Context(), []int64{o.ID})
			require.NoError(t, err)
			for _, line := range o.Lines {
				_, err = e.Call(t.Context(), []int64{attempts[o.ID][line.ID][0].ID}, true)
				require.ErrorIs(t, err, errCrash)
			}
			e.Close()
			require.Equal(t, 1, s.jobs(), "what routes the order was written with the settlement")

			s.forgetJobs() // and lost, as with a database that an operator cleaned up
			require.Empty(t, s.leftBehind(), "it is only a moment ago")
			s.clock.moveTo(s.clock.now().Add(2*time.Minute + time.Second))
			require.Equal(
				t, []string{fmt.Sprintf("line %d of order %s", o.Lines[0].ID, o.Number)}, s.leftBehind(),
				"not the one that waits for its time",
			)
			stalled, err := s.Store.Attempts.Stalled(t.Context(), s.clock.now().Add(-time.Minute), 10)
			require.NoError(t, err)
			require.Equal(t, []int64{o.ID}, stalled)
			require.NoError(t, s.Store.Attempts.WakeFulfilment(t.Context(), stalled, time.Time{}))
			require.Empty(t, s.leftBehind())

			_, err = s.engine.Route(t.Context(), stalled)
			require.NoError(t, err)
			_, err = s.engine.Call(t.Context(), []int64{s.last(o).ID}, true)
			require.NoError(t, err)
			now, err := s.Orders.Get(t.Context(), order.ByMerchant(o.MerchantID), o.Number)
			require.NoError(t, err)
			require.Equal(t, order.StatusCompleted, now.Lines[0].Status)
			require.Equal(t, order.StatusProcessing, now.Lines[1].Status)
		},
	)
}

// leftBehind is what Verify finds of lines that nobody works on: their orders.
func (s *stage) leftBehind() (rows []string) {
	s.t.Helper()
	_, err := s.Store.Verification.Verify(s.t.Context(), func(f verification.Finding) {
		require.Equal(s.t, "line-left-behind", f.Rule)
		rows = append(rows, f.Row)
	})
	require.NoError(s.t, err)
	return rows
}

func (s *stage) handle() *sql.DB {
	if db := s.Store.SQLite(); db != nil {
		return db
	}
	db := stdlib.OpenDBFromPool(s.Store.Pool())
	s.t.Cleanup(func() { _ = db.Close() })
	return db
}

// jobs counts those that route orders.
func (s *stage) jobs() (n int) {
	s.t.Helper()
	require.NoError(
		s.t, s.handle().QueryRowContext(s.t.Context(), "SELECT count(*) FROM river_job WHERE kind = 'fulfil'").Scan(&n),
	)
	return n
}

func (s *stage) forgetJobs() {
	s.t.Helper()
	_, err := s.handle().ExecContext(s.t.Context(), "DELETE FROM river_job")
	require.NoError(s.t, err)
}
