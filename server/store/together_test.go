package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
	"orderhub/server/store/storetest"
)

// requireTogether reads twice what change changes in between.
func requireTogether(ctx context.Context, t *testing.T, db *store.DB, change func()) {
	t.Helper()
	count := func(into *int) store.Query {
		return store.NewQuery(
			store.Same(`SELECT count(*) FROM orders`), nil, func(row store.Scanner) error { return row.Scan(into) },
		)
	}
	var before, after int
	require.NoError(t, db.Together(ctx, func(ctx context.Context, reads store.Agreeing) error {
		if err := reads.Query(ctx, count(&before)); err != nil {
			return err
		}
		change()
		return reads.Last(ctx, count(&after))
	}))
	require.Equal(t, before, after)
}

func TestTogether(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		shop := w.Merchant("shop", 1000)
		w.Stocked("CODE", 10, 10)
		requireTogether(t.Context(), t, w.Store.DB, func() {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(shop, "between", "CODE", 1))
			require.NoError(t, err)
		})
	})
}

// More fail than there are connections.
func TestTogetherGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		own := errors.New("what was read is not what was expected")
		one := store.NewQuery(store.Same(`SELECT 1`), nil, store.IgnoreRow)
		for range 50 {
			err := w.Store.Together(t.Context(), func(ctx context.Context, reads store.Agreeing) error {
				return errors.Join(reads.Query(ctx, one), own)
			})
			require.ErrorIs(t, err, own)
			wrong := store.NewQuery(store.Same(`SELECT nothing FROM nowhere`), nil, store.IgnoreRow)
			err = w.Store.Together(t.Context(), func(ctx context.Context, reads store.Agreeing) error {
				return reads.Last(ctx, one, wrong)
			})
			require.Error(t, err)
		}
	})
}
