package reconcile_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/reconcile"
)

// charges are kept of one statement.
func charges(rows []reconcile.Row) (all []reconcile.Charge) {
	for _, r := range rows {
		all = append(all, reconcile.Charge{Row: r, RunID: 1})
	}
	return all
}

// One charge under two times, in two statements, is not two: that is for a statement to say that has both.
func TestOneChargeUnderTwoTimes(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	row := func(day int, n int64) reconcile.Row {
		return reconcile.Row{
			Line: 1, Reference: "r", At: time.Date(2026, 5, day, 0, 0, 0, 0, time.UTC), State: reconcile.Purchased, Sum: thb(n),
		}
	}
	type rows = []reconcile.Row
	of := func(day int, n, run int64) reconcile.Charge { return reconcile.Charge{Row: row(day, n), RunID: run} }
	back := row(28, 10)
	back.State = reconcile.Credited
	for name, test := range map[string]struct {
		others []reconcile.Charge
		now    rows
		kind   reconcile.Kind
		sure   bool
	}{
		"near":              {[]reconcile.Charge{of(1, 40, 1)}, rows{row(8, 40)}, reconcile.ChargedTwice, false},
		"far":               {[]reconcile.Charge{of(1, 40, 1)}, rows{row(9, 40)}, reconcile.ChargedTwice, true},
		"both in one":       {nil, rows{row(1, 40), row(2, 40)}, reconcile.ChargedTwice, true},
		"others, near":      {[]reconcile.Charge{of(1, 40, 1), of(2, 40, 2)}, rows{back}, reconcile.ChargedTwice, false},
		"others, both":      {[]reconcile.Charge{of(1, 40, 1), of(2, 40, 1)}, rows{back}, reconcile.ChargedTwice, true},
		"a part of it near": {[]reconcile.Charge{of(1, 10, 1)}, rows{row(2, 40)}, reconcile.PricedOtherwise, false},
	} {
		b := reconcile.Bought{
			AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(40), Covered: true, Others: test.others,
		}
		v := reconcile.Judge(&b, test.now, nil)
		require.Equal(t, test.kind, v.Fresh[0].Kind, name)
		require.Equal(t, test.sure, v.Fresh[0].Bookable(), name)
		_, err := v.Fresh[0].Move(&b, v.Fresh)
		require.Equal(t, test.sure, err == nil, name)
	}
}

// Of a credit that grew only what it grew by is booked: providers may tell all that came back so far.
func TestCreditThatGrows(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	read := func(n, of int64) []reconcile.Row {
		at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
		return []reconcile.Row{
			{Line: 1, Reference: "r", At: at, State: reconcile.Purchased, Sum: thb(of)},
			{Line: 2, Reference: "r", At: at, State: reconcile.Credited, Sum: thb(n)},
		}
	}
	// seen is what the run with that number left.
	seen := func(v reconcile.Verdict, known []reconcile.Finding, run int64) []reconcile.Finding {
		for i := range known {
			for _, c := range v.Changed {
				if c.Identity == known[i].Identity {
					known[i].Status = c.Status
				}
			}
		}
		for _, f := range v.Fresh {
			f.ID, f.SeenID = run, run
			known = append(known, f)
		}
		return known
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(100), Charged: thb(150)}
	known := seen(reconcile.Judge(&b, read(50, 150), nil), nil, 1)
	require.Equal(t, reconcile.Agreed, known[0].Status)
	known = seen(reconcile.Judge(&b, read(100, 150), known), known, 2)
	require.Len(t, known, 2)
	require.Equal(t, thb(50), known[1].Ours)
	move, err := known[1].Move(&b, known)
	require.NoError(t, err)
	require.Equal(t, -thb(50).Amount, move.Amount)
	b.Booked, b.Credited = thb(50), thb(50).Amount
	known[1].Status, known[1].Moved = reconcile.Booked, move.Amount
	v := reconcile.Judge(&b, read(100, 150), known)
	require.Empty(t, v.Fresh)
	require.Empty(t, v.Changed)
	// What is booked can grow as well, and what is credited at another time is another one.
	known = seen(reconcile.Judge(&b, read(110, 150), known), known, 3)
	move, err = known[2].Move(&b, known)
	require.NoError(t, err)
	require.Equal(t, -thb(10).Amount, move.Amount)
	later := read(7, 0)[1:]
	later[0].At = later[0].At.AddDate(0, 1, 0)
	known = seen(reconcile.Judge(&b, later, known), known, 4)
	require.Equal(t, thb(0), known[3].Ours)

	// What nobody has booked is gone when it grows, and there again with an older file.
	b = reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(100)}
	known = seen(reconcile.Judge(&b, read(10, 100), nil), nil, 1)
	known = seen(reconcile.Judge(&b, read(15, 100), known), known, 2)
	require.Equal(t, reconcile.Gone, known[0].Status)
	require.Equal(t, reconcile.Open, known[1].Status)
	known = seen(reconcile.Judge(&b, read(10, 100), known), known, 3)
	require.Equal(t, reconcile.Open, known[0].Status)
	require.Equal(t, reconcile.Gone, known[1].Status)
}

