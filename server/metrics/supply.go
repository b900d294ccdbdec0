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
	return outcomes(
		registry, "orderhub_supply_syncs_total", "Lists of providers that were read, by what became of them.", "status",
		supply.Applied, supply.Held, supply.Rejected, supply.Refused, supply.Failed, supply.Undone,
	)
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

// RegisterStandings has it read how lists are followed when the registry is gathered. Without an answer the metrics are
// left out.
func RegisterStandings(
	read func(context.Context) ([]supply.Standing, error), log *slog.Logger, registry prometheus.Registerer,
) {
	registry.MustRegister(&collector{
		described: []*prometheus.Desc{supplyInterval, supplyLast, supplyItems, supplyHeld, supplyLate, supplyProposals},
		write: func(to sink) {
			ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
			defer cancel()
			all, err := read(ctx)
			if err != nil {
				log.Warn("how providers' lists are followed is not known; its metrics are left out", "error", err)
				return
			}
			writeStandings(to, all)
		},
	})
}

func writeStandings(to sink, all []supply.Standing) {
	held, late := 0.0, 0.0
	for i := range all {
		one := &all[i]
		held += float64(one.Held)
		late += oneIf(one.Late(time.Now()))
		last := time.Unix(0, 0)
		if one.ReadAt != nil {
			last = *one.ReadAt
		}
		to.gauge(supplyInterval, one.Interval.Seconds(), one.Provider)
		to.gauge(supplyLast, float64(last.Unix()), one.Provider)
		to.gauge(supplyItems, float64(one.Listed), one.Provider)
		to.gauge(supplyProposals, float64(one.Proposals), one.Provider)
	}
	to.gauge(supplyHeld, held)
	to.gauge(supplyLate, late)
}
