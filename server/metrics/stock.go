package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/catalog"
)

// StockSource knows the stock of products that have a threshold.
type StockSource interface {
	Watched(ctx context.Context, most int) ([]catalog.WatchedStock, error)
}

// mostWatched bounds how many products have numbers of their own.
const mostWatched = 500

// stockTimeout bounds what a scrape waits for.
const stockTimeout = 5 * time.Second

// stockCollector counts when it is scraped.
type stockCollector struct {
	source         StockSource
	log            *slog.Logger
	units, lowFrom *prometheus.Desc
}

// NewStock has the stock of products with a threshold among the metrics, and returns what
// counts units that expired unsold.
func NewStock(source StockSource, log *slog.Logger, registry prometheus.Registerer) func(units int) {
	expired := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "orderhub_units_expired_total", Help: "Units of stock that expired unsold, as this process found them.",
	})
	registry.MustRegister(expired, &stockCollector{
		source: source, log: log,
		units: prometheus.NewDesc("orderhub_stock_units",
			"Units that can be sold, of products with a threshold; at most 500 of them.", []string{"sku"}, nil),
		lowFrom: prometheus.NewDesc("orderhub_stock_low_below",
			"The threshold of these products: with fewer units operators are told.", []string{"sku"}, nil),
	})
	return func(units int) { expired.Add(float64(units)) }
}

// Describe implements prometheus.Collector.
func (c *stockCollector) Describe(out chan<- *prometheus.Desc) { out <- c.units; out <- c.lowFrom }

// Collect implements prometheus.Collector. What cannot be counted is left out.
func (c *stockCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), stockTimeout)
	defer cancel()
	watched, err := c.source.Watched(ctx, mostWatched)
	if err != nil {
		c.log.Warn("stock was not counted for the metrics", "error", err)
		return
	}
	for _, w := range watched {
		out <- prometheus.MustNewConstMetric(c.units, prometheus.GaugeValue, float64(w.Available), w.SKU)
		out <- prometheus.MustNewConstMetric(c.lowFrom, prometheus.GaugeValue, float64(w.LowStock), w.SKU)
	}
}
