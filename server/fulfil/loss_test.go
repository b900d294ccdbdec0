package fulfil_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// What costs more than a line may lose is not bought.
func TestLoss(t *testing.T) {
	for _, tt := range []struct {
		name   string
		offers []fulfil.Offer
		rule   fulfil.LossRule
		within time.Duration
		offer  int64
		wait   bool
		fails  string
	}{
		{name: "nothing is lost", offers: []fulfil.Offer{offerFor(10)}, offer: 1},
		{name: "a loss", offers: []fulfil.Offer{offerFor(11)}, fails: dialect.CodeProviderUnavailable},
		{name: "the next one", offers: []fulfil.Offer{offerFor(11), offerFor(9, second)}, offer: 2},
		{name: "allowed", offers: []fulfil.Offer{offerFor(11)}, rule: fulfil.LossRule{Most: 1000}, offer: 1},
		{
			name: "not that much", offers: []fulfil.Offer{offerFor(12)}, rule: fulfil.LossRule{Most: 1000},
			fails: dialect.CodeProviderUnavailable,
		},
		{name: "allowed by the offer", offers: []fulfil.Offer{offerFor(11, losing(1000))}, offer: 1},
		{
			name: "not allowed by the offer", offers: []fulfil.Offer{offerFor(11, losing(0))},
			rule: fulfil.LossRule{Most: 10_000}, fails: dialect.CodeProviderUnavailable,
		},
		{
			name: "by a list that is held", offers: []fulfil.Offer{offerFor(9, listedAt(11))},
			fails: dialect.CodeProviderUnavailable,
		},
		{
			name:   "without a rate, by a list that is held",
			offers: []fulfil.Offer{offerFor(9, func(o *fulfil.Offer) { o.ListedCost = fulfil.UnknownCost })},
			fails:  dialect.CodeProviderUnavailable,
		},
		{name: "though a list is held", offers: []fulfil.Offer{offerFor(9, listedAt(10))}, offer: 1},
		{name: "in another currency", offers: []fulfil.Offer{offerFor(6, in("EUR"))}, fails: dialect.CodeProviderUnavailable},
		{name: "in another currency, cheap", offers: []fulfil.Offer{offerFor(5, in("EUR"))}, offer: 1},
		{name: "without a rate", offers: []fulfil.Offer{offerFor(999, in("USD"))}, offer: 1},
		{
			name: "waits", offers: []fulfil.Offer{offerFor(11)}, rule: fulfil.LossRule{Wait: true}, within: time.Hour,
			wait: true,
		},
		{
			name: "fails, though there is time", offers: []fulfil.Offer{offerFor(11)}, within: time.Hour,
			fails: dialect.CodeProviderUnavailable,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newTill(t)
			d.sells(tt.offers...)
			d.loss, d.within = tt.rule, tt.within
			offer, wait := d.routed(t)
			require.Equal(t, tt.offer, offer)
			require.Equal(t, tt.wait, wait > 0)
			require.Equal(t, tt.fails, d.order.FailureCode)
			if !tt.wait {
				return
			}
			story, err := d.engine.Explain(t.Context(), d.order, nil, true)
			require.NoError(t, err)
			require.Contains(t, story.Next, "first would cost 33.00 THB, and the line is sold for 30.00 THB.")
			d.clock.moveTo(noon.Add(tt.within))
			_, wait = d.routed(t)
			require.Zero(t, wait)
			require.Equal(t, dialect.CodeDeadlineExceeded, d.order.FailureCode)

			// Why nobody was asked is still known, to operators.
			const why = "Passed over: first would cost 33.00 THB, and the line is sold for 30.00 THB."
			story, err = d.engine.Explain(t.Context(), d.order, nil, true)
			require.NoError(t, err)
			require.Equal(t, why, story.Steps[len(story.Steps)-1].Text)
			story, err = d.engine.Explain(t.Context(), d.order, nil, false)
			require.NoError(t, err)
			require.Empty(t, story.Steps)
		})
	}
}

// Operators are quoted the cost by which the rule against losses decides.
func TestQuotedCost(t *testing.T) {
	for name, tt := range map[string]struct {
		offer fulfil.Offer
		cost  string // of 3 units; "" for not known
	}{
		"the offer's":                    {offerFor(9), "27.00"},
		"by a list that is held":         {offerFor(9, listedAt(10)), "30.00"},
		"by a rate":                      {offerFor(4, in("EUR")), "24.00"},
		"nobody has said":                {offerFor(0), ""},
		"without a rate":                 {offerFor(9, in("USD")), ""},
		"by a list, without a rate":      {offerFor(9, func(o *fulfil.Offer) { o.ListedCost = fulfil.UnknownCost }), ""},
		"nobody but a list that is held": {offerFor(0, listedAt(10)), "30.00"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newTill(t)
			d.sells(tt.offer)
			sources, err := d.engine.Sources(
				t.Context(), d.order, map[int64]*catalog.Product{5: {ID: 5, MaxLoss: 10_000}},
			)
			require.NoError(t, err)
			require.EqualValues(t, 1, sources[0].Offer.ID)
			cost := ""
			if sources[0].Cost != nil {
				cost = sources[0].Cost.Format("THB")
			}
			require.Equal(t, tt.cost, cost)
		})
	}
}
