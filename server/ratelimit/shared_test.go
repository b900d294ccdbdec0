package ratelimit_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/ratelimit"
)

// spreads are the requests of a process in a step.
var spreads = map[string]func(turn, process int) int{
	"steady":           func(int, int) int { return 3 },
	"at one":           func(_, p int) int { return []int{9, 0, 0}[p] },
	"unevenly":         func(_, p int) int { return []int{6, 2, 1}[p] },
	"in turn":          func(turn, p int) int { return 9 * max(0, 1-(turn/20+p)%3) },
	"in bursts":        func(turn, _ int) int { return 60 * max(0, 1-turn%25) },
	"below the limit":  func(turn, p int) int { return max(0, 1-(turn+p)%6) },
	"first one, all 3": func(turn, p int) int { return 4 * min(1, max(0, 1-p)+turn/40) },
}

// tried is a limit under a spread.
type tried struct {
	ratelimit.Key
	name        string
	sum, single int
	highest     float64
}

// TestThreeProcessesAllowWhatOneDoes, at every moment, however the requests are
// spread: no more than a tenth above it, and hardly less.
func TestThreeProcessesAllowWhatOneDoes(t *testing.T) {
	const step = 100 * time.Millisecond
	inWorlds(t, func(w *world) {
		processes, one := w.processes(3), ratelimit.NewAlone(w.now)
		var all []*tried
		for _, key := range []ratelimit.Key{
			limit(1200, 40), limit(300, 300), limit(120, 120), limit(60, 1), limit(6000, 7),
		} {
			for name := range spreads {
				key.MerchantID = int64(len(all) + 1)
				all = append(all, &tried{Key: key, name: name})
			}
		}
		for turn := range 60 {
			for _, c := range all {
				for p := range processes {
					n := spreads[c.name](turn, p)
					c.sum += take(w.t, processes[p].Limiter, c.Key, n)
					c.single += take(w.t, one, c.Key, n)
				}
				if c.single > 0 {
					c.highest = max(c.highest, float64(c.sum)/float64(c.single))
				}
			}
			w.pass(step)
		}
		for _, c := range all {
			w.t.Logf("%4d a minute, %3d at once, %-15s: three processes %4d, one %4d, ratio %.3f, highest %.3f",
				c.PerMinute, c.Burst, c.name, c.sum, c.single, float64(c.sum)/float64(c.single), c.highest)
			require.LessOrEqual(w.t, c.highest, 1.1)
			require.GreaterOrEqual(w.t, float64(c.sum), 0.9*float64(c.single))
		}
	})
}

// TestWhoComesFindsWhatIsUsed: a process that was alone tells the next one how far
// it used each limit.
func TestWhoComesFindsWhatIsUsed(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, other := limit(60, 40), limit(60, 30)
		first := w.join()
		require.True(w.t, first.Alone())
		require.Equal(w.t, 40, take(w.t, first.Limiter, key, 100))
		require.Equal(w.t, 10, take(w.t, first.Limiter, other, 10))
		require.Zero(w.t, w.asked.Load(), "who is alone asks nobody")
		second := w.join()
		require.False(w.t, second.Together(), "the first one counts by itself yet")
		w.run(first, second)
		require.Zero(w.t, take(w.t, second.Limiter, key, 10))
		require.Equal(w.t, 20, take(w.t, second.Limiter, other, 30))
		w.pass(time.Second)
		require.Equal(w.t, 1, take(w.t, first.Limiter, key, 9)+take(w.t, second.Limiter, key, 9))
	})
}

// TestRefusalsSayWhen there is room for one again.
func TestRefusalsSayWhen(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 3), w.processes(3)
		require.Equal(w.t, 3, take(w.t, processes[0].Limiter, key, 3))
		for _, p := range processes {
			for range 3 {
				wait, err := p.Take(w.t.Context(), key)
				require.NoError(w.t, err)
				require.Equal(w.t, time.Second, wait)
			}
		}
		asked := w.asked.Load()
		require.Zero(w.t, take(w.t, processes[1].Limiter, key, 50))
		require.Equal(w.t, asked, w.asked.Load(), "nobody asks again while nothing can be left")
		w.pass(time.Second)
		require.Equal(w.t, 1, take(w.t, processes[1].Limiter, key, 5))
	})
}

