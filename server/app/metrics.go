package app

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"orderhub/server/metrics"
)

const (
	metricsHeaderTimeout = 5 * time.Second
	metricsWriteTimeout  = 30 * time.Second
	// scrapeTime is how long a scrape waits for its turn to ask whether the database can be written.
	scrapeTime = 3 * time.Second
)

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
		if a.checkReady(ctx) != nil {
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
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{Registry: a.metrics}))
	if a.config.Profiling {
		serveProfiles(mux)
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeaderTimeout, WriteTimeout: metricsWriteTimeout}
	a.serve("metrics", server, a.listeners.metrics)
	a.onCloseTogether("metrics", func(ctx context.Context) error { return stopHTTP(ctx, server) })
	return nil
}

// serveProfiles is what package pprof does to the mux of the whole process, which nobody serves here. Without POST:
// tools look symbols up in the binary.
func serveProfiles(mux *http.ServeMux) {
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
