package job_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// seller is a provider that may be asked, and sells twice what is ordered twice.
type seller struct {
	busy bool // when it is called first

	mu   sync.Mutex
	sold map[string]int // by reference
	took chan struct{}  // closed when it has sold and does not answer; nil for one that answers
}

func (*seller) Idempotent() bool { return false }

func (s *seller) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	s.mu.Lock()
	if s.busy {
		s.busy = false
		s.mu.Unlock()
		return dialect.Outcome{}, &dialect.BusyError{After: time.Second}
	}
	s.sold[p.Reference]++
	took := s.took
	s.took = nil
	s.mu.Unlock()
	if took != nil {
		close(took)
		<-ctx.Done()
		return dialect.Outcome{}, ctx.Err()
	}
	return delivered(p), nil
}

func (s *seller) Inquire(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sold[p.Reference] == 0 {
		return dialect.Outcome{State: dialect.Refused, FailureCode: dialect.CodeNotReceived}, nil
	}
	return delivered(p), nil
}

func delivered(p dialect.Purchase) dialect.Outcome {
	return dialect.Outcome{
		State: dialect.Delivered, ProviderReference: "theirs",
		Goods: []dialect.Goods{{Content: "code of " + p.Reference}},
	}
}

// interrupting is a store whose process is stopped at one of its calls, which then
// says only that it was cancelled.
type interrupting struct {
	fulfil.Store

	steps         bool // where: reading attempts
	before, after int  // before, or after, a result is written for so many times; 0 for nowhere

	mu      sync.Mutex
	job     context.Context // of the job that is at work
	written int
	reached chan struct{} // closed there; nil afterwards
}

// stop returns when the job was cancelled.
func (i *interrupting) stop() error {
	if i.reached != nil {
		close(i.reached)
		i.reached = nil
	}
	<-i.job.Done()
	return context.Canceled
}

func (i *interrupting) Steps(ctx context.Context, ids []int64) ([]fulfil.Step, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.job = ctx
	if i.steps {
		return nil, i.stop()
	}
	return i.Store.Steps(ctx, ids)
}

func (i *interrupting) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.before > 0 && i.written >= i.before-1 {
		return nil, i.stop()
	}
	applied, err := i.Store.Settle(ctx, results)
	i.written++
	if i.after > 0 && i.written >= i.after {
		return nil, errors.Join(err, i.stop())
	}
	return applied, err
}

// shop is an order for what a seller has, on one database.
type shop struct {
	*storetest.World
	t      *testing.T
	order  *order.Order
	seller *seller
}

// works is a runner of a process of its own, which works with st.
func (s *shop) works(st fulfil.Store) *job.Runner {
	s.t.Helper()
	utc := func() time.Time { return time.Now().UTC() }
	e := fulfil.NewEngine(fulfil.Options{
		Store: st, Providers: s.Store.Providers, Directory: s.World, Log: slog.New(slog.DiscardHandler), Now: utc,
		CallTimeout: 2 * time.Second,
	})
	s.t.Cleanup(e.Close)
	runner, err := job.NewRunner(job.Options{
		Postgres: s.Store.Pool(), SQLite: s.Store.SQLite(), SQLiteVersion: s.Store.SQLiteVersion, Engine: e,
		Orders: s.Store.Attempts, Fanout: s.Fanout(func(...string) {}), Replays: s.Store.Deliveries,
		RescueAfter: time.Hour, Now: utc, Ahead: func() time.Duration { return 0 }, Log: slog.New(slog.DiscardHandler),
		Providers: func(context.Context) ([]int64, error) { return s.providers(), nil },
	})
	require.NoError(s.t, err)
	require.NoError(s.t, runner.Start(s.t.Context()))
	s.Store.OnJobs(runner.Wake)
	return runner
}

func (s *shop) providers() (ids []int64) {
	for id := range s.Connectors {
		ids = append(ids, id)
	}
	return ids
}

