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

// TestRowsAreOwed: what comes with one request may be more than may come at once, and others wait for it then.
func TestRowsAreOwed(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	l, key := ratelimit.NewAlone(func() time.Time { return at }), limit(60, 10)
	take := func() time.Duration {
		wait, err := l.Take(t.Context(), key)
		require.NoError(t, err)
		return wait
	}
	rows := func(n, least int) (int, time.Duration) {
		in, wait, err := l.TakeRows(t.Context(), key, n, least)
		require.NoError(t, err)
		return in, wait
	}
	require.Zero(t, take())
	for _, want := range []struct {
		n, least, in int
		wait         time.Duration
	}{
		{5, 5, 5, 0},
		{54, 54, 54, 51 * time.Second}, // 60 are used, of 10 at once
		{20, 20, 0, 51 * time.Second},  // none, and nothing is taken
		{20, 1, 10, 61 * time.Second},  // no more than come in a minute
		{20, 1, 0, 61 * time.Second},
	} {
		in, wait := rows(want.n, want.least)
		require.Equal(t, want.in, in, want)
		require.Equal(t, want.wait, wait, want)
	}
	require.Equal(t, 61*time.Second, take())
	at = at.Add(61 * time.Second)
	require.Zero(t, take())
	require.Equal(t, time.Second, take())
	in, _ := rows(5, 5)
	require.Equal(t, 5, in)
	in, wait := rows(60, 60)
	require.Zero(t, in)
	require.Equal(t, 6*time.Second, wait, "one and 60 more are a minute and one, of a minute and 10")
	require.Equal(t, 60, key.Rows())
	require.Equal(t, 40, ratelimit.Limit{PerMinute: 6, Burst: 40}.Rows())
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
