package purchases_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/manual"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/purchase"
	"orderhub/server/retention"
	"orderhub/server/store/storetest"
)

// asked places an order that a person is asked to deliver.
func asked(t *testing.T, w *storetest.World, draft *order.Draft) (*order.Order, purchase.Purchase) {
	t.Helper()
	placed, err := w.Orders.Create(t.Context(), draft)
	require.NoError(t, err)
	_, err = w.Advance(t.Context(), placed.Order.ID)
	require.NoError(t, err)
	open, err := w.Store.Purchases.Purchases(t.Context(), purchase.Filter{State: purchase.Waiting, Limit: 10})
	require.NoError(t, err)
	require.Len(t, open, 1)
	return placed.Order, open[0]
}

func TestWhatIsKept(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		w.Supplied(w.Product("HAND", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
			manual.New(w.Store.Purchases))
		people := purchase.NewService(w.Store.Purchases, w.Engine, w.Store.Now)
		o, p := asked(t, w, storetest.Draft(shop, "one", "HAND", 1))
		_, to, err := people.Take(ctx, p.ID, "ada")
		require.NoError(t, err)
		require.Equal(t, "player", to.UserID)
		_, err = people.Deliver(ctx, p.ID, "ada", []string{"CONTENT-1"})
		require.NoError(t, err)
		var kept []byte
		read := func() int {
			kept = nil
			rows, err := w.Store.WriteDB.QueryContext(ctx, `SELECT goods FROM purchases`)
			require.NoError(t, err)
			defer rows.Close()
			n := 0
			for ; rows.Next(); n++ {
				require.NoError(t, rows.Scan(&kept))
			}
			require.NoError(t, rows.Err())
			return n
		}
		require.Equal(t, 1, read())
		require.NotEmpty(t, kept)
		require.NotContains(t, string(kept), "CONTENT", "goods are sealed")
		listed, err := people.List(ctx, purchase.Filter{State: purchase.Delivered, TakenBy: "ada", Limit: 10})
		require.NoError(t, err)
		require.Len(t, listed, 1)
		require.Empty(t, listed[0].Goods, "a list has no goods")
		require.Equal(t, order.StatusCompleted, w.Finish(o).Status)

		eraser := order.NewEraser(w.Store.Erasure, w.Store.Holds, w.Recipients.Forget)
		_, err = eraser.Erase(ctx, order.ByMerchant(shop.ID), o.Number, order.Erasure{})
		require.NoError(t, err)
		require.Equal(t, 1, read())
		require.Empty(t, kept, "they go with the order's")
		step := retention.Step{Kind: retention.Purchases, Before: w.Store.Now().Add(-time.Hour), Most: 10}
		done, err := w.Store.Retention.Step(ctx, step)
		require.NoError(t, err)
		require.Zero(t, done.Rows, "they are not old")
		step.Before = w.Store.Now().Add(time.Hour)
		done, err = w.Store.Retention.Step(ctx, step)
		require.NoError(t, err)
		require.EqualValues(t, 1, done.Rows)
		require.Zero(t, read())
		storetest.RequireClean(t, w.Store)
	})
}

// An attempt that an operator has settled otherwise leaves nothing to deliver; one that
// has given up waiting is delivered all the same.
func TestParkedAndClosed(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		w.Supplied(w.Product("HAND", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
			manual.New(w.Store.Purchases))
		people := purchase.NewService(w.Store.Purchases, w.Engine, w.Store.Now)
		_, p := asked(t, w, storetest.Draft(shop, "settled", "HAND", 1))
		_, _, err := people.Take(ctx, p.ID, "ada")
		require.NoError(t, err)
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE attempts SET status = 'parked', next_check_at = NULL`)
		require.NoError(t, err)
		require.NoError(t, settle(w, p.ID))
		_, err = people.Deliver(ctx, p.ID, "ada", []string{"CONTENT-1"})
		var ended *purchase.EndedError
		require.ErrorAs(t, err, &ended)
		require.Equal(t, purchase.Closed, ended.State)
		open, err := people.List(ctx, purchase.Filter{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, open)

		late, err := w.Orders.Create(ctx, storetest.Draft(shop, "parked", "HAND", 1))
		require.NoError(t, err)
		_, err = w.Advance(ctx, late.Order.ID)
		require.NoError(t, err)
		open, err = people.List(ctx, purchase.Filter{Limit: 10})
		require.NoError(t, err)
		require.Len(t, open, 1)
		_, err = w.Store.WriteDB.ExecContext(
			ctx, `UPDATE attempts SET status = 'parked', next_check_at = NULL WHERE settled_at IS NULL`,
		)
		require.NoError(t, err)
		_, _, err = people.Take(ctx, open[0].ID, "ada")
		require.NoError(t, err)
		_, err = people.Deliver(ctx, open[0].ID, "ada", []string{"CONTENT-2"})
		require.NoError(t, err)
		require.Equal(t, order.StatusCompleted, w.Finish(late.Order).Status)
		storetest.RequireClean(t, w.Store)
	})
}

// settle decides that an attempt has failed.
func settle(w *storetest.World, attempt int64) error {
	_, err := w.Engine.Resolve(context.Background(), fulfil.Decision{
		AttemptID: attempt, Action: fulfil.ActionFailed, Evidence: "they closed",
	})
	return err
}
