package retention_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/order"
	"orderhub/server/retention"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Holds go some time after their end. What became of them is still known where it matters: the statement has their
// numbers, who confirms one again gets its order, and nothing is held or sold twice.
func TestHolds(t *testing.T) {
	eachShop(t, func(t *testing.T, w *shop, _ func() *stores.All) {
		hold := func(reference string) *order.Hold {
			t.Helper()
			p, err := w.Orders.Hold(t.Context(), storetest.Draft(w.merchant, reference, "CODE", 2), 0)
			require.NoError(t, err)
			return p.Hold
		}
		done, gone := hold("done"), hold("gone")
		late, open := hold("late"), hold("open")
		placed, err := w.Orders.Confirm(t.Context(), w.merchant.ID, done.Number)
		require.NoError(t, err)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(w.merchant.ID), gone.Number)
		require.NoError(t, err)
		w.exec(`UPDATE holds SET expires_at = $1 WHERE id = $2`, w.s.Now(), late.ID)
		_, err = w.s.Holds.ExpireHolds(t.Context(), order.ExpireStep{Most: 10, Units: 10})
		require.NoError(t, err)
		statement := func() (numbers []string) {
			t.Helper()
			transfers, err := w.s.Accounts.ListTransfers(t.Context(), w.merchant.ID, account.TransferFilter{Limit: 50})
			require.NoError(t, err)
			for i := range transfers {
				numbers = append(numbers, string(transfers[i].Kind)+" "+transfers[i].HoldNumber)
			}
			return numbers
		}
		before := statement()
		require.Contains(t, before, "release "+gone.Number)
		require.Contains(t, before, "hold "+open.Number)

		require.EqualValues(t, 3, w.sweep(w.s)[retention.Holds])
		require.Zero(t, w.sweep(w.s)[retention.Holds])
		require.Equal(t, 1, w.count(`SELECT count(*) FROM holds`))
		storetest.RequireClean(t, w.s)
		require.Equal(t, before, statement())

		mine := order.ByMerchant(w.merchant.ID)
		_, err = w.Orders.GetHold(t.Context(), mine, done.Number)
		require.ErrorIs(t, err, order.ErrHoldNotFound)
		again, err := w.Orders.Confirm(t.Context(), w.merchant.ID, done.Number)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		require.Equal(t, placed.Order.ID, again.Order.ID)
		_, err = w.Orders.Confirm(t.Context(), w.merchant.ID+1, done.Number)
		require.ErrorIs(t, err, order.ErrHoldNotFound, "it is not theirs")
		_, err = w.Orders.Confirm(t.Context(), w.merchant.ID, gone.Number)
		require.ErrorIs(t, err, order.ErrHoldNotFound)
		outcome, err := w.Orders.Outcome(t.Context(), w.merchant.ID, "done")
		require.NoError(t, err)
		require.Equal(t, order.ReferenceOrdered, outcome.State)
		_, err = w.Orders.Hold(t.Context(), storetest.Draft(w.merchant, "done", "CODE", 2), 0)
		var duplicate *order.DuplicateReferenceError
		require.ErrorAs(t, err, &duplicate)
		require.Equal(t, order.DuplicateReferenceError{Reference: "done", OrderNumber: done.Number}, *duplicate)
		same, err := w.Orders.Create(t.Context(), storetest.Draft(w.merchant, "done", "CODE", 2))
		require.NoError(t, err)
		require.Equal(t, placed.Order.ID, same.Order.ID, "the same content")
		require.NotEqual(t, gone.Number, hold("gone").Number, "held anew")
		_, err = w.Orders.Confirm(t.Context(), w.merchant.ID, open.Number)
		require.NoError(t, err)
		storetest.RequireClean(t, w.s)
	})
}
