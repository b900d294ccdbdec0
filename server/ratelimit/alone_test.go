package ratelimit_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"orderhub/server/ratelimit"
)

// TestAloneIsATokenBucket: one process allows what a token bucket does.
func TestAloneIsATokenBucket(t *testing.T) {
	for _, key := range []ratelimit.Key{limit(1200, 40), limit(120, 120), limit(60, 1), limit(6000, 3)} {
		t.Run(fmt.Sprint(key.PerMinute, "_", key.Burst), func(t *testing.T) {
			at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
			random := rand.New(rand.NewPCG(1, 2))
			bucket := rate.NewLimiter(rate.Limit(float64(key.PerMinute)/60), key.Burst)
			l := ratelimit.NewAlone(func() time.Time { return at })
			for range 20_000 {
				wait, err := l.Take(t.Context(), key)
				require.NoError(t, err)
				r := bucket.ReserveN(at, 1)
				want := r.DelayFrom(at)
				if want > 0 {
					r.CancelAt(at)
				}
				require.InDelta(t, want, wait, float64(time.Microsecond))
				at = at.Add(time.Duration(random.Int64N(int64(2*time.Minute)/int64(key.PerMinute)/1000)) * time.Microsecond)
			}
		})
	}
}

// TestAllOrNone: several requests come at once, or take nothing and hear when they may.
func TestAllOrNone(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	l, key := ratelimit.NewAlone(func() time.Time { return at }), limit(60, 10)
	all := func(n int) time.Duration {
		wait, err := l.TakeAll(t.Context(), key, n)
		require.NoError(t, err)
		return wait
	}
	require.Zero(t, all(7))
	for range 3 {
		require.Equal(t, 2*time.Second, all(5))
	}
	at = at.Add(2 * time.Second)
	require.Zero(t, all(5))
	require.Equal(t, 10*time.Second, all(10))
	require.Equal(t, time.Second, all(1))
}

func BenchmarkTake(b *testing.B) {
	l := ratelimit.NewAlone(time.Now)
	key := limit(1_000_000, 1_000_000)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			_, _ = l.Take(b.Context(), key)
		}
	})
}
