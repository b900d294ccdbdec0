package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"orderhub/server/metrics"
	"orderhub/server/shutdown"
)

// scrapeTime is how long a scrape waits for its turn to ask whether the database can be written.
const scrapeTime = 3 * time.Second

func (a *App) openMetrics(context.Context) error {
	a.metrics = prometheus.NewRegistry()
	a.metrics.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewBuildInfoCollector(),
	)
	a.doorMetrics = metrics.NewDoors(a.metrics)
	return nil
}

// watchState has scrapes ask what no event tells: what waits, whether this hub is ready, how its pools are used.
func (a *App) watchState(context.Context) error {
	metrics.RegisterStandings(a.Supply.Standings, a.log, a.metrics)
	metrics.RegisterBacklog(a.store.Backlog, a.log, a.metrics)
	metrics.RegisterPools(a.store.Pools, a.metrics)
	metrics.RegisterReplicas(a.store.Replicas, a.metrics)
	metrics.RegisterQueue(a.Orders.Queue, a.metrics)
	metrics.RegisterRefusals(a.Orders.ForgottenRefusals, a.metrics)
	metrics.RegisterHolds(a.Orders.ExpiredHolds, a.metrics)
	a.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orderhub_ready", Help: "1 while orders can be placed here, as /readyz says, else 0.",
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
		defer cancel()
		if a.ready.Check(ctx) != nil {
			return 0
		}
		return 1
	}))
	return nil
}

// serveMetrics answers on a listener of its own: metrics are nobody else's.
func (a *App) serveMetrics(context.Context) error {
	if a.listeners.metrics == nil {
		return nil
	}
	server := metrics.NewHTTPServer(a.metrics, a.config.Profiling)
	a.serve("metrics", server, a.listeners.metrics)
	a.closing.OnCloseTogether("metrics", func(ctx context.Context) error { return shutdown.HTTP(ctx, server) })
	return nil
}
