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
			partly,
			[]reconcile.Row{says(bought, thb(90)), says(credited, thb(10))},
			"credited agreed THB 10.00/THB 10.00; uncredited open THB 80.00/THB 60.00",
		},
		"charged for all, and credited": {
			partly,
			[]reconcile.Row{says(bought, thb(90)), says(credited, thb(30))},
			"credited agreed THB 30.00/THB 30.00",
		},
		"charged for nothing": {
			charged, []reconcile.Row{says(bought, thb(100))}, "uncredited open THB 100.00/THB 0.00",
		},
		"cancelled without books, and charged": {
			cancelled,
			[]reconcile.Row{says(bought, thb(100)), says(credited, thb(40))},
			"priced_otherwise open THB 60.00/nothing",
		},
		"free of charge, and refused there": {free, []reconcile.Row{says(refused, money.Sum{})}, ""},
		"named alone":                       {delivered, []reconcile.Row{says(listed, money.Sum{})}, ""},
		"named, and nobody knows":           {parked, []reconcile.Row{says(listed, money.Sum{})}, ""},
		"proof by credit, but kept in another currency": {
			parked,
			[]reconcile.Row{says(bought, thb(100)), says(credited, thb(100)), says(bought, usd)},
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
			parked,
			[]reconcile.Row{says(bought, thb(40)), says(credited, thb(40))},
			"outcome_proven open THB 0.00/nothing refused",
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
