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

// Placed is what became of one candidate.
type Placed struct {
	Err      error
	Order    *Order         // a new order, with its goods; nil when replayed or refused
	Replayed *ExistingOrder // the order the reference already belongs to
	Balance  money.Amount   // of the wallet after the charge, with a new order
}

// Filter pages through orders, newest first. Zero fields do not narrow.
type Filter struct {
	Statuses        []Status
	From, To        time.Time // of creation, [From, To)
	Reference       string    // exact
	ReferencePrefix string
	BeforeTime      time.Time // keyset: only orders before (BeforeTime, BeforeID)
	BeforeID        int64
	Limit           int
}

// Store keeps orders. All methods are safe for concurrent use. Errors that
// wrap fault.ErrUnavailable may go away by themselves.
type Store interface {
	// Place judges and writes the candidates in one transaction, in their
	// order, and returns one Placed for each once the transaction is durable.
	// If the database refuses the batch as a whole it is split, so that a
	// candidate that cannot be written ends alone.
	Place(ctx context.Context, candidates []*Candidate) []Placed
	// Preview judges one candidate against the present state, without locks and
	// without writing anything.
	Preview(ctx context.Context, c *Candidate) (*State, error)
	// Reference finds what the reference belongs to, or ErrNotFound.
	Reference(ctx context.Context, key ReferenceKey) (*ExistingOrder, error)

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
// be taken back, *RetryLaterError when that may be different in a moment.
type Canceller interface {
	Cancel(ctx context.Context, o *Order, reason string) error
}