// What several statements say of one purchase is looked at together.
func TestChargesOfSeveralStatements(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	row := func(day int, s reconcile.State, n int64) reconcile.Row {
		return reconcile.Row{
			Line: int64(day), Reference: "r", At: time.Date(2026, 5, day, 0, 0, 0, 0, time.UTC), State: s, Sum: thb(n),
		}
	}
	charge, credit := reconcile.Purchased, reconcile.Credited
	type rows = []reconcile.Row
	for name, test := range map[string]struct {
		booked, credited int64
		others, now      rows
		want             string
	}{
		"twice":                    {40, 0, rows{row(1, charge, 40)}, rows{row(20, charge, 40)}, "charged_twice 80.00"},
		"twice, a bit cheaper":     {40, 0, rows{row(1, charge, 40)}, rows{row(20, charge, 38)}, "charged_twice 78.00"},
		"twice in one":             {40, 0, nil, rows{row(1, charge, 40), row(20, charge, 40)}, "charged_twice 80.00"},
		"one unit of two again":    {80, 0, rows{row(1, charge, 80)}, rows{row(20, charge, 40)}, "charged_twice 120.00"},
		"a fee":                    {40, 0, rows{row(1, charge, 40)}, rows{row(20, charge, 5)}, "priced_otherwise 45.00"},
		"in two parts":             {80, 0, rows{row(1, charge, 40)}, rows{row(2, charge, 40)}, ""},
		"in two parts of three":    {80, 0, rows{row(1, charge, 30)}, rows{row(2, charge, 30)}, "priced_otherwise 60.00"},
		"twice, and one came back": {40, 0, rows{row(1, charge, 40), row(3, charge, 40)}, rows{row(20, credit, 40)}, ""},
		"twice, and some came back": {
			40, 0, rows{row(1, charge, 40), row(3, charge, 40)}, rows{row(20, credit, 10)}, "charged_twice 80.00",
		},
		"dearer, and that came back": {40, 0, rows{row(1, charge, 50)}, rows{row(20, credit, 10)}, ""},
		"twice, and booked so":       {80, 0, rows{row(1, charge, 40)}, rows{row(20, charge, 40)}, ""},
	} {
		b := reconcile.Bought{
			AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(test.booked), Covered: true, Others: charges(test.others),
		}
		got := ""
		v := reconcile.Judge(&b, test.now, nil)
		for i := range v.Fresh {
			if f := &v.Fresh[i]; f.Status == reconcile.Open && f.Kind != reconcile.CreditUnbooked {
				got += string(f.Kind) + " " + f.Said.Amount.Format("THB")
				require.True(t, f.Bookable(), name)
				move, err := f.Move(&b, v.Fresh)
				require.NoError(t, err, name)
				require.Equal(t, f.Said.Amount-f.Ours.Amount, move.Amount, name)
			}
		}
		require.Equal(t, test.want, got, name)
		again := reconcile.Judge(&b, test.now, v.Fresh)
		require.Empty(t, again.Fresh, name)
		require.Empty(t, again.Changed, name)
	}

	// What was found is gone once it came back, or is charged once after all.
	b := reconcile.Bought{
		AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(40), Covered: true,
		Others: charges(rows{row(1, charge, 40)}),
	}
	known := reconcile.Judge(&b, rows{row(20, charge, 40)}, nil).Fresh
	known[0].ID = 1
	more := b
	more.Others = charges(rows{row(1, charge, 40), row(20, charge, 40)})
	v := reconcile.Judge(&more, rows{row(25, credit, 40)}, known)
	require.Equal(t, reconcile.Gone, v.Changed[0].Status)
	require.Equal(t, reconcile.Agreed, v.Fresh[0].Status, "the credit is of a charge that is not in the books")
	b.Others = nil
	require.Equal(t, reconcile.Gone, reconcile.Judge(&b, rows{row(20, charge, 40)}, known).Changed[0].Status)

	require.Equal(t, reconcile.Verdict{}, reconcile.Missing(&more, nil), "another statement has it")

	// What one has as purchased another one does not have as refused: it was the first try.
	b.Others = charges(rows{row(1, charge, 40)})
	require.Empty(t, reconcile.Judge(&b, rows{row(20, reconcile.Refused, 0)}, nil).Fresh)
	parked := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptParked, Covered: true, Others: b.Others}
	known = reconcile.Judge(&parked, rows{row(20, reconcile.Refused, 0)}, nil).Fresh
	require.Equal(t, reconcile.Purchased, known[0].State)
	require.False(t, known[0].Proves(reconcile.Fail))
	parked.Others = charges(rows{row(1, charge, 40), row(2, credit, 40)})
	known = reconcile.Judge(&parked, rows{row(20, reconcile.Refused, 0)}, nil).Fresh
	require.True(t, known[0].Proves(reconcile.Fail), "all of it came back")
}

