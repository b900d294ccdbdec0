package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/reconcile"
)

// Each credit takes its share of what the books have, once.
func TestCreditsOfSeveralStatements(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	credit := func(month int) []reconcile.Row {
		return []reconcile.Row{{
			Line: 2, Reference: "r", At: time.Date(2026, time.Month(month), 1, 0, 0, 0, 0, time.UTC), State: reconcile.Credited,
			Sum: thb(5),
		}}
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(35), Credited: thb(5).Amount}
	may := reconcile.Judge(&b, credit(5), nil).Fresh
	require.Len(t, may, 1)
	require.Equal(t, reconcile.Agreed, may[0].Status, "a dispute had it booked")
	june := reconcile.Judge(&b, credit(6), may).Fresh
	require.Len(t, june, 1)
	require.Equal(t, reconcile.Open, june[0].Status, "that was May's")
	move, err := june[0].Move(&b, append(may, june...))
	require.NoError(t, err)
	require.Equal(t, reconcile.Move{Amount: -thb(5).Amount, Currency: "THB", Credit: true}, move)
	june[0].Status = reconcile.Booked
	b.Booked, b.Credited = thb(30), thb(10).Amount
	known := append(may, june...)
	require.Empty(t, reconcile.Judge(&b, credit(6), known).Fresh)
	require.Equal(t, reconcile.Open, reconcile.Judge(&b, credit(7), known).Fresh[0].Status)
	two := append(credit(8), credit(8)...)
	require.Len(t, reconcile.Judge(&b, two, known).Fresh, 2, "two alike are two")
}

// What a statement does not speak about stays as it was found.
func TestOtherStatements(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	row := func(month int, s reconcile.State, sum money.Sum) reconcile.Row {
		at := time.Date(2026, time.Month(month), 2, 0, 0, 0, 0, time.UTC)
		return reconcile.Row{Line: 2, Reference: "r", At: at, State: s, Sum: sum}
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(100), Covered: true}
	found := func(v reconcile.Verdict) []reconcile.Finding {
		require.Len(t, v.Fresh, 1)
		v.Fresh[0].ID = 1
		return v.Fresh
	}
	dear := found(reconcile.Judge(&b, []reconcile.Row{row(5, reconcile.Purchased, thb(120))}, nil))
	for name, rows := range map[string][]reconcile.Row{
		"a credit": {row(6, reconcile.Credited, thb(20))}, "without amount": {row(6, reconcile.Purchased, money.Sum{})},
		"named": {row(6, reconcile.Other, money.Sum{})},
	} {
		require.Empty(t, reconcile.Judge(&b, rows, dear).Changed, name)
	}
	require.Equal(t, reconcile.Verdict{}, reconcile.Missing(&b, dear), "another statement has it")
	v := reconcile.Judge(&b, []reconcile.Row{row(6, reconcile.Purchased, thb(100))}, dear)
	require.Equal(t, reconcile.Gone, v.Changed[0].Status)
	part := b
	part.Covered = false
	v = reconcile.Judge(&part, []reconcile.Row{row(6, reconcile.Purchased, thb(20))}, dear)
	require.Empty(t, v.Changed, "a part is not all of it")
	require.False(t, v.Fresh[0].Bookable())
	_, err := v.Fresh[0].Move(&part, nil)
	require.ErrorIs(t, err, reconcile.ErrNotBookable)

	absent := found(reconcile.Missing(&b, nil))
	require.True(t, absent[0].Bookable())
	require.Empty(t, reconcile.Judge(&b, []reconcile.Row{row(6, reconcile.Credited, thb(20))}, absent).Changed)
	v = reconcile.Judge(&b, []reconcile.Row{row(6, reconcile.Purchased, thb(100))}, absent)
	require.Equal(t, reconcile.Gone, v.Changed[0].Status)
	require.Equal(t, reconcile.Verdict{}, reconcile.Missing(&b, v.Changed), "the other one had it")
	require.Equal(t, []int64{1}, reconcile.Missing(&part, absent).Seen)
	edge := found(reconcile.Missing(&part, nil))
	require.False(t, edge[0].Bookable(), "it may be in the next one")
	v = reconcile.Missing(&b, edge)
	require.True(t, v.Fresh[0].Bookable())
	require.Equal(t, reconcile.Gone, v.Changed[0].Status)

	parked := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptParked, Covered: true}
	bought := found(reconcile.Judge(&parked, []reconcile.Row{row(5, reconcile.Purchased, thb(1))}, nil))
	require.Equal(t, reconcile.Verdict{}, reconcile.Missing(&parked, bought))
	missing := found(reconcile.Missing(&parked, nil))
	require.True(t, missing[0].Proves(reconcile.Fail))
	missing[0].PurchasedToo = true
	require.False(t, missing[0].Proves(reconcile.Fail))
	v = reconcile.Judge(&parked, []reconcile.Row{row(6, reconcile.Other, money.Sum{})}, missing)
	require.Equal(t, reconcile.Gone, v.Changed[0].Status, "what is named is not missing")
	parked.Covered = false
	unsure := found(reconcile.Missing(&parked, nil))
	require.False(t, unsure[0].Proves(reconcile.Elsewhere))
	require.True(t, unsure[0].Proves(reconcile.Inquire))

	underWay := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptAccepted}
	rows := []reconcile.Row{row(5, reconcile.Purchased, thb(1))}
	noted := found(reconcile.Judge(&underWay, rows, nil))
	require.Equal(t, reconcile.Open, reconcile.Judge(&parked, rows, noted).Changed[0].Status)
	require.Equal(t, reconcile.Verdict{}, reconcile.Missing(&parked, noted))
}