// TestRowsOfProcesses: what one process let in with one request is owed to all, wherever they come.
func TestRowsOfProcesses(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 50), w.processes(2)
		rows := func(process, n, least int) (int, time.Duration) {
			in, wait, err := processes[process].TakeRows(w.t.Context(), key, n, least)
			require.NoError(w.t, err)
			return in, wait
		}
		require.Equal(w.t, 1, take(w.t, processes[0].Limiter, key, 1))
		in, wait := rows(0, 59, 59)
		require.Equal(w.t, 59, in)
		require.GreaterOrEqual(w.t, wait, 11*time.Second, "60 are used, of 50 at once")
		require.LessOrEqual(w.t, take(w.t, processes[1].Limiter, key, 5), 1, "what it held")
		in, wait = rows(1, 59, 59)
		require.Zero(w.t, in)
		require.GreaterOrEqual(w.t, wait, 10*time.Second, "until so many fit beside what is owed")
		in, _ = rows(1, 59, 1)
		require.InDelta(w.t, 50, in, 3, "no more than come in a minute, but for what both hold")
		in, wait = rows(0, 1, 1)
		require.Zero(w.t, in)
		require.InDelta(w.t, 61*time.Second, wait, float64(3*time.Second))
		w.pass(2 * time.Minute)
		require.Equal(w.t, 1, take(w.t, processes[1].Limiter, key, 1))
		in, _ = rows(1, 59, 59)
		require.Equal(w.t, 59, in)
	})
}

// TestWhoStopsGivesBack what it holds, and the last one counts by itself then, with
// all that is left.
func TestWhoStopsGivesBack(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 120), w.processes(2)
		require.Equal(w.t, 1, take(w.t, processes[0].Limiter, key, 1))
		require.Equal(w.t, 1, take(w.t, processes[1].Limiter, key, 1))
		require.Equal(w.t, 4, processes[0].Held(key))
		require.Equal(w.t, 4, processes[1].Held(key))
		processes[0].stop()
		require.Eventually(w.t, processes[1].Alone, 10*time.Second, 10*time.Millisecond)
		asked := w.asked.Load()
		require.Equal(w.t, 118, take(w.t, processes[1].Limiter, key, 200))
		require.Equal(w.t, asked, w.asked.Load())
	})
}

// TestWhoDiesLosesWhatItHeld, and no more; it comes back with time.
func TestWhoDiesLosesWhatItHeld(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 120), w.processes(2)
		require.Equal(w.t, 1, take(w.t, processes[0].Limiter, key, 1))
		processes[0].store.broken.Store(true) // and is heard of no more
		processes[0].stop()
		w.pass(7 * time.Second)
		require.True(w.t, processes[1].Together(), "its lease lasts")
		w.pass(2 * time.Second)
		require.Eventually(w.t, processes[1].Alone, 10*time.Second, 10*time.Millisecond)
		require.Equal(w.t, 120, take(w.t, processes[1].Limiter, key, 200), "what it held is there again")
	})
}

// TestWithoutTheDatabase each process has its share, and what it let in counts
// afterwards.
func TestWithoutTheDatabase(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 90), w.processes(3)
		for _, p := range processes {
			p.store.broken.Store(true)
		}
		sum := 0
		for range 2 {
			for _, p := range processes {
				in := take(w.t, p.Limiter, key, 80)
				sum += in
				require.LessOrEqual(w.t, in, 30)
			}
		}
		require.Equal(w.t, 90, sum)
		w.pass(3 * time.Second)
		for _, p := range processes {
			require.Equal(w.t, 1, take(w.t, p.Limiter, key, 9), "one in three seconds is its share")
		}
		for _, p := range processes {
			p.store.broken.Store(false)
		}
		for _, p := range processes {
			require.Eventually(w.t, p.Together, 10*time.Second, 10*time.Millisecond)
		}
		require.Eventually(w.t, func() bool { return w.level(key).Sub(w.now()) == 90*time.Second }, 10*time.Second,
			10*time.Millisecond, "everything is used")
		sum += 3
		for _, p := range processes {
			sum += take(w.t, p.Limiter, key, 9)
		}
		require.LessOrEqual(w.t, sum, 93*11/10)
	})
}

// level is how far a limit is used, as the database has it.
func (w *world) level(key ratelimit.Key) time.Time {
	grants, err := w.store.RateLimits.Claim(w.t.Context(), []ratelimit.Claim{{Key: key}})
	require.NoError(w.t, err)
	return grants[0].Used
}

