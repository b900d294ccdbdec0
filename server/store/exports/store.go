// Package exports reads whole tables part by part: export.Store. Each part is one statement by an index, and rows of
// tables that are numbered are found by their time with a few looks at single rows.
package exports

import (
	"context"
	"fmt"
	"strconv"
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
	// windowRows is among how many rows of a table those of one merchant are looked for with one look, where no index
	// has them.
	windowRows = 20_000
	// skew is by how much numbers and times of a table may be in another order: transactions that overlap, and clocks.
	skew = time.Hour
)

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
	text := `SELECT ` + store.Selected(orderFields) + ` FROM ` + chosen + ` JOIN merchants m ON m.id = o.merchant_id
		ORDER BY o.created_at, o.id`
	if part.Rows, err = s.rows(ctx, text, args, scanTimed(export.Orders, orderFields)); len(part.Rows) == partRows {
		part.Next = part.Rows[partRows-1].Cursor
	}
	return part, err
}

// lines reads lines in the order of their orders' time. A part begins with those that are left of the order that the
// part before ended in. Every order has lines: where none are found there are no orders.
func (s *Store) lines(ctx context.Context, q export.Query) (part export.Part, err error) {
	chosen, args := choose(q, `>=`, lineOrders)
	text := `SELECT ` + store.Selected(lineFields) + ` FROM ` + chosen + ` JOIN merchants m ON m.id = o.merchant_id
		JOIN order_lines l ON l.order_id = o.id AND (o.id <> $2 OR l.position > ` + place(len(args)+1) + `)
		ORDER BY o.created_at, o.id, l.position LIMIT ` + place(len(args)+2)
	args = append(args, q.After.Part, partRows)
	if part.Rows, err = s.rows(ctx, text, args, scanTimed(export.Lines, lineFields)); len(part.Rows) > 0 {
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
		// PostgreSQL knows nothing of year 1 in a plan by index, nor does anybody order then.
		from = time.UnixMicro(0).UTC()
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
	err = s.peek(ctx, func() { rows = nil }, store.NewQuery(store.Same(text), args, store.Append(&rows, scan)))
	return rows, err
}

// peek runs queries where reads may go; begin starts over.
func (s *Store) peek(ctx context.Context, begin func(), queries ...store.Query) error {
	return s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) error {
		begin()
		return r.Peek(ctx, queries...)
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
		if after, err = s.near(ctx, t, q.From.Add(-skew), store.FirstSince); err != nil {
			return part, err
		}
	}
	look, err := s.lookAt(ctx, t, q, after)
	if err != nil {
		return part, err
	}
	rows, past := 0, false
	err = s.peek(
		ctx, func() { part, rows, past = export.Part{}, 0, false },
		store.NewQuery(look.statement, look.args, func(row store.Scanner) error {
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
	switch {
	case past:
		part.Next = export.Cursor{}
	case rows < partRows:
		part.Next = export.Cursor{ID: look.next}
	}
	return part, err
}

// partRead is a statement that reads a part, and where to go on when it has found all there is: 0 for nowhere.
type partRead struct {
	statement store.Statement
	args      []any
	next      int64
}

// lookAt looks for the rows after one. Where no index has those of the merchant, it looks at so many of all, and at
// none that are later than the span.
func (s *Store) lookAt(ctx context.Context, t *table, q export.Query, after int64) (r partRead, err error) {
	ofMerchant := t.merchants && q.MerchantID != 0
	r.statement, r.args = t.statement(ofMerchant), []any{after, partRows}
	if !ofMerchant {
		return r, nil
	}
	if r.args = append(r.args, q.MerchantID); t.byMerchant {
		return r, nil
	}
	last, err := s.near(ctx, t, q.To.Add(skew), store.FirstAfter)
	window := min(after+windowRows, last)
	if r.args = append(r.args, window); window < last {
		r.next = window
	}
	return r, err
}

// near is a number before all rows that are not older than a moment or, of store.FirstAfter, one behind which all are
// later.
func (s *Store) near(
	ctx context.Context, t *table, moment time.Time,
	find func(context.Context, store.Runner, store.Statement, []any, time.Time, int64) (int64, error),
) (int64, error) {
	var high int64
	look := func(ctx context.Context, queries ...store.Query) error { return s.peek(ctx, func() {}, queries...) }
	last := store.Same(`SELECT coalesce(max(id), 0) + 1 FROM ` + t.name)
	if err := look(ctx, store.NewQuery(last, nil, store.Into(&high))); err != nil {
		return 0, err
	}
	from := store.Same(`SELECT id, created_at FROM ` + t.name + ` WHERE id >= $1 ORDER BY id LIMIT 1`)
	first, err := find(ctx, look, from, nil, moment, high)
	return first - 1, err
}

// cells are the values at places as texts. Amounts are in the currency that stands before them.
func cells(places []any) []string {
	texts := make([]string, len(places))
	var currency money.Currency
	amount := func(a money.Amount) string {
		if currency == "" {
			return ""
		}
		return a.Format(currency)
	}
	for i, place := range places {
		switch value := place.(type) {
		case *string:
			texts[i] = *value
		case *money.Currency:
			currency, texts[i] = *value, string(*value)
		case *money.Amount:
			texts[i] = amount(*value)
		case **money.Amount:
			texts[i] = optional(*value, amount)
		case *int:
			texts[i] = number(int64(*value))
		case *int64:
			texts[i] = number(*value)
		case **int64:
			texts[i] = optional(*value, number)
		case *time.Time:
			texts[i] = moment(*value)
		case **time.Time:
			texts[i] = optional(*value, moment)
		default:
			panic(fmt.Sprintf("exports: no text for %T", value))
		}
	}
	return texts
}

// optional is the text of a value, "" for none.
func optional[T any](value *T, text func(T) string) string {
	if value == nil {
		return ""
	}
	return text(*value)
}

// moment is a time in UTC.
func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func number(n int64) string { return strconv.FormatInt(n, 10) }
