package fakepartner_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/config"
	"orderhub/server/order"
	"orderhub/server/purchase"
)

// queue waits until so many purchases are open.
func (b *buyer) queue(n int) []purchase.Purchase {
	b.t.Helper()
	var found []purchase.Purchase
	require.Eventually(b.t, func() bool {
		var err error
		found, err = b.Purchases.List(b.t.Context(), purchase.Filter{Limit: 1000})
		require.NoError(b.t, err)
		return len(found) == n
	}, time.Minute, 20*time.Millisecond)
	return found
}

// ended waits until the order is final.
func (b *buyer) ended(number string) *order.Order {
	b.t.Helper()
	var o *order.Order
	require.Eventually(b.t, func() bool {
		var err error
		o, err = b.Orders.Get(b.t.Context(), order.ByMerchant(b.merchant.ID), number)
		require.NoError(b.t, err)
		return o.Status.Final()
	}, time.Minute, 20*time.Millisecond)
	return o
}

func manualBuyer(t *testing.T, cfg config.Config) *buyer {
	t.Helper()
	b := newBuyer(t, cfg, "THB")
	b.buysFrom("manual", `{}`, nil)
	b.sells("gift", "A gift card of 10", "8.50", false)
	return b
}

func TestPeopleDeliver(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) config.Config{
		"sqlite": sqliteConfig, "postgres": postgresConfig,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := manualBuyer(t, open(t))
			t.Run("deliver", b.delivers)
			t.Run("refuse", b.refuses)
			t.Run("cancel", b.cancels)
			t.Run("two at once", b.racesOfTwo)
			t.Run("delivered while cancelled", b.racesWithCancel)
			verified(t, &b.cfg)
		})
	}
}

func (b *buyer) delivers(t *testing.T) {
	placed := b.place(1, "gift", 2, "")
	p := b.queue(1)[0]
	require.Equal(t, []any{"A gift card of 10", int64(2), placed.Number, 1, purchase.Waiting},
		[]any{p.SKU, p.Quantity, p.OrderNumber, p.Position, p.State})

	_, err := b.Purchases.Deliver(t.Context(), p.ID, "ada", []string{"A"})
	require.ErrorIs(t, err, purchase.ErrNotTaken)
	taken, to, err := b.Purchases.Take(t.Context(), p.ID, "ada")
	require.NoError(t, err)
	require.Equal(t, "player", to.UserID)
	require.Equal(t, "ada", taken.TakenBy)
	var busy *purchase.TakenError
	_, _, err = b.Purchases.Take(t.Context(), p.ID, "grace")
	require.ErrorAs(t, err, &busy)
	_, err = b.Purchases.Deliver(t.Context(), p.ID, "grace", []string{"A"})
	require.ErrorAs(t, err, &busy)
	_, err = b.Purchases.Release(t.Context(), p.ID, "ada")
	require.NoError(t, err)
	_, _, err = b.Purchases.Take(t.Context(), p.ID, "grace")
	require.NoError(t, err)
	_, err = b.Purchases.Deliver(t.Context(), p.ID, "grace", []string{"A", "A"})
	require.ErrorContains(t, err, "repeats")
	began := time.Now()
	for range 2 { // the second changes nothing
		_, err = b.Purchases.Deliver(t.Context(), p.ID, "grace", []string{"A", "B"})
		require.NoError(t, err)
	}
	o := b.ended(placed.Number)
	require.Less(t, time.Since(began), 30*time.Second, "the next look would be in ten minutes")
	require.Equal(t, order.StatusCompleted, o.Status)
	require.Len(t, o.Lines[0].Goods, 2)
	var ended *purchase.EndedError
	_, err = b.Purchases.Deliver(t.Context(), p.ID, "grace", []string{"A", "C"})
	require.ErrorAs(t, err, &ended)
	_, _, err = b.Purchases.Take(t.Context(), p.ID, "ada")
	require.ErrorAs(t, err, &ended)
}

