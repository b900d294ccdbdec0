// Package export gives whole tables to people and programs that work on with them: rows in one fixed order, read part
// by part, so that neither memory nor a transaction grows with how many there are, and that can be gone on with after
// any of them. It knows neither databases nor forms of files.
package export

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"orderhub/server/errs"
)

// Kind is what is exported.
type Kind string

// The kinds.
const (
	Orders    Kind = "orders"
	Lines     Kind = "lines"     // of orders
	Transfers Kind = "transfers" // of wallets; for operators those of providers' accounts, too
	Units     Kind = "units"     // how units came in, and went out to orders; never what they are
	Attempts  Kind = "attempts"  // at providers, with what they cost
	Claims    Kind = "claims"    // of units, each with its answer, what was given back and what took its place
)

// Kinds are all there are.
var Kinds = []Kind{Orders, Lines, Transfers, Units, Attempts, Claims}

// ForMerchants reports whether a merchant may have its own.
func (k Kind) ForMerchants() bool { return k != Units && k != Attempts }

// byNumber reports whether rows are in the order of their number, and a row's place is that alone.
func (k Kind) byNumber() bool { return k == Transfers || k == Attempts || k == Claims }

// Columns are those of a kind. Columns are only ever added at the end.
func Columns(k Kind) []string { return columns[k] }

var columns = map[Kind][]string{
	Orders: {
		"order_number",
		"reference_id",
		"merchant",
		"door",
		"status",
		"currency",
		"subtotal",
		"discount",
		"total",
		"refunded",
		"coupon",
		"failure_code",
		"create_time",
		"complete_time",
	},
	Lines: {
		"order_number",
		"reference_id",
		"merchant",
		"position",
		"sku",
		"product_name",
		"status",
		"quantity",
		"completed",
		"failed",
		"cancelled",
		"currency",
		"unit_price",
		"subtotal",
		"discount",
		"total",
		"refunded",
		"external_reference",
		"use_date",
		"failure_code",
		"create_time",
		"update_time",
	},
	Transfers: {
		"transfer",
		"time",
		"merchant",
		"kind",
		"currency",
		"amount",
		"balance_after",
		"order_number",
		"attempt",
		"reference",
		"description",
		"hold_number",
	},
	Units: {
		"unit",
		"time",
		"movement",
		"sku",
		"import",
		"status",
		"order_number",
		"merchant",
		"use_date",
		"expire_time",
	},
	Attempts: {
		"attempt",
		"create_time",
		"order_number",
		"position",
		"merchant",
		"provider",
		"provider_sku",
		"number",
		"reference",
		"provider_reference",
		"status",
		"quantity",
		"delivered",
		"failure_code",
		"currency",
		"cost",
		"charged_currency",
		"charged",
		"booked_currency",
		"booked",
		"settle_time",
		"claim",
	},
	Claims: {
		"claim",
		"create_time",
		"order_number",
		"position",
		"merchant",
		"sku",
		"unit",
		"reference",
		"reason",
		"status",
		"answered_by",
		"answer_time",
		"currency",
		"refund",
		"replacement_unit",
		"failure_code",
	},
}

// Cursor is a row's place among all of its kind. The zero Cursor is before the first.
type Cursor struct {
	// At is the row's moment in microseconds since 1970 where rows are in that order. Of units it is where the export
	// ends: a unit that goes out later has a movement before places that were passed. Of other kinds it is 0.
	At   int64
	ID   int64
	Part int // of what has the id
}

// String is the cursor as it is given out.
func (c Cursor) String() string {
	return strconv.FormatInt(c.At, 36) + "." + strconv.FormatInt(c.ID, 36) + "." + strconv.Itoa(c.Part)
}

// ParseCursor reads a cursor that was given out with a row of the kind, "" for the beginning. *errs.InvalidError.
func (k Kind) ParseCursor(text string) (c Cursor, err error) {
	if text == "" {
		return Cursor{}, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) == 3 {
		if c.At, err = strconv.ParseInt(parts[0], 36, 64); err == nil {
			if c.ID, err = strconv.ParseInt(parts[1], 36, 64); err == nil {
				c.Part, err = strconv.Atoi(parts[2])
			}
		}
	}
	if len(parts) != 3 || err != nil || c.At < 0 || (c.At > 0) == k.byNumber() || c.ID <= 0 || c.Part < 0 {
		return Cursor{}, errs.Invalid("after", "must be the cursor of a row of the same export")
	}
	return c, nil
}

