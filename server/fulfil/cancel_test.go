package fulfil_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// takesBack is a provider that accepts after a moment, and takes back what it
// accepted.
type takesBack struct {
	mu       sync.Mutex
	accepted map[string]bool
}

func (*takesBack) Idempotent() bool { return true }

func (p *takesBack) Place(_ context.Context, purchase dialect.Purchase) (dialect.Outcome, error) {
	time.Sleep(rand.N(8 * time.Millisecond))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted[purchase.Reference] = true
	return dialect.Outcome{State: dialect.Accepted, ProviderReference: "theirs", CheckAfter: time.Minute}, nil
}

func (p *takesBack) Cancel(_ context.Context, purchase dialect.Purchase) (dialect.Outcome, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.accepted[purchase.Reference] {
		return dialect.Outcome{}, errors.New("it was never placed")
	}
	delete(p.accepted, purchase.Reference)
	return dialect.Outcome{State: dialect.Cancelled}, nil
}

// Whenever a cancel comes, a yes means that all of the order is taken back, at the
// providers too, and paid back.
func TestCancelRacesWithPlacing(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		w := storetest.NewWorld(t, open(), 1)
		p := &takesBack{accepted: make(map[string]bool)}
		for _, sku := range []string{"A", "B", "C"} {
			w.Supplied(w.Simulated(sku, 10, sim.Script{}), sku, p)
		}
		m := w.Merchant("buyer", 100_000)
		for i := range 40 {
			placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", i), "A", 1, "B", 2, "C", 1))
			require.NoError(t, err)
			var jobs sync.WaitGroup
			jobs.Go(func() {
				if _, err := w.Advance(t.Context(), placed.Order.ID); err != nil {
					t.Error(err)
				}
			})
			time.Sleep(rand.N(12 * time.Millisecond)) // the race is about when
			o, err := w.Orders.Cancel(t.Context(), order.ByMerchant(m.ID), placed.Order.Number, order.Cancellation{})
			jobs.Wait()
			require.NoError(t, err, "nothing stays in the way of it for seconds")
			require.Equal(t, order.StatusCancelled, o.Status)
			now, err := w.Orders.Get(t.Context(), order.ByMerchant(m.ID), o.Number)
			require.NoError(t, err)
			require.Equal(t, order.StatusCancelled, now.Status)
			require.Empty(t, p.accepted, "nobody works on it")
			require.Equal(t, storetest.Baht(100_000), w.Balance(m))
		}
		_, err := w.Store.Verification.Verify(t.Context(), func(f verification.Finding) { t.Errorf("%+v", f) })
		require.NoError(t, err)
	})
}

// A line that stays with its provider for longer than anybody waits is named, and
// what could be taken back is.
func TestCancelNamesWhatIsBusy(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		w := storetest.NewWorld(t, open(), 1)
		entered, leave := make(chan struct{}), make(chan struct{})
		slow := &gated{takesBack{accepted: make(map[string]bool)}, entered, leave}
		w.Supplied(w.Simulated("SLOW", 10, sim.Script{}), "slow", slow)
		w.Supplied(w.Simulated("QUICK", 10, sim.Script{}), "quick", &takesBack{accepted: make(map[string]bool)})
		m := w.Merchant("buyer", 1000)
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "SLOW", 1, "QUICK", 1))
		require.NoError(t, err)
		_, err = w.Engine.Route(t.Context(), []int64{placed.Order.ID})
		require.NoError(t, err)
		attempts, err := w.Store.Attempts.Attempts(t.Context(), []int64{placed.Order.ID})
		require.NoError(t, err)
		call := func(line int) {
			_, err := w.Engine.Call(t.Context(), []int64{attempts[placed.Order.ID][placed.Order.Lines[line].ID][0].ID}, true)
			if err != nil {
				t.Error(err)
			}
		}
		call(1)
		var calls sync.WaitGroup
		calls.Go(func() { call(0) })
		<-entered
		viewer := order.ByMerchant(m.ID)
		_, err = w.Orders.Cancel(t.Context(), viewer, placed.Order.Number, order.Cancellation{})
		var busy *order.LinesBusyError
		require.ErrorAs(t, err, &busy)
		require.Equal(t, []int{1}, busy.Positions)
		var later *order.RetryLaterError
		require.ErrorAs(t, err, &later)
		o, err := w.Orders.Get(t.Context(), viewer, placed.Order.Number)
		require.NoError(t, err)
		require.Equal(t, order.StatusCancelled, o.Lines[1].Status)
		require.Equal(t, storetest.Baht(990), w.Balance(m))

		close(leave)
		calls.Wait()
		o, err = w.Orders.Cancel(t.Context(), viewer, placed.Order.Number, order.Cancellation{})
		require.NoError(t, err)
		require.Equal(t, order.StatusCancelled, o.Status)
		require.Equal(t, storetest.Baht(1000), w.Balance(m))
	})
}

// gated is a provider whose answer to a purchase a test lets go.
type gated struct {
	takesBack

	entered, leave chan struct{}
}

func (g *gated) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	close(g.entered)
	<-g.leave
	return g.takesBack.Place(ctx, p)
}

// What waits for a busy provider is with nobody, and can be taken back.
func TestCancelWhatWaits(t *testing.T) {
	busy := &act{place: func(int, dialect.Purchase) (dialect.Outcome, error) {
		return dialect.Outcome{}, &dialect.BusyError{After: 20 * time.Hour}
	}}
	playOther(t, busy, func(s *stage, o *order.Order) {
		before := s.Balance(s.buyer)
		_, err := s.engine.Route(t.Context(), []int64{o.ID})
		require.NoError(t, err)
		id := s.last(o).ID
		_, err = s.engine.Call(t.Context(), []int64{id}, true)
		require.NoError(t, err)
		require.NoError(t, s.engine.Cancel(t.Context(), o, order.Cancellation{}))
		now, err := s.Orders.Get(t.Context(), order.ByMerchant(o.MerchantID), o.Number)
		require.NoError(t, err)
		require.Equal(t, order.StatusCancelled, now.Status)
		require.Equal(t, before+o.Total, s.Balance(s.buyer))
		s.clock.moveTo(s.clock.now().Add(21 * time.Hour))
		placed := busy.placed
		_, err = s.engine.Call(t.Context(), []int64{id}, false)
		require.NoError(t, err)
		require.Equal(t, placed, busy.placed, "nobody buys it any more")
	})
}

// playOther hands a test an order of the provider's that nothing has happened to yet.
func playOther(t *testing.T, provider *act, check func(s *stage, o *order.Order)) {
	t.Helper()
	deliver := &act{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) { return goods(p), nil }}
	play(t, 0, []offer{{connector: deliver}, {product: "OTHER", connector: provider}}, func(s *stage) {
		placed, err := s.Orders.Create(t.Context(), storetest.Draft(s.buyer, "other", "OTHER", 2))
		require.NoError(t, err)
		check(s, placed.Order)
	})
}
