package claim

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"orderhub/server/errs"
	"orderhub/server/order"
)

// Redemption says that a ticket is used.
type Redemption struct {
	Viewer    order.Viewer
	Code      string
	Reference string // the venue's own; "" is never a repetition
	Place     string
	At        time.Time // zero for now
	By        By
}

// Ticket is a ticket with its use.
type Ticket struct {
	UnitID      int64
	Code        string // secret
	Status      order.GoodsStatus
	UseDate     string
	ProductID   int64
	MerchantID  int64
	OrderNumber string
	DeliveredAt time.Time  // zero before
	Reference   string     // of its redemption
	Place       string     // likewise
	RedeemedAt  *time.Time // nil unless it was
}

// ErrTicketNotFound: no such ticket of the viewer's.
var ErrTicketNotFound = errors.New("no such ticket")

// RedeemedError: the ticket was used before.
type RedeemedError struct {
	At    time.Time
	Place string
}

func (e *RedeemedError) Error() string {
	return "the ticket was used before, at " + e.At.Format(time.RFC3339)
}

// NotValidError: nobody may come in with the ticket.
type NotValidError struct{ Status order.GoodsStatus }

func (e *NotValidError) Error() string { return fmt.Sprintf("the ticket is %s", e.Status) }

// WrongDateError: the ticket is of another day.
type WrongDateError struct{ UseDate, TimeZone string }

func (e *WrongDateError) Error() string {
	return fmt.Sprintf("the ticket is for %s (%s)", e.UseDate, cmp.Or(e.TimeZone, "UTC"))
}

const (
	maxPlace = 200
	maxCode  = 255
	// apart is how far a venue's clock may be from ours.
	apart = time.Minute
)

// Check looks at what needs no database. *errs.InvalidError.
func (r *Redemption) Check(now time.Time) error {
	bad := &errs.InvalidError{}
	bad.CheckLine("ticket_code", r.Code, 1, maxCode)
	bad.CheckLine("reference", r.Reference, 0, maxReference)
	bad.CheckLine("place", r.Place, 0, maxPlace)
	if r.At.After(now.Add(apart)) {
		bad.Add("redeem_time", "must not be in the future")
	}
	return bad.OrNil()
}

// Redeem makes the ticket a used one; again says that the same venue said so before.
// Errors: *RedeemedError, *NotValidError, *WrongDateError, *errs.InvalidError.
func (t *Ticket) Redeem(r *Redemption, p *Policy, now time.Time) (again bool, err error) {
	at := r.At
	if at.IsZero() {
		at = now
	}
	at = at.UTC().Truncate(time.Microsecond)
	switch {
	case t.RedeemedAt != nil && r.Reference != "" && r.Reference == t.Reference:
		return true, nil
	case t.RedeemedAt != nil:
		return false, &RedeemedError{*t.RedeemedAt, t.Place}
	case t.Status != order.GoodsDelivered:
		return false, &NotValidError{t.Status}
	case at.Before(t.DeliveredAt.Add(-apart)):
		return false, errs.Invalid("redeem_time", "must not be before the ticket was delivered")
	case !p.OnDay(at, t.UseDate):
		return false, &WrongDateError{t.UseDate, p.TimeZone}
	}
	t.Status, t.RedeemedAt = order.GoodsUsed, &at
	t.Place, t.Reference = r.Place, r.Reference
	return false, nil
}

// TicketFilter pages through the tickets of a product's day, by the number of the unit.
type TicketFilter struct {
	Viewer    order.Viewer
	ProductID int64
	UseDate   string
	AfterID   int64
	Limit     int
}
