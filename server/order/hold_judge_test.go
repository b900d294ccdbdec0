package order_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/order"
)

// heldPair is a hold of two units in the state, and the candidate that makes it an order.
func heldPair(s *order.State) *order.Candidate {
	p := codes(1, "10.00")
	c := candidate("held", order.PricedLine{Product: p, Quantity: 2})
	c.Confirms = &order.Hold{
		ID: 9, Number: c.Number, MerchantID: 7, Reference: "held", Status: order.HoldOpen, Currency: thb,
		Total:     baht("20.00"),
		HoldTerms: order.HoldTerms{Lines: []order.HoldLine{{ProductID: 1, Quantity: 2, Total: baht("20.00")}}},
	}
	held := *c.Confirms
	held.ExpiresAt = noon.Add(time.Minute)
	s.Holds.Confirming = map[int64]*order.Confirming{9: {
		Hold: held, Units: map[int][]order.Unit{0: {{ID: 1, Sealed: []byte("a")}, {ID: 2, Sealed: []byte("b")}}},
	}}
	return c
}

func TestHeldUnitsAreOpenedOnce(t *testing.T) {
	s := state()
	opened := 0
	s.Open = func(u order.Unit) (string, error) { opened++; return string(u.Sealed), nil }
	verdict := judge(t, s, []*order.Candidate{heldPair(s)})[0]
	require.NoError(t, verdict.Err)
	require.Equal(t, []string{"a", "b"}, verdict.Accepted.Order.Lines[0].Contents())
	require.Equal(t, 2, opened)
}

// A damaged unit is no reason to refuse what else is in the transaction.
func TestHeldUnitThatIsDamaged(t *testing.T) {
	p := codes(2, "10.00")
	s := state(p)
	c := heldPair(s)
	s.Open = func(u order.Unit) (string, error) {
		if u.ID == 2 {
			return "", errors.New("damaged")
		}
		return string(u.Sealed), nil
	}
	verdicts := judge(t, s, []*order.Candidate{c, candidate("a", order.PricedLine{Product: p, Quantity: 1})})
	var damaged *order.HoldDamagedError
	require.ErrorAs(t, verdicts[0].Err, &damaged)
	require.Equal(t, c.Number, damaged.Number)
	require.NotNil(t, verdicts[1].Accepted)
	require.Equal(t, baht("90.00"), s.Wallets[7].Balance, "the hold is as it was")
}

// In one transaction holds take what outlasts them, whoever comes first, and orders what expires first.
func TestHoldsAndOrdersTakeOtherUnits(t *testing.T) {
	p := codes(1, "10.00")
	s := state(p)
	s.Holds.References, s.Holds.Open = map[order.ReferenceKey]*order.ExistingOrder{}, map[int64]int{}
	for i := range s.Units[1].Units { // one more hour for each
		s.Units[1].Units[i].Expires = noon.Add(time.Duration(i+1) * time.Hour).Unix()
	}
	hold := func(reference string, units int64, d time.Duration) *order.Candidate {
		c := candidate(reference, order.PricedLine{Product: p, Quantity: units})
		c.HoldFor = d
		return c
	}
	verdicts := judge(t, s, []*order.Candidate{
		hold("a", 1, 2*time.Hour), candidate("b", order.PricedLine{Product: p, Quantity: 2}), hold("c", 3, 7*time.Hour),
		hold("d", 1, time.Minute),
	})
	units := func(claims []order.UnitClaim) (ids []int64) {
		for _, c := range claims {
			ids = append(ids, c.UnitID-100)
		}
		return ids
	}
	require.Equal(t, []int64{2}, units(verdicts[0].Taking.Units), "which lasts for more than two hours")
	require.Equal(t, []int64{0, 1}, units(verdicts[1].Accepted.Claims))
	require.Equal(t, []int64{7, 8, 9}, units(verdicts[2].Taking.Units))
	require.Equal(t, []int64{3}, units(verdicts[3].Taking.Units))
	require.Equal(t, noon.Add(3*time.Hour), verdicts[0].Taking.Hold.Until.UTC())
	require.Equal(t, noon.Add(2*time.Hour), verdicts[0].Taking.Hold.ExpiresAt)
}

func TestUnitsAreAddedBehindOthers(t *testing.T) {
	pool := &order.UnitPool{Units: []order.Unit{{ID: 1, Expires: 5}, {ID: 4, Expires: 7}}}
	pool.AddLater([]order.Unit{{ID: 1, Expires: 5}, {ID: 3, Expires: 7}, {ID: 4, Expires: 7}, {ID: 2, Expires: 8}})
	require.Equal(t, []order.Unit{{ID: 1, Expires: 5}, {ID: 4, Expires: 7}, {ID: 2, Expires: 8}}, pool.Units)
	pool.AddLater(nil)
	require.Len(t, pool.Units, 3)
	empty := &order.UnitPool{}
	empty.AddLater(pool.Units)
	require.Len(t, empty.Units, 3)
}
