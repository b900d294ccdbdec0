package metrics_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orderhub/server/metrics"
	"orderhub/server/retention"
)

func TestRetention(t *testing.T) {
	registry := prometheus.NewRegistry()
	r := metrics.NewRetention(retention.Ages{retention.Deliveries: time.Hour}, registry)
	r.Removed(retention.Deliveries, 3)
	r.Done(time.Unix(1_764_000_000, 0))
	r.Failed()
	value := func(name, label string) float64 { return gathered(t, registry, name)[label].value }
	require.InDelta(t, 3, value("orderhub_retention_removed_rows_total", "deliveries"), 0)
	require.Len(t, gathered(t, registry, "orderhub_retention_removed_rows_total"), len(retention.Kinds))
	require.InDelta(t, 3600, value("orderhub_retention_age_seconds", "deliveries"), 0)
	require.Zero(t, value("orderhub_retention_age_seconds", "jobs"))
	require.InDelta(t, 1_764_000_000, value("orderhub_retention_last_success_timestamp_seconds", ""), 0)
	require.InDelta(t, 1, value("orderhub_retention_failures_total", ""), 0)
}
