// Package exports reads whole tables part by part: export.Store. Each part is one statement by an index, and rows of
// tables that are numbered are found by their time with a few looks at single rows.
package exports

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/export"
	"orderhub/server/money"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ export.Store = (*Store)(nil)

const (
	// partRows is how many rows are read with one look.
	partRows = 1000
	// lineOrders is of how many orders the lines are looked for with one look, of which partRows are read.
	lineOrders = 250
	// skew is by how much numbers and times of a table may be in another order: transactions that overlap, and clocks.
	skew = time.Hour
)

// Part implements export.Store.
func (s *Store) Part(ctx context.Context, q export.Query) (part export.Part, err error) {
	switch q.Kind {
	case export.Orders:
		part, err = s.orders(ctx, q)
	case export.Lines:
		part, err = s.lines(ctx, q)
	default:
		part, err = s.numbered(ctx, q)
	}
	return part, store.During("export "+string(q.Kind), store.Unavailable(err))
}

// orders reads orders in the order of their time.
func (s *Store) orders(ctx context.Context, q export.Query) (part export.Part, err error) {
	chosen, args := choose(q, `>`, partRows)
	text := `SELECT ` + orderFields + ` FROM ` + chosen + ` JOIN merchants m ON m.id = o.merchant_id
		ORDER BY o.created_at, o.id`
	if part.Rows, err = s.rows(ctx, text, args, scanOrder); len(part.Rows) == partRows {
		part.Next = part.Rows[partRows-1].Cursor
	}
	return part, err
}

// lines reads lines in the order of their orders' time. A part begins with those that are left of the order that the
// part before ended in. Every order has lines: where none are found there are no orders.
func (s *Store) lines(ctx context.Context, q export.Query) (part export.Part, err error) {
	chosen, args := choose(q, `>=`, lineOrders)
	text := `SELECT ` + lineFields + ` FROM ` + chosen + ` JOIN merchants m ON m.id = o.merchant_id
		JOIN order_lines l ON l.order_id = o.id AND (o.id <> $2 OR l.position > ` + place(len(args)+1) + `)
		ORDER BY o.created_at, o.id, l.position LIMIT ` + place(len(args)+2)
	args = append(args, q.After.Part, partRows)
	if part.Rows, err = s.rows(ctx, text, args, scanLine); len(part.Rows) > 0 {
		part.Next = part.Rows[len(part.Rows)-1].Cursor
	}
	return part, err
}

// choose is a query for so many orders o of a span by its arguments, the second of which is the one to go on after.
func choose(q export.Query, after string, most int) (text string, args []any) {
	from := q.From.UTC()
	if q.After != (export.Cursor{}) {
		from = time.UnixMicro(q.After.At).UTC()
	} else if from.Before(time.UnixMicro(0)) {
		from = time.UnixMicro(0).UTC() // PostgreSQL knows nothing of year 1 in a plan by index, nor does anybody order then
	}
	args, mine := []any{from, q.After.ID, q.To.UTC(), most}, ``
	if q.MerchantID != 0 {
		args, mine = append(args, q.MerchantID), ` AND merchant_id = $5`
	}
	return `(SELECT * FROM orders WHERE (created_at, id) ` + after + ` ($1, $2) AND created_at < $3` + mine + `
		ORDER BY created_at, id LIMIT $4) AS o`, args
}

// place is that of the nth argument.
func place(n int) string { return fmt.Sprint("$", n) }

// rows reads the rows of one look.
func (s *Store) rows(
	ctx context.Context, text string, args []any, scan func(store.Scanner) (export.Row, error),
) (rows []export.Row, err error) {
	err = s.peek(ctx, func() { rows = nil }, store.NewQuery(store.Same(text), args, func(row store.Scanner) error {
		r, err := scan(row)
		rows = append(rows, r)
		return err
	}))
	return rows, err
}

// peek runs a query where reads may go; begin starts over.
func (s *Store) peek(ctx context.Context, begin func(), query store.Query) error {
	return s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error {
		begin()
		return r.Peek(ctx, query)
	})
}

// numbered reads what is in the order of its number.
func (s *Store) numbered(ctx context.Context, q export.Query) (part export.Part, err error) {
	t := tables[q.Kind]
	after := q.After.ID
	if q.After.Part > 0 { // what has the number has more
		after--
	}
	if after == 0 && t.byTime && !q.From.IsZero() {
		if after, err = s.firstSince(ctx, t, q.From.Add(-skew)); err != nil {
			return part, err
		}
	}
	args := []any{after, partRows}
	if t.merchant != `` {
		args = append(args, q.MerchantID)
	}
	rows, past := 0, false
	err = s.peek(
		ctx, func() { part, rows, past = export.Part{}, 0, false },
		store.NewQuery(store.Same(t.statement()), args, func(row store.Scanner) error {
			found, at, err := t.scan(row)
			rows++
			past = at.After(q.To.Add(skew))
			for _, r := range found {
				part.Next = export.Cursor{ID: r.Cursor.ID}
				if r.Cursor.ID != q.After.ID || r.Cursor.Part > q.After.Part {
					part.Rows = append(part.Rows, r)
				}
			}
			return err
		}),
	)
	if rows < partRows || past {
		part.Next = export.Cursor{}
	}
	return part, err
}

// firstSince is a number before all rows that are not older than a moment, found by halves.
func (s *Store) firstSince(ctx context.Context, t *table, since time.Time) (int64, error) {
	var low, high int64
	err := s.one(ctx, `SELECT coalesce(max(id), 0) FROM `+t.name, nil, &high)
	for err == nil && low < high {
		middle := low + (high-low)/2
		var id int64
		var at time.Time
		err = s.one(ctx, `SELECT id, created_at FROM `+t.name+` WHERE id > $1 ORDER BY id LIMIT 1`, []any{middle}, &id, &at)
		if id == 0 || !at.Before(since) {
			high = middle
		} else {
			low = id
		}
	}
	return low, err
}

func (s *Store) one(ctx context.Context, text string, args []any, into ...any) error {
	return s.peek(ctx, func() {}, store.NewQuery(store.Same(text), args, func(row store.Scanner) error {
		return row.Scan(into...)
	}))
}

// amount is an amount as a decimal.
func amount(a money.Amount, currency money.Currency) string {
	if currency == "" {
		return ""
	}
	return a.Format(currency)
}

func optionalAmount(a *money.Amount, currency money.Currency) string {
	if a == nil {
		return ""
	}
	return amount(*a, currency)
}

// moment is a time in UTC, "" for none.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func number[N ~int | ~int64](n N) string { return fmt.Sprint(int64(n)) }

func optionalNumber(n *int64) string {
	if n == nil {
		return ""
	}
	return number(*n)
}
