package fulfil_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// room is time enough for any call of these tests.
const room = 2 * time.Minute

// shared runs body with a provider and three processes that call it.
func shared(t *testing.T, limits fulfil.Limits, body func(
	t *testing.T, s *stores.All, p *fulfil.Provider, processes []*fulfil.Process,
),
) {
	t.Helper()
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		first := open()
		p, err := first.Providers.CreateProvider(
			t.Context(), fulfil.Provider{Name: "p", Connector: "sim", Status: fulfil.StatusActive, Limits: limits}, nil,
		)
		require.NoError(t, err)
		processes := make([]*fulfil.Process, 3)
		for i := range processes {
			processes[i] = fulfil.NewProcess(open().Providers, 10*time.Second)
			t.Cleanup(processes[i].Close)
		}
		body(t, first, &p, processes)
	})
}

// TestPlacesAreShared by all processes: together they never have more calls under
// way than the provider takes, and every call is made.
func TestPlacesAreShared(t *testing.T) {
	const most, calls = 4, 20
	shared(t, fulfil.Limits{Concurrency: most}, func(
		t *testing.T, _ *stores.All, p *fulfil.Provider, processes []*fulfil.Process,
	) {
		var underWay, highest, made atomic.Int64
		var running sync.WaitGroup
		for _, process := range processes {
			for range calls {
				running.Go(func() {
					err := process.Call(t.Context(), p, room, func(context.Context) error {
						now := underWay.Add(1)
						defer underWay.Add(-1)
						for seen := highest.Load(); now > seen && !highest.CompareAndSwap(seen,
							now); seen = highest.Load() {
						}
						made.Add(1)
						time.Sleep(5 * time.Millisecond) // others come meanwhile if they may
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		running.Wait()
		require.EqualValues(t, len(processes)*calls, made.Load())
		require.LessOrEqual(t, highest.Load(), int64(most))
		require.Greater(t, highest.Load(), int64(1), "they are not made one by one")
	})
}

// TestBusyProcessLeavesRoom to others, even where there is one place for all.
func TestBusyProcessLeavesRoom(t *testing.T) {
	shared(t, fulfil.Limits{Concurrency: 1}, func(
		t *testing.T, _ *stores.All, p *fulfil.Provider, processes []*fulfil.Process,
	) {
		ctx, enough := context.WithCancel(t.Context())
		var running sync.WaitGroup
		for range 4 { // one is always ready
			running.Go(func() {
				for ctx.Err() == nil {
					_ = processes[0].Call(ctx, p, room, func(context.Context) error { return nil })
				}
			})
		}
		for _, process := range processes[1:] {
			require.NoError(t, process.Call(t.Context(), p, room, func(context.Context) error { return nil }))
		}
		enough()
		running.Wait()
	})
}

// TestPlacesOfTheDead are free again when their lease is over.
func TestPlacesOfTheDead(t *testing.T) {
	shared(t, fulfil.Limits{Concurrency: 2}, func(
		t *testing.T, s *stores.All, p *fulfil.Provider, processes []*fulfil.Process,
	) {
		const lease = 500 * time.Millisecond
		began := time.Now()
		places, err := s.Providers.HoldPlaces(t.Context(), fulfil.PlaceRequest{
			ProviderID: p.ID, Claim: fulfil.Claim{Holder: "dead", Wanted: 2}, Most: 2, Lease: lease,
		})
		require.NoError(t, err)
		require.Equal(t, 2, places.Held)
		require.NoError(t, processes[0].Call(t.Context(), p, room, func(context.Context) error { return nil }))
		require.GreaterOrEqual(t, time.Since(began), lease-10*time.Millisecond, "not before")
	})
}

// TestTurnsAreShared by all processes.
func TestTurnsAreShared(t *testing.T) {
	const perSecond, burst, calls = 20, 5, 10
	shared(t, fulfil.Limits{RequestsPerMinute: 60 * perSecond, Burst: burst}, func(
		t *testing.T, _ *stores.All, p *fulfil.Provider, processes []*fulfil.Process,
	) {
		began := time.Now()
		var running sync.WaitGroup
		var made atomic.Int64
		for _, process := range processes {
			for range calls {
				running.Go(func() {
					err := process.Call(t.Context(), p, room, func(context.Context) error { made.Add(1); return nil })
					if err != nil {
						t.Error(err)
					}
				})
			}
		}
		running.Wait()
		require.EqualValues(t, len(processes)*calls, made.Load())
		// The last of them comes when the rate has made room for all but the burst.
		least := time.Duration(len(processes)*calls-burst) * time.Second / perSecond
		require.GreaterOrEqual(t, time.Since(began), least-50*time.Millisecond)
	})
}

// scripted shares as it is told.
type scripted struct {
	mu       sync.Mutex
	requests []fulfil.PlaceRequest
	err      error
}

func (s *scripted) HoldPlaces(_ context.Context, r fulfil.PlaceRequest) (fulfil.Places, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
	return r.Grant(nil, time.Now()), s.err
}

func (s *scripted) TakeTurns(context.Context, int64, fulfil.Limits, int) ([]time.Duration, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return nil, s.err
}

func (s *scripted) last() fulfil.PlaceRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1]
}

// TestPlacesAreGivenBack by a process that needs them no more, and by one that ends.
func TestPlacesAreGivenBack(t *testing.T) {
	s := &scripted{}
	process := fulfil.NewProcess(s, time.Second)
	p := &fulfil.Provider{ID: 1, Limits: fulfil.Limits{Concurrency: 3}}
	require.NoError(t, process.Call(t.Context(), p, room, func(context.Context) error { return nil }))
	require.Eventually(t, func() bool { last := s.last(); return last.Wanted == 0 && last.Held == 0 },
		time.Minute, 10*time.Millisecond)
	require.NoError(t, process.Call(t.Context(), p, room, func(context.Context) error {
		require.Positive(t, s.last().Wanted)
		return nil
	}))
	process.Close()
	require.Zero(t, s.last().Held)
	require.ErrorIs(t, process.Call(t.Context(), &fulfil.Provider{ID: 2, Limits: p.Limits}, room,
		func(context.Context) error { return nil }), fulfil.ErrNoRoom, "nobody would give them back")
}

// TestNoLimitsNoCallsWithoutTheDatabase: where it cannot be asked, nothing is called
// that has limits, and everything else is.
func TestNoLimitsNoCallsWithoutTheDatabase(t *testing.T) {
	s := &scripted{err: errors.New("away")}
	process := fulfil.NewProcess(s, 10*time.Millisecond)
	defer process.Close()
	var called []string
	call := func(name string, l fulfil.Limits) error {
		p := &fulfil.Provider{ID: int64(len(name)), Name: name, Limits: l}
		return process.Call(t.Context(), p, 100*time.Millisecond, func(context.Context) error {
			called = append(called, name)
			return nil
		})
	}
	require.ErrorIs(t, call("few", fulfil.Limits{Concurrency: 1}), fulfil.ErrNoRoom)
	require.ErrorIs(t, call("slow", fulfil.Limits{RequestsPerMinute: 1}), fulfil.ErrNoRoom)
	require.NoError(t, call("unlimited", fulfil.Limits{}))
	require.Equal(t, []string{"unlimited"}, called)
	asked := slices.ContainsFunc(s.requests, func(r fulfil.PlaceRequest) bool { return r.Wanted == 1 })
	require.True(t, asked, fmt.Sprint(s.requests))
}
