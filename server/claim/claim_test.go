package claim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/order"
)

var (
	noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	ada  = claim.By{Kind: "operator", Name: "ada"}
)

func held(id int64, change func(*claim.Held)) claim.Held {
	h := claim.Held{
		UnitID: id, LineID: 1, ProductID: 5, Position: 1, SKU: "CODE", Status: order.GoodsDelivered,
		DeliveredAt: noon.Add(-time.Hour),
	}
	if change != nil {
		change(&h)
	}
	return h
}

func TestWhoMayBeClaimed(t *testing.T) {
	t.Parallel()
	var (
		notDelivered *claim.NotDeliveredError
		claimed      *claim.ClaimedError
		late         *claim.TooLateError
		used         *claim.UsedError
		invalid      *errs.InvalidError
	)
	for _, test := range []struct {
		name   string
		units  []int64
		reason claim.Reason
		held   func(*claim.Held)
		policy claim.Policy
		as     any
		is     error
	}{
		{name: "a unit that was delivered", units: []int64{1}},
		{name: "all there are"},
		{name: "one of another order", units: []int64{2}, is: claim.ErrUnitNotFound},
		{name: "one twice", units: []int64{1, 1}, as: &invalid},
		{name: "pending", units: []int64{1}, held: func(h *claim.Held) { h.Status = order.GoodsPending }, as: &notDelivered},
		{
			name: "cancelled", units: []int64{1}, held: func(h *claim.Held) { h.Status = order.GoodsCancelled },
			as: &notDelivered,
		},
		{name: "none is left", held: func(h *claim.Held) { h.Status = order.GoodsReplaced }, is: claim.ErrNothing},
		{name: "claimed before", units: []int64{1}, held: func(h *claim.Held) { h.ClaimID = 9 }, as: &claimed},
		{name: "all that are not claimed", held: func(h *claim.Held) { h.ClaimID = 9 }, is: claim.ErrNothing},
		{name: "in the last moment", units: []int64{1}, policy: claim.Policy{ClaimWithin: time.Hour}},
		{name: "too late", units: []int64{1}, policy: claim.Policy{ClaimWithin: time.Hour - 1}, as: &late},
		{name: "a used ticket", units: []int64{1}, held: func(h *claim.Held) { h.Status = order.GoodsUsed }},
		{
			name: "a used ticket that never came", units: []int64{1}, reason: claim.NotReceived,
			held: func(h *claim.Held) { h.Status = order.GoodsUsed }, as: &used,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := claim.Case{
				Now: noon, Units: []claim.Held{held(1, test.held)}, Policies: map[int64]claim.Policy{5: test.policy},
			}
			c, automatic, err := k.Judge(&claim.Draft{Units: test.units, Reason: test.reason})
			switch {
			case test.is != nil:
				require.ErrorIs(t, err, test.is)
			case test.as != nil:
				require.ErrorAs(t, err, test.as)
			default:
				require.NoError(t, err)
				require.Len(t, c.Units, 1)
				require.Equal(t, claim.Waiting, c.Units[0].Status)
				require.Empty(t, automatic)
			}
		})
	}
}

func TestPolicyAnswers(t *testing.T) {
	t.Parallel()
	policy := claim.Policy{
		Answer: claim.Replace, AutomaticWithin: 2 * time.Hour, PerMonth: 3, AnswerWithin: 5 * time.Hour,
	}
	k := claim.Case{
		Now: noon, Policies: map[int64]claim.Policy{5: policy}, Used: map[int64]int{5: 1},
		Units: []claim.Held{
			held(4, nil), held(1, nil), held(2, func(h *claim.Held) { h.DeliveredAt = noon.Add(-2*time.Hour - 1) }),
			held(3, func(h *claim.Held) { h.Ticketed = true }), held(6, nil), held(7, func(h *claim.Held) { h.ProductID = 8 }),
			held(0, func(h *claim.Held) { h.Status = order.GoodsUsed }),
		},
	}
	c, automatic, err := k.Judge(&claim.Draft{Reason: claim.NotWorking})
	require.NoError(t, err)
	require.Equal(t, map[claim.Verdict][]int64{claim.Replace: {1, 4}}, automatic, "of each merchant three a month")
	require.Equal(t, 7, c.Waiting())
	k.Policies[8] = claim.Policy{AnswerWithin: time.Hour}
	k.SetDeadline(c)
	require.Equal(t, noon.Add(time.Hour), *c.AnswerBy)
	for i := range c.Units {
		if c.Units[i].ProductID == 8 {
			c.Units[i].Status = claim.Refunded
		}
	}
	c.AnswerBy = nil
	k.SetDeadline(c)
	require.Equal(t, noon.Add(5*time.Hour), *c.AnswerBy, "what is answered has no deadline")
	require.True(t, c.Overdue(noon.Add(5*time.Hour)))
	require.False(t, c.Overdue(noon.Add(5*time.Hour-1)))
}

