package app_test

import (
	"encoding/json"
	"fmt"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
)

const (
	// mostWakeUps is how often a second the goroutines of a hub that has nothing to do
	// may be woken. On either database it is 60 to 85, of which 20 are a timer of the
	// job queue's. Asking each of 22 queues by itself once a second made 200 more, and
	// caches that looked for what had expired as many.
	mostWakeUps = 120
	idleFor     = 6 * time.Second
)

// TestIdleHub counts what a hub with 20 providers does while nobody asks for
// anything. A busy machine does not make it more.
func TestIdleHub(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			s := openStore(t, &cfg, 0)
			require.NoError(t, s.Migrations.Up(t.Context()))
			for i := range 20 {
				_, err := s.Providers.CreateProvider(
					t.Context(), fulfil.Provider{
						Name: fmt.Sprintf("p%d", i), Connector: "sim",
						Config: json.RawMessage(`{}`),
					}, nil,
				)
				require.NoError(t, err)
			}
			require.NoError(t, s.Close())
			start(t, cfg)
			var before, after float64
			wakeUps := 0.0
			// What went before has to come to rest: the first quiet span counts.
			for range 5 {
				before = goroutinesRun()
				time.Sleep(idleFor) // the time is what is measured
				after = goroutinesRun()
				if wakeUps = (after - before) / idleFor.Seconds(); wakeUps <= mostWakeUps {
					break
				}
			}
			t.Logf("%.0f wake-ups a second", wakeUps)
			require.LessOrEqual(t, wakeUps, float64(mostWakeUps))
		})
	}
}

// goroutinesRun is about how many times a goroutine of this process began to run.
func goroutinesRun() float64 {
	const sampled = 8 // the runtime counts one in so many
	sample := []metrics.Sample{{Name: "/sched/latencies:seconds"}}
	metrics.Read(sample)
	sum := uint64(0)
	for _, count := range sample[0].Value.Float64Histogram().Counts {
		sum += count
	}
	return float64(sum) * sampled
}
