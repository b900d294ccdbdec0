package order

import (
	"context"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
)

// Viewer says whose orders may be seen. The zero value sees none.
type Viewer struct {
	merchantID int64
	operator   bool
}

// ByMerchant sees that merchant's orders only.
func ByMerchant(id int64) Viewer { return Viewer{merchantID: id} }

// ByOperator sees every merchant's orders.
func ByOperator() Viewer { return Viewer{operator: true} }

// Merchant returns the merchant the viewer is bound to; all is true for an
// operator, who is bound to none.
func (v Viewer) Merchant() (id int64, all bool) { return v.merchantID, v.operator }

// Sees returns of whom the viewer sees what there is: one merchant, or 0 for all. ok is
// false for who sees nobody's.
func (v Viewer) Sees() (merchantID int64, ok bool) {
	if v.operator {
		return 0, true
	}
	return v.merchantID, v.merchantID != 0
}

// Placed is what became of one candidate.
type Placed struct {
	Err      error
	Order    *Order         // a new order, with its goods; nil when replayed or refused
	Hold     *Hold          // a new hold
	Replayed *ExistingOrder // the order, or hold, that the reference already belongs to
	Balance  money.Amount   // of the wallet afterwards, with a new order or hold
}

// Filter pages through orders, newest first. Zero fields do not narrow.
type Filter struct {
	Statuses        []Status
	From, To        time.Time // of creation, [From, To)
	Reference       string    // exact
	ReferencePrefix string
	BeforeTime      time.Time // keyset: only orders before (BeforeTime, BeforeID)
	BeforeID        int64
	Last            Key     // keyset: only orders down to this one; zero for no bound
	IDs             []int64 // only these
	AmongOpen       bool    // only what is not final, which there is not much of
	Number          string  // exact
	NumberPrefix    string
	SKU             string // of a line
	Door            string // only orders that came through it
	Limit           int
	Offset          int  // entries to leave out, for doors that number their pages
	WithGoods       bool // with what was delivered
}

// Store keeps orders. All methods are safe for concurrent use. Errors that
// wrap errs.ErrUnavailable may go away by themselves.
type Store interface {
	// Place has the candidates judged by what is there and writes those that are
	// accepted in one transaction, in their order, with the refusals to be kept, and returns one Placed for each
	// once the transaction is durable. A batch that is tried again is judged again.
	// If the database refuses the batch as a whole it is split, so that a
	// candidate that cannot be written ends alone.
	Place(ctx context.Context, candidates []*Candidate, judge Judging) []Placed
	// PlaceAll is Place of all or none, in one transaction: an error of judge is its
	// error, and then nothing is written. The transaction may be durable after one
	// that wraps errs.ErrUnavailable.
	PlaceAll(ctx context.Context, candidates []*Candidate, judge Judging) ([]Placed, error)
	// Preview reads what one candidate is judged by, without locks and without
	// writing anything. Units are only counted, and not beyond one more than its
	// limit in all.
	Preview(ctx context.Context, c *Candidate) (*State, error)
	// Reference finds what the reference belongs to, or ErrNotFound.
	Reference(ctx context.Context, key ReferenceKey) (*ExistingOrder, error)

	// KeepRefusals keeps what orders were refused for, in the place of what was kept
	// under the same references before, unless that is newer.
	KeepRefusals(ctx context.Context, refused []*Refusal) error
	// Refusal is what is kept of the reference, or ErrNotFound.
	Refusal(ctx context.Context, key ReferenceKey) (*Refusal, error)

	// LineReferences finds what lines' references belong to, by reference;
	// those that are new are absent. See Draft.UniqueLines.
	LineReferences(ctx context.Context, merchantID int64, references []string) (map[string]*ExistingOrder, error)
	// ChargedBalance is the balance of the merchant's wallet right after the
	// order was charged; as it is now when the order cost nothing.
	ChargedBalance(ctx context.Context, merchantID, orderID int64) (money.Amount, error)

	// OrderByID, OrderByLine (of the line with this id) and OrderByLineCode (of
	// the line with the door's own code) return the merchant's order with its
	// lines and goods, or ErrNotFound.
	OrderByID(ctx context.Context, merchantID, orderID int64) (*Order, error)
	OrderByLine(ctx context.Context, merchantID, lineID int64) (*Order, error)
	OrderByLineCode(ctx context.Context, merchantID int64, code string) (*Order, error)
	// SetDoorState replaces what the door keeps with the line. ErrNotFound.
	SetDoorState(ctx context.Context, merchantID, lineID int64, state string) error
	// CountOrders counts what ListOrders would return without bounds.
	CountOrders(ctx context.Context, v Viewer, f Filter) (int64, error)
	// SoldUnits counts delivered and not cancelled units by product. It reads
	// every line.
	SoldUnits(ctx context.Context) (map[int64]int64, error)

	// Order returns the order with its lines and goods, or ErrNotFound.
	Order(ctx context.Context, v Viewer, number string) (*Order, error)
	// OrderByReference returns the merchant's order with its lines and goods,
	// or ErrNotFound.
	OrderByReference(ctx context.Context, merchantID int64, reference string) (*Order, error)
	// ListOrders returns orders newest first, by creation time then id, with
	// their lines and without their goods.
	ListOrders(ctx context.Context, v Viewer, f Filter) ([]Order, error)
	// OrderEvents returns the order's events after a sequence number, ascending.
	OrderEvents(ctx context.Context, merchantID, orderID, afterSequence int64, limit int) ([]event.Event, error)
}

// Catalog is the part of the catalogue that placement reads.
type Catalog interface {
	Snapshot() *catalog.Snapshot
	// Refresh makes Snapshot no older than the call.
	Refresh(ctx context.Context) error
}

// Canceller takes back what has not been delivered yet: it asks the providers
// that can be asked and settles the rest. ErrNotCancellable when no unit could
// be taken back. *RetryLaterError with *LinesBusyError when that may be different
// in a moment for some lines, whatever became of the others.
type Canceller interface {
	// Cancel gets the order with its goods. Lines that the cancellation does not
	// name are left alone, unless it names none.
	Cancel(ctx context.Context, o *Order, c Cancellation) error
}

// Cancellation is what to take back of an order.
type Cancellation struct {
	Reason string       // the merchant's words; "" for none
	Lines  []CancelLine // each at most once; empty for the whole order
}

// CancelLine names a line, or some tickets of it.
type CancelLine struct {
	Position    int      // from 1
	TicketCodes []string // empty for everything of the line that can be cancelled
	DoorState   *string  // what the door shall keep with the line once it is cancelled; nil as it is
}

// Line is what the cancellation asks of a line; false when it leaves it alone.
func (c *Cancellation) Line(position int) (CancelLine, bool) {
	if len(c.Lines) == 0 {
		return CancelLine{Position: position}, true
	}
	for _, l := range c.Lines {
		if l.Position == position {
			return l, true
		}
	}
	return CancelLine{}, false
}
