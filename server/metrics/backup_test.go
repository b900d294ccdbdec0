package metrics_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orderhub/server/metrics"
)

func TestBackups(t *testing.T) {
	registry := prometheus.NewRegistry()
	b := metrics.NewBackups(24*time.Hour, registry)
	value := func(name string) float64 { return gathered(t, registry, name)[""].value }
	require.InDelta(t, 86_400, value("orderhub_backup_interval_seconds"), 0)
	require.Zero(t, value("orderhub_backup_last_success_timestamp_seconds"))
	b.Done(time.Unix(1_764_000_000, 0))
	b.Failed()
	require.InDelta(t, 1_764_000_000, value("orderhub_backup_last_success_timestamp_seconds"), 0)
	require.InDelta(t, 1, value("orderhub_backup_failures_total"), 0)
}
