package exports_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/export"
	"orderhub/server/order"
	"orderhub/server/store/exports"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// all reads an export, by a clock an hour ahead: what was just written is old enough.
func all(t *testing.T, w *storetest.World, q export.Query) (rows []export.Row) {
	t.Helper()
	s := export.NewService(w.Store.Exports, func() time.Time { return time.Now().Add(time.Hour) })
	for row, err := range s.Rows(t.Context(), q) {
		require.NoError(t, err)
		require.Len(t, row.Cells, len(export.Columns(q.Kind)), "%s", q.Kind)
		rows = append(rows, *row)
	}
	return rows
}

func column(q export.Query, rows []export.Row, name string) (cells []string) {
	for i, c := range export.Columns(q.Kind) {
		if c == name {
			for _, row := range rows {
				cells = append(cells, row.Cells[i])
			}
		}
	}
	return cells
}

// What a hold took and gave back has its number, by which two of one amount are told apart.
func TestExportOfHolds(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		hold := func(reference string) string {
			p, err := w.Orders.Hold(t.Context(), storetest.Draft(m, reference, "CODE", 1), 0)
			require.NoError(t, err)
			return p.Hold.Number
		}
		first, second := hold("1"), hold("2")
		_, err := w.Orders.Confirm(t.Context(), m.ID, second)
		require.NoError(t, err)
		q := export.Query{Kind: export.Transfers, MerchantID: m.ID}
		rows := all(t, w, q)
		require.Equal(t, []string{"deposit", "hold", "hold", "release", "charge"}, column(q, rows, "kind"))
		require.Equal(t, []string{"", first, second, second, ""}, column(q, rows, "hold_number"))
		require.Equal(t, []string{"", "", "", "", second}, column(q, rows, "order_number"))
	})
}

// Every kind has what happened, each of it once, also when it is gone on with after any row.
func TestExports(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, other := w.Merchant("buyer", 1000), w.Merchant("other", 10)
		w.Stocked("CODE", 10, 5)
		w.Simulated("GOLD", 20, sim.Script{})
		for i := range 3 {
			placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1, "GOLD", 1))
			require.NoError(t, err)
			w.Finish(placed.Order)
		}
		_, err := w.Orders.Create(t.Context(), storetest.Draft(other, "r0", "CODE", 1))
		require.NoError(t, err)
		claimed(t, w, m, other)

		for kind, want := range map[export.Kind]int{
			export.Orders: 4, export.Lines: 7, export.Transfers: 7, export.Units: 15, export.Attempts: 3,
			export.Claims: 3,
		} {
			q := export.Query{Kind: kind}
			rows := all(t, w, q)
			require.Len(t, rows, want, kind)
			for i := range rows {
				q.After = rows[i].Cursor
				require.Equal(t, rows[i+1:], append([]export.Row{}, all(t, w, q)...), "%s after row %d", kind, i)
				parsed, err := kind.ParseCursor(rows[i].Cursor.String())
				require.NoError(t, err)
				require.Equal(t, rows[i].Cursor, parsed)
			}
			require.Empty(t, all(t, w, export.Query{Kind: kind, From: time.Now().Add(30 * time.Minute)}), kind)
			require.Empty(t, all(t, w, export.Query{Kind: kind, To: time.Now().Add(-30 * time.Minute)}), kind)
			since := time.Now().Add(-30 * time.Minute)
			require.Len(t, all(t, w, export.Query{Kind: kind, From: since}), want, kind)
		}
		mine := export.Query{Kind: export.Transfers, MerchantID: m.ID}
		require.Equal(t, "1000.00,-30.00,-30.00,-30.00,10.00", strings.Join(column(mine, all(t, w, mine), "amount"), ","))
		require.Equal(
			t, "1000.00,970.00,940.00,910.00,920.00", strings.Join(column(mine, all(t, w, mine), "balance_after"), ","),
		)
		deposits := export.Query{Kind: export.Transfers, Status: "deposit"}
		require.Len(t, all(t, w, deposits), 2)
		lines := export.Query{Kind: export.Lines, MerchantID: m.ID}
		require.Equal(t, "CODE,GOLD,CODE,GOLD,CODE,GOLD", strings.Join(column(lines, all(t, w, lines), "sku"), ","))
		claims := export.Query{Kind: export.Claims, MerchantID: m.ID}
		rows := all(t, w, claims)
		require.Equal(t, "refunded,waiting", strings.Join(column(claims, rows, "status"), ","))
		require.Equal(t, "10.00,0.00", strings.Join(column(claims, rows, "refund"), ","))
		require.Equal(t, "operator,", strings.Join(column(claims, rows, "answered_by"), ","))
		claims.Status = "refunded"
		require.Len(t, all(t, w, claims), 1)
		units := export.Query{Kind: export.Units}
		for _, row := range append(all(t, w, units), rows...) {
			for _, cell := range row.Cells {
				require.NotRegexp(t, `^CODE-\d`, cell, "what a unit is")
			}
		}
	})
}

