package reconcile_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/reconcile"
)

const mapping = `{
	"columns": {
		"reference": "Client order", "provider_reference": "No.", "time": "Date", "state": "Type", "amount": "Amount"
	},
	"separator": ";", "time_layout": "DD.MM.YYYY hh:mm:ss", "time_zone": "Asia/Bangkok", "decimal": ",", "thousands": ".",
	"currency": "THB", "sign": "credit_negative",
	"states": {"purchased": ["Sale"], "refused": ["Failed"], "credited": ["Refund"], "ignored": ["Deposit"]}
}`

func read(t *testing.T, mapping, file string) (rows []reconcile.Row, bad []string, failed error) {
	t.Helper()
	m, err := reconcile.ReadMapping(strings.NewReader(mapping))
	require.NoError(t, err)
	for row, err := range m.Rows(strings.NewReader(file)) {
		var line *reconcile.LineError
		switch {
		case errors.As(err, &line):
			bad = append(bad, line.Error())
		case err != nil:
			return rows, bad, err
		default:
			rows = append(rows, row)
		}
	}
	return rows, bad, nil
}

func TestRead(t *testing.T) {
	rows, bad, err := read(t, mapping, "\xef\xbb\xbf\"Date\";Type;No.;Client order;Amount;Other\r\n"+
		"01.05.2026 00:00:01;sale;T-1;ord-1;1.234,50;x\r\n\r\n"+
		"01.05.2026 08:00:00;SALE;T-2;;-5,0000;\n"+
		"02.05.2026 08:00:00;Deposit;;;100000,00;\n"+
		"02.05.2026 08:00:00;Refund;T-1;\"ord-1\";\"-3\";\n"+
		"02.05.2026 09:00:00;Failed;T-3;;;\n"+
		"02.05.2026 09:00:00;Deposit;T-4;;what it costs;\n")
	require.NoError(t, err)
	require.Empty(t, bad)
	at := func(hour int) time.Time { return time.Date(2026, 5, 2, hour, 0, 0, 0, time.UTC) }
	thb := func(micros int64) money.Sum { return money.Sum{Amount: money.Amount(micros), Currency: "THB"} }
	require.Equal(t, []reconcile.Row{
		{2, "ord-1", "T-1", time.Date(2026, 4, 30, 17, 0, 1, 0, time.UTC), reconcile.Purchased, thb(1_234_500_000)},
		{4, "", "T-2", at(1).AddDate(0, 0, -1), reconcile.Credited, thb(5_000_000)},
		{6, "ord-1", "T-1", at(1), reconcile.Credited, thb(3_000_000)},
		{7, "", "T-3", at(2), reconcile.Refused, money.Sum{}},
		{8, "", "T-4", at(2), reconcile.Other, money.Sum{}},
	}, rows)
}

