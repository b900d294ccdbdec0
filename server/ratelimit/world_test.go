package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/ratelimit"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// world is a database, its clock, and what runs there.
type world struct {
	t     *testing.T
	at    atomic.Int64 // microseconds
	store *stores.All
	asked atomic.Int64
	names int
}

// process is one that counts.
type process struct {
	*ratelimit.Limiter
	store *breakable
	stop  func()
}

// breakable is a store that can be cut off.
type breakable struct {
	ratelimit.Store
	broken atomic.Bool
}

var errBroken = errors.New("the database does not answer")

func (s *breakable) Claim(ctx context.Context, claims []ratelimit.Claim) ([]ratelimit.Grant, error) {
	if s.broken.Load() {
		return nil, errBroken
	}
	return s.Store.Claim(ctx, claims)
}

func (s *breakable) Beat(ctx context.Context, b ratelimit.Beat) (ratelimit.Standing, error) {
	if s.broken.Load() {
		return ratelimit.Standing{}, errBroken
	}
	return s.Store.Beat(ctx, b)
}

// watcher counts questions.
type watcher struct{ w *world }

func (watcher) Live(int, bool)        {}
func (o watcher) Asked(int)           { o.w.asked.Add(1) }
func (watcher) Claimed(int)           {}
func (watcher) Refused()              {}
func (watcher) Failed()               {}
func (w *world) now() time.Time       { return time.UnixMicro(w.at.Load()) }
func (w *world) pass(d time.Duration) { w.at.Add(d.Microseconds()) }

func inWorlds(t *testing.T, body func(w *world)) {
	t.Helper()
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		w := &world{t: t}
		w.at.Store(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC).UnixMicro())
		var err error
		w.store, err = stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer(), Now: w.now})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, w.store.Close()) })
		body(w)
	})
}

// join has a process come; it does not run yet.
func (w *world) join() *process {
	w.names++
	p := &process{store: &breakable{Store: w.store.RateLimits}}
	var err error
	p.Limiter, err = ratelimit.Join(w.t.Context(), ratelimit.Options{
		Name: fmt.Sprint("p", w.names), Store: p.store, Observer: watcher{w}, Now: w.now,
		Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
	})
	require.NoError(w.t, err)
	return p
}

// run has processes that have joined count together.
func (w *world) run(processes ...*process) {
	for range 2 {
		for _, p := range processes {
			require.NoError(w.t, p.Beat(w.t.Context()))
		}
	}
	for _, p := range processes {
		ctx, cancel := context.WithCancel(context.Background())
		var running sync.WaitGroup
		running.Go(func() { p.Run(ctx) })
		p.stop = func() { cancel(); running.Wait() }
		w.t.Cleanup(p.stop)
	}
}

func (w *world) processes(n int) []*process {
	all := make([]*process, n)
	for i := range all {
		all[i] = w.join()
	}
	w.run(all...)
	for _, p := range all {
		require.Equal(w.t, n == 1, p.Alone())
		require.Equal(w.t, n > 1, p.Together())
	}
	return all
}

// take is how many of n requests at once the limiter lets in.
func take(t *testing.T, l *ratelimit.Limiter, key ratelimit.Key, n int) int {
	t.Helper()
	var in atomic.Int64
	var running sync.WaitGroup
	for range n {
		running.Go(func() {
			wait, err := l.Take(t.Context(), key)
			if err != nil {
				t.Error(err)
			} else if wait == 0 {
				in.Add(1)
			}
		})
	}
	running.Wait()
	return int(in.Load())
}

func limit(perMinute, burst int) ratelimit.Key {
	return ratelimit.Key{MerchantID: 7, Limit: ratelimit.Limit{PerMinute: perMinute, Burst: burst}}
}
