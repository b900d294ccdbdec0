package batch_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/batch"
)

var bounds = batch.Options{Max: 4, Waiting: 8, Timeout: time.Second}

func double(_ context.Context, items []int) []int {
	out := make([]int, len(items))
	for i, n := range items {
		out[i] = 2 * n
	}
	return out
}

func TestWhatGathersIsCommittedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sizes []int
		c := batch.New(bounds, func(ctx context.Context, items []int) []int {
			time.Sleep(time.Millisecond)
			sizes = append(sizes, len(items))
			return double(ctx, items)
		})
		defer c.Close()
		var callers sync.WaitGroup
		callers.Go(func() { mustDouble(t, c, 1) })
		synctest.Wait() // the first is in flight, alone
		for n := range 6 {
			callers.Go(func() { mustDouble(t, c, n) })
		}
		callers.Wait()
		require.Equal(t, []int{1, 4, 2}, sizes)
	})
}

func mustDouble(t *testing.T, c *batch.Committer[int, int], n int) {
	out, err := c.Do(t.Context(), n)
	if err != nil || out != 2*n {
		t.Errorf("Do(%d) = %d, %v", n, out, err)
	}
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var committed int
		c := batch.New(bounds, func(ctx context.Context, items []int) []int {
			<-release
			committed += len(items)
			return double(ctx, items)
		})
		var callers sync.WaitGroup
		callers.Go(func() { mustDouble(t, c, 1) })
		synctest.Wait()
		gone, leave := context.WithCancel(t.Context())
		callers.Go(func() {
			_, err := c.Do(gone, 7)
			if err == nil {
				t.Error("who has gone is told an outcome")
			}
		})
		synctest.Wait()
		leave()
		for range bounds.Waiting - 1 {
			callers.Go(func() { mustDouble(t, c, 2) })
		}
		synctest.Wait()
		_, err := c.Do(t.Context(), 3)
		require.ErrorIs(t, err, batch.ErrFull)
		waiting, refused := c.Queue()
		require.Equal(t, bounds.Waiting, waiting)
		require.EqualValues(t, 1, refused)
		close(release)
		callers.Wait()
		require.Equal(t, bounds.Waiting, committed, "all but the one who has gone")
		c.Close()
		_, err = c.Do(t.Context(), 3)
		require.ErrorIs(t, err, batch.ErrClosed)
	})
}

func TestCloseCommitsWhatIsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := batch.New(bounds, func(ctx context.Context, items []int) []int {
			time.Sleep(time.Millisecond)
			return double(ctx, items)
		})
		var callers sync.WaitGroup
		for n := range 7 {
			callers.Go(func() { mustDouble(t, c, n) })
		}
		synctest.Wait()
		c.Close()
		callers.Wait()
	})
}

// A caller hears that its commit takes too long, before its own deadline; what
// was not begun by then is not committed.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var committed []int
		patient := bounds
		patient.Patience = 5 * time.Second
		c := batch.New(patient, func(ctx context.Context, items []int) []int {
			<-release
			committed = append(committed, items...)
			return double(ctx, items)
		})
		began := time.Now()
		_, err := c.Do(t.Context(), 1)
		require.ErrorIs(t, err, batch.ErrSlow)
		require.Equal(t, 5*time.Second, time.Since(began))

		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		began = time.Now()
		_, err = c.Do(ctx, 2)
		require.ErrorIs(t, err, batch.ErrSlow)
		require.Less(t, time.Since(began), 2*time.Second)
		require.NoError(t, ctx.Err(), "its deadline is yet to come")

		close(release)
		c.Close()
		require.Equal(t, []int{1}, committed)
	})
}