// TestClocksThatAreSet let nobody in twice and refuse nobody for long.
func TestClocksThatAreSet(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 30), w.processes(2)
		require.Equal(w.t, 30, take(w.t, processes[0].Limiter, key, 40))
		w.pass(-time.Hour)
		for _, p := range processes {
			wait, err := p.Take(w.t.Context(), key)
			require.NoError(w.t, err)
			require.Equal(w.t, time.Second, wait)
		}
		w.pass(2 * time.Second)
		require.Equal(w.t, 2, take(w.t, processes[0].Limiter, key, 9)+take(w.t, processes[1].Limiter, key, 9))
		w.pass(time.Hour)
		in := take(w.t, processes[0].Limiter, key, 40) + take(w.t, processes[1].Limiter, key, 40)
		require.Equal(w.t, 30, in)
	})
}

// TestWhoGivesUpTakesNothing: what a request waited for and did not take, others
// may.
func TestWhoGivesUpTakesNothing(t *testing.T) {
	inWorlds(t, func(w *world) {
		key, processes := limit(60, 50), w.processes(2)
		ctx, cancel := context.WithCancel(w.t.Context())
		cancel()
		gaveUp := 0
		for range 20 {
			if _, err := processes[0].Take(ctx, key); err != nil {
				require.ErrorIs(w.t, err, context.Canceled)
				gaveUp++
			}
		}
		in := 20 - gaveUp
		for range 60 {
			in += take(w.t, processes[1].Limiter, key, 1) + take(w.t, processes[0].Limiter, key, 1)
		}
		require.Equal(w.t, 50, in)
	})
}

// TestAnotherLimitBeginsAnew, for all processes together.
func TestAnotherLimitBeginsAnew(t *testing.T) {
	inWorlds(t, func(w *world) {
		processes := w.processes(3)
		for _, key := range []ratelimit.Key{limit(60, 12), limit(60, 9), limit(120, 9)} {
			in := 0
			for _, p := range processes {
				in += take(w.t, p.Limiter, key, 10)
			}
			require.Equal(w.t, key.Burst, in)
		}
	})
}

// TestUnusedLimitsGo from the database.
func TestUnusedLimitsGo(t *testing.T) {
	inWorlds(t, func(w *world) {
		processes := w.processes(2)
		require.Equal(w.t, 5, take(w.t, processes[0].Limiter, limit(60, 9), 5))
		require.Equal(w.t, 5, take(w.t, processes[0].Limiter, limit(60, 8), 5))
		left := func() int {
			require.NoError(w.t, w.store.RateLimits.Tidy(w.t.Context()))
			n, err := w.store.Reader.RateBucket.Query().Count(w.t.Context())
			require.NoError(w.t, err)
			return n
		}
		require.Equal(w.t, 2, left())
		w.pass(4 * time.Second)
		require.Equal(w.t, 1, take(w.t, processes[1].Limiter, limit(60, 9), 1))
		w.pass(2 * time.Second)
		require.Equal(w.t, 1, left())
	})
}

// TestManyMerchants at once are asked for together.
func TestManyMerchants(t *testing.T) {
	inWorlds(t, func(w *world) {
		const merchants, atOnce = 10_000, 200
		processes := w.processes(2)
		var in atomic.Int64
		var running sync.WaitGroup
		for m := range int64(merchants) {
			key := limit(60, 2)
			key.MerchantID = m + 1
			for _, p := range processes {
				for range 2 {
					running.Go(func() {
						if wait, err := p.Take(w.t.Context(), key); err == nil && wait == 0 {
							in.Add(1)
						}
					})
				}
			}
			if key.MerchantID%atOnce == 0 {
				running.Wait()
			}
		}
		require.GreaterOrEqual(w.t, in.Load(), int64(2*merchants))
		require.LessOrEqual(w.t, in.Load(), int64(2*merchants*11/10), "also where the database does not answer in time")
		require.Less(w.t, w.asked.Load(), int64(merchants/5), "many are asked for at once")
		third := w.join()
		require.NoError(w.t, third.Beat(w.t.Context()))
		require.True(w.t, third.Together())
		processes[0].stop()
		processes[1].stop()
		require.NoError(w.t, third.Beat(w.t.Context()))
		require.True(w.t, third.Alone())
		for range 100 {
			key := limit(60, 2)
			key.MerchantID = 1 + rand.Int64N(merchants)
			require.Zero(w.t, take(w.t, third.Limiter, key, 3), "it knows all of them")
		}
	})
}
