// Package claim owns what is said of delivered units that do not work, and what becomes
// of it: who may claim which unit and for how long, what an operator or a product's
// policy may answer, and that each unit is claimed and answered once. What a refund is
// worth is package order's; here is which units get one.
package claim

import (
	"errors"
	"fmt"
	"time"

	"orderhub/server/money"
	"orderhub/server/order"
)

// Reason is what is wrong with units. The values are stable.
type Reason string

// The reasons.
const (
	NotWorking   Reason = "not_working"
	AlreadyUsed  Reason = "already_used"
	WrongProduct Reason = "wrong_product"
	NotReceived  Reason = "not_received"
	Expired      Reason = "expired"
	Other        Reason = "other"
)

// UnitStatus is what became of one unit of a claim.
type UnitStatus string

// The states. The first two are open: what is being replaced waits for the unit that is
// bought, and for an answer again where none can be.
const (
	Waiting   UnitStatus = "waiting"
	Replacing UnitStatus = "replacing"
	Replaced  UnitStatus = "replaced"
	Refunded  UnitStatus = "refunded"
	Rejected  UnitStatus = "rejected"
)

// Status is where a claim is; it follows from its units.
type Status string

// The states of a claim.
const (
	StatusWaiting   Status = "waiting"   // some unit waits for an answer
	StatusReplacing Status = "replacing" // none does, and for some another one is being bought
	StatusAnswered  Status = "answered"
)

// Verdict is what is done about units.
type Verdict string

// The verdicts.
const (
	Refund  Verdict = "refund"
	Replace Verdict = "replace"
	Reject  Verdict = "reject"
)

// DisputeStatus is what a provider says to a unit that was passed to it.
type DisputeStatus string

// The states of a dispute; "" is none.
const (
	DisputeOpen     DisputeStatus = "open"
	DisputeCredited DisputeStatus = "credited"
	DisputeRefused  DisputeStatus = "refused"
)

// Evidence is what a claimant shows.
type Evidence struct {
	Text     string `json:"text,omitempty"`
	SHA256   string `json:"sha256,omitempty"` // of a file that the claimant keeps, in hexadecimal digits
	FileName string `json:"file_name,omitempty"`
}

// Said is a claim in its claimant's words. It is kept sealed, and erased with the
// order's customer.
type Said struct {
	Text     string   `json:"text,omitempty"`
	Evidence Evidence `json:"evidence,omitzero"`
}

// By is who acts: a kind of package audit, or one of the kinds below.
type By struct{ Kind, Name string }

// Kinds of who acts beside those of package audit.
const (
	ByMerchant = "merchant" // with a key of its own
	ByPolicy   = "policy"   // the product's
)

// Claim is what somebody says of units of one order.
type Claim struct {
	ID          int64
	MerchantID  int64
	OrderID     int64
	OrderNumber string
	Currency    money.Currency
	Reference   string // "" for none
	Reason      Reason
	Said        Said
	By          By
	Units       []Unit // by id of the unit
	AnswerBy    *time.Time
	OverdueAt   *time.Time // when operators were told that it is
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Erased      bool // the order's customer is: no words are kept
}

// Unit is one unit of a claim.
type Unit struct {
	ID         int64 // of the entry
	UnitID     int64
	LineID     int64
	ProductID  int64
	Position   int // of its line
	SKU        string
	Ticketed   bool
	Status     UnitStatus
	AnsweredBy By     // the zero value while nobody has
	Answer     string // in words
	AnsweredAt *time.Time
	Refund     money.Amount
	SoldFor    money.Amount // known while it is answered
	// ReplacementID is the unit that took its place; 0 for none.
	ReplacementID int64
	Given         string // what that is, where it is known; secret
	// BoughtBy is the replacement by which that unit is being bought, or was; 0 for none.
	BoughtBy int64
	// FailureCode is why none could be bought when that was tried last; "" unless it
	// could not.
	FailureCode string
	Dispute     Dispute
}

