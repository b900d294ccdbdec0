package bench_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/bench"
)

func TestRun(t *testing.T) {
	t.Parallel()
	var atOnce, most, calls atomic.Int64
	load := bench.Load{InFlight: 4, Warmup: 20 * time.Millisecond, Duration: 100 * time.Millisecond}
	r, err := bench.Run(t.Context(), load, func(context.Context, int) error {
		if n := atOnce.Add(1); n > most.Load() {
			most.Store(n)
		}
		defer atOnce.Add(-1)
		time.Sleep(time.Millisecond)
		if calls.Add(1)%10 == 0 {
			return errors.New("every tenth")
		}
		return nil
	})
	require.NoError(t, err)
	require.LessOrEqual(t, most.Load(), int64(4))
	require.Positive(t, r.Calls)
	require.Less(t, r.Calls, r.All, "what the warm-up did is not counted")
	require.EqualValues(t, calls.Load(), r.All+r.Failures)
	require.ErrorContains(t, r.Failure, "every tenth")
	require.ErrorContains(t, r.Check(), "of the calls failed: every tenth")
	require.GreaterOrEqual(t, r.P50, time.Millisecond)
	require.GreaterOrEqual(t, r.P99, r.P50)
	require.InDelta(t, float64(r.Calls)/0.1, r.PerSecond(), 0.001)
}

func TestRunThatGoesNowhere(t *testing.T) {
	t.Parallel()
	_, err := bench.Run(t.Context(), bench.Load{InFlight: 2, Duration: time.Minute}, func(context.Context, int) error {
		return errors.New("refused")
	})
	require.ErrorContains(t, err, "refused", "it does not go on for a minute")
}

func TestRunOfCallsThatOutlastIt(t *testing.T) {
	t.Parallel()
	load := bench.Load{InFlight: 1, Duration: time.Millisecond}
	r, err := bench.Run(t.Context(), load, func(context.Context, int) error {
		time.Sleep(2 * load.Duration)
		return nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, r.All)
	require.Zero(t, r.Calls)
	require.ErrorContains(t, r.Check(), "no call ended")
}

func TestREST(t *testing.T) {
	t.Parallel()
	references := make(chan string, 3)
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/hub/v1/orders" || r.Header.Get("X-API-Key") != "key" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		references <- string(body)
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"orderNumber": "ord_1"}`)
	}))
	t.Cleanup(hub.Close)
	address := strings.TrimPrefix(hub.URL, "http://")
	client := bench.DialREST(address, 1, bench.Buyers{Keys: []string{"key"}, SKUs: []string{"A", "B"}})
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	require.NoError(t, client.Place(t.Context(), 0))
	require.NoError(t, client.Place(t.Context(), 0), "over the same connection")
	first, second := <-references, <-references
	require.NotEqual(t, first, second, "every order has a reference of its own")
	require.Contains(t, first, `"A"`)
	require.Contains(t, first, `"B"`)

	other := bench.DialREST(address, 1, bench.Buyers{Keys: []string{"another"}, SKUs: []string{"A"}})
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	require.ErrorContains(t, other.Place(t.Context(), 0), "400")
}

func TestReadUsage(t *testing.T) {
	t.Parallel()
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(
			w,
			"# HELP go_memstats_mallocs_total Objects.\ngo_memstats_mallocs_total 1.5e+06\nprocess_resident_memory_bytes 4096\n",
		)
	}))
	t.Cleanup(hub.Close)
	u, err := bench.ReadUsage(t.Context(), strings.TrimPrefix(hub.URL, "http://"))
	require.NoError(t, err)
	require.Equal(t, bench.Usage{Allocations: 1_500_000, ResidentBytes: 4096}, u)
}