// A statement says nothing about what is not its.
func TestScope(t *testing.T) {
	known := reconcile.Bought{ProviderReference: "T-1", Currency: "THB"}
	nameless := reconcile.Bought{Currency: "THB"}
	for _, test := range []struct {
		scope           reconcile.Scope
		known, nameless bool
	}{
		{reconcile.Scope{}, true, true},
		{reconcile.Scope{Nameless: true}, true, false},
		{reconcile.Scope{Currencies: []string{"USD"}}, false, false},
		{reconcile.Scope{Currencies: []string{"USD", "THB"}}, true, true},
	} {
		require.Equal(t, test.known, test.scope.WouldName(&known))
		require.Equal(t, test.nameless, test.scope.WouldName(&nameless))
	}
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	from, to := day(1), day(31)
	run := reconcile.Run{From: &from, To: &to, CreatedAt: day(40)}
	require.True(t, run.Covers(day(2)))
	require.False(t, run.Covers(day(2).Add(-1)))
	require.True(t, run.Covers(day(30).Add(-1)))
	require.False(t, run.Covers(day(30)))
	run.CreatedAt = day(10)
	require.False(t, run.Covers(day(9)), "nobody can say what will be")
}

// Whatever has a credit booked, it is booked once.
func TestCreditsOfDisputes(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	credit := func(day int, n int64) reconcile.Row {
		return reconcile.Row{
			Line: 2, Reference: "r", At: time.Date(2026, 5, day, 0, 0, 0, 0, time.UTC), State: reconcile.Credited, Sum: thb(n),
		}
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(40)}
	rows := []reconcile.Row{credit(1, 10)}
	known := reconcile.Judge(&b, rows, nil).Fresh
	require.Equal(t, thb(0), known[0].Ours)
	b.Booked, b.Credited = thb(36), thb(4).Amount // a dispute had a part of it
	_, err := known[0].Move(&b, known)
	require.ErrorIs(t, err, reconcile.ErrBooksMoved)
	again := reconcile.Judge(&b, rows, known)
	require.Empty(t, again.Changed)
	require.Equal(t, thb(4), again.Kept[0].Ours)
	move, err := again.Kept[0].Move(&b, again.Kept)
	require.NoError(t, err)
	require.Equal(t, -thb(6).Amount, move.Amount)
	b.Booked, b.Credited = thb(30), thb(10).Amount // and all of it
	require.True(t, known[0].Review(&b, known))
	require.Equal(t, reconcile.Agreed, known[0].Status)

	// Two that are open share what there is.
	b.Booked, b.Credited = thb(37), thb(3).Amount
	known = reconcile.Judge(&b, rows, nil).Fresh
	known = append(known, reconcile.Judge(&b, []reconcile.Row{credit(20, 10)}, known).Fresh...)
	require.Equal(t, []money.Sum{thb(3), thb(0)}, []money.Sum{known[0].Ours, known[1].Ours})
	for i := range known {
		require.False(t, known[i].Review(&b, known))
		_, err := known[i].Move(&b, known)
		require.NoError(t, err)
	}

	// One of another statement that may be the same under another time is not booked too, until one statement has both.
	near := reconcile.Judge(&b, []reconcile.Row{credit(2, 10)}, known[:1]).Fresh
	require.Equal(t, reconcile.Open, near[0].Status)
	require.False(t, near[0].Bookable())
	_, err = near[0].Move(&b, append(near, known[0]))
	require.ErrorIs(t, err, reconcile.ErrNotBookable)
	wide := reconcile.Judge(&b, []reconcile.Row{credit(1, 10), credit(2, 10)}, append(near, known[0]))
	require.Equal(t, reconcile.Gone, wide.Changed[0].Status)
	require.True(t, wide.Fresh[0].Bookable())

	// What was credited of a charge that never was in the books does not count for others.
	b.Booked, b.Credited = thb(100), 0
	known = reconcile.Judge(&b, []reconcile.Row{
		{Line: 2, Reference: "r", At: time.Unix(1e9, 0), State: reconcile.Purchased, Sum: thb(120)}, credit(1, 20),
	}, nil).Fresh
	require.Equal(t, reconcile.Agreed, known[0].Status)
	b.Booked, b.Credited = thb(70), thb(30).Amount
	later := reconcile.Judge(&b, []reconcile.Row{credit(20, 30)}, known).Fresh
	require.Equal(t, reconcile.Agreed, later[0].Status)
}