// Dispute is a unit at the provider that sold it; the zero value is none.
type Dispute struct {
	Status    DisputeStatus
	Reference string
	AttemptID int64 // that bought the unit
	OpenedAt  *time.Time
	EndedAt   *time.Time
	Credit    money.Sum
}

func (c *Claim) Status() Status {
	switch {
	case c.Waiting() > 0:
		return StatusWaiting
	case c.count(Replacing) > 0:
		return StatusReplacing
	default:
		return StatusAnswered
	}
}

// Waiting is how many units wait for an answer.
func (c *Claim) Waiting() int { return c.count(Waiting) }

func (c *Claim) count(s UnitStatus) (n int) {
	for i := range c.Units {
		if c.Units[i].Status == s {
			n++
		}
	}
	return n
}

// Refunded is what was given back for all units.
func (c *Claim) Refunded() (sum money.Amount) {
	for i := range c.Units {
		sum = sum.AddCapped(c.Units[i].Refund)
	}
	return sum
}

// Overdue reports whether it waits for longer than it should.
func (c *Claim) Overdue(now time.Time) bool {
	return c.AnswerBy != nil && !now.Before(*c.AnswerBy) && c.Waiting() > 0
}

// unit finds by the id of the unit; nil for none.
func (c *Claim) unit(id int64) *Unit {
	for i := range c.Units {
		if c.Units[i].UnitID == id {
			return &c.Units[i]
		}
	}
	return nil
}

// What a caller can act on.
var (
	ErrNotFound = errors.New("no such claim")
	// ErrUnitNotFound: the order, or the claim, has no such unit.
	ErrUnitNotFound = errors.New("no such unit")
	// ErrNothing: no unit is named, and there is none that can be claimed.
	ErrNothing         = errors.New("the order has no unit that can be claimed")
	ErrReferenceReused = errors.New("the reference belongs to another claim")
	ErrOutOfStock      = errors.New("there is no unit in stock to replace it with")
	// ErrNotReplaceable: tickets have no replacement.
	ErrNotReplaceable = errors.New("a ticket cannot be replaced: refund it, and have another one ordered")
	ErrNoPurchase     = errors.New("which purchase the unit is from is not known: name the attempt that delivered it")
	ErrNotDisputed    = errors.New("the unit was not passed to its provider")
)

// NotDeliveredError: the customer does not have the unit.
type NotDeliveredError struct {
	UnitID int64
	Status order.GoodsStatus
}

func (e *NotDeliveredError) Error() string { return fmt.Sprintf("unit %d is %s", e.UnitID, e.Status) }

// ClaimedError: the unit was claimed before.
type ClaimedError struct{ UnitID, ClaimID int64 }

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("unit %d was claimed before, by claim %d", e.UnitID, e.ClaimID)
}

// TooLateError: the product's time for claims is over.
type TooLateError struct {
	UnitID int64
	Until  time.Time
}

func (e *TooLateError) Error() string {
	return fmt.Sprintf("unit %d could be claimed until %s", e.UnitID, e.Until.Format(time.RFC3339))
}

// UsedError: a ticket that was redeemed is claimed as not received, or is to be paid back.
type UsedError struct{ UnitID int64 }

func (e *UsedError) Error() string {
	return fmt.Sprintf("ticket %d was redeemed: it was received, and a claim on it can only be rejected", e.UnitID)
}

// AnsweredError: the unit was answered otherwise before.
type AnsweredError struct {
	UnitID int64
	Status UnitStatus
}

func (e *AnsweredError) Error() string {
	if e.Status == Replacing {
		return fmt.Sprintf("another unit is being bought in the place of unit %d", e.UnitID)
	}
	return fmt.Sprintf("unit %d is %s already", e.UnitID, e.Status)
}

// EndedError: the dispute ended otherwise before.
type EndedError struct{ Status DisputeStatus }

func (e *EndedError) Error() string { return "the dispute is " + string(e.Status) + " already" }

// CreditTooLargeError: no more can be credited than is in the books.
type CreditTooLargeError struct{ Booked money.Sum }

func (e *CreditTooLargeError) Error() string {
	return fmt.Sprintf("no more can be credited than %s, which is in the books for the purchase", e.Booked)
}