// Sums that left a wallet are below zero. Of an account of a provider's nothing is left that a merchant has.
func TestExportOfPurchases(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Simulated("GOLD", 20, sim.Script{Charge: "7.50"})
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "1", "GOLD", 2))
		require.NoError(t, err)
		w.Finish(placed.Order)
		q := export.Query{Kind: export.Transfers}
		rows := all(t, w, q)
		require.Equal(t, []string{"deposit", "charge", "purchase"}, column(q, rows, "kind"))
		require.Equal(t, []string{"buyer", "buyer", ""}, column(q, rows, "merchant"))
		require.Equal(t, []string{"100.00", "-40.00", "15.00"}, column(q, rows, "amount"))
		require.Equal(t, []string{"100.00", "60.00", ""}, column(q, rows, "balance_after"))
		attempts := export.Query{Kind: export.Attempts}
		rows = all(t, w, attempts)
		require.Equal(t, []string{"15.00"}, column(attempts, rows, "charged"))
		require.Equal(t, []string{"15.00"}, column(attempts, rows, "booked"))
	})
}

// claimed has each merchant claim all of its first order, and the first unit of the first merchant refunded.
func claimed(t *testing.T, w *storetest.World, merchants ...account.Merchant) {
	t.Helper()
	claims := claim.NewService(w.Store.Claims, time.Now)
	for i, m := range merchants {
		o, err := w.Orders.GetByReference(t.Context(), m.ID, "r0")
		require.NoError(t, err)
		made, err := claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByMerchant(m.ID), OrderNumber: o.Number, Reason: claim.NotWorking,
			Said: claim.Said{Text: "CODE-1 does not work"}, By: claim.By{Kind: claim.ByMerchant, Name: m.Name},
		})
		require.NoError(t, err)
		if i == 0 {
			_, err = claims.Answer(t.Context(), made.ID, claim.Answer{
				Units: []int64{made.Units[0].UnitID}, Verdict: claim.Refund, By: claim.By{Kind: "operator", Name: "ada"},
			})
			require.NoError(t, err)
		}
	}
}

// What is too young may still get neighbours that are older.
func TestYoungRowsWait(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		w.Merchant("buyer", 1000)
		service := export.NewService(w.Store.Exports, time.Now)
		for _, err := range service.Rows(t.Context(), export.Query{Kind: export.Transfers}) {
			t.Fatal("it was written a moment ago", err)
		}
	})
}

// from reads an export by a clock.
func from(t *testing.T, w *storetest.World, q export.Query, now time.Time) (rows []export.Row) {
	t.Helper()
	for row, err := range export.NewService(w.Store.Exports, func() time.Time { return now }).Rows(t.Context(), q) {
		require.NoError(t, err)
		rows = append(rows, *row)
	}
	return rows
}

// A row that is too young is not passed over: numbers and times are in different orders.
func TestYoungRowsAreNotPassedOver(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Simulated("GOLD", 20, sim.Script{})
		for i := range 3 {
			placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", i), "GOLD", 1))
			require.NoError(t, err)
			w.Finish(placed.Order)
		}
		for kind, count := range map[export.Kind]int{export.Transfers: 4, export.Attempts: 3} {
			_, err := w.Store.WriteDB.ExecContext(t.Context(), fmt.Sprintf(
				`UPDATE %[1]s SET created_at = (SELECT min(created_at) FROM %[1]s) WHERE id = (SELECT max(id) FROM %[1]s)`, kind,
			))
			require.NoError(t, err)
			q := export.Query{Kind: kind}
			whole := all(t, w, q)
			require.Len(t, whole, count)
			young := whole[count-2].At
			require.True(t, whole[count-1].At.Before(young))

			first := from(t, w, q, young.Add(time.Minute))
			require.Equal(t, whole[:count-2], first, "%s before the one that is too young", kind)
			q.After = first[len(first)-1].Cursor
			require.Equal(t, whole[count-2:], all(t, w, q), "%s gone on with", kind)

			ended := export.Query{Kind: kind, To: young}
			require.Equal(t, append(whole[:count-2:count-2], whole[count-1]), from(t, w, ended, young.Add(time.Minute)),
				"%s of a span that is over", kind)
		}
	})
}

// An export of units that goes on ends where it would have ended, so that the next one knows what it has to begin with.
func TestUnitsGoOnToTheirEnd(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 10, 3)
		q := export.Query{Kind: export.Units}
		in := all(t, w, q)
		require.Len(t, in, 3)
		end := in[2].At.Add(time.Microsecond)
		first := from(t, w, q, end.Add(time.Minute))
		require.Len(t, first, 3)

		placed, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "CODE", 1))
		require.NoError(t, err)
		w.Finish(placed.Order)
		for i := range first {
			q.After = first[i].Cursor
			require.Equal(t, column(q, first[i+1:], "unit"), column(q, all(t, w, q), "unit"), "after row %d", i)
		}
		since := export.Query{Kind: export.Units, From: end}
		require.Equal(t, []string{"out"}, column(since, all(t, w, since), "movement"))
	})
}

