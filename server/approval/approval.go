// Package approval owns what waits for a second pair of eyes: deposits, corrections and
// credit limits above an amount that is configured. Somebody asks, another operator
// approves, and only then, in the same transaction, it is done; what nobody approves in
// time is never done. Who may ask and decide at all is the contract's; here is what has
// to wait, and that nobody decides about what they asked for themselves.
package approval

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/money"
)

// Kind is what is asked for.
type Kind string

// The kinds.
const (
	Deposit     Kind = "deposit"
	Adjustment  Kind = "adjustment"
	CreditLimit Kind = "credit_limit"
)

// Status is what became of a request.
type Status string

// The states of a request. All but the first are final.
const (
	Pending   Status = "pending"
	Approved  Status = "approved" // and done
	Rejected  Status = "rejected"
	Withdrawn Status = "withdrawn" // by who asked
	Expired   Status = "expired"
)

// Wish is what somebody wants to be done.
type Wish struct {
	Kind       Kind
	MerchantID int64
	Currency   money.Currency
	Amount     money.Amount // to be moved, signed as the wallet sees it; the new credit limit
	Reference  string       // of a movement; "" is never a repetition
	Reason     string       // what the merchant reads
	Force      bool         // of an adjustment, as [account.Adjustment] has it
}

// Request is a wish that waits for somebody to decide about it, or did.
type Request struct {
	ID int64
	Wish

	Previous  money.Amount // the credit limit when another one was asked for
	AskedBy   audit.Actor
	AskedAt   time.Time
	ExpiresAt time.Time

	Status     Status
	DecidedBy  audit.Actor // the zero value while nobody has
	DecidedAt  *time.Time
	Note       string // why it was rejected or withdrawn
	TransferID int64  // by which an approved movement was made; 0 for none
}

// Decision is what somebody says to a request.
type Decision struct {
	Verdict Status // Approved, Rejected or Withdrawn
	By      audit.Actor
	Note    string
}

// What a caller can act on.
var (
	ErrNotFound   = errors.New("no such request for approval")
	ErrOwnRequest = errors.New("who asked cannot decide; somebody else has to, or withdraw it")
	ErrNotAPerson = errors.New(
		"a key of admin scope is nobody's own: an operator with a key of their own has to decide",
	)
	ErrNotYours = errors.New("only who asked can withdraw it; reject it instead")
	// ErrStale: the credit limit is not what it was when another one was asked for.
	ErrStale = errors.New("the credit limit was changed since this was asked for; ask again")
)

// SettledError says that nothing can be decided any more.
type SettledError struct{ Status Status }

func (e *SettledError) Error() string { return "the request is " + string(e.Status) }

// NeededError says that a credit limit has to be asked for by itself, so that what
// goes with it is not done by half.
type NeededError struct {
	Above    money.Amount
	Currency money.Currency
}

func (e *NeededError) Error() string {
	return fmt.Sprintf(
		"a credit limit above %s %s waits for a second operator: change it by itself, with UpdateMerchant",
		e.Currency, e.Above.Format(e.Currency),
	)
}

// StatusAt is the request's state at a moment: what nobody decided about in time is
// expired, without anybody writing it down.
func (r *Request) StatusAt(now time.Time) Status {
	if r.Status == Pending && !now.Before(r.ExpiresAt) {
		return Expired
	}
	return r.Status
}

// Decide puts a decision down. again says that the same one of the same person was put
// down before. Errors: ErrOwnRequest, ErrNotAPerson, ErrNotYours, *SettledError.
func (r *Request) Decide(d Decision, now time.Time) (again bool, err error) {
	if err := r.mayDecide(d); err != nil {
		return false, err
	}
	switch status := r.StatusAt(now); {
	case status == Pending:
		r.Status, r.Note = d.Verdict, d.Note
		r.DecidedBy, r.DecidedAt = d.By, &now
		return false, nil
	case status == d.Verdict && samePerson(r.DecidedBy, d.By):
		return true, nil
	default:
		return false, &SettledError{status}
	}
}

func (r *Request) mayDecide(d Decision) error {
	own := samePerson(r.AskedBy, d.By)
	switch {
	case d.Verdict == Withdrawn && own:
		return nil
	case d.Verdict == Withdrawn:
		return ErrNotYours
	case own:
		return ErrOwnRequest
	case d.By.Kind == audit.KindAdminKey:
		return ErrNotAPerson
	default:
		return nil
	}
}

// samePerson goes by names, which are for ever and the same with every key. One who has
// the name of an operator on the machine is taken for that operator.
func samePerson(a, b audit.Actor) bool { return a.Name == b.Name }

// Done is what a request led to.
type Done struct {
	Request  *Request          // nil where nothing had to wait
	Transfer *account.Transfer // nil where nothing moved
	Wallet   *account.Wallet   // with Transfer: as it is now
}

// Filter selects requests, newest first. What is empty selects everything.
type Filter struct {
	Status     Status
	MerchantID int64
	BeforeID   int64 // 0 for the first page
	Limit      int
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// Request finds by id. ErrNotFound.
	Request(ctx context.Context, id int64) (Request, error)
	// Requests lists.
	Requests(ctx context.Context, f Filter) ([]Request, error)
}

// Store keeps requests. What it returns has the status of the moment.
type Store interface {
	Direct

	// Ask keeps a wish, to be decided about within a time. Where it repeats a movement
	// that was made, by its reference, that is returned instead; a credit limit that is
	// asked for already is the same request. Errors: those of [account.Store.Deposit]
	// and [account.Store.Adjust], *account.RequestedError included.
	Ask(ctx context.Context, w Wish, by audit.Actor, within time.Duration) (Done, error)
	// Decide puts a decision down as [Request.Decide] says and does what was approved,
	// all in one transaction. ErrNotFound, ErrStale, account.ErrReferenceReused, and
	// what is wrong with a movement by now.
	Decide(ctx context.Context, id int64, d Decision) (Request, error)
}
