package event_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
)

// glances is a store without events that counts who looks into it, by merchant.
type glances struct {
	mu    sync.Mutex
	times map[int64]int
}

func (g *glances) Entries(_ context.Context, after event.Cursor, _ int) ([]event.Entry, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.times[after.MerchantID]++
	return nil, nil
}

// seen is how often each log was looked into until everybody waits.
func (g *glances) seen() map[int64]int {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.times)
}

func newGlances() *glances { return &glances{times: make(map[int64]int)} }

// Who is rung for looks at once: the merchants' own watchers, and those of all logs.
func TestWhoIsRungFor(t *testing.T) {
	for _, tt := range []struct {
		name string
		ring func(*event.Bell)
		want map[int64]int // further looks
	}{
		{"one merchant", func(b *event.Bell) { b.Ring(7) }, map[int64]int{7: 1, 8: 0, 0: 1}},
		{"two", func(b *event.Bell) { b.Ring(7, 8) }, map[int64]int{7: 1, 8: 1, 0: 1}},
		{"one that nobody watches", func(b *event.Bell) { b.Ring(9) }, map[int64]int{7: 0, 8: 0, 0: 1}},
		{"everybody", (*event.Bell).RingAll, map[int64]int{7: 1, 8: 1, 0: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, bell := newGlances(), event.NewBell()
				log := event.NewLog(store, bell)
				for merchant := range tt.want {
					var w watch
					defer w.start(t, log, event.Cursor{MerchantID: merchant})()
				}
				before := store.seen()
				tt.ring(bell)
				after := store.seen()
				for merchant, want := range tt.want {
					require.Equal(t, want, after[merchant]-before[merchant], merchant)
				}
			})
		})
	}
}

// Who has gone is rung for no more, and the bell goes on without it.
func TestWatcherThatHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, bell := newGlances(), event.NewBell()
		log := event.NewLog(store, bell)
		var one, other watch
		stop := one.start(t, log, event.Cursor{MerchantID: 7})
		require.Equal(t, 1, store.seen()[7])
		stop()
		bell.Ring(7)
		require.Equal(t, 1, store.seen()[7])
		defer other.start(t, log, event.Cursor{MerchantID: 7})()
		require.Equal(t, 2, store.seen()[7])
		bell.Ring(7)
		require.Equal(t, 3, store.seen()[7])
	})
}

// away is a store that cannot be read.
type away struct{ err error }

func (a away) Entries(context.Context, event.Cursor, int) ([]event.Entry, error) { return nil, a.err }

// A watch ends with the first thing that goes wrong, whatever that is.
func TestWatchEndsWithAnError(t *testing.T) {
	wrong := errors.New("wrong")
	tell := func(*event.Entry) error { return nil }
	err := event.NewLog(away{wrong}, event.NewBell()).Watch(t.Context(), event.Cursor{}, tell, nil)
	require.ErrorIs(t, err, wrong, "reading")
	for beats, want := range []time.Duration{0, event.Heartbeat, 2 * event.Heartbeat} {
		synctest.Test(t, func(t *testing.T) {
			began, times := time.Now(), 0
			err := event.NewLog(newGlances(), event.NewBell()).Watch(t.Context(), event.Cursor{}, tell, func() error {
				if times++; times > beats {
					return wrong
				}
				return nil
			})
			require.ErrorIs(t, err, wrong, "beating")
			require.Equal(t, want, time.Since(began))
		})
	}
}

// A cursor moves behind what was read: by the merchant's own numbers, or by the
// place in the log of all.
func TestReadMovesTheCursor(t *testing.T) {
	store := &shelf{}
	store.add(5)
	log := event.NewLog(store, event.NewBell())
	for _, from := range []event.Cursor{
		{MerchantID: 7, Sequence: 1, Types: []event.Type{event.OrderFailed}}, {Position: event.Position{ID: 1}},
	} {
		entries, behind, err := log.Read(t.Context(), from, 3)
		require.NoError(t, err)
		require.Len(t, entries, 3)
		want := from
		if from.MerchantID == 0 {
			want.Position.ID = 4
		} else {
			want.Sequence = 4
		}
		require.Equal(t, want, behind)
		rest, end, err := log.Read(t.Context(), behind, 3)
		require.NoError(t, err)
		require.Len(t, rest, 1)
		_, still, err := log.Read(t.Context(), end, 3)
		require.NoError(t, err)
		require.Equal(t, end, still, "nothing is passed where nothing is")
	}
}

// Webhooks tell of everything but the hub's own work, and each type is listed once.
func TestTypes(t *testing.T) {
	var own []event.Type
	for i, kind := range event.Types {
		require.NotContains(t, event.Types[:i], kind)
		if kind.ForOperators() {
			own = append(own, kind)
		}
	}
	require.Equal(t, []event.Type{event.AttemptParked, event.AttemptResolved, event.AttemptDisputed}, own)
	require.False(t, slices.Contains(event.Types, event.WebhookTest), "it is in no log")
}