func TestPolicyRefuses(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]claim.Policy{
		"without a bound of time":  {Answer: claim.Refund, PerMonth: 1},
		"without a bound of units": {Answer: claim.Refund, AutomaticWithin: time.Hour},
		"a bound of nothing":       {PerMonth: 1},
		"a rejection":              {Answer: claim.Reject, PerMonth: 1, AutomaticWithin: time.Hour},
		"a zone that is none":      {TimeZone: "Asia/Atlantis"},
		"the machine's zone":       {TimeZone: "Local"},
	} {
		var invalid *errs.InvalidError
		require.ErrorAs(t, p.Check(), &invalid, name)
	}
	require.NoError(t, (&claim.Policy{TimeZone: "Asia/Bangkok", ClaimWithin: time.Hour}).Check())
}

func TestMonth(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 6, 59, 0, 0, time.FixedZone("", 7*3600))
	require.Equal(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), claim.Month(at), "months are those of UTC")
}

func waiting(ids ...int64) *claim.Claim {
	c := &claim.Claim{ID: 1, Reason: claim.NotWorking}
	for _, id := range ids {
		c.Units = append(c.Units, claim.Unit{UnitID: id, LineID: 1, Status: claim.Waiting})
	}
	return c
}

func TestAnsweredOnce(t *testing.T) {
	t.Parallel()
	with := map[int64]order.GoodsStatus{1: order.GoodsDelivered, 2: order.GoodsDelivered}
	c := waiting(1, 2)
	refund := claim.Answer{Verdict: claim.Refund, By: ada, Words: "sorry", Units: []int64{2}}
	units, err := c.Take(&refund, with)
	require.NoError(t, err)
	require.Len(t, units, 1)
	units[0].Put(&refund, claim.Refunded, noon)
	require.Equal(t, claim.StatusWaiting, c.Status())
	with[2] = order.GoodsCancelled

	again, err := c.Take(&refund, with)
	require.NoError(t, err)
	require.Empty(t, again, "the same answer of the same one changes nothing")
	var answered *claim.AnsweredError
	for _, other := range []claim.Answer{
		{Verdict: claim.Reject, By: ada, Words: "sorry", Units: []int64{2}},
		{Verdict: claim.Refund, By: claim.By{Kind: "operator", Name: "grace"}, Words: "sorry", Units: []int64{2}},
		{Verdict: claim.Refund, By: ada, Words: "otherwise", Units: []int64{2}},
		{Verdict: claim.Reject, By: ada, Words: "no", Units: []int64{1, 2}},
	} {
		_, err := c.Take(&other, with)
		require.ErrorAs(t, err, &answered)
	}
	_, err = c.Take(&claim.Answer{Verdict: claim.Refund, Units: []int64{3}}, with)
	require.ErrorIs(t, err, claim.ErrUnitNotFound)
	rest := claim.Answer{Verdict: claim.Reject, By: ada, Words: "no"}
	units, err = c.Take(&rest, with)
	require.NoError(t, err)
	require.Len(t, units, 1, "without units it is for all that wait")
	units[0].Put(&rest, claim.Rejected, noon)
	require.Equal(t, claim.StatusAnswered, c.Status())
	units, err = c.Take(&rest, with)
	require.NoError(t, err, "it was for all that waited")
	require.Empty(t, units)
	rest.Words = "never"
	_, err = c.Take(&rest, with)
	require.ErrorAs(t, err, &answered)
}

