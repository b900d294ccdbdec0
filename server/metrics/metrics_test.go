package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orderhub/server/metrics"
	"orderhub/server/order"
)

// measured is what a counter or gauge says, or a histogram.
type measured struct {
	value, sum float64
	count      uint64
}

// gathered is every metric of a name, by the values of its labels.
func gathered(t *testing.T, registry *prometheus.Registry, name string) map[string]measured {
	t.Helper()
	problems, err := testutil.GatherAndLint(registry)
	require.NoError(t, err)
	require.Empty(t, problems)
	families, err := registry.Gather()
	require.NoError(t, err)
	found := map[string]measured{}
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			var values []string
			for _, label := range metric.GetLabel() {
				values = append(values, label.GetValue())
			}
			found[strings.Join(values, " ")] = measured{
				value: metric.GetCounter().GetValue() + metric.GetGauge().GetValue(),
				sum:   metric.GetHistogram().GetSampleSum(), count: metric.GetHistogram().GetSampleCount(),
			}
		}
	}
	return found
}

func TestRequestsAtDoors(t *testing.T) {
	registry := prometheus.NewRegistry()
	doors := metrics.NewDoors(registry)
	doors.Requested("gameso", http.MethodGet, 200, time.Second)
	doors.Requested("gameso", http.MethodGet, 200, 2*time.Second)
	doors.Requested("gameso", http.MethodPost, 401, time.Millisecond)
	for i := range 1000 {
		doors.Requested("gameso", fmt.Sprint("GET", i), 405, time.Millisecond)
	}
	found := gathered(t, registry, "orderhub_door_request_seconds")
	require.Len(t, found, 3, "what a stranger makes up is no label")
	require.EqualValues(t, 2, found["gameso GET 200"].count)
	require.InDelta(t, 3, found["gameso GET 200"].sum, 1e-9)
	require.EqualValues(t, 1, found["gameso POST 401"].count)
	require.EqualValues(t, 1000, found["gameso other 405"].count)
}

func TestCallsToProviders(t *testing.T) {
	registry := prometheus.NewRegistry()
	providers := metrics.NewProviders(registry)
	providers.Called("p", "place", "delivered", 250*time.Millisecond)
	providers.Called("p", "place", "error", time.Second)
	found := gathered(t, registry, "orderhub_provider_call_seconds")
	require.Len(t, found, 2)
	require.InDelta(t, 0.25, found["place p delivered"].sum, 1e-9)

	require.Zero(t, gathered(t, registry, "orderhub_settlement_failures_total")[""].value,
		"it is there before the first, so that its growth is seen")
	providers.Unsettled()
	require.EqualValues(t, 1, gathered(t, registry, "orderhub_settlement_failures_total")[""].value)
}

func TestStateOfABreaker(t *testing.T) {
	registry := prometheus.NewRegistry()
	providers := metrics.NewProviders(registry)
	for _, step := range []struct {
		state string
		value float64
	}{{"open", 1}, {"half-open", 0.5}, {"closed", 0}} {
		providers.BreakerChanged("p", step.state)
		require.InDelta(t, step.value, gathered(t, registry, "orderhub_provider_broken")["p"].value, 0, step.state)
	}
}

// placing is a store that answers as it is told.
type placing struct {
	order.Store

	placed []order.Placed
}

func (p placing) Place(context.Context, []*order.Candidate, order.Judging) []order.Placed {
	return p.placed
}

func TestPlacementsByWhatBecameOfThem(t *testing.T) {
	registry := prometheus.NewRegistry()
	placed := []order.Placed{
		{Order: &order.Order{}},
		{Order: &order.Order{}},
		{Replayed: &order.ExistingOrder{}},
		{Err: errors.New("insufficient balance of merchant 7")},
		{},
		{Hold: &order.Hold{}},
	}
	store := metrics.NewPlacements(placing{placed: placed}, registry)
	require.Equal(t, placed, store.Place(t.Context(), make([]*order.Candidate, 6), nil), "what the store answers")
	found := gathered(t, registry, "orderhub_placements_total")
	require.Len(t, found, 4)
	for outcome, count := range map[string]float64{"accepted": 2, "held": 1, "replayed": 1, "refused": 2} {
		require.InDelta(t, count, found[outcome].value, 0, outcome)
	}
	size := gathered(t, registry, "orderhub_placement_batch_size")[""]
	require.EqualValues(t, 1, size.count)
	require.InDelta(t, 6, size.sum, 0)
	require.EqualValues(t, 1, gathered(t, registry, "orderhub_placement_batch_seconds")[""].count)
}