// A part is a thousand rows, however many lines orders have.
func TestPartsOfLinesAreBounded(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		const orders, lines = 13, 80
		m, other := w.Merchant("buyer", 10_000), w.Merchant("other", 1000)
		w.Stocked("CODE", 1, 2000)
		for i := range orders {
			draft := storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1)
			for range lines - 1 {
				draft.Lines = append(draft.Lines, draft.Lines[0])
			}
			_, err := w.Orders.Create(t.Context(), draft)
			require.NoError(t, err)
			_, err = w.Orders.Create(t.Context(), storetest.Draft(other, fmt.Sprint("r", i), "CODE", 1))
			require.NoError(t, err)
		}
		for _, q := range []export.Query{{Kind: export.Lines, MerchantID: m.ID}, {Kind: export.Lines}} {
			q.To = time.Now().Add(time.Hour)
			part, err := w.Store.Exports.Part(t.Context(), q)
			require.NoError(t, err)
			require.Len(t, part.Rows, 1000)
			require.Equal(t, part.Rows[999].Cursor, part.Next)
			rows, want := all(t, w, q), orders*lines
			if q.MerchantID == 0 {
				want += orders
			}
			require.Len(t, rows, want)
			seen := make(map[export.Cursor]bool)
			for i := range rows {
				require.False(t, seen[rows[i].Cursor], rows[i])
				seen[rows[i].Cursor] = true
			}
		}
	})
}

// What one merchant has is found by an index or among few rows: neither reads what others have.
func TestPlanOfOneMerchants(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		manyTransfers(t, s)
		for kind, by := range map[export.Kind]string{
			export.Transfers: `transfer_merchant_id_id`, export.Attempts: `rowid<|id <=`, export.Claims: `rowid<|id <=`,
		} {
			all, ofMerchant, args := exports.Reads(kind)
			steps := strings.Join(storetest.Plan(t, s, all, args[:2]...), "\n")
			require.NotRegexp(t, `TEMP B-TREE`, steps, kind)
			steps = strings.Join(storetest.Plan(t, s, ofMerchant, args...), "\n")
			require.Regexp(t, by, steps, kind)
			require.NotRegexp(t, `TEMP B-TREE|SCAN (transfers|attempts|claimed_units)`, steps, kind)
		}
	})
}

// manyTransfers are as many, of two merchants, as make a difference to plans.
func manyTransfers(t *testing.T, s *stores.All) {
	t.Helper()
	fill := []string{
		`INSERT INTO transfers (debit_account_id, credit_account_id, currency, amount_micros, kind, merchant_id, created_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			SELECT 1, 2, 'THB', 1, 'charge', CASE WHEN i % 1000 = 0 THEN 1 ELSE 2 END, '2026-01-01' FROM n`,
	}
	if s.Pool() != nil {
		fill = append(fill, `ANALYZE transfers`)
	} else {
		fill = append([]string{`PRAGMA foreign_keys = OFF`}, fill...)
	}
	for _, statement := range fill {
		_, err := s.WriteDB.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

// A merchant's rows are found however many of others are between them, and none behind the span is looked at.
func TestRowsFarApart(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m, other := w.Merchant("buyer", 1000), w.Merchant("other", 1000)
		w.Stocked("CODE", 10, 5)
		for _, of := range []account.Merchant{m, other} {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(of, "r0", "CODE", 2))
			require.NoError(t, err)
		}
		claimed(t, w, m, other)
		_, err := w.Store.WriteDB.ExecContext(t.Context(), fmt.Sprintf(
			`UPDATE claimed_units SET id = id + %d WHERE id > 1`, 3*exports.WindowRows,
		))
		require.NoError(t, err)
		q := export.Query{Kind: export.Claims, MerchantID: m.ID}
		rows := all(t, w, q)
		require.Len(t, rows, 2)
		q.After = rows[0].Cursor
		require.Equal(t, rows[1:], all(t, w, q))
		_, err = w.Store.WriteDB.ExecContext(t.Context(),
			`UPDATE claimed_units SET created_at = '2027-01-01T00:00:00Z' WHERE id > 1`)
		require.NoError(t, err)
		part, err := w.Store.Exports.Part(t.Context(), export.Query{
			Kind: export.Claims, MerchantID: m.ID, To: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		})
		require.NoError(t, err)
		require.Len(t, part.Rows, 1)
		require.Zero(t, part.Next, "what follows is later")
	})
}

func TestBadCursors(t *testing.T) {
	for _, text := range []string{"x", "1.2", "-1.2.3", "1.0.0", "1.2.3.4", "1.2.x", "!.2.3", "0.2.3"} {
		_, err := export.Orders.ParseCursor(text)
		require.Error(t, err, text)
	}
	for kind, foreign := range map[export.Kind]string{
		export.Units: "0.2.1", export.Transfers: "1.2.0", export.Attempts: "1.2.0", export.Claims: "1.2.0",
	} {
		_, err := kind.ParseCursor(foreign)
		require.Error(t, err, kind)
	}
}