// stop ends a runner; all at once when hard.
func (s *shop) stop(r *job.Runner, hard bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if hard {
		cancel()
	}
	require.NoError(s.t, r.Stop(ctx))
}

// calls is the job that calls the seller: how often it counts as worked, was taken
// up and put off.
func (s *shop) calls() (attempt, takenUp, snoozes int) {
	s.t.Helper()
	query := `SELECT attempt, array_length(attempted_by, 1), coalesce((metadata->>'snoozes')::int, 0)
		FROM river_job WHERE kind = 'call'`
	if s.Store.Pool() == nil {
		query = `SELECT attempt, json_array_length(attempted_by), coalesce(metadata->>'snoozes', 0)
			FROM river_job WHERE kind = 'call'`
	}
	require.NoError(
		s.t, s.Store.ReadDB.QueryRowContext(s.t.Context(), query).Scan(&attempt, &takenUp, &snoozes),
	)
	return attempt, takenUp, snoozes
}

func (s *shop) final() bool {
	status := s.status()
	return status == order.StatusCompleted || status == order.StatusFailed
}

func (s *shop) status() order.Status {
	s.t.Helper()
	now, err := s.Orders.Get(s.t.Context(), order.ByMerchant(s.order.MerchantID), s.order.Number)
	require.NoError(s.t, err)
	return now.Status
}

// A purchase is sent once, wherever the process that sends it is stopped, and also
// when River takes the interrupted run for none.
func TestInterruptedPurchases(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		stops  *interrupting
		silent bool // the seller does not answer before the process is stopped
		busy   bool // the seller is, at first, and the job is put off
		sold   int
	}{
		{name: "before it is sent", stops: &interrupting{steps: true}},
		{name: "while it is sent", stops: &interrupting{}, silent: true, sold: 1},
		{name: "while it is sent, and nothing can be written", stops: &interrupting{before: 1}, silent: true, sold: 1},
		{name: "before the answer is written", stops: &interrupting{before: 1}, sold: 1},
		{name: "after the answer was written", stops: &interrupting{after: 1}, sold: 1},
		{name: "before it is written that the seller is busy", stops: &interrupting{before: 1}, busy: true},
		{name: "after the job was put off", stops: &interrupting{before: 2}, busy: true, sold: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, open func() *stores.All) {
				s := &shop{World: storetest.NewWorld(t, open(), 1), t: t, seller: &seller{sold: make(map[string]int)}}
				goods := s.Product("GOOD", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
				s.Supplied(goods, "seller", s.seller)
				s.seller.busy = test.busy
				reached := make(chan struct{})
				stops := &interrupting{
					Store: s.Store.Attempts, steps: test.stops.steps, before: test.stops.before,
					after: test.stops.after,
				}
				if test.silent {
					s.seller.took = reached
				} else {
					stops.reached = reached
				}
				placed, err := s.Orders.Create(t.Context(), storetest.Draft(s.Merchant("buyer", 1000), "r", "GOOD", 1))
				require.NoError(t, err)
				s.order = placed.Order

				first := s.works(stops)
				select {
				case <-reached:
				case <-time.After(time.Minute):
					t.Fatal("the purchase was not begun")
				}
				s.stop(first, true)
				attempt, takenUp, snoozes := s.calls()
				require.Equal(t, takenUp, attempt+snoozes, "only a run that put the job off is taken back")
				require.Len(t, s.seller.sold, test.sold)

				second := s.works(s.Store.Attempts)
				require.Eventually(t, s.final, time.Minute, 50*time.Millisecond)
				s.stop(second, false)
				require.LessOrEqual(t, len(s.seller.sold), 1, "bought once")
				for reference, times := range s.seller.sold {
					require.Equal(t, 1, times, reference)
				}
				require.Equal(t, len(s.seller.sold) == 1, s.status() == order.StatusCompleted)
			})
		})
	}
}
