package orders_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
	"orderhub/server/store/storetest"
	"orderhub/server/trail"
)

// An order's trail is kept with it if its trace is recorded; while nothing is traced, nothing is written.
func TestTrails(t *testing.T) {
	const recorded, notRecorded = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 10, 20)
		place := func(reference string, trailOf func(context.Context) string) int64 {
			orders := order.NewService(order.Options{
				Store: w.Store.Orders, Catalog: w.Catalog, NewNumber: storetest.NewNumber, TrailOf: trailOf,
			})
			defer orders.Close()
			placed, err := orders.Create(ctx, storetest.Draft(m, reference, "CODE", 1))
			require.NoError(t, err)
			return placed.Order.ID
		}
		untraced := place("untraced", nil)
		unsampled := place("unsampled", func(context.Context) string { return notRecorded })
		traced := place("traced", func(context.Context) string { return recorded })
		all := []int64{untraced, unsampled, traced}
		kept, err := w.Store.Orders.Trails(ctx, all)
		require.NoError(t, err)
		require.Equal(t, trail.Orders{traced: recorded}, kept)
		kept, err = w.Store.Orders.Trails(ctx, nil)
		require.NoError(t, err)
		require.Empty(t, kept)

		require.NoError(t, w.Store.Orders.ForgetTrails(ctx, time.Now().Add(-time.Hour)))
		kept, err = w.Store.Orders.Trails(ctx, all)
		require.NoError(t, err)
		require.Len(t, kept, 1)
		for i := range 3 {
			all = append(all, place(fmt.Sprint("more-", i), func(context.Context) string { return recorded }))
		}
		require.NoError(t, w.Store.Orders.ForgetTrails(ctx, time.Now().Add(time.Hour)))
		kept, err = w.Store.Orders.Trails(ctx, all)
		require.NoError(t, err)
		require.Empty(t, kept)
		storetest.RequireClean(t, w.Store)
	})
}
