package metrics_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orderhub/server/metrics"
	"orderhub/server/money"
)

// database answers as it is told, and counts how often it was asked.
type database struct {
	asked  int
	answer func(ctx context.Context) (*metrics.Backlog, error)
}

func (d *database) Backlog(ctx context.Context) (*metrics.Backlog, error) {
	d.asked++
	return d.answer(ctx)
}

func watched(d *database) *prometheus.Registry {
	registry := prometheus.NewRegistry()
	metrics.RegisterBacklog(d, slog.New(slog.DiscardHandler), registry)
	return registry
}

func TestBacklog(t *testing.T) {
	registry := watched(&database{answer: func(context.Context) (*metrics.Backlog, error) {
		return &metrics.Backlog{
			Orders:         map[string]metrics.Waiting{"pending": {Count: 3, Oldest: time.Minute}, "processing": {}},
			Jobs:           map[string]metrics.Waiting{"provider_7": {Count: 2, Oldest: 3 * time.Second}},
			Deliveries:     metrics.Waiting{Count: 4, Oldest: time.Hour},
			AttemptsParked: 5, AttemptsDisputed: 6, LowWallets: 7, EventLogLag: 8 * time.Second,
			Approvals: metrics.Waiting{Count: 9, Oldest: time.Minute}, PurchasesOverdue: 10,
			Findings:  map[string]metrics.Waiting{"credited": {Count: 11, Oldest: time.Hour}, "missing_here": {}},
			HoldsOpen: 10, HoldsOverdue: 1, HeldMoney: map[money.Currency]money.Amount{"THB": 12_500_000},
		}, nil
	}})
	for _, c := range []struct {
		name, labels string
		value        float64
	}{
		{"orderhub_open_orders", "pending", 3},
		{"orderhub_open_orders", "processing", 0},
		{"orderhub_open_order_oldest_age_seconds", "pending", 60},
		{"orderhub_jobs_due", "provider_7", 2},
		{"orderhub_job_oldest_due_age_seconds", "provider_7", 3},
		{"orderhub_webhook_deliveries_due", "", 4},
		{"orderhub_webhook_delivery_oldest_due_age_seconds", "", 3600},
		{"orderhub_attempts_parked", "", 5},
		{"orderhub_attempts_disputed", "", 6},
		{"orderhub_approvals_pending", "", 9},
		{"orderhub_approval_oldest_pending_age_seconds", "", 60},
		{"orderhub_purchases_overdue", "", 10},
		{"orderhub_findings_open", "credited", 11},
		{"orderhub_findings_open", "missing_here", 0},
		{"orderhub_finding_oldest_open_age_seconds", "credited", 3600},
		{"orderhub_holds_open", "", 10},
		{"orderhub_holds_overdue", "", 1},
		{"orderhub_holds_money", "THB", 12.5},
		{"orderhub_wallets_below_threshold", "", 7},
		{"orderhub_event_log_lag_seconds", "", 8},
		{"orderhub_backlog_read_failures_total", "", 0},
	} {
		found := gathered(t, registry, c.name)
		require.Contains(t, found, c.labels, c.name)
		require.InDelta(t, c.value, found[c.labels].value, 0, c.name)
	}
}

// However often and by how many it is scraped, the database is asked every few seconds.
func TestBacklogIsReadSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{answer: func(context.Context) (*metrics.Backlog, error) { return &metrics.Backlog{}, nil }}
		registry := watched(d)
		for range 10 {
			var scrapers sync.WaitGroup
			for range 8 {
				scrapers.Go(func() { _, _ = registry.Gather() })
			}
			scrapers.Wait()
			time.Sleep(time.Second)
		}
		require.Equal(t, 2, d.asked)
	})
}

// A database that hangs, or fails, costs a scrape a bounded time and those metrics; that is counted.
func TestBacklogOfADatabaseThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &database{answer: func(ctx context.Context) (*metrics.Backlog, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		registry := watched(d)
		began := time.Now()
		families, err := registry.Gather()
		require.NoError(t, err)
		require.Less(t, time.Since(began), 5*time.Second)
		require.Len(t, families, 1, "the failures alone")
		time.Sleep(10 * time.Second)
		d.answer = func(context.Context) (*metrics.Backlog, error) { return &metrics.Backlog{}, errors.New("away") }
		require.Empty(t, gathered(t, registry, "orderhub_wallets_below_threshold"))
		d.answer = func(context.Context) (*metrics.Backlog, error) { return &metrics.Backlog{}, nil }
		time.Sleep(10 * time.Second)
		require.Contains(t, gathered(t, registry, "orderhub_wallets_below_threshold"), "", "it heals")
		require.InDelta(t, 2, gathered(t, registry, "orderhub_backlog_read_failures_total")[""].value, 0)
	})
}

func TestQueueOfPlacements(t *testing.T) {
	registry := prometheus.NewRegistry()
	metrics.RegisterQueue(func() (int, uint64) { return 3, 4 }, registry)
	require.InDelta(t, 3, gathered(t, registry, "orderhub_placements_waiting")[""].value, 0)
	require.InDelta(t, 4, gathered(t, registry, "orderhub_placements_turned_away_total")[""].value, 0)
}