func TestAnswersThatCannotBe(t *testing.T) {
	t.Parallel()
	var gone *claim.NotDeliveredError
	_, err := waiting(1).Take(&claim.Answer{Verdict: claim.Refund}, map[int64]order.GoodsStatus{1: order.GoodsCancelled})
	require.ErrorAs(t, err, &gone, "it was cancelled meanwhile")
	units, err := waiting(1).Take(
		&claim.Answer{Verdict: claim.Reject, Words: "gone"}, map[int64]order.GoodsStatus{1: order.GoodsCancelled},
	)
	require.NoError(t, err)
	require.Len(t, units, 1, "that can be rejected")
	c := waiting(1)
	redeemed := map[int64]order.GoodsStatus{1: order.GoodsUsed}
	var used *claim.UsedError
	for _, verdict := range []claim.Verdict{claim.Refund, claim.Replace} {
		_, err = c.Take(&claim.Answer{Verdict: verdict}, redeemed)
		require.ErrorAs(t, err, &used)
	}
	units, err = c.Take(&claim.Answer{Verdict: claim.Reject, Words: "used"}, redeemed)
	require.NoError(t, err)
	require.Len(t, units, 1)
	c.Units[0].Ticketed = true
	with := map[int64]order.GoodsStatus{1: order.GoodsDelivered}
	_, err = c.Take(&claim.Answer{Verdict: claim.Replace}, with)
	require.ErrorIs(t, err, claim.ErrNotReplaceable)
	var invalid *errs.InvalidError
	_, err = waiting(1).Take(&claim.Answer{Verdict: claim.Replace, Goods: []string{"a", "b"}}, with)
	require.ErrorAs(t, err, &invalid)
	for _, a := range []claim.Answer{
		{Verdict: "shrug"},
		{Verdict: claim.Reject},
		{Verdict: claim.Refund, Goods: []string{"a"}},
		{Verdict: claim.Replace, Goods: []string{"a", "a"}},
	} {
		require.ErrorAs(t, a.Check(), &invalid, a.Verdict)
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	c := waiting(1, 2)
	c.OrderNumber, c.Said = "o", claim.Said{Text: "broken"}
	d := claim.Draft{OrderNumber: "o", Units: []int64{2, 1}, Reason: claim.NotWorking, Said: claim.Said{Text: "broken"}}
	require.True(t, d.Repeats(c, false))
	for _, change := range []func(*claim.Draft){
		func(d *claim.Draft) { d.OrderNumber = "p" }, func(d *claim.Draft) { d.Units = []int64{1} },
		func(d *claim.Draft) { d.Units = []int64{1, 3} }, func(d *claim.Draft) { d.Reason = claim.Expired },
		func(d *claim.Draft) { d.Said.Text = "bad" },
	} {
		other := d
		change(&other)
		require.False(t, other.Repeats(c, false), other)
	}
	all := d
	all.Units = nil
	require.True(t, all.Repeats(c, false))
	require.False(t, all.Repeats(c, true), "the claim was for some of the units")
	require.True(t, d.Repeats(c, true))
	c.Said = claim.Said{}
	require.False(t, d.Repeats(c, false))
	c.Erased = true
	require.True(t, d.Repeats(c, false), "what was erased is not compared")
}

// Without units the answer was for those that waited, whatever the others had got before;
// goods are part of it.
func TestAnswerRepeated(t *testing.T) {
	t.Parallel()
	with := map[int64]order.GoodsStatus{1: order.GoodsDelivered, 2: order.GoodsDelivered}
	c := waiting(1, 2)
	reject := claim.Answer{Verdict: claim.Reject, By: ada, Words: "no", Units: []int64{1}}
	c.Units[0].Put(&reject, claim.Rejected, noon)
	replace := claim.Answer{Verdict: claim.Replace, By: ada, Goods: []string{"X"}}
	units, err := c.Take(&replace, with)
	require.NoError(t, err)
	require.Len(t, units, 1)
	units[0].Put(&replace, claim.Replaced, noon)
	units[0].Given = "X"
	with[2] = order.GoodsReplaced
	for _, test := range []struct {
		change func(*claim.Answer)
		same   bool
	}{
		{func(*claim.Answer) {}, true},
		{func(a *claim.Answer) { a.Units = []int64{2} }, true},
		{func(a *claim.Answer) { a.Goods = []string{"Y"} }, false},
		{func(a *claim.Answer) { a.Goods = []string{"X", "Y"} }, false},
		{func(a *claim.Answer) { a.Units = []int64{1, 2} }, false},
		{func(a *claim.Answer) { a.Verdict, a.Goods = claim.Refund, nil }, false},
	} {
		again := replace
		test.change(&again)
		units, err = c.Take(&again, with)
		require.Empty(t, units)
		if test.same {
			require.NoError(t, err)
			continue
		}
		var answered *claim.AnsweredError
		require.ErrorAs(t, err, &answered, again)
	}
	c.Erased, c.Units[1].Given = true, ""
	_, err = c.Take(&replace, with)
	require.NoError(t, err, "what was erased is not compared")
}

func TestDispute(t *testing.T) {
	t.Parallel()
	u := &claim.Unit{UnitID: 1}
	thb := func(whole int64) money.Sum {
		return money.Sum{Amount: money.Amount(whole) * money.Unit, Currency: "THB"}
	}
	credit := claim.Ending{Credit: "50.00"}
	_, err := u.End(credit, thb(100), noon)
	require.ErrorIs(t, err, claim.ErrNotDisputed)
	for _, bought := range [][]int64{nil, {7, 8}} {
		_, err = u.Pass(claim.Passing{}, bought, noon)
		require.ErrorIs(t, err, claim.ErrNoPurchase)
	}
	_, err = u.Pass(claim.Passing{AttemptID: 9}, []int64{7, 8}, noon)
	require.ErrorIs(t, err, claim.ErrNoPurchase)
	changed, err := u.Pass(claim.Passing{AttemptID: 8, Reference: "CASE"}, []int64{7, 8}, noon)
	require.NoError(t, err)
	require.True(t, changed)
	changed, err = u.Pass(claim.Passing{Reference: "CASE"}, []int64{7, 8}, noon)
	require.NoError(t, err)
	require.False(t, changed)

	for _, wrong := range []string{"0", "-1.00", "1.001", "much"} {
		_, err = u.End(claim.Ending{Credit: wrong}, thb(100), noon)
		var invalid *errs.InvalidError
		require.ErrorAs(t, err, &invalid, wrong)
	}
	var large *claim.CreditTooLargeError
	_, err = u.End(credit, thb(49), noon)
	require.ErrorAs(t, err, &large)
	changed, err = u.End(credit, thb(50), noon)
	require.NoError(t, err)
	require.True(t, changed)
	changed, err = u.End(credit, thb(0), noon)
	require.NoError(t, err)
	require.False(t, changed)
	var ended *claim.EndedError
	_, err = u.End(claim.Ending{}, thb(0), noon)
	require.ErrorAs(t, err, &ended)
	_, err = u.Pass(claim.Passing{Reference: "OTHER"}, []int64{8}, noon)
	require.ErrorAs(t, err, &ended)
}

func TestRedeem(t *testing.T) {
	t.Parallel()
	bangkok := claim.Policy{TimeZone: "Asia/Bangkok"}
	for _, test := range []struct {
		name   string
		at     time.Time
		policy claim.Policy
		want   bool
	}{
		{"on the day", noon, claim.Policy{}, true},
		{"the first moment", noon.Add(-12 * time.Hour), claim.Policy{}, true},
		{"the moment before", noon.Add(-12*time.Hour - 1), claim.Policy{}, false},
		{"the next day", noon.Add(12 * time.Hour), claim.Policy{}, false},
		{"the last moment there", noon.Add(5*time.Hour - time.Second), bangkok, true},
		{"the next day there", noon.Add(5 * time.Hour), bangkok, false},
		{"the first moment there", noon.Add(-19 * time.Hour), bangkok, true},
	} {
		ticket := claim.Ticket{Status: order.GoodsDelivered, UseDate: "2026-11-29"}
		_, err := ticket.Redeem(&claim.Redemption{At: test.at, Reference: "gate"}, &test.policy, noon)
		if !test.want {
			var wrong *claim.WrongDateError
			require.ErrorAs(t, err, &wrong, test.name)
			require.Nil(t, ticket.RedeemedAt)
			continue
		}
		require.NoError(t, err, test.name)
		require.Equal(t, order.GoodsUsed, ticket.Status)
		again, err := ticket.Redeem(&claim.Redemption{At: test.at.Add(time.Hour), Reference: "gate"}, &test.policy, noon)
		require.NoError(t, err)
		require.True(t, again)
		var before *claim.RedeemedError
		for _, reference := range []string{"", "another gate"} {
			_, err = ticket.Redeem(&claim.Redemption{Reference: reference}, &test.policy, noon)
			require.ErrorAs(t, err, &before)
		}
	}
	for _, status := range []order.GoodsStatus{order.GoodsPending, order.GoodsCancelled, order.GoodsFailed} {
		ticket := claim.Ticket{Status: status, UseDate: "2026-11-29"}
		var invalid *claim.NotValidError
		_, err := ticket.Redeem(&claim.Redemption{}, &claim.Policy{}, noon)
		require.ErrorAs(t, err, &invalid)
	}
	for before, want := range map[time.Duration]bool{0: true, time.Minute: true, time.Minute + time.Second: false} {
		ticket := claim.Ticket{Status: order.GoodsDelivered, UseDate: "2026-11-29", DeliveredAt: noon}
		var invalid *errs.InvalidError
		if _, err := ticket.Redeem(&claim.Redemption{At: noon.Add(-before)}, &claim.Policy{}, noon); want {
			require.NoError(t, err, before)
		} else {
			require.ErrorAs(t, err, &invalid, before)
			require.Equal(t, order.GoodsDelivered, ticket.Status)
		}
	}
	late := claim.Redemption{Code: "c", At: noon.Add(2 * time.Minute)}
	require.Error(t, late.Check(noon))
}
