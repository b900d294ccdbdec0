package metrics

import (
	"context"
	"log/slog"

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

// RegisterFunds has what is known of our money at providers read when the registry is gathered, seldom and within
// bounds.
func RegisterFunds(reader FundsReader, log *slog.Logger, registry prometheus.Registerer) {
	known := seldom[map[string]fulfil.Funds]{read: reader.Known, failed: func(err error) {
		log.Warn("the database did not say what there is at providers", "error", err)
	}}
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{providerBalance, providerBalanceRead, providerBalanceLow, providerOutOfFunds},
		write: func(to sink) {
			for name, f := range known.look() {
				if f.Balance.Currency != "" {
					// A gauge is a floating-point number: of what is shown, not of what is booked.
					amount := float64(f.Balance.Amount) / float64(money.Unit)
					to.gauge(providerBalance, amount, name, string(f.Balance.Currency))
					to.gauge(providerBalanceRead, float64(f.ReadAt.Unix()), name)
				}
				to.gauge(providerBalanceLow, oneIf(f.Low), name)
				to.gauge(providerOutOfFunds, oneIf(f.Refusal != nil), name)
			}
		},
	})
}
