// Package purchase is the queue of those who deliver by hand: what was bought at a
// provider that is a person waits in it until an operator takes it, and delivers it
// or refuses it. To the fulfilment engine it is a provider like any other.
package purchase

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// State is what became of a purchase.
type State string

// The states. The first two are open.
const (
	Waiting   State = "waiting"   // for somebody to take it
	Taken     State = "taken"     // somebody is at it
	Delivered State = "delivered" // the goods are here
	Refused   State = "refused"   // nothing will be delivered
	Cancelled State = "cancelled" // taken back before anybody delivered it
	// Closed is one that is open and of no use: its attempt was settled otherwise.
	Closed State = "closed"
)

// Lease is how long a purchase is its taker's alone.
const Lease = 15 * time.Minute

// Patience is how long a purchase may wait, for who delivers it where its order has no deadline, and for its outcome to
// be known.
const Patience = time.Hour

// DeliverBy is until when a purchase that is asked for now should be delivered: within so long of its order, where that
// has a deadline (0 for none).
func DeliverBy(ordered time.Time, within time.Duration, now time.Time) time.Time {
	if within > 0 {
		return ordered.Add(within)
	}
	return now.Add(Patience)
}

// Purchase is one that a person delivers. Its id is that of its attempt.
type Purchase struct {
	ID         int64
	ProviderID int64
	State      State
	TakenBy    string     // name of the operator who took it, or ended it; "" for nobody
	TakenUntil *time.Time // nil unless taken
	Reason     string     // why it was refused
	Goods      []string   // what was delivered; secret
	DeliverBy  *time.Time // nil of those from before there was one
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// What it is of, from its attempt and order.
	MerchantID  int64
	OrderNumber string
	Position    int // of the line
	SKU         string
	Quantity    int64
	UseDate     string
	Cost        money.Amount // of one unit
	Currency    money.Currency
	Settled     bool // the attempt is; whatever is still open here is closed
	Parked      bool // the attempt waits for a person
}

// Details are what whoever took a purchase has to know to deliver it. They are
// personal.
type Details struct {
	UserID, ServerID, CharacterID string
	Fields                        map[string]string
}

// Seen is the state as people see it.
func (p *Purchase) Seen() State {
	if p.Settled && (p.State == Waiting || p.State == Taken) {
		return Closed
	}
	return p.State
}

// Overdue reports whether it is open, and past the time for it.
func (p *Purchase) Overdue(now time.Time) bool {
	by := p.CreatedAt.Add(Patience)
	if p.DeliverBy != nil {
		by = *p.DeliverBy
	}
	return p.open() == nil && !now.Before(by)
}

// Refusals of what an operator wants with a purchase.
var (
	ErrNotFound = errors.New("purchase not found")
	// ErrNotTaken: who wants to end it has not taken it.
	ErrNotTaken = errors.New("the purchase has to be taken first")
)

// TakenError: somebody else is at it.
type TakenError struct {
	By    string
	Until time.Time
}

func (e *TakenError) Error() string { return "the purchase is taken by " + e.By }

// EndedError: it is open no more.
type EndedError struct{ State State }

func (e *EndedError) Error() string { return fmt.Sprintf("the purchase is %s", e.State) }

func (p *Purchase) open() error {
	if s := p.Seen(); s != Waiting && s != Taken {
		return &EndedError{s}
	}
	return nil
}

// Take makes it somebody's for the length of a lease, and anew when it is theirs.
// Errors: *EndedError, *TakenError.
func (p *Purchase) Take(by string, now time.Time) error {
	if err := p.open(); err != nil {
		return err
	}
	if p.State == Taken && p.TakenBy != by && p.TakenUntil != nil && now.Before(*p.TakenUntil) {
		return &TakenError{p.TakenBy, *p.TakenUntil}
	}
	p.State, p.TakenBy, p.TakenUntil = Taken, by, new(now.Add(Lease))
	return nil
}

// mine says whether it may be ended by somebody. Who took it and was late may, as
// long as nobody else has taken it.
func (p *Purchase) mine(by string) error {
	if err := p.open(); err != nil {
		return err
	}
	switch {
	case p.State == Waiting:
		return ErrNotTaken
	case p.TakenBy != by:
		return &TakenError{p.TakenBy, *p.TakenUntil}
	default:
		return nil
	}
}

// Release puts it back. Errors: *EndedError, *TakenError.
func (p *Purchase) Release(by string) (changed bool, err error) {
	if err := p.mine(by); err != nil {
		if errors.Is(err, ErrNotTaken) {
			return false, nil
		}
		return false, err
	}
	p.State, p.TakenBy, p.TakenUntil = Waiting, "", nil
	return true, nil
}

// Deliver ends it with goods; again with the same goods changes nothing. Errors:
// *errs.InvalidError, *EndedError, *TakenError, ErrNotTaken.
func (p *Purchase) Deliver(by string, goods []string) (changed bool, err error) {
	if len(goods) == 0 || int64(len(goods)) > p.Quantity {
		return false, errs.Invalid("goods", "must have 1 to %d entries, one per unit", p.Quantity)
	}
	if goods, err = catalog.ParseGoods(goods); err != nil {
		return false, err
	}
	if p.State == Delivered && p.TakenBy == by && slices.Equal(p.Goods, goods) {
		return false, nil
	}
	if err := p.mine(by); err != nil {
		return false, err
	}
	p.State, p.TakenUntil, p.Goods = Delivered, nil, goods
	return true, nil
}

const maxReason = 300 // characters

// Refuse ends it without goods, for a reason that the merchant reads; again for the
// same reason changes nothing. Errors: *errs.InvalidError, *EndedError,
// *TakenError, ErrNotTaken.
func (p *Purchase) Refuse(by, reason string) (changed bool, err error) {
	bad := &errs.InvalidError{}
	if bad.CheckLine("reason", reason, 1, maxReason); bad.OrNil() != nil {
		return false, bad
	}
	if p.State == Refused && p.TakenBy == by && p.Reason == reason {
		return false, nil
	}
	if err := p.mine(by); err != nil {
		return false, err
	}
	p.State, p.TakenUntil, p.Reason = Refused, nil, reason
	return true, nil
}

// Cancel takes it back unless it has ended.
func (p *Purchase) Cancel() (changed bool) {
	if p.State != Waiting && p.State != Taken {
		return false
	}
	p.State, p.TakenUntil = Cancelled, nil
	return true
}
