package sim_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/dialect/sim"
	"orderhub/server/money"
)

func TestParseConfigRefuses(t *testing.T) {
	for _, text := range []string{
		`{"fault": []}`,
		`{"faults": [{"on": "everything", "do": "slow"}]}`,
		`{"faults": [{"on": "place", "do": "explode"}]}`,
		`{"faults": [{"on": "place", "do": "slow"}]}`,
		`{"faults": [{"on": "place", "do": "status", "status": 200}]}`,
		`{"faults": [{"on": "place", "do": "status", "share": 1.5}]}`,
		`{"faults": [{"on": "place", "do": "status", "first": -1}]}`,
		`{"scripts": {"A": {"delayMs": -1}}}`,
		`{"callbacks": {"copies": 1000}}`,
		`{} {}`,
		`[]`,
	} {
		_, err := sim.ParseConfig([]byte(text))
		require.Error(t, err, text)
	}
	c, err := sim.ParseConfig(nil)
	require.NoError(t, err)
	require.Zero(t, c.DelayMS)
	_, err = sim.ParseConfig([]byte(`{"faults": [{"on": "all", "do": "slow"}]}`))
	require.EqualError(
		t, err, "faults[0]: on must be place, inquire, cancel, list, account, sign_in, check, statement or any",
	)
}

// A share of faults hits the same calls in every run with one seed, about as many
// as it says, and others with another seed.
func TestPickIsRepeatable(t *testing.T) {
	picked := func(seed uint64) (all []bool) {
		p := sim.NewPicker(&sim.Config{Seed: seed, Faults: []sim.Fault{{On: sim.Place, Do: sim.Malformed, Share: 0.2}}})
		for i := range 2000 {
			all = append(all, p.Pick(sim.Place, string(rune('a'+i%26))+string(rune('a'+i/26)), nil) != nil)
		}
		return all
	}
	first := picked(1)
	require.Equal(t, first, picked(1))
	require.NotEqual(t, first, picked(2))
	hits := 0
	for _, hit := range first {
		if hit {
			hits++
		}
	}
	require.InDelta(t, 400, hits, 80)
}

func TestFaultsOfTheSimulator(t *testing.T) {
	tests := []struct {
		name  string
		fault sim.Fault
		check func(t *testing.T, o dialect.Outcome, err error, took time.Duration)
		known bool // afterwards
	}{
		{
			"timeout_before",
			sim.Fault{Do: sim.TimeoutBefore},
			func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			}, false,
		},
		{"timeout_after", sim.Fault{Do: sim.TimeoutAfter}, func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}, true},
		{"status", sim.Fault{Do: sim.StatusBefore}, func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) {
			require.Error(t, err)
			require.NotErrorIs(t, err, dialect.ErrNotSent)
		}, false},
		{
			"429",
			sim.Fault{Do: sim.StatusBefore, Status: 429, RetryAfterSeconds: 3},
			func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) {
				var busy *dialect.BusyError
				require.ErrorAs(t, err, &busy)
				require.Equal(t, 3*time.Second, busy.After)
			}, false,
		},
		{
			"status_after",
			sim.Fault{Do: sim.StatusAfter},
			func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) { require.Error(t, err) }, true,
		},
		{"malformed", sim.Fault{Do: sim.Malformed}, func(t *testing.T, _ dialect.Outcome, err error, _ time.Duration) {
			require.ErrorIs(t, err, dialect.ErrMalformed)
		}, true},
		{
			"more_units",
			sim.Fault{Do: sim.MoreUnits},
			func(t *testing.T, o dialect.Outcome, _ error, _ time.Duration) { require.Len(t, o.Goods, 3) }, true,
		},
		{
			"fewer_units",
			sim.Fault{Do: sim.FewerUnits},
			func(t *testing.T, o dialect.Outcome, _ error, _ time.Duration) { require.Len(t, o.Goods, 1) }, true,
		},
		{"slow", sim.Fault{Do: sim.Slow, DelayMS: 700}, func(t *testing.T, o dialect.Outcome, _ error, took time.Duration) {
			require.Len(t, o.Goods, 2)
			require.Equal(t, 700*time.Millisecond, took)
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tt.fault.On, tt.fault.First = sim.Place, 1
				config, err := json.Marshal(sim.Config{Faults: []sim.Fault{tt.fault}})
				require.NoError(t, err)
				s, err := sim.New(config, time.Now)
				require.NoError(t, err)
				p := dialect.Purchase{Reference: "r", SKU: "A", Quantity: 2, SubmittedAt: time.Now()}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				began := time.Now()
				outcome, err := s.Place(ctx, p)
				tt.check(t, outcome, err, time.Since(began))
				asked, err := s.Inquire(t.Context(), p)
				require.NoError(t, err)
				require.Equal(t, tt.known, asked.FailureCode != dialect.CodeNotReceived)
				again, err := s.Place(t.Context(), p)
				require.NoError(t, err, "only the first call")
				require.Len(t, again.Goods, 2)
			})
		})
	}
}

func TestReversal(t *testing.T) {
	s, err := sim.New(
		json.RawMessage(`{"scripts": {"A": {"reverseAfterMs": 1000}}}`), func() time.Time { return start.Add(time.Second) },
	)
	require.NoError(t, err)
	for submitted, want := range map[time.Time]dialect.State{
		start: dialect.Cancelled, start.Add(time.Millisecond): dialect.Delivered,
	} {
		o, err := s.Inquire(t.Context(), dialect.Purchase{Reference: "r", SKU: "A", Quantity: 1, SubmittedAt: submitted})
		require.NoError(t, err)
		require.Equal(t, want, o.State)
	}
}

func TestAbilitiesAndItems(t *testing.T) {
	s, err := sim.New(json.RawMessage(`{"notIdempotent": true, "notAskable": true,
		"items": [{"sku": "B", "name": "b", "cost": "2.50", "currency": "THB"}, {"sku": "A", "name": "a", "cost": "1",
			"currency": "THB", "stock": 0}]}`), time.Now)
	require.NoError(t, err)
	require.False(t, s.Idempotent())
	_, err = s.Inquire(t.Context(), dialect.Purchase{})
	require.ErrorIs(t, err, dialect.ErrNotAskable)
	items, err := outboundtest.Listed(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, []dialect.Item{
		{SKU: "B", Name: "b", Cost: 2_500_000, Currency: "THB", Stock: -1, Available: true},
		{SKU: "A", Name: "a", Cost: money.Unit, Currency: "THB"},
	}, items)
}
