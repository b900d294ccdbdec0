package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/session"
)

// NewSignIns tells how operators sign in, by what becomes of it.
func NewSignIns(registry prometheus.Registerer) func(outcome string) {
	outcomes := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orderhub_operator_sign_ins_total", Help: "Attempts of operators to sign in, by what became of them.",
	}, []string{"outcome"})
	for _, outcome := range session.Outcomes {
		outcomes.WithLabelValues(outcome) // there before the first, so that its growth is seen
	}
	registry.MustRegister(outcomes)
	return func(outcome string) { outcomes.WithLabelValues(outcome).Inc() }
}