// What was charged and not credited is found until a credit of it comes.
func TestUncredited(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	row := func(s reconcile.State, n int64) reconcile.Row {
		return reconcile.Row{Line: 2, Reference: "r", At: time.Unix(1e9+n, 0), State: s, Sum: thb(n)}
	}
	b := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptRefused, Booked: thb(0), Charged: thb(100)}
	known := reconcile.Judge(&b, []reconcile.Row{row(reconcile.Purchased, 100)}, nil).Fresh
	require.Equal(t, reconcile.Uncredited, known[0].Kind)
	require.False(t, known[0].Bookable())
	_, err := known[0].Move(&b, known)
	require.ErrorIs(t, err, reconcile.ErrNotBookable)
	june := reconcile.Judge(&b, []reconcile.Row{row(reconcile.Credited, 70)}, known)
	require.Equal(t, reconcile.Gone, june.Changed[0].Status)
	require.Len(t, june.Fresh, 2)
	require.Equal(t, thb(30), june.Fresh[1].Said, "30 are owed still")
	july := reconcile.Judge(&b, []reconcile.Row{row(reconcile.Credited, 30)}, append(june.Changed, june.Fresh...))
	require.Len(t, july.Fresh, 1)
	require.Equal(t, reconcile.Agreed, july.Fresh[0].Status)
	require.Equal(t, reconcile.Gone, july.Changed[0].Status)
}

// A file that has days alone is about all of its last one.
func TestDays(t *testing.T) {
	for layout, want := range map[string]time.Time{
		"DD.MM.YYYY":       time.Date(2026, 5, 31, 17, 0, 0, 0, time.UTC),
		"DD.MM.YYYY hh:mm": time.Date(2026, 5, 30, 17, 0, 0, 1000, time.UTC),
		"rfc3339":          time.Date(2026, 5, 30, 17, 0, 0, 1000, time.UTC),
	} {
		m, err := reconcile.ReadMapping(strings.NewReader(
			`{"columns": {"reference": "a", "time": "b"}, "time_zone": "Asia/Bangkok", "time_layout": "` + layout + `"}`,
		))
		require.NoError(t, err)
		require.Equal(t, want, m.After(time.Date(2026, 5, 30, 17, 0, 0, 0, time.UTC)), layout)
	}
	// Without thousands no point is read over.
	_, bad, err := read(t, `{"columns": {"reference": "a", "time": "b", "amount": "c"}, "time_layout": "unix",`+
		` "decimal": ",", "currency": "KWD"}`, "a,b,c\nx,1778751005,1.234\nx,1778751005,\"1,234\"\n")
	require.NoError(t, err)
	require.Len(t, bad, 1)
}
