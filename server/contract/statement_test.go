package contract

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// moves are messages of an export: first its heading, then rows of amount and balance, two to a message.
func moves(err error, rows ...[2]string) iter.Seq2[*orderhubv1.ExportResponse, error] {
	columns := []string{
		"transfer", "time", "kind", "amount", "balance_after", "order_number", "reference", "description",
	}
	return func(yield func(*orderhubv1.ExportResponse, error) bool) {
		message := &orderhubv1.ExportResponse{Columns: columns}
		if !yield(message, nil) {
			return
		}
		for part := range slices.Chunk(rows, 2) {
			message = &orderhubv1.ExportResponse{Columns: columns}
			for _, row := range part {
				kind := "deposit"
				if row[0][0] == '-' {
					kind = "charge"
				}
				message.Rows = append(message.Rows, &orderhubv1.ExportRow{Cells: []string{
					"1", "2026-11-02T03:04:05.123456Z", kind, row[0], row[1], "", "REF", "<b>Dear & rare</b>",
				}})
			}
			if !yield(message, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func written(
	form StatementForm, closing string, movements iter.Seq2[*orderhubv1.ExportResponse, error],
) (string, error) {
	var out strings.Builder
	s := &Statement{
		Merchant: "shop", From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC),
		Before: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		end:    &orderhubv1.GetBalanceResponse{Currency: "THB", Balance: closing}, movements: movements,
	}
	err := s.Write(&out, form)
	return out.String(), err
}

func TestStatement(t *testing.T) {
	rows := [][2]string{{"100.00", "150.00"}, {"-30.25", "119.75"}, {"-20.00", "99.75"}}
	text, err := written(StatementText, "99.75", moves(nil, rows...))
	require.NoError(t, err)
	require.Contains(t, text, "from 2026-11-01 00:00:00 until before 2026-12-01 00:00:00 (UTC), in THB\n")
	require.Regexp(t, `(?m)^2026-11-01 00:00:00  at first +50\.00$`, text)
	require.Regexp(t, `(?m)^2026-11-02 03:04:05  charge +-20\.00 +99\.75  REF  <b>Dear & rare</b>$`, text)
	require.Regexp(t, `(?m)^2026-12-01 00:00:00  at last +99\.75$`, text)
	require.Regexp(t, `(?m)^charge +2 +-50\.25$`, text)
	page, err := written(StatementHTML, "99.75", moves(nil, rows...))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(page, "&lt;b&gt;Dear &amp; rare&lt;/b&gt;"))
	require.Contains(t, page, `At first</td><td class="amount">50.00</td>`)
	require.Contains(t, page, "</html>")

	empty, err := written(StatementText, "7.00", moves(nil))
	require.NoError(t, err)
	require.Regexp(t, `(?s)at first +7\.00\n.*at last +7\.00\n`, empty)
}

// What does not add up, or was not read to its end, does not look whole.
func TestBrokenStatements(t *testing.T) {
	gone := errors.New("the hub went away")
	for name, movements := range map[string]iter.Seq2[*orderhubv1.ExportResponse, error]{
		"broken off":           moves(gone, [2]string{"100.00", "100.00"}, [2]string{"-0.25", "99.75"}),
		"refused":              moves(gone),
		"a movement missing":   moves(nil, [2]string{"100.00", "100.00"}, [2]string{"-0.25", "90.00"}),
		"not up to the end":    moves(nil, [2]string{"100.00", "100.00"}),
		"an amount that is no": moves(nil, [2]string{"-x", "99.75"}),
	} {
		for _, form := range []StatementForm{StatementHTML, StatementText} {
			text, err := written(form, "99.75", movements)
			require.Error(t, err, name)
			require.NotContains(t, strings.ToLower(text), "at last", name)
		}
	}
}