// Query is what is asked for.
type Query struct {
	Kind       Kind
	MerchantID int64     // 0 for all
	From, To   time.Time // [From, To); zero for without end
	Status     string    // "" for any
	After      Cursor
}

// Row is one row, with what is in its columns.
type Row struct {
	Cursor Cursor
	At     time.Time // by which it is in a span or not
	Status string
	Cells  []string
}

// Part is what was read with one look.
type Part struct {
	Rows []Row
	// Next is where to go on, which may be past rows that are not among them; zero at the end.
	Next Cursor
}

// Store reads rows of a kind in their order, a bounded part at a time. What it need not look at because of the span
// it may leave out; it need not leave out anything.
type Store interface {
	Part(ctx context.Context, q Query) (Part, error)
}

// settled is how old what is exported must be: by then every transaction that was at work with something of its time
// is done, so that nothing appears later in a span that was exported.
const settled = time.Minute

// partsAtOnce is how many parts one process reads at the same time: an export has nothing else to do than to read, and
// must leave connections and the database to those that place orders.
const partsAtOnce = 2

// Service exports. Safe for concurrent use.
type Service struct {
	store   Store
	now     func() time.Time
	reading chan struct{} // has one for each part that is being read
	settled time.Duration
}

// NewService reads from the store.
func NewService(s Store, now func() time.Time) *Service {
	return &Service{s, now, make(chan struct{}, partsAtOnce), settled}
}

// Aged has rows be exported once they are so old. Where nobody is at work any more, as in tests, that may be less than
// what is usual. Before the first use.
func (s *Service) Aged(age time.Duration) *Service {
	s.settled = age
	return s
}

// Settled is the moment before which nothing is added any more.
func (s *Service) Settled() time.Time { return s.now().Add(-s.settled) }

// part reads a part when it is its turn.
func (s *Service) part(ctx context.Context, q Query) (Part, error) {
	select {
	case s.reading <- struct{}{}:
	case <-ctx.Done():
		return Part{}, ctx.Err()
	}
	defer func() { <-s.reading }()
	return s.store.Part(ctx, q)
}

// Rows are all rows of a query, one after the other. It ends with an error.
func (s *Service) Rows(ctx context.Context, q Query) iter.Seq2[*Row, error] {
	upTo := s.bound(&q)
	return func(yield func(*Row, error) bool) {
		for {
			part, err := s.part(ctx, q)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range part.Rows {
				row := &part.Rows[i]
				if upTo != nil && !row.At.Before(*upTo) {
					return
				}
				if q.Kind == Units {
					row.Cursor.At = q.To.UnixMicro()
				}
				if q.has(row) && !yield(row, nil) {
					return
				}
			}
			if part.Next == (Cursor{}) {
				return
			}
			q.After = part.Next
		}
	}
}

// bound has a query end where rows are settled, and one of units where it ended before it was interrupted.
//
// What is in the order of its number is not quite in that of its time. Where the end is not the one asked for, upTo
// is set: the first row that is too young is the last one looked at, for whoever goes on after a later one would
// never get it.
func (s *Service) bound(q *Query) (upTo *time.Time) {
	if newest := s.Settled(); q.To.IsZero() || q.To.After(newest) {
		q.To = newest
		if q.Kind.byNumber() {
			upTo = &newest
		}
	}
	if q.Kind == Units {
		q.To = q.To.Truncate(time.Microsecond) // as cursors have it
		if end := time.UnixMicro(q.After.At); q.After != (Cursor{}) && end.Before(q.To) {
			q.To = end
		}
	}
	return upTo
}

func (q *Query) has(r *Row) bool {
	return !r.At.Before(q.From) && r.At.Before(q.To) && (q.Status == "" || r.Status == q.Status)
}
