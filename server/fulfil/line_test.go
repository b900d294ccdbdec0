package fulfil_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/order"
)

func TestApplies(t *testing.T) {
	of := func(id int64) *fulfil.Attempt { return &fulfil.Attempt{ID: id, Status: fulfil.AttemptDelivered} }
	asked := fulfil.LineState{AttemptID: 7, Status: fulfil.AttemptAccepted, Open: 3}
	parked := fulfil.LineState{AttemptID: 7, Status: fulfil.AttemptParked, Open: 3}
	free := fulfil.LineState{Open: 3}
	for name, c := range map[string]struct {
		result fulfil.Result
		now    fulfil.LineState
		want   bool
	}{
		"the attempt is under way":          {fulfil.Result{Attempt: of(7)}, asked, true},
		"another attempt is under way":      {fulfil.Result{Attempt: of(6)}, asked, false},
		"the attempt is settled":            {fulfil.Result{Attempt: of(7)}, free, false},
		"a decision about a parked attempt": {fulfil.Result{Attempt: of(7), OnlyParked: true}, parked, true},
		"a decision after somebody went on": {fulfil.Result{Attempt: of(7), OnlyParked: true}, asked, false},
		"a decision after it was settled":   {fulfil.Result{Attempt: of(7), OnlyParked: true}, free, false},
		"giving up what is open":            {fulfil.Result{Settlement: order.Settlement{Failed: 3}}, free, true},
		"giving up more than is open":       {fulfil.Result{Settlement: order.Settlement{Failed: 4}}, free, false},
		"failed and cancelled are given up": {
			fulfil.Result{Settlement: order.Settlement{Failed: 2, Cancelled: 2}}, free, false,
		},
		"giving up what somebody is asked for":  {fulfil.Result{Settlement: order.Settlement{Failed: 1}}, asked, false},
		"a note about a line that nobody is at": {fulfil.Result{}, free, true},
	} {
		require.Equal(t, c.want, c.result.Applies(c.now), name)
	}
}

func TestStrands(t *testing.T) {
	for status, settled := range map[fulfil.AttemptStatus]bool{
		fulfil.AttemptDelivered: true, fulfil.AttemptRefused: true, fulfil.AttemptCancelled: true,
		fulfil.AttemptWaiting: false, fulfil.AttemptSubmitting: false, fulfil.AttemptAccepted: false,
		fulfil.AttemptUnknown: false, fulfil.AttemptParked: false,
	} {
		result := fulfil.Result{Attempt: &fulfil.Attempt{Status: status}}
		require.Equal(t, settled, result.Strands(1), status)
		require.False(t, result.Strands(0), status)
	}
	require.False(t, (&fulfil.Result{}).Strands(1), "nobody was asked")
}

func TestMayBegin(t *testing.T) {
	two := fulfil.Attempt{Quantity: 2, Number: 3}
	require.True(t, two.MayBegin(fulfil.LineState{Open: 2}))
	require.True(t, two.MayBegin(fulfil.LineState{Open: 5}))
	require.False(t, two.MayBegin(fulfil.LineState{Open: 1}), "fewer are open")
	require.False(t, two.MayBegin(fulfil.LineState{Open: 5, AttemptID: 7}), "somebody is asked")
	require.True(t, two.MayBegin(fulfil.LineState{Open: 2, Tried: 2}))
	require.False(t, two.MayBegin(fulfil.LineState{Open: 2, Tried: 3}), "another one took its number")
}

// Whatever an attempt, or a line without one, ends with: written a second time it
// changes nothing.
func FuzzResultsTakeEffectOnce(f *testing.F) {
	for seed := range uint64(60) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		chance := rand.New(rand.NewPCG(seed, 4))
		d := newDesk(t)
		d.line.Completed = chance.Int64N(2)
		open := d.line.Open()
		r := fulfil.Result{Settlement: order.Settlement{MerchantID: 7, OrderID: 1, LineID: 11}}
		if chance.IntN(3) > 0 {
			d.attempt(fulfil.AttemptParked, 1)
			ended := d.attempts[0]
			ended.Status = []fulfil.AttemptStatus{
				fulfil.AttemptDelivered, fulfil.AttemptRefused, fulfil.AttemptCancelled,
			}[chance.IntN(3)]
			r.Attempt, r.OnlyParked = &ended, chance.IntN(2) == 0
			r.Settlement.Failed = chance.Int64N(open + 1)
			r.Settlement.Delivered = make([]order.Goods, chance.Int64N(open-r.Settlement.Failed+1))
		} else {
			r.Settlement.Cancelled = chance.Int64N(open)
			r.Settlement.Failed = open - r.Settlement.Cancelled
		}
		applied, err := d.Settle(t.Context(), []fulfil.Result{r})
		require.NoError(t, err)
		require.Equal(t, []bool{true}, applied)
		line, wallet := *d.line, d.wallet
		attempts, events := slices.Clone(d.attempts), len(d.events)
		applied, err = d.Settle(t.Context(), []fulfil.Result{r, r})
		require.NoError(t, err)
		require.Equal(t, []bool{false, false}, applied)
		require.Equal(t, line, *d.line)
		require.Equal(t, wallet, d.wallet)
		require.Equal(t, attempts, d.attempts)
		require.Len(t, d.events, events)
	})
}
