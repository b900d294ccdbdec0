package orders_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

func rowsOf(m account.Merchant, prefix string, n int) []*order.Draft {
	drafts := make([]*order.Draft, n)
	for i := range drafts {
		drafts[i] = storetest.Draft(m, fmt.Sprintf("%s-%d", prefix, i), "CODE", 1)
	}
	return drafts
}

// Batches, atomic ones among them, and single calls for the same stock and money: each unit is sold once, each
// reference has one order, and an atomic batch is there as a whole or not at all.
func TestBatchesBesideSingleCalls(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 250) // for 250 of 300 that are asked for, of 280 that are there
		w.Stocked("CODE", 1, 280)
		_, _ = storetest.Together(12, func(i int) error {
			ctx := context.Background()
			switch i % 3 {
			case 0: // the same batch again and again
				_, err := w.Orders.CreateEach(ctx, rowsOf(m, "each", 100))
				return err
			case 1:
				_, err := w.Orders.CreateTogether(ctx, rowsOf(m, fmt.Sprint("all", i%2), 50))
				return err
			default:
				for k := range 25 {
					_, _ = w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprintf("one%d-%d", i, k), "CODE", 1))
				}
				return nil
			}
		})
		storetest.RequireClean(t, w.Store)
		for _, prefix := range []string{"all0", "all1"} {
			there := 0
			for i := range 50 {
				if _, err := w.Orders.GetByReference(t.Context(), m.ID, fmt.Sprintf("%s-%d", prefix, i)); err == nil {
					there++
				}
			}
			require.Contains(t, []int{0, 50}, there, prefix)
		}
		all, err := w.Orders.List(t.Context(), order.ByMerchant(m.ID), order.Filter{Limit: 1000})
		require.NoError(t, err)
		require.Len(t, all, 250, "as far as the money goes")
	})
}

// A batch of the largest size is one transaction when it is to be all or none, and can be sent again.
func TestLargestBatch(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10_000)
		w.Stocked("CODE", 1, 2000)
		rows, err := w.Orders.CreateTogether(t.Context(), rowsOf(m, "all", order.MaxBatch))
		require.NoError(t, err)
		each, err := w.Orders.CreateEach(t.Context(), rowsOf(m, "each", order.MaxBatch))
		require.NoError(t, err)
		again, err := w.Orders.CreateEach(t.Context(), rowsOf(m, "all", order.MaxBatch))
		require.NoError(t, err)
		for i := range rows {
			require.NoError(t, each[i].Err)
			require.Equal(t, rows[i].Order.Number, again[i].Order.Number)
		}
		require.Equal(t, storetest.Baht(8000), w.Balance(m))
		storetest.RequireClean(t, w.Store)
	})
}