// Bad rows are named by their lines, and so is what is wrong.
func TestBadFiles(t *testing.T) {
	const header = "Date;Type;No.;Client order;Amount\n"
	for _, test := range []struct{ file, want string }{
		{"Date;Type;No.;Client order\n", `line 1, column "Amount": is missing`},
		{"Date;Type;No.;Client order;Amount;Date\n", `line 1, column "Date": is there twice`},
		{header + "01.05.2026 00:00:01;Sale;T-1\n", "line 2: has 3 fields, the header has 5"},
		{header + "2026-05-01;Sale;T-1;;1\n", `line 2, column "Date": "2026-05-01" is no time`},
		{header + "\n01.05.2026 00:00:01;Loan;T-1;;1\n", `line 3, column "Type": "Loan" is no word`},
		{header + "01.05.2026 00:00:01;Sale;;;1\n", "line 2: reference must be there"},
		{header + "01.05.2026 00:00:01;Sale;T;;1,005\n", "line 2, column \"Amount\": too many decimal places"},
		{header + "01.05.2026 00:00:01;Sale;T;;12.50\n", `line 2, column "Amount": is no amount as the mapping says`},
		{header + "01.05.2026 00:00:01;Sale;T;;1234.500,00\n", `line 2, column "Amount": is no amount as`},
		{header + "01.05.2026 00:00:01;Sale;T;;.500\n", `line 2, column "Amount": is no amount as`},
		{header + "01.05.2026 00:00:01;Sale;T;;1.500.00\n", `line 2, column "Amount": is no amount as`},
		{header + "01.05.2026 00:00:01;Sale;T;;1,5.00\n", `line 2, column "Amount": is no amount as`},
		{header + "01.05.2026 00:00:01;Sale;T;;1,5,0\n", `line 2, column "Amount": is no amount as`},
		{header + "01.05.2026 00:00:01;Refund;T;;+5\n", `line 2, column "Amount": has the sign of a charge`},
		{header + "01.05.2026 00:00:01;Sale;T;;1e9\n", `line 2, column "Amount": not a decimal amount`},
		{header + "01.05.2026 00:00:01;Sale;T;;--1\n", `line 2, column "Amount": has more than one sign`},
		{header + "01.05.2026 00:00:01;Sale;T;;9999999999999999\n", `line 2`},
		{header + "01.05.2026 00:00:01;Sale;\xff;;1\n", "line 2: field 3 is not UTF-8"},
		{header + "01.05.2026 00:00:01;Sale;a\"b;;1\n", "line 2: is no CSV"},
		{header + "01.05.2026 00:00:01;Sale;" + strings.Repeat("x", 70_000) + ";;1\n", "line 2: is longer than 65536 bytes"},
		{header + "01.05.2026 00:00:01;Sale;" + strings.Repeat("x", 300) + ";;1\n", "line 2: provider_reference must"},
	} {
		rows, bad, err := read(t, mapping, test.file+"")
		require.NoError(t, err, test.file)
		require.Empty(t, rows)
		require.Len(t, bad, 1, test.want)
		require.Contains(t, bad[0], test.want)
	}
	_, bad, err := read(t, mapping, "")
	require.NoError(t, err)
	require.Equal(t, []string{"line 1: must be the header"}, bad)
	long := header + strings.Repeat("01.05.2026 00:00:01;Sale;T;;1\n", reconcile.MaxRows+1)
	rows, _, err := read(t, mapping, long)
	require.ErrorContains(t, err, "more than 200000 rows")
	require.Len(t, rows, reconcile.MaxRows)
	m, err := reconcile.ReadMapping(strings.NewReader(mapping))
	require.NoError(t, err)
	err = nil
	for _, failed := range m.Rows(io.MultiReader(strings.NewReader(header), endless{})) {
		err = failed
	}
	require.ErrorContains(t, err, "larger than 64 MiB")
}

// endless is a file that never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

