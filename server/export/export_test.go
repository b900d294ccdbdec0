package export_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/export"
)

// slowStore takes its time for a part, and counts how many it reads at once.
type slowStore struct {
	mu        sync.Mutex
	now, most int
}

func (s *slowStore) count(more int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now += more
	s.most = max(s.most, s.now)
	return s.now
}

func (s *slowStore) Part(ctx context.Context, _ export.Query) (export.Part, error) {
	s.count(1)
	defer s.count(-1)
	select {
	case <-time.After(time.Second):
		return export.Part{}, nil
	case <-ctx.Done():
		return export.Part{}, ctx.Err()
	}
}

// However many exports there are, few of them use the database at once, and who waits may give up.
func TestFewPartsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slowStore{}
		s := export.NewService(store, time.Now)
		ended := make(chan error, 6)
		read := func(ctx context.Context) {
			var failure error
			for _, err := range s.Rows(ctx, export.Query{Kind: export.Orders}) {
				failure = err
			}
			ended <- failure
		}
		for range 5 {
			go read(t.Context())
		}
		synctest.Wait()
		require.Equal(t, 2, store.count(0))
		impatient, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		go read(impatient)
		require.ErrorIs(t, <-ended, context.DeadlineExceeded)
		for range 5 {
			require.NoError(t, <-ended)
		}
		require.Equal(t, 2, store.most)
	})
}
