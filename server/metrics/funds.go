package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/fulfil"
	"orderhub/server/money"
)

var _ fulfil.FundsObserver = (*Funds)(nil)

// Funds tells what is known of our money at providers.
type Funds struct{ balance, read, low, refused *prometheus.GaugeVec }

// NewFunds registers the metrics of our money at providers.
func NewFunds(registry prometheus.Registerer) *Funds {
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(
			prometheus.GaugeOpts{Name: "orderhub_provider_" + name, Help: help}, append([]string{"provider"}, labels...),
		)
	}
	m := &Funds{
		balance: gauge("balance", "What could be spent at a provider when that was last read.", "currency"),
		read:    gauge("balance_read_timestamp_seconds", "When the balance at a provider was last read."),
		low:     gauge("balance_low", "1 while the balance at a provider is below the threshold that it has, else 0."),
		refused: gauge("out_of_funds", "1 while a provider refuses purchases for want of money, else 0."),
	}
	registry.MustRegister(m.balance, m.read, m.low, m.refused)
	return m
}

// Known implements fulfil.FundsObserver.
func (m *Funds) Known(names map[int64]string, funds []fulfil.Funds) {
	m.balance.Reset() // a currency may have changed
	for i := range funds {
		f := &funds[i]
		name, found := names[f.ProviderID]
		if !found {
			continue
		}
		if f.Balance.Currency != "" {
			// A gauge is a floating-point number: of what is shown, not of what is booked.
			amount := float64(f.Balance.Amount) / float64(money.Unit)
			m.balance.WithLabelValues(name, string(f.Balance.Currency)).Set(amount)
			m.read.WithLabelValues(name).Set(float64(f.ReadAt.Unix()))
		}
		m.low.WithLabelValues(name).Set(oneIf(f.Low))
		m.refused.WithLabelValues(name).Set(oneIf(f.Refusal != nil))
	}
}

func oneIf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
