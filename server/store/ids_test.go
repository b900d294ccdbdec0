package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/ent"
	"orderhub/server/errs"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		none, err := s.OrderIDs.Reserve(ctx, 0)
		require.NoError(t, err)
		require.Empty(t, none)
		var all []int64
		for _, n := range []int{1, 2, 256, 999, 1, 2500, 1} {
			got, err := s.OrderIDs.Reserve(ctx, n)
			require.NoError(t, err)
			require.Len(t, got, n)
			all = append(all, got...)
		}
		require.Equal(t, int64(1), all[0])
		require.True(t, slices.IsSorted(all))
		require.Len(t, slices.Compact(all), 1+2+256+999+1+2500+1)
		require.LessOrEqual(t, all[len(all)-1], int64(len(all)), "one process wastes none")
	})
}

// Neither goroutines nor processes ever get the same id.
func TestIDsAtOnce(t *testing.T) {
	t.Parallel()
	const goroutines, rounds, batch = 8, 20, 77
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		stores := []*stores.All{open(), open()}
		var mu sync.Mutex
		seen := map[int64]bool{}
		var group sync.WaitGroup
		for g := range goroutines {
			group.Go(func() {
				for range rounds {
					got, err := stores[g%2].OrderIDs.Reserve(context.Background(), batch)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					for _, id := range got {
						if seen[id] {
							t.Errorf("%d was given out twice", id)
						}
						seen[id] = true
					}
					mu.Unlock()
				}
			})
		}
		group.Wait()
		require.Len(t, seen, goroutines*rounds*batch)
	})
}

// A block is reserved ahead while a transaction holds SQLite's writer, so that taking ids does not wait for it.
func TestIDsAhead(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		_, err := s.OrderIDs.Reserve(ctx, 900) // leaves 100 and reserves the next block
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			reserved, err := s.Reader.Counter.Get(ctx, "orders")
			return err == nil && reserved.Value == 2000
		}, time.Minute, time.Millisecond)
		require.NoError(t, s.InTx(ctx, func(*ent.Tx) error {
			_, err := s.OrderIDs.Reserve(ctx, 200) // from both blocks
			return err
		}))
	})
}

func TestIDsWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	write := s.WriteDB
	_, err := write.Exec("PRAGMA query_only = 1")
	require.NoError(t, err)
	_, err = s.OrderIDs.Reserve(t.Context(), 1)
	require.ErrorIs(t, err, errs.ErrUnavailable)
	_, err = write.Exec("PRAGMA query_only = 0")
	require.NoError(t, err)
	_, err = s.OrderIDs.Reserve(t.Context(), 1)
	require.NoError(t, err)
}
