package metrics

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/recipient"
)

// Recipients counts checks of recipients. What providers were asked, and how long they took, is with their other
// calls; see Providers.
type Recipients struct{ checks *prometheus.CounterVec }

var _ recipient.Observer = (*Recipients)(nil)

// NewRecipients registers the counters.
func NewRecipients(registry prometheus.Registerer) *Recipients {
	r := &Recipients{promauto.With(registry).NewCounterVec(prometheus.CounterOpts{
		Name: "orderhub_recipient_checks_total",
		Help: "Checks of recipients by what was found, and by whether a provider was asked or an answer given again.",
	}, []string{"result", "from"})}
	for _, result := range []recipient.Result{recipient.Exists, recipient.NotFound, recipient.Unknown} {
		r.checks.WithLabelValues(string(result), "provider")
	}
	for _, result := range []recipient.Result{recipient.Exists, recipient.NotFound} { // others are not kept
		r.checks.WithLabelValues(string(result), "memory")
	}
	return r
}

func (r *Recipients) Checked(result recipient.Result, again bool) {
	from := "provider"
	if again {
		from = "memory"
	}
	r.checks.WithLabelValues(string(result), from).Inc()
}
