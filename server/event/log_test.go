package event_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
)

// shelf is a log of one merchant in memory.
type shelf struct {
	mu      sync.Mutex
	entries []event.Entry
	asked   int // how much at most
}

func (s *shelf) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		sequence := int64(len(s.entries) + 1)
		s.entries = append(
			s.entries,
			event.Entry{Event: event.Event{MerchantID: 7, Sequence: sequence}, Position: event.Position{ID: sequence}},
		)
	}
}

func (s *shelf) Entries(_ context.Context, after event.Cursor, limit int) ([]event.Entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = max(s.asked, limit)
	seen := after.Sequence
	if after.MerchantID == 0 {
		seen = after.Position.ID
	}
	rest := s.entries[min(int(seen), len(s.entries)):]
	return rest[:min(limit, len(rest))], nil
}

// watch follows a log until the test's bubble ends it.
type watch struct {
	mu        sync.Mutex
	sequences []int64
	beats     []time.Duration // since the beginning
}

func (w *watch) start(t *testing.T, log *event.Log, from event.Cursor) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	ended := make(chan error, 1)
	go func() {
		ended <- log.Watch(ctx, from, func(e *event.Entry) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sequences = append(w.sequences, e.Sequence)
			return nil
		}, func() error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.beats = append(w.beats, time.Since(began))
			return nil
		})
	}()
	return func() {
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
}

func TestWatch(t *testing.T) {
	for name, from := range map[string]event.Cursor{
		"one merchant": {MerchantID: 7, Sequence: 10},
		"all":          {Position: event.Position{ID: 10}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, bell := &shelf{}, event.NewBell()
				store.add(1000)
				var w watch
				stop := w.start(t, event.NewLog(store, bell), from)
				synctest.Wait()
				require.Len(t, w.sequences, 990, "what there was, page by page")

				store.add(1)
				bell.Ring(7)
				synctest.Wait()
				require.Len(t, w.sequences, 991, "at once when the bell rings")
				store.add(1)
				bell.Ring(8)
				time.Sleep(2 * time.Second)
				synctest.Wait()
				require.Len(t, w.sequences, 992, "and soon when it does not")
				stop()
				for i, sequence := range w.sequences {
					require.EqualValues(t, i+11, sequence)
				}
				require.LessOrEqual(t, store.asked, 256)
			})
		})
	}
}

func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, bell := &shelf{}, event.NewBell()
		var w watch
		stop := w.start(t, event.NewLog(store, bell), event.Cursor{MerchantID: 7})
		time.Sleep(20 * time.Second)
		store.add(1)
		bell.RingAll()
		time.Sleep(20 * time.Second)
		stop()
		require.Equal(t, []time.Duration{0, 15 * time.Second, 35 * time.Second}, w.beats, "an event puts the next one off")
		require.Len(t, w.sequences, 1)
	})
}

func TestWatchEndsWithTheReader(t *testing.T) {
	store := &shelf{}
	store.add(3)
	gone := errors.New("gone")
	told := 0
	err := event.NewLog(store, event.NewBell()).Watch(t.Context(), event.Cursor{MerchantID: 7}, func(*event.Entry) error {
		told++
		return gone
	}, func() error { return nil })
	require.ErrorIs(t, err, gone)
	require.Equal(t, 1, told)
}

func TestPosition(t *testing.T) {
	for _, p := range []event.Position{
		{}, {ID: 5}, {Transaction: 812, ID: 1 << 60}, {Log: "k3j2", Transaction: 812, ID: 7},
	} {
		parsed, err := event.ParsePosition(p.String())
		require.NoError(t, err)
		require.Equal(t, p, parsed)
	}
	for _, bad := range []string{
		"5", "a-b", "-1-2", "1--2", "1-", "-", "-1-2", "LOG-1-2", "a b-1-2", "a-1-2-3", "a-b-2", "99999999999999999999-1",
	} {
		_, err := event.ParsePosition(bad)
		require.ErrorIs(t, err, event.ErrBadPosition, bad)
	}
}
