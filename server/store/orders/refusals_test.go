package orders_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/order"
	"orderhub/server/retention"
	"orderhub/server/store/storetest"
)

// What was refused is told with what it was refused for, until it is done after all.
func TestOutcomeOfAReference(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m, other := w.Merchant("buyer", 10), w.Merchant("other", 10)
		w.Stocked("CODE", 30, 10)
		outcome := func() *order.Outcome {
			o, err := w.Orders.Outcome(ctx, m.ID, "ref")
			require.NoError(t, err)
			return o
		}
		require.Equal(t, order.ReferenceNotSeen, outcome().State)
		require.True(t, outcome().Settled.After(outcome().AsOf), "another process may be at work with it")

		_, err := w.Orders.Create(ctx, storetest.Draft(m, "ref", "NOTHING", 1))
		require.Error(t, err)
		require.Equal(t, err, outcome().Refusal.Cause(), "refused before any transaction")
		_, err = w.Orders.Create(ctx, storetest.Draft(m, "ref", "CODE", 1))
		require.Error(t, err)
		refused := outcome()
		require.Equal(t, order.ReferenceRefused, refused.State)
		require.Equal(t, err, refused.Refusal.Cause(), "the last one counts")
		require.WithinDuration(t, time.Now(), refused.Refusal.At, time.Minute)

		elsewhere, err := w.Orders.Outcome(ctx, other.ID, "ref")
		require.NoError(t, err)
		require.Equal(t, order.ReferenceNotSeen, elsewhere.State, "references are the merchant's own")

		_, _, err = w.Accounts.Deposit(ctx, account.Deposit{
			MerchantID: m.ID, Amount: storetest.Baht(100), Currency: storetest.THB,
		})
		require.NoError(t, err)
		placed, err := w.Orders.Create(ctx, storetest.Draft(m, "ref", "CODE", 1))
		require.NoError(t, err)
		done := outcome()
		require.Equal(t, order.ReferenceOrdered, done.State)
		require.Equal(t, placed.Order.Number, done.Order.Number)
		require.Nil(t, done.Refusal)
		require.Equal(t, done.AsOf, done.Settled)
		storetest.RequireClean(t, w.Store)
	})
}

// A large order is refused for its stock though its transaction saw only that it cannot be paid: what the caller was
// told is what is kept.
func TestRefusalIsWhatTheCallerWasTold(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10)
		w.Stocked("CODE", 30, 10)
		_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "ref", "CODE", order.SmallOrder+1))
		var lines *order.LinesError
		require.ErrorAs(t, err, &lines)
		o, outcomeErr := w.Orders.Outcome(t.Context(), m.ID, "ref")
		require.NoError(t, outcomeErr)
		require.Equal(t, err, o.Refusal.Cause())
	})
}

// Many are refused under few references at once; the batch that does so has each of them once.
func TestManyRefusedTogether(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10)
		w.Stocked("CODE", 30, 10)
		placed, refused := storetest.Together(64, func(i int) error {
			reference := fmt.Sprintf("ref-%d", i%4)
			_, err := w.Orders.Create(context.Background(), storetest.Draft(m, reference, "CODE", 1))
			return err
		})
		require.Zero(t, placed)
		for _, err := range refused {
			var missing *order.InsufficientBalanceError
			require.ErrorAs(t, err, &missing)
		}
		for i := range 4 {
			o, err := w.Orders.Outcome(t.Context(), m.ID, fmt.Sprintf("ref-%d", i))
			require.NoError(t, err)
			require.Equal(t, order.ReferenceRefused, o.State)
		}
	})
}

func TestOldRefusalsGo(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, now := t.Context(), time.Now().UTC().Truncate(time.Microsecond)
		m := w.Merchant("buyer", 10)
		keep := func(reference string, at time.Time, missing int64) {
			require.NoError(t, w.Store.Orders.KeepRefusals(ctx, []*order.Refusal{{
				Key: order.ReferenceKey{MerchantID: m.ID, Reference: reference}, Kind: "balance",
				Facts: fmt.Appendf(nil, `{"Missing": %d}`, missing), At: at,
			}}))
		}
		keep("old", now.Add(-48*time.Hour), 1)
		keep("again", now.Add(-48*time.Hour), 1)
		keep("again", now, 2)
		keep("again", now.Add(-time.Hour), 3) // by a process whose clock is behind, or that waited
		step := retention.Step{Kind: retention.Refusals, Before: now.Add(-24 * time.Hour), Most: 10, Dry: true}
		counted, err := w.Store.Retention.Step(ctx, step)
		require.NoError(t, err)
		require.EqualValues(t, 1, counted.Rows)
		step.Dry = false
		done, err := w.Store.Retention.Step(ctx, step)
		require.NoError(t, err)
		require.EqualValues(t, 1, done.Rows)
		require.False(t, done.More)

		_, err = w.Store.Orders.Refusal(ctx, order.ReferenceKey{MerchantID: m.ID, Reference: "old"})
		require.ErrorIs(t, err, order.ErrNotFound)
		left, err := w.Store.Orders.Refusal(ctx, order.ReferenceKey{MerchantID: m.ID, Reference: "again"})
		require.NoError(t, err)
		require.Equal(t, now, left.At)
		var missing *order.InsufficientBalanceError
		require.ErrorAs(t, left.Cause(), &missing)
		require.EqualValues(t, 2, missing.Missing)
	})
}