func TestMappings(t *testing.T) {
	for _, test := range []struct{ mapping, want string }{
		{`[]`, "not as it should be"},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "rfc3339"} {}`, "after its end"},
		{`{"columns": {"reference": "a", "time": "b", "price": "c"}}`, "unknown field"},
		{`{"columns": {"time": "b"}, "time_layout": "rfc3339"}`, "columns.reference must be there"},
		{`{"columns": {"reference": "a"}, "time_layout": "rfc3339"}`, "columns.time must be there"},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "MM/YYYY"}`, "time_layout must have"},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "unix", "time_zone": "Moon"}`, "time_zone must"},
		{`{"columns": {"reference": "a", "time": "b", "amount": "c"}, "time_layout": "unix"}`, "currency must be there"},
		{`{"columns": {"reference": "a", "time": "b", "state": "c"}, "time_layout": "unix"}`, "states must"},
		{
			`{"columns": {"reference": "a", "time": "b", "state": "c"}, "time_layout": "unix", "states":` +
				` {"purchased": ["OK"], "refused": ["ok "]}}`, `"ok " is there twice`,
		},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "unix", "sign": "credit_negative"}`, "sign must"},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "unix", "thousands": "."}`, "thousands must"},
		{`{"columns": {"reference": "a", "time": "b"}, "time_layout": "unix", "separator": "||"}`, "separator must"},
	} {
		_, err := reconcile.ReadMapping(strings.NewReader(test.mapping))
		require.ErrorContains(t, err, test.want, test.mapping)
	}
	for layout, text := range map[string]string{
		"YYYY-MM-DDThh:mm:ssZ": "2026-05-14T16:30:05+07:00", "rfc3339": "2026-05-14T09:30:05Z", "unix": "1778751005",
		"unix_ms": "1778751005000", "D MMM YY h12:mm:ss AM ZZ": "14 May 26 11:30:05 AM +0200",
	} {
		rows, bad, err := read(
			t, `{"columns": {"reference": "a", "time": "b"}, "time_layout": "`+layout+`"}`, "a,b\nx,"+text+"\n",
		)
		require.NoError(t, err)
		require.Empty(t, bad, layout)
		require.Equal(t, time.Date(2026, 5, 14, 9, 30, 5, 0, time.UTC), rows[0].At, layout)
	}
}

// What an attempt and rows about it come to.
func TestJudge(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	usd := money.Sum{Amount: money.Unit, Currency: "USD"}
	bought, credited, refused := reconcile.Purchased, reconcile.Credited, reconcile.Refused
	says := func(s reconcile.State, sum money.Sum) reconcile.Row {
		return reconcile.Row{Line: 2, Reference: "r", At: time.Unix(1e9, 0), State: s, Sum: sum}
	}
	listed := reconcile.Other
	delivered := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(40)}
	partly := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(60), Charged: thb(90)}
	noBooks := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered}
	failed := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptRefused, Booked: thb(0)}
	charged := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptRefused, Booked: thb(0), Charged: thb(100)}
	cancelled := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptCancelled}
	free := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptDelivered, Booked: thb(0)}
	parked := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptParked}
	underWay := reconcile.Bought{AttemptID: 1, Status: fulfil.AttemptAccepted}
	for name, test := range map[string]struct {
		of   reconcile.Bought
		rows []reconcile.Row
		want string
	}{
		"agrees":          {delivered, []reconcile.Row{says(bought, thb(40))}, ""},
		"agrees in parts": {delivered, []reconcile.Row{says(bought, thb(10)), says(bought, thb(30))}, ""},
		"no amounts":      {delivered, []reconcile.Row{says(bought, money.Sum{})}, ""},
		"dearer": {
			delivered, []reconcile.Row{says(bought, thb(41))}, "priced_otherwise open THB 41.00/THB 40.00",
		},
		"another currency": {
			delivered, []reconcile.Row{says(bought, usd)}, "priced_otherwise open USD 1.00/THB 40.00",
		},
		"credited": {
			delivered, []reconcile.Row{says(bought, thb(40)), says(credited, thb(4))}, "credited open THB 4.00/THB 0.00",
		},
		"all credited": {
			delivered, []reconcile.Row{says(credited, thb(40))}, "credited open THB 40.00/THB 0.00",
		},
		"refused there": {
			delivered, []reconcile.Row{says(refused, thb(40))}, "missing_there open nothing/THB 40.00",
		},
		"charged for all, and not credited": {
			partly, []reconcile.Row{says(bought, thb(90))}, "uncredited open THB 90.00/THB 60.00",
		},
		"charged for all, and credited in part": {
			partly, []reconcile.Row{says(bought, thb(90)), says(credited, thb(10))},
			"credited agreed THB 10.00/THB 10.00; uncredited open THB 80.00/THB 60.00",
		},
		"charged for all, and credited": {partly, []reconcile.Row{says(bought, thb(90)), says(credited, thb(30))},
			"credited agreed THB 30.00/THB 30.00",
		},
		"charged for nothing": {
			charged, []reconcile.Row{says(bought, thb(100))}, "uncredited open THB 100.00/THB 0.00",
		},
		"cancelled without books, and charged": {
			cancelled, []reconcile.Row{says(bought, thb(100)), says(credited, thb(40))},
			"priced_otherwise open THB 60.00/nothing",
		},
		"free of charge, and refused there": {free, []reconcile.Row{says(refused, money.Sum{})}, ""},
		"named alone":                       {delivered, []reconcile.Row{says(listed, money.Sum{})}, ""},
		"named, and nobody knows":           {parked, []reconcile.Row{says(listed, money.Sum{})}, ""},
		"proof by credit, but kept in another currency": {
			parked, []reconcile.Row{says(bought, thb(100)), says(credited, thb(100)), says(bought, usd)},
			"outcome_proven open THB 0.00/nothing purchased",
		},
		"a credit of nobody knows how much": {
			parked, []reconcile.Row{says(credited, thb(100))}, "outcome_proven open nothing/nothing credited",
		},
		"charged for what came": {partly, []reconcile.Row{says(bought, thb(60))}, ""},
		"credited what came not": {
			partly, []reconcile.Row{says(credited, thb(30))}, "credited agreed THB 30.00/THB 30.00",
		},
		"credited more than that": {partly, []reconcile.Row{says(credited, thb(40))}, "credited open THB 40.00/THB 30.00"},
		"no books":                {noBooks, []reconcile.Row{says(bought, thb(40)), says(credited, thb(1))}, ""},
		"refused both":            {failed, []reconcile.Row{says(refused, money.Sum{})}, ""},
		"charged though refused": {
			failed, []reconcile.Row{says(bought, thb(40))}, "priced_otherwise open THB 40.00/THB 0.00",
		},
		"charged and given back": {
			failed, []reconcile.Row{says(bought, thb(40)), says(credited, thb(40))}, "credited agreed THB 40.00/THB 0.00",
		},
		"bought, says nobody how": {
			failed, []reconcile.Row{says(bought, money.Sum{})}, "priced_otherwise open nothing/THB 0.00",
		},
		"proof of delivery": {
			parked, []reconcile.Row{says(bought, thb(40))}, "outcome_proven open THB 40.00/nothing purchased",
		},
		"proof of refusal": {
			parked, []reconcile.Row{says(refused, money.Sum{})}, "outcome_proven open nothing/nothing refused",
		},
		"proof by credit": {
			parked, []reconcile.Row{says(bought, thb(40)), says(credited, thb(40))}, "outcome_proven open THB 0.00/nothing refused",
		},
		"under way": {
			underWay, []reconcile.Row{says(bought, thb(40))}, "outcome_proven agreed THB 40.00/nothing purchased",
		},
	} {
		v := reconcile.Judge(&test.of, test.rows, nil)
		var got []string
		for i := range v.Fresh {
			f := &v.Fresh[i]
			got = append(got, string(f.Kind)+" "+string(f.Status)+" "+f.Said.String()+"/"+f.Ours.String())
			if f.Kind == reconcile.OutcomeProven {
				got[len(got)-1] += " " + string(f.State)
			}
		}
		require.Equal(t, test.want, strings.Join(got, "; "), name)
		for i := range v.Fresh {
			v.Fresh[i].ID = int64(i + 1)
		}
		again := reconcile.Judge(&test.of, test.rows, v.Fresh)
		require.Empty(t, again.Fresh, name)
		require.Empty(t, again.Changed, name)
		require.Len(t, again.Seen, len(v.Fresh), name)
	}
}

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
		require.Equal(t, test.known, test.scope.Tells(&known))
		require.Equal(t, test.nameless, test.scope.Tells(&nameless))
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
	known = append(known, reconcile.Judge(&b, []reconcile.Row{credit(2, 10)}, known).Fresh...)
	require.Equal(t, []money.Sum{thb(3), thb(0)}, []money.Sum{known[0].Ours, known[1].Ours})
	for i := range known {
		require.False(t, known[i].Review(&b, known))
		_, err := known[i].Move(&b, known)
		require.NoError(t, err)
	}

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
