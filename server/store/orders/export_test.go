package orders

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"orderhub/server/order"
	"orderhub/server/store"
)

// UnitReads runs the reads of a placement transaction of the candidates and undoes it: how many pipelines they were,
// and how many units each of them read.
func (s *Store) UnitReads(ctx context.Context, candidates []*order.Candidate) (units []int, err error) {
	undo := errors.New("undo")
	undone := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		units = nil
		_, err = s.loadState(ctx, func(ctx context.Context, reads ...store.Query) error {
			found := 0
			for i, r := range reads {
				if strings.Contains(r.Statement.SQLite, "FROM units") {
					reads[i].Each = func(row store.Scanner) error { found++; return r.Each(row) }
				}
			}
			units = append(units, 0)
			err := tx.Query(ctx, reads...)
			units[len(units)-1] = found
			return err
		}, candidates)
		return undo
	})
	if !errors.Is(undone, undo) {
		return nil, undone
	}
	return units, err
}

// UnitsOf is the statement that takes units of a product, and its arguments.
func UnitsOf(product int64, now time.Time, quantity int64) (store.Statement, []any) {
	return selectUnits, []any{product, now.Unix(), int64(math.MaxInt64), quantity}
}

// CountsOf is the statement that counts them.
func CountsOf(product int64, now time.Time, most int64) (store.Statement, []any) {
	return countUnits, []any{product, now.Unix(), most}
}

// PageOf is the statement of a list and its arguments.
func PageOf(v order.Viewer, f order.Filter) (statement store.Statement, args []any) {
	return page(v, &f)
}

// PartsOf are the other statements that go through a part of a list.
func PartsOf(v order.Viewer, f order.Filter) map[string]store.Query {
	parts := make(map[string]store.Query)
	statement, args := keyOfNth(v, &f, 5000)
	parts["nth"] = store.NewQuery(statement, args, nil)
	f.Last = order.Key{CreatedAt: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ID: 15_000}
	statement, args = recipients(v, &f)
	parts["recipients"] = store.NewQuery(statement, args, nil)
	parts["open"] = store.NewQuery(countOpen, []any{100}, nil)
	return parts
}

// ReadsOfOne are the statements that read one order, by what it is found by, which are numbers but for the number, a
// reference and a code.
func ReadsOfOne() map[string][]store.Statement {
	reads := make(map[string][]store.Statement)
	for by, s := range map[string]selection{
		"number": orderOf, "number alone": orderOfAnybody, "reference": orderByReference, "id": orderByID,
		"line": orderByLine, "code": orderByLineCode,
	} {
		reads[by] = []store.Statement{s.order, s.lines, s.goods}
	}
	return reads
}

// FirstDue is how many of the holds with so many units one transaction ends.
func FirstDue(most int64, units ...int64) int {
	due := make([]dueHold, len(units))
	for i := range units {
		due[i].units = units[i]
	}
	return firstDue(due, most)
}

// ReadsOfHolds are the statements that look for holds beside many others, of merchant 1.
func ReadsOfHolds() map[string]store.Query {
	var references store.Pairs
	references.Add(1, "17")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return map[string]store.Query{
		"references":  store.NewQuery(selectReferences, []any{&references}, nil),
		"repeats":     store.NewQuery(selectHeldReferences, []any{&references}, nil),
		"count":       store.NewQuery(countOpenHolds, []any{[]int64{1}}, nil),
		"sum":         store.NewQuery(sumHeldMoney, []any{int64(1)}, nil),
		"list":        store.NewQuery(listOpenHolds, []any{int64(1), int64(0), 50}, nil),
		"list of all": store.NewQuery(listAllOpenHolds, []any{int64(0), 50}, nil),
		"due":         store.NewQuery(selectDueHolds, []any{at, 100, []int64{}}, nil),
	}
}