func (b *buyer) refuses(t *testing.T) {
	placed := b.place(2, "gift", 1, "")
	p := b.queue(1)[0]
	_, _, err := b.Purchases.Take(t.Context(), p.ID, "ada")
	require.NoError(t, err)
	_, err = b.Purchases.Refuse(t.Context(), p.ID, "ada", "No such player")
	require.NoError(t, err)
	o := b.ended(placed.Number)
	require.Equal(t, order.StatusFailed, o.Status)
	require.Equal(t, "No such player", o.Lines[0].FailureMessage)
	require.Equal(t, o.Total, o.Refunded)
}

func (b *buyer) cancels(t *testing.T) {
	placed := b.place(3, "gift", 1, "")
	p := b.queue(1)[0]
	_, _, err := b.Purchases.Take(t.Context(), p.ID, "ada")
	require.NoError(t, err)
	o, err := b.Orders.Cancel(
		t.Context(), order.ByMerchant(b.merchant.ID), placed.Number, order.Cancellation{Reason: "changed my mind"},
	)
	require.NoError(t, err)
	require.Equal(t, order.StatusCancelled, o.Status)
	_, err = b.Purchases.Deliver(t.Context(), p.ID, "ada", []string{"TOO LATE"})
	var ended *purchase.EndedError
	require.ErrorAs(t, err, &ended)
	require.Equal(t, purchase.Cancelled, ended.State)
}

// Two who press deliver at the same moment with different goods: one of them has
// delivered, and the other is told.
func (b *buyer) racesOfTwo(t *testing.T) {
	const orders, each = 8, 4
	for n := range orders {
		b.place(10+n, "gift", 1, "")
	}
	var running sync.WaitGroup
	for _, p := range b.queue(orders) {
		_, _, err := b.Purchases.Take(t.Context(), p.ID, "ada")
		require.NoError(t, err)
		results := make(chan error, each)
		for n := range each {
			running.Go(func() {
				_, err := b.Purchases.Deliver(t.Context(), p.ID, "ada", []string{fmt.Sprintf("GOODS-%d-%d", p.ID, n)})
				results <- err
			})
		}
		running.Wait()
		won := 0
		for range each {
			if err := <-results; err == nil {
				won++
			} else {
				var ended *purchase.EndedError
				require.ErrorAs(t, err, &ended)
			}
		}
		require.Equal(t, 1, won)
		require.Len(t, b.ended(p.OrderNumber).Lines[0].Goods, 1)
	}
}

// A merchant cancels while somebody delivers: it is one or the other, for both.
func (b *buyer) racesWithCancel(t *testing.T) {
	const orders = 12
	for n := range orders {
		b.place(30+n, "gift", 1, "")
	}
	for _, p := range b.queue(orders) {
		_, _, err := b.Purchases.Take(t.Context(), p.ID, "ada")
		require.NoError(t, err)
		var running sync.WaitGroup
		var delivered, cancelled error
		running.Go(func() {
			_, delivered = b.Purchases.Deliver(t.Context(), p.ID, "ada", []string{fmt.Sprint("CODE-", p.ID)})
		})
		running.Go(func() {
			_, cancelled = b.Orders.Cancel(
				t.Context(), order.ByMerchant(b.merchant.ID), p.OrderNumber, order.Cancellation{Reason: "too slow"},
			)
		})
		running.Wait()
		o := b.ended(p.OrderNumber)
		var ended *purchase.EndedError
		switch {
		case delivered == nil:
			require.Equal(t, order.StatusCompleted, o.Status, "cancel said: %v", cancelled)
			require.Zero(t, o.Refunded)
		default:
			require.True(t, errors.As(delivered, &ended), "%v", delivered)
			require.Equal(t, order.StatusCancelled, o.Status)
			require.Equal(t, o.Total, o.Refunded)
		}
	}
}
