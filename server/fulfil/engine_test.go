package fulfil_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// supplier is a provider whose every answer a test decides. It counts how often
// each reference was bought.
type supplier struct {
	mu         sync.Mutex
	idempotent bool
	place      func(calls int, p dialect.Purchase) (dialect.Outcome, error)
	placed     map[string]int
}

func (s *supplier) Idempotent() bool { return s.idempotent }

func (s *supplier) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.placed == nil {
		s.placed = make(map[string]int)
	}
	s.placed[p.Reference]++
	return s.place(s.placed[p.Reference], p)
}

// talkative is a supplier that can also be asked.
type talkative struct {
	supplier
	inquire func(asked int) (dialect.Outcome, error)
	asked   int
}

func (s *talkative) Inquire(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.inquire(s.asked)
}

func goods(p dialect.Purchase) dialect.Outcome {
	o := dialect.Outcome{State: dialect.Delivered, ProviderReference: "theirs"}
	for range p.Quantity {
		o.Goods = append(o.Goods, dialect.Goods{Content: "from-" + p.Reference})
	}
	return o
}

var errTimeout = errors.New("time-out after the request left")

// scene is one order of two units for a product that connector sells first and
// the simulator second.
func scene(t *testing.T, w *storetest.World, connector dialect.Connector) *order.Order {
	t.Helper()
	m := w.Merchant("buyer", 1000)
	p := w.Simulated("GOOD", 10, sim.Script{})
	w.Supplied(p, "first", connector)
	placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "GOOD", 2))
	require.NoError(t, err)
	return placement.Order
}

func each(t *testing.T, body func(t *testing.T, w *storetest.World)) {
	t.Helper()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		body(t, storetest.NewWorld(t, open(), 1))
	})
}

func TestProvenNonDeliveryMovesOn(t *testing.T) {
	answers := map[string]func(int, dialect.Purchase) (dialect.Outcome, error){
		"refused": func(int, dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Refused, FailureCode: "NO"}, nil
		},
		"not sent": func(int, dialect.Purchase) (dialect.Outcome, error) { return dialect.Outcome{}, dialect.ErrNotSent },
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *storetest.World) {
				o := w.Finish(scene(t, w, &supplier{place: answer}))
				require.Equal(t, order.StatusCompleted, o.Status)
				require.Regexp(t, "^SIM-", o.Lines[0].Goods[0].Content)
			})
		})
	}
}

func TestUnknownOutcomeIsAskedForAndNeverBoughtElsewhere(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		s := &talkative{}
		s.place = func(int, dialect.Purchase) (dialect.Outcome, error) { return dialect.Outcome{}, errTimeout }
		s.inquire = func(asked int) (dialect.Outcome, error) {
			if asked == 1 {
				return dialect.Outcome{}, dialect.ErrNotSent // the inquiry itself does not get through
			}
			return goods(dialect.Purchase{Reference: "late", Quantity: 2}), nil
		}
		o := w.Finish(scene(t, w, s))
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Equal(t, "from-late", o.Lines[0].Goods[1].Content)
		require.Equal(t, 2, s.asked)
		for reference, times := range s.placed {
			require.Equal(t, 1, times, reference)
		}
	})
}

func TestUnknownOutcomeIsRepeatedWhereThatIsSafe(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		s := &supplier{idempotent: true, place: func(calls int, p dialect.Purchase) (dialect.Outcome, error) {
			if calls == 1 {
				return dialect.Outcome{}, errTimeout
			}
			return goods(p), nil
		}}
		o := w.Finish(scene(t, w, s))
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Len(t, s.placed, 1, "always under the same reference")
	})
}

func TestWhatCannotBeFoundOutIsParked(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		s := &supplier{place: func(int, dialect.Purchase) (dialect.Outcome, error) { return dialect.Outcome{}, errTimeout }}
		o := w.Finish(scene(t, w, s)) // Advance has nothing more to do
		require.Equal(t, order.StatusProcessing, o.Status)
		require.Equal(t, int64(0), int64(o.Refunded), "not paid back while it may have been delivered")
		works, err := w.Store.Attempts.OpenWork(t.Context(), []int64{o.ID})
		require.NoError(t, err)
		attempt := works[0].Attempts[o.Lines[0].ID][0]
		require.Equal(t, "parked", string(attempt.Status))
		require.NotEmpty(t, attempt.FailureMessage)
		events, err := w.Orders.Events(t.Context(), order.ByMerchant(o.MerchantID), o.Number, 0, 10)
		require.NoError(t, err)
		parked := events[len(events)-1]
		require.Equal(t, event.AttemptParked, parked.Type)
		require.Equal(t, o.Lines[0].ID, parked.LineID)
		require.Equal(t, attempt.FailureMessage, parked.Data["reason"])
		stalled, err := w.Store.Attempts.Stalled(t.Context(), time.Now().Add(time.Hour), 10)
		require.NoError(t, err)
		require.Empty(t, stalled, "it waits for an operator, not for a job")
	})
}

func TestTooManyUnitsAreNotTakenForDelivered(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		s := &supplier{place: func(_ int, p dialect.Purchase) (dialect.Outcome, error) {
			p.Quantity++
			return goods(p), nil
		}}
		o := w.Finish(scene(t, w, s))
		require.Equal(t, order.StatusProcessing, o.Status)
		require.Empty(t, o.Lines[0].Goods)
	})
}

// reluctant keeps a purchase in the air until released, and takes back what it
// has accepted.
type reluctant struct {
	reached, release chan struct{}
}

func (reluctant) Idempotent() bool { return true }

func (r reluctant) Place(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	close(r.reached)
	<-r.release
	return dialect.Outcome{State: dialect.Accepted, CheckAfter: time.Hour}, nil
}

func (reluctant) Cancel(context.Context, dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Cancelled}, nil
}

func TestCancelWhileItIsBeingSubmitted(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		r := reluctant{reached: make(chan struct{}), release: make(chan struct{})}
		o := scene(t, w, r)
		advanced := make(chan error)
		go func() {
			_, err := w.Advance(t.Context(), o.ID)
			advanced <- err
		}()
		<-r.reached
		_, err := w.Orders.Cancel(t.Context(), order.ByMerchant(o.MerchantID), o.Number, order.Cancellation{})
		var later *order.RetryLaterError
		require.ErrorAs(t, err, &later)
		close(r.release)
		require.NoError(t, <-advanced)
		cancelled, err := w.Orders.Cancel(t.Context(), order.ByMerchant(o.MerchantID), o.Number, order.Cancellation{})
		require.NoError(t, err)
		require.Equal(t, order.StatusCancelled, cancelled.Status)
	})
}

func TestNobodySellsIt(t *testing.T) {
	each(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Product("ORPHAN", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider })
		placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "ORPHAN", 1))
		require.NoError(t, err)
		o := w.Finish(placement.Order)
		require.Equal(t, order.StatusFailed, o.Status)
		require.Equal(t, dialect.CodeNoProvider, o.FailureCode)
		require.Equal(t, storetest.Baht(100), w.Balance(m))
	})
}
