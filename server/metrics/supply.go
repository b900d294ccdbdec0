package metrics

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/supply"
)

// NewSyncs counts what became of syncs, by it.
func NewSyncs(registry prometheus.Registerer) func(supply.Status) {
	ended := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orderhub_supply_syncs_total", Help: "Lists of providers that were read, by what became of them.",
	}, []string{"status"})
	for _, status := range []supply.Status{
		supply.Applied, supply.Held, supply.Rejected, supply.Refused, supply.Failed, supply.Undone,
	} {
		ended.WithLabelValues(string(status))
	}
	registry.MustRegister(ended)
	return func(status supply.Status) { ended.WithLabelValues(string(status)).Inc() }
}

var (
	supplyInterval = described(
		"orderhub_supply_interval_seconds", "How often a provider's list is read, 0 for only when somebody asks.", "provider",
	)
	supplyLast = described(
		"orderhub_supply_last_success_timestamp_seconds",
		"When a provider's list was last read and dealt with, 0 for never.", "provider",
	)
	supplyItems = described("orderhub_supply_items", "Items of that list.", "provider")
	supplyHeld  = described("orderhub_supply_syncs_held", "Lists of providers that wait for a person.")
	supplyLate  = described(
		"orderhub_supply_lists_late", "Providers whose list was not dealt with for three times as long as it should be.",
	)
	supplyProposals = described("orderhub_supply_proposals_open", "Items that are proposed.", "provider")
)

// standings asks how lists are followed when it is scraped.
type standings struct {
	read func(context.Context) ([]supply.Standing, error)
	log  *slog.Logger
}

// RegisterStandings has it read when the registry is gathered.
func RegisterStandings(
	read func(context.Context) ([]supply.Standing, error), log *slog.Logger, registry prometheus.Registerer,
) {
	registry.MustRegister(&standings{read, log})
}

// Describe implements prometheus.Collector.
func (*standings) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		supplyInterval, supplyLast, supplyItems, supplyHeld, supplyLate, supplyProposals,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector. Without an answer the metrics are left out.
func (s *standings) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), backlogTimeout)
	defer cancel()
	all, err := s.read(ctx)
	if err != nil {
		s.log.Warn("how providers' lists are followed is not known; its metrics are left out", "error", err)
		return
	}
	held, late := 0.0, 0.0
	defer func() {
		to <- prometheus.MustNewConstMetric(supplyHeld, prometheus.GaugeValue, held)
		to <- prometheus.MustNewConstMetric(supplyLate, prometheus.GaugeValue, late)
	}()
	for i := range all {
		one := &all[i]
		held += float64(one.Held)
		if one.Late(time.Now()) {
			late++
		}
		gauge := func(d *prometheus.Desc, value float64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, one.Provider)
		}
		last := time.Unix(0, 0)
		if one.ReadAt != nil {
			last = *one.ReadAt
		}
		gauge(supplyInterval, one.Interval.Seconds())
		gauge(supplyLast, float64(last.Unix()))
		gauge(supplyItems, float64(one.Listed))
		gauge(supplyProposals, float64(one.Proposals))
	}
}