// A credit that a dispute was promised is found when it does not come, and gone when it does.
func TestPromisedCredits(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	credit := func(n int64) []reconcile.Row {
		return []reconcile.Row{{Line: 1, Reference: "r", At: time.Unix(1e9+n, 0), State: reconcile.Credited, Sum: thb(n)}}
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(30), Credited: thb(10).Amount}
	found := reconcile.Promised(&b, thb(10).Amount, nil).Fresh
	require.Len(t, found, 1)
	require.Equal(t, reconcile.DisputeUncredited, found[0].Kind)
	require.Equal(t, thb(10), found[0].Ours)
	require.False(t, found[0].Bookable())
	found[0].ID = 1
	again := reconcile.Promised(&b, thb(10).Amount, found)
	require.Empty(t, again.Fresh)
	require.Empty(t, again.Changed)

	part := append(reconcile.Judge(&b, credit(4), found).Fresh, found...)
	require.Equal(t, reconcile.Agreed, part[0].Status)
	v := reconcile.Promised(&b, thb(10).Amount, part)
	require.Equal(t, thb(6), v.Fresh[0].Ours, "the rest is owed still")
	require.Equal(t, reconcile.Gone, v.Changed[0].Status)
	whole := append(reconcile.Judge(&b, credit(10), found).Fresh, found...)
	require.Empty(t, reconcile.Promised(&b, thb(10).Amount, whole).Fresh)
	f := found[0]
	require.True(t, f.Review(&b, whole), "a statement in which nothing is due says so, too")
	require.Equal(t, reconcile.Gone, f.Status)
	f = found[0]
	require.False(t, f.Review(&b, found))
	require.Empty(t, reconcile.Promised(&b, 0, nil).Fresh, "nothing was promised long enough ago")

	from, to := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	run := reconcile.Run{From: &from, To: &to, CreatedAt: to}
	require.Equal(t, time.Date(2026, 5, 2, 0, 0, 0, 0, time.UTC), run.PromisedBefore())
}
