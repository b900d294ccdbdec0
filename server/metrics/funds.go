package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// FundsReader says what is known of our money, by the name of every provider there is.
type FundsReader interface {
	Known(ctx context.Context) (map[string]fulfil.Funds, error)
}

var (
	providerBalance = described(
		"orderhub_provider_balance", "What could be spent at a provider when that was last read.", "provider", "currency",
	)
	providerBalanceRead = described(
		"orderhub_provider_balance_read_timestamp_seconds", "When the balance at a provider was last read.", "provider",
	)
	providerBalanceLow = described(
		"orderhub_provider_balance_low", "1 while the balance at a provider is below its threshold, else 0.", "provider",
	)
	providerOutOfFunds = described(
		"orderhub_provider_out_of_funds", "1 while a provider refuses purchases for want of money, else 0.", "provider",
	)
)

// fundsCollector asks the database when it is scraped.
type fundsCollector struct {
	reader FundsReader
	log    *slog.Logger

	mu     sync.Mutex // one scrape looks, the others wait for what it finds
	last   map[string]fulfil.Funds
	lookAt time.Time
}

// RegisterFunds has what is known of our money at providers read when the registry is gathered, seldom and within
// bounds.
func RegisterFunds(reader FundsReader, log *slog.Logger, registry prometheus.Registerer) {
	registry.MustRegister(&fundsCollector{reader: reader, log: log})
}

// Describe implements prometheus.Collector.
func (*fundsCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{providerBalance, providerBalanceRead, providerBalanceLow, providerOutOfFunds} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c *fundsCollector) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for name, f := range c.look() {
		if f.Balance.Currency != "" {
			// A gauge is a floating-point number: of what is shown, not of what is booked.
			amount := float64(f.Balance.Amount) / float64(money.Unit)
			gauge(providerBalance, amount, name, string(f.Balance.Currency))
			gauge(providerBalanceRead, float64(f.ReadAt.Unix()), name)
		}
		gauge(providerBalanceLow, oneIf(f.Low), name)
		gauge(providerOutOfFunds, oneIf(f.Refusal != nil), name)
	}
}

// look returns what the database says, or said a moment ago; nil when it did not answer.
func (c *fundsCollector) look() map[string]fulfil.Funds {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.lookAt) {
		return c.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	var err error
	if c.last, err = c.reader.Known(ctx); err != nil {
		c.last = nil
		c.log.Warn("the database did not say what there is at providers", "error", err)
	}
	c.lookAt = time.Now().Add(backlogFor)
	return c.last
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
