// Package metrics says in numbers how placement, doors and providers are doing.
package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"orderhub/server/order"
)

// What becomes of an order that is placed.
const (
	accepted = "accepted"
	held     = "held"
	replayed = "replayed"
	refused  = "refused"
)

// Placements is a store that tells how placement goes: how large the batches are,
// how long they take and what becomes of their orders.
type Placements struct {
	order.Store
	size     prometheus.Histogram
	seconds  prometheus.Histogram
	outcomes *prometheus.CounterVec
}

// NewPlacements measures what is placed in the store.
func NewPlacements(store order.Store, registry prometheus.Registerer) *Placements {
	factory := promauto.With(registry)
	m := &Placements{
		Store: store,
		size: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "orderhub_placement_batch_size", Help: "Orders judged in one placement transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9), // 1 to 256; a batch that is placed as a whole may have more
		}),
		seconds: factory.NewHistogram(prometheus.HistogramOpts{
			Name: "orderhub_placement_batch_seconds", Help: "Time one placement transaction took, retries included.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14), // 1 ms to 8 s
		}),
		outcomes: factory.NewCounterVec(prometheus.CounterOpts{
			Name: "orderhub_placements_total", Help: "Orders judged, by what became of them.",
		}, []string{"outcome"}),
	}
	for _, outcome := range []string{accepted, held, replayed, refused} {
		m.outcomes.WithLabelValues(outcome) // there before the first, so that its growth is seen
	}
	return m
}

// RegisterQueue tells how many orders wait to be placed, and how many were turned away because too many did.
func RegisterQueue(queue func() (waiting int, turnedAway uint64), registry prometheus.Registerer) {
	promauto.With(registry).NewGaugeFunc(prometheus.GaugeOpts{
		Name: "orderhub_placements_waiting", Help: "Orders that wait for the next placement transaction.",
	}, func() float64 {
		waiting, _ := queue()
		return float64(waiting)
	})
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{
		Name: "orderhub_placements_turned_away_total", Help: "Orders turned away because too many waited to be placed.",
	}, func() float64 {
		_, turnedAway := queue()
		return float64(turnedAway)
	})
}

// RegisterRefusals tells how many refusals were not kept for who asks what became of a reference.
func RegisterRefusals(forgotten func() uint64, registry prometheus.Registerer) {
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{
		Name: "orderhub_refusals_forgotten_total",
		Help: "Refused orders of which no reason is kept: too many of their merchant, or a database that did not answer.",
	}, func() float64 { return float64(forgotten()) })
}

// RegisterHolds tells how many holds this process found to have expired.
func RegisterHolds(expired func() uint64, registry prometheus.Registerer) {
	promauto.With(registry).NewCounterFunc(prometheus.CounterOpts{
		Name: "orderhub_holds_expired_total", Help: "Holds that this process ended because their time was over.",
	}, func() float64 { return float64(expired()) })
}

// Place is that of the store, measured.
func (m *Placements) Place(ctx context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	start := time.Now()
	placed := m.Store.Place(ctx, candidates, judge)
	m.measure(start, len(candidates), placed)
	return placed
}

// PlaceAll is that of the store, measured.
func (m *Placements) PlaceAll(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging,
) ([]order.Placed, error) {
	start := time.Now()
	placed, err := m.Store.PlaceAll(ctx, candidates, judge)
	if err != nil {
		m.measure(start, len(candidates), nil)
		m.outcomes.WithLabelValues(refused).Add(float64(len(candidates)))
		return nil, err
	}
	m.measure(start, len(candidates), placed)
	return placed, nil
}

func (m *Placements) measure(start time.Time, candidates int, placed []order.Placed) {
	m.seconds.Observe(time.Since(start).Seconds())
	m.size.Observe(float64(candidates))
	for i := range placed {
		m.outcomes.WithLabelValues(outcomeOf(&placed[i])).Inc()
	}
}

func outcomeOf(p *order.Placed) string {
	switch {
	case p.Order != nil:
		return accepted
	case p.Hold != nil:
		return held
	case p.Replayed != nil:
		return replayed
	default:
		return refused
	}
}
