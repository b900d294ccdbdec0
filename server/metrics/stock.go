package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

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

var (
	stockUnits = described(
		"orderhub_stock_units", "Units that can be sold, of products with a threshold; at most 500 of them.", "sku",
	)
	stockLowBelow = described(
		"orderhub_stock_low_below", "The threshold of these products: with fewer units operators are told.", "sku",
	)
)

// NewStock has the stock of products with a threshold among the metrics, and returns what
// counts units that expired unsold.
func NewStock(source StockSource, log *slog.Logger, registry prometheus.Registerer) func(units int) {
	expired := promauto.With(registry).NewCounter(prometheus.CounterOpts{
		Name: "orderhub_units_expired_total", Help: "Units of stock that expired unsold, as this process found them.",
	})
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{stockUnits, stockLowBelow},
		write: func(to sink) { // what cannot be counted is left out
			ctx, cancel := context.WithTimeout(context.Background(), stockTimeout)
			defer cancel()
			watched, err := source.Watched(ctx, mostWatched)
			if err != nil {
				log.Warn("stock was not counted for the metrics", "error", err)
				return
			}
			for _, w := range watched {
				to.gauge(stockUnits, float64(w.Available), w.SKU)
				to.gauge(stockLowBelow, float64(w.LowStock), w.SKU)
			}
		},
	})
	return func(units int) { expired.Add(float64(units)) }
}
