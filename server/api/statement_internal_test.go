package api

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/export"
	"orderhub/server/money"
)

// moves are rows of an export, of amount and balance.
func moves(failure error, rows ...[2]string) iter.Seq2[*export.Row, error] {
	return func(yield func(*export.Row, error) bool) {
		for _, row := range rows {
			kind := "deposit"
			if row[0][0] == '-' {
				kind = "charge"
			}
			cells := make([]string, len(export.Columns(export.Transfers)))
			for name, cell := range map[string]string{
				"kind": kind, "amount": row[0], "balance_after": row[1], "reference": "REF",
				"description": "<b>Dear & rare</b>",
			} {
				cells[slices.Index(export.Columns(export.Transfers), name)] = cell
			}
			at := time.Date(2026, 11, 2, 3, 4, 5, 123456000, time.UTC)
			if !yield(&export.Row{At: at, Cells: cells}, nil) {
				return
			}
		}
		if failure != nil {
			yield(nil, failure)
		}
	}
}

func baht(text string) money.Amount {
	amount, err := money.Parse(text, "THB")
	if err != nil {
		panic(err)
	}
	return amount
}

// written is a statement of a wallet that had 50.00 at first.
func written(format, closing string, movements iter.Seq2[*export.Row, error]) (string, error) {
	var out strings.Builder
	s := &statement{
		Merchant: "shop", Opening: "50.00", From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		Before:  time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		closing: account.Balance{Amount: baht(closing), Currency: "THB"},
		balance: baht("50.00"), movements: movements,
	}
	err := s.write(&out, statementForms[format])
	return out.String(), err
}

func TestStatement(t *testing.T) {
	rows := [][2]string{{"100.00", "150.00"}, {"-30.25", "119.75"}, {"-20.00", "99.75"}}
	text, err := written("text", "99.75", moves(nil, rows...))
	require.NoError(t, err)
	require.Contains(t, text, "from 2026-11-01 00:00:00 until before 2026-12-01 00:00:00 (UTC), in THB\n")
	require.Regexp(t, `(?m)^2026-11-01 00:00:00  at first +50\.00$`, text)
	require.Regexp(t, `(?m)^2026-11-02 03:04:05  charge +-20\.00 +99\.75  REF  <b>Dear & rare</b>$`, text)
	require.Regexp(t, `(?m)^2026-12-01 00:00:00  at last +99\.75$`, text)
	require.Regexp(t, `(?m)^charge +2 +-50\.25$`, text)
	page, err := written("html", "99.75", moves(nil, rows...))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(page, "&lt;b&gt;Dear &amp; rare&lt;/b&gt;"))
	require.Contains(t, page, `At first</td><td class="amount">50.00</td>`)
	require.Contains(t, page, "</html>")

	empty, err := written("text", "50.00", moves(nil))
	require.NoError(t, err)
	require.Regexp(t, `(?s)at first +50\.00\n.*at last +50\.00\n`, empty)
}

// What does not add up, or was not read to its end, does not look whole.
func TestBrokenStatements(t *testing.T) {
	gone := errors.New("the database went away")
	for name, movements := range map[string]iter.Seq2[*export.Row, error]{
		"broken off":           moves(gone, [2]string{"50.00", "100.00"}, [2]string{"-0.25", "99.75"}),
		"refused":              moves(gone),
		"a movement missing":   moves(nil, [2]string{"50.00", "100.00"}, [2]string{"-0.25", "90.00"}),
		"not from the start":   moves(nil, [2]string{"-0.25", "99.75"}),
		"not up to the end":    moves(nil, [2]string{"50.00", "100.00"}),
		"nothing":              moves(nil),
		"an amount that is no": moves(nil, [2]string{"-x", "99.75"}),
	} {
		for format := range statementForms {
			text, err := written(format, "99.75", movements)
			require.Error(t, err, name)
			require.NotContains(t, strings.ToLower(text), "at last", name)
		}
	}
}
