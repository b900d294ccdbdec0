package metrics_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"orderhub/server/metrics"
)

func TestReplicas(t *testing.T) {
	registry := prometheus.NewRegistry()
	var use *metrics.ReplicaUse
	metrics.RegisterReplicas(func() *metrics.ReplicaUse { return use }, registry)
	require.Equal(t, map[string]measured{" replica": {}}, gathered(t, registry, "orderhub_replica_reads_total"))
	use = &metrics.ReplicaUse{
		Served: 5, Passed: map[string]int64{"behind": 2}, Asked: 3,
		Replicas: []metrics.Replica{{Name: "replica_1", Used: true}, {Name: "replica_2", BehindBytes: 70}},
	}
	for _, c := range []struct {
		name, labels string
		value        float64
	}{
		{"orderhub_replica_reads_total", " replica", 5},
		{"orderhub_replica_reads_total", "behind primary", 2},
		{"orderhub_replica_questions_total", "", 3},
		{"orderhub_replica_used", "replica_1", 1},
		{"orderhub_replica_used", "replica_2", 0},
		{"orderhub_replica_behind_bytes", "replica_1", 0},
		{"orderhub_replica_behind_bytes", "replica_2", 70},
	} {
		found := gathered(t, registry, c.name)
		require.Contains(t, found, c.labels, c.name)
		require.InDelta(t, c.value, found[c.labels].value, 0, c.name)
	}
}
