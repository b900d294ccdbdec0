package metrics

import (
	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/session"
)

// NewSignIns tells how operators sign in, by what becomes of it.
func NewSignIns(registry prometheus.Registerer) func(outcome string) {
	return outcomes(
		registry, "orderhub_operator_sign_ins_total", "Attempts of operators to sign in, by what became of them.", "outcome",
		session.Outcomes...,
	)
}
