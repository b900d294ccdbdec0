package orders_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
	"orderhub/server/store/orders"
	"orderhub/server/store/storetest"
)

func expire(t *testing.T, w *storetest.World, step order.ExpireStep) order.Expired {
	t.Helper()
	done, err := w.Store.Holds.ExpireHolds(t.Context(), step)
	require.NoError(t, err)
	return done
}

// alter changes one hold as nobody should.
func alter(t *testing.T, w *storetest.World, set string, args ...any) {
	t.Helper()
	_, err := w.Store.WriteDB.ExecContext(t.Context(), `UPDATE holds SET `+set, args...)
	require.NoError(t, err)
}

// Holds that cannot be read keep neither those beside them from ending nor those behind them.
func TestDamagedHoldsKeepNobodyHeld(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		code := w.Stocked("CODE", 10, 8)
		var all []*order.Hold
		for i := range 4 {
			h := held(t, w, storetest.Draft(m, fmt.Sprint("r", i), "CODE", 2))
			alter(t, w, `expires_at = $1 WHERE id = $2`, w.Store.Now().Add(time.Duration(i-10)*time.Second), h.ID)
			all = append(all, h)
		}
		alter(t, w, `terms = '[]' WHERE id <= $1`, all[1].ID)
		done, err := w.Store.Holds.ExpireHolds(t.Context(), order.ExpireStep{Most: 3, Units: 100})
		require.ErrorContains(t, err, all[0].Number)
		require.ErrorContains(t, err, all[1].Number)
		require.Equal(t, order.Expired{Ended: 1, Passed: []int64{all[0].ID, all[1].ID}, More: true}, done)
		require.Equal(
			t, order.Expired{Ended: 1}, expire(t, w, order.ExpireStep{Most: 3, Units: 100, Without: done.Passed}),
		)
		require.EqualValues(t, 4, left(t, w, code))
		require.Equal(t, storetest.Baht(960), w.Balance(m))
	})
}

// One transaction gives back so much, and what is too much for the time that it has is tried in parts.
func TestHoldsExpireInParts(t *testing.T) {
	require.Equal(t, 2, orders.FirstDue(10, 4, 6, 1))
	require.Equal(t, 1, orders.FirstDue(10, 11, 1), "one at least")
	require.Equal(t, 3, orders.FirstDue(10, 0, 10, 0))
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		code := w.Stocked("CODE", 10, 8)
		for i := range 4 {
			overdue(t, w, held(t, w, storetest.Draft(m, fmt.Sprint("r", i), "CODE", 2)))
		}
		if w.Store.Pool() != nil { // as a time-out
			for _, text := range []string{
				`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
					IF (SELECT count(*) FROM ended) > 1 THEN RAISE 'too long' USING ERRCODE = '57014'; END IF;
					RETURN NULL;
				END $$`,
				`CREATE TRIGGER slow AFTER UPDATE ON holds REFERENCING NEW TABLE AS ended
					FOR EACH STATEMENT EXECUTE FUNCTION slow()`,
			} {
				_, err := w.Store.WriteDB.ExecContext(t.Context(), text)
				require.NoError(t, err)
			}
		}
		require.Equal(t, order.Expired{Ended: 4}, expire(t, w, order.ExpireStep{Most: 100, Units: 6}))
		require.EqualValues(t, 8, left(t, w, code))
		storetest.RequireClean(t, w.Store)
	})
}

// A draft that cannot be read makes no order, but everything else is known and goes back.
func TestHoldWithADamagedDraft(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		d := storetest.Draft(m, "r", "CODE", 1)
		h := held(t, w, d)
		alter(t, w, `draft = $1`, []byte("damaged"))
		_, err := w.Orders.Confirm(t.Context(), m.ID, h.Number)
		require.Error(t, err)
		_, err = w.Orders.GetHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		require.NoError(t, err)
		outcome, err := w.Orders.Outcome(t.Context(), m.ID, "r")
		require.NoError(t, err)
		require.Equal(t, order.ReferenceHeld, outcome.State)
		again, err := w.Orders.Hold(t.Context(), d, 0)
		require.NoError(t, err)
		require.True(t, again.Replayed)
		_, err = w.Orders.ExtendHold(t.Context(), m.ID, h.Number, time.Hour)
		require.NoError(t, err)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), h.Number)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(100), w.Balance(m))
		storetest.RequireClean(t, w.Store)
	})
}

// No hold outlasts the time for which its units are sold, however often it is extended.
func TestHoldEndsBeforeItsUnitsExpire(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		p := w.Stocked("CODE", 10, 2)
		p.ExpiryMargin = time.Minute
		_, err := w.Catalog.UpdateProduct(t.Context(), p)
		require.NoError(t, err)
		expires := w.Store.Now().Add(5 * time.Minute).Truncate(time.Second)
		_, err = w.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE units SET expires_s = $1 WHERE id = (SELECT min(id) FROM units)`, expires.Unix(),
		)
		require.NoError(t, err)
		h := held(t, w, storetest.Draft(m, "r", "CODE", 2))
		require.Equal(t, expires.Add(-time.Minute), h.ExpiresAt.UTC())
		h, err = w.Orders.ExtendHold(t.Context(), m.ID, h.Number, time.Hour)
		require.NoError(t, err)
		require.Equal(t, expires.Add(-time.Minute), h.ExpiresAt.UTC())
		require.Zero(t, h.Extensions)
		storetest.RequireClean(t, w.Store)
	})
}
