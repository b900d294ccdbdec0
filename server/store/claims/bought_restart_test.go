package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// Wherever the hub stops, the next one goes on from there, and buys once.
func TestReplacementGoesOn(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		from := &shelf{}
		w := storetest.NewWorld(t, open(), 1)
		shop := w.Merchant("shop", 1000)
		p := shelved(w, "GOLD", from)
		costs(t, w)
		again := func() {
			t.Helper()
			connectors := w.Connectors
			w = storetest.NewWorld(t, open(), 1)
			w.Connectors = connectors
		}
		stalled := func(o *order.Order) {
			t.Helper()
			found, err := w.Store.Attempts.Stalled(t.Context(), w.Store.Now().Add(time.Hour), 10)
			require.NoError(t, err)
			require.Equal(t, []int64{o.ID}, found, "the sweep finds it")
		}
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 1))
		made, a := replacedBy(t, w, shop, o) // and its job is lost
		again()
		stalled(o)
		_, err := service(w).Answer(t.Context(), made.ID, a)
		require.NoError(t, err)
		_, err = w.Engine.Route(t.Context(), []int64{o.ID}) // the attempt is written, and nobody called
		require.NoError(t, err)
		again()
		stalled(o)
		attempts, err := w.Store.Attempts.ListAttempts(t.Context(), fulfil.AttemptFilter{OrderID: o.ID, Limit: 1})
		require.NoError(t, err)
		steps, err := w.Store.Attempts.Steps(t.Context(), []int64{attempts[0].ID})
		require.NoError(t, err)
		_, err = from.Place(t.Context(), steps[0].Purchase) // its answer is lost
		require.NoError(t, err)
		_, err = w.Store.WriteDB.ExecContext(
			t.Context(), `UPDATE attempts SET status = 'unknown', checks = 1, next_check_at = submitted_at
				WHERE settled_at IS NULL`,
		)
		require.NoError(t, err)
		again()
		o = w.Finish(o)
		require.Equal(t, []string{"BOUGHT-2"}, o.Lines[0].Contents())
		require.Equal(t, 2, from.sold)
		_, failed := storetest.Together(4, func(int) error {
			_, err := w.Advance(t.Context(), o.ID)
			return err
		})
		require.Empty(t, failed)
		require.Equal(t, 2, from.sold)
		require.NotZero(t, p.ID)
		storetest.RequireClean(t, w.Store)
	})
}
