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

// RegisterPools tells how much of the pools of connections to the database is used, by their names.
func RegisterPools(stats func() map[string]sql.DBStats, registry prometheus.Registerer) {
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{poolConnections, poolMost, poolWaits, poolWaited},
		write: func(to sink) {
			for pool, s := range stats() {
				to.gauge(poolConnections, float64(s.InUse), pool, "in_use")
				to.gauge(poolConnections, float64(s.Idle), pool, "idle")
				to.gauge(poolMost, float64(s.MaxOpenConnections), pool)
				to.counter(poolWaits, float64(s.WaitCount), pool)
				to.counter(poolWaited, s.WaitDuration.Seconds(), pool)
			}
		},
	})
}
