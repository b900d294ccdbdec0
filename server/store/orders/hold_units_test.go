package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// damageHeld has the first unit that is held be damaged.
func damageHeld(t *testing.T, w *storetest.World) {
	t.Helper()
	result, err := w.Store.WriteDB.ExecContext(
		t.Context(), `UPDATE units SET content = $1 WHERE id = (SELECT min(id) FROM units WHERE status = 'held')`,
		[]byte("not a sealed value, but long enough to be taken for one by its length alone"),
	)
	require.NoError(t, err)
	changed, err := result.RowsAffected()
	require.NoError(t, err)
	require.EqualValues(t, 1, changed)
}

// expires has units expire after a while, from the n-th in stock on.
func expires(t *testing.T, w *storetest.World, from, count int, after time.Duration) time.Time {
	t.Helper()
	at := w.Store.Now().Add(after).Truncate(time.Second)
	_, err := w.Store.WriteDB.ExecContext(
		t.Context(), fmt.Sprintf(`UPDATE units SET expires_s = $1 WHERE id IN
			(SELECT id FROM units ORDER BY id LIMIT %d OFFSET %d)`, count, from-1), at.Unix(),
	)
	require.NoError(t, err)
	return at
}

// A unit that was damaged while it was held gives way to another one, and the order is what was held.
func TestDamagedUnitOfAHold(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		p := w.Stocked("CODE", 10, 4)
		h := held(t, w, storetest.Draft(m, "r", "CODE", 2))
		damageHeld(t, w)
		placed, err := w.Orders.Confirm(t.Context(), m.ID, h.Number)
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-2", "CODE-3"}, storetest.Contents(placed.Order.Lines[0]))
		require.Equal(t, storetest.Baht(80), w.Balance(m))
		require.EqualValues(t, 1, left(t, w, p))
		require.EqualValues(t, 1, w.Store.Vault.Unreadable())
		storetest.RequireClean(t, w.Store)

		// There is no other one: the hold stays as it is, and is confirmed once there is.
		h = held(t, w, storetest.Draft(m, "s", "CODE", 1))
		damageHeld(t, w)
		for range 2 {
			_, err = w.Orders.Confirm(t.Context(), m.ID, h.Number)
			var damaged *order.HoldDamagedError
			require.ErrorAs(t, err, &damaged)
			require.Equal(t, h.Number, damaged.Number)
		}
		now, err := w.Orders.GetHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		require.NoError(t, err)
		require.Equal(t, order.HoldOpen, now.Status)
		require.Equal(t, h.ExpiresAt, now.ExpiresAt)
		require.Equal(t, storetest.Baht(70), w.Balance(m))
		storetest.RequireClean(t, w.Store)
		require.Equal(t, 1, storetest.TakeUnits(t, w.Store, p.ID, "NEW").Count)
		placed, err = w.Orders.Confirm(t.Context(), m.ID, h.Number)
		require.NoError(t, err)
		require.Equal(t, []string{"NEW"}, storetest.Contents(placed.Order.Lines[0]))
		require.Equal(t, storetest.Baht(70), w.Balance(m))
		storetest.RequireClean(t, w.Store)
	})
}

// What takes the place of a damaged unit may expire: the hold does not outlast it either.
func TestMendedHoldEndsBeforeItsUnitsExpire(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 2)
		h := held(t, w, storetest.Draft(m, "r", "CODE", 1))
		at := expires(t, w, 2, 1, 5*time.Minute)
		damageHeld(t, w)
		require.ErrorIs(t, w.Store.Holds.MendHold(t.Context(), m.ID+1, h.Number), order.ErrHoldNotFound)
		for range 2 { // there is nothing to do the second time
			require.NoError(t, w.Store.Holds.MendHold(t.Context(), m.ID, h.Number))
		}
		for range 2 {
			now, err := w.Orders.ExtendHold(t.Context(), m.ID, h.Number, time.Hour)
			require.NoError(t, err)
			require.Equal(t, at, now.ExpiresAt.UTC())
			require.Zero(t, now.Extensions)
		}
		storetest.RequireClean(t, w.Store)
		_, err := w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		require.NoError(t, err)
		storetest.RequireClean(t, w.Store)
	})
}

// Holds take what is sold for as long as they last and expires first of that; orders what expires first.
func TestHoldTakesUnitsThatOutlastIt(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100_000)
		w.Stocked("CODE", 10, 60)
		soon := expires(t, w, 1, 25, 10*time.Minute)
		expires(t, w, 26, 3, 50*time.Minute)
		hold := func(reference string, units int, d time.Duration) *order.Hold {
			t.Helper()
			p, err := w.Orders.Hold(t.Context(), storetest.Draft(m, reference, "CODE", units), d)
			require.NoError(t, err)
			return p.Hold
		}
		contents := func(h *order.Hold) []string {
			t.Helper()
			placed, err := w.Orders.Confirm(t.Context(), m.ID, h.Number)
			require.NoError(t, err)
			return storetest.Contents(placed.Order.Lines[0])
		}
		small, long := hold("small", 2, 30*time.Minute), hold("long", 1, time.Hour)
		large := hold("large", order.SmallOrder+1, time.Hour)
		require.Equal(t, small.CreatedAt.Add(30*time.Minute), small.ExpiresAt)
		for _, h := range []*order.Hold{long, large} {
			require.Nil(t, h.Until, h.Reference)
		}
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "order", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-1"}, storetest.Contents(placed.Order.Lines[0]))

		// 14 last for an hour, which is not enough: the others come along, and the hold ends before they expire.
		rest := hold("rest", 20, time.Hour)
		require.Equal(t, soon, rest.ExpiresAt.UTC())
		storetest.RequireClean(t, w.Store)
		require.Equal(t, []string{"CODE-26", "CODE-27"}, contents(small))
		require.Equal(t, []string{"CODE-29"}, contents(long))
		got := contents(large)
		require.Equal(t, "CODE-30", got[0])
		require.Equal(t, "CODE-46", got[len(got)-1])
		got = contents(rest)
		require.Contains(t, got, "CODE-60")
		require.NotContains(t, got, "CODE-2", "what expires first is left to orders")
		storetest.RequireClean(t, w.Store)
	})
}

// Many who hold and order at once never get one unit twice, and the last is not withheld from anybody.
func TestHoldsAndOrdersShareStock(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		p := w.Stocked("CODE", 1, 30)
		expires(t, w, 1, 12, 5*time.Minute)
		var merchants []account.Merchant
		for i := range 3 {
			merchants = append(merchants, w.Merchant(fmt.Sprint("m", i), 100))
		}
		ctx := t.Context()
		storetest.Together(30, func(i int) (err error) {
			d := storetest.Draft(merchants[i%3], fmt.Sprint("r", i), "CODE", 1)
			if i%2 == 0 {
				_, err = w.Orders.Hold(ctx, d, 0)
			} else {
				_, err = w.Orders.Create(ctx, d)
			}
			return err
		})
		require.Zero(t, left(t, w, p), "each has one")
		storetest.RequireClean(t, w.Store)
	})
}
