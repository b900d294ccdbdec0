package metrics

import (
	"database/sql"

	"github.com/prometheus/client_golang/prometheus"
)

var (
	poolConnections = described(
		"orderhub_database_connections", "Open connections to the database, by pool and whether they are at work.", "pool",
		"state",
	)
	poolMost  = described("orderhub_database_connections_max", "Most connections that the pool opens.", "pool")
	poolWaits = described(
		"orderhub_database_connection_waits_total", "Times that all connections of the pool were at work.", "pool",
	)
	poolWaited = described(
		"orderhub_database_connection_wait_seconds_total", "How long connections of the pool were waited for.", "pool",
	)
)

// pools tells how much of the pools of connections to the database is used.
type pools func() map[string]sql.DBStats

// RegisterPools tells of pools by name.
func RegisterPools(stats func() map[string]sql.DBStats, registry prometheus.Registerer) {
	registry.MustRegister(pools(stats))
}

// Describe implements prometheus.Collector.
func (pools) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{poolConnections, poolMost, poolWaits, poolWaited} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (p pools) Collect(out chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	for pool, s := range p() {
		tell(poolConnections, prometheus.GaugeValue, float64(s.InUse), pool, "in_use")
		tell(poolConnections, prometheus.GaugeValue, float64(s.Idle), pool, "idle")
		tell(poolMost, prometheus.GaugeValue, float64(s.MaxOpenConnections), pool)
		tell(poolWaits, prometheus.CounterValue, float64(s.WaitCount), pool)
		tell(poolWaited, prometheus.CounterValue, s.WaitDuration.Seconds(), pool)
	}
}
