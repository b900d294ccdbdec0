package units_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/operatorevent"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// told is what operators were told, oldest first.
func told(t *testing.T, s *stores.All) (kinds []operatorevent.Kind) {
	t.Helper()
	events, err := s.OperatorEvents.List(t.Context(), operatorevent.Filter{Limit: 1000})
	require.NoError(t, err)
	for i := range events {
		kinds = append([]operatorevent.Kind{events[i].Kind}, kinds...)
	}
	return kinds
}

// lookTogether has several processes watch at the same time.
func lookTogether(t *testing.T, expired *atomic.Int64, all ...*stores.All) {
	t.Helper()
	var looking sync.WaitGroup
	for i := range 4 {
		looking.Go(func() {
			w := catalog.NewWatch(
				all[i%len(all)].Units, slog.New(slog.DiscardHandler), func(n int) { expired.Add(int64(n)) },
			)
			if err := w.Look(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	looking.Wait()
}

// A threshold is told once for each crossing, however many processes watch: when a batch of orders takes the stock
// below it, an import above it again, and the passing of time below it.
func TestThresholdIsToldOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		all := []*stores.All{open()}
		if all[0].Pool() != nil {
			all = append(all, open())
		}
		var expired atomic.Int64
		look := func() { lookTogether(t, &expired, all...) }
		w := storetest.NewWorld(t, all[0], storetest.Committers)
		m, p := w.Merchant("buyer", 1000), withMargin(t, w, "CODE")
		p.LowStock = 10
		p, err := w.Catalog.UpdateProduct(t.Context(), p)
		require.NoError(t, err)
		look()
		wanted := []operatorevent.Kind{catalog.EventStockLow} // it never had any
		require.Equal(t, wanted, told(t, w.Store))
		hours := make([]int, 30)
		for i := range hours {
			hours[i] = 2 + i
		}
		expiring(t, w, &p, hours...)
		look()
		look()
		wanted = append(wanted, catalog.EventStockEnough)
		require.Equal(t, wanted, told(t, w.Store))

		var watching sync.WaitGroup // while the orders are placed
		ended := make(chan struct{})
		watching.Go(func() {
			for {
				look()
				select {
				case <-ended:
					return
				default:
				}
			}
		})
		placed, _ := storetest.Together(21, func(i int) error {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("order-", i), "CODE", 1))
			return err
		})
		close(ended)
		watching.Wait()
		require.Equal(t, 21, placed)
		look()
		wanted = append(wanted, catalog.EventStockLow)
		require.Equal(t, wanted, told(t, w.Store))

		report := expiring(t, w, &p, 0, 100)
		look()
		wanted = append(wanted, catalog.EventStockEnough)
		require.Equal(t, wanted, told(t, w.Store))
		pass(t, w, 23) // what had 23 hours has expired, what had 24 is within the margin
		look()
		look()
		require.Len(t, told(t, w.Store), len(wanted)+2)
		require.ElementsMatch(t, append(wanted, catalog.EventUnitsExpired, catalog.EventStockLow), told(t, w.Store))
		require.EqualValues(t, 1, expired.Load(), "what is only within the margin has not expired yet")
		outlook, err := w.Catalog.Outlook(t.Context(), &p)
		require.NoError(t, err)
		require.NotNil(t, outlook.LowSince)
		require.EqualValues(t, 21, outlook.Sold)
		require.NotNil(t, outlook.NextExpiry)

		p.LowStock = 0
		_, err = w.Catalog.UpdateProduct(t.Context(), p)
		require.NoError(t, err)
		_, _, err = w.Catalog.WithdrawImport(t.Context(), report.ImportID)
		require.NoError(t, err)
		look()
		require.Len(t, told(t, w.Store), len(wanted)+2, "what is not watched any more is forgotten without a word")
		storetest.RequireClean(t, w.Store)
	})
}

// Who is told that stock is low is told how long it lasts, where that is known.
func TestLowStockSaysHowLongItLasts(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m, p := t.Context(), w.Merchant("buyer", 1000), w.Stocked("CODE", 1, 20)
		low := func(below int64) operatorevent.Event {
			t.Helper()
			var expired atomic.Int64
			for _, p.LowStock = range []int64{0, below} { // what is not watched is forgotten
				var err error
				p, err = w.Catalog.UpdateProduct(ctx, p)
				require.NoError(t, err)
				lookTogether(t, &expired, w.Store)
			}
			events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{Limit: 1})
			require.NoError(t, err)
			require.Equal(t, catalog.EventStockLow, events[0].Kind)
			return events[0]
		}
		require.NotContains(t, low(30).Data, "days_left", "nothing was sold")
		_, err := w.Orders.Create(ctx, storetest.Draft(m, "a", "CODE", 12))
		require.NoError(t, err)
		require.NotContains(t, low(10).Data, "days_left", "for less than an hour")
		two := time.Now().Add(-48 * time.Hour).UTC().Format("2006-01-02 15:04:05-07:00")
		for _, table := range []string{"products", "orders"} {
			_, err := w.Store.WriteDB.ExecContext(ctx, fmt.Sprintf(`UPDATE %s SET created_at = '%s'`, table, two))
			require.NoError(t, err)
		}
		told := low(10)
		require.InDelta(t, 8.0/6, told.Data["days_left"], 0.01)
		require.Equal(t, "CODE has 8 units left, which is fewer than 10. At 6.0 a day they last 1.3 days.",
			told.Message)
	})
}
