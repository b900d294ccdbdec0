// Package fulfil is what happens after placement: it routes the lines that our
// own stock could not serve to the providers that sell them, writes each
// attempt before the provider is called, and settles what the provider says.
//
// An order's progress lives in its attempts, never in a job: [Engine.Route] and
// [Engine.Call] may be called twice, late, or for orders that are done.
package fulfil

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/exchange"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// Status says whether a provider or offer is used for new purchases.
type Status string

// The states of providers and offers.
const (
	StatusActive   Status = "active"
	StatusDisabled Status = "disabled"
)

// Provider is an upstream supplier and how to reach it.
type Provider struct {
	ID        int64
	Name      string // unique
	Connector string // the dialect it speaks, e.g. "sim"
	Status    Status
	Config    json.RawMessage // of the connector; nothing secret
	Limits    Limits
	// HasCredentials says whether something secret is kept for signing in; it is
	// read by itself, see Store.Credentials.
	HasCredentials bool
	// LowBalance is below what our balance there is low, which operators are told; a
	// currency of "" for never.
	LowBalance         money.Amount
	LowBalanceCurrency money.Currency
	CreatedAt          time.Time
	UpdatedAt          time.Time
}

// Limits bound what all processes together ask of a provider. Zeros mean the hub's
// defaults, and no limit of the rate.
type Limits struct {
	Concurrency       int           // calls at the same moment; the default holds for each process
	RequestsPerMinute int           // in the long run
	Burst             int           // that may come at once; 0 for as many as in a minute
	Timeout           time.Duration // of one call
	Horizon           time.Duration // how long the outcome of an attempt is waited for
}

// Offer is what a provider sells us.
type Offer struct {
	ID          int64
	ProductID   int64
	ProviderID  int64
	ProviderSKU string
	Cost        money.Amount // of one unit, to us; 0 while nobody has said
	Currency    money.Currency
	Priority    int // lower is tried first, then the cheaper by the rates of the moment
	Status      Status
	// What of it stays as it is, whatever the provider lists.
	PriceLocked bool
	StateLocked bool
	// OffBySync is the sync that disabled it, which another one may undo; 0 when none
	// did.
	OffBySync int64
	// ListedCost is what one unit costs by a list that is held for a person, where that is
	// more than Cost; 0 where there is none.
	ListedCost money.Amount
	MaxLoss    *int // of the cost, in hundredths of a percent; nil for what the product says
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// CostKnown reports whether somebody has said what the offer costs.
func (o *Offer) CostKnown() bool { return o.Cost != 0 }

// CostIn is what one unit costs in another currency, by the rates that hold at a moment;
// known is false where there is no rate, or no cost.
func (o *Offer) CostIn(c money.Currency, rates *exchange.Rates, at time.Time) (cost money.Amount, known bool) {
	if !o.CostKnown() {
		return 0, false
	}
	return rates.Convert(o.Cost, o.Currency, c, at)
}

// UnknownCost is a ListedCost in a currency that no exchange rate converts.
const UnknownCost = money.MaxAmount

// SetStatus is for a person, whose word holds: no sync switches it back.
func (o *Offer) SetStatus(s Status) { o.Status, o.OffBySync = s, 0 }

// SetCost is for a person, whose word holds whatever a list says that is held.
func (o *Offer) SetCost(cost money.Amount, c money.Currency) {
	o.Cost, o.Currency, o.ListedCost = cost, c, 0
}

// LockPrice is for a person, too: a cost that is locked is right whatever is listed.
func (o *Offer) LockPrice(locked bool) {
	if o.PriceLocked = locked; locked {
		o.ListedCost = 0
	}
}

// dearest is the most that one unit may cost, for all that is known.
func (o *Offer) dearest() money.Amount { return max(o.Cost, o.ListedCost) }

// AttemptStatus is the state of one submission to a provider.
type AttemptStatus string

// The states of attempts. The first four are open.
const (
	AttemptWaiting    AttemptStatus = "waiting"    // written; certainly not with the provider, which was busy
	AttemptSubmitting AttemptStatus = "submitting" // written; the call may or may not have left
	AttemptAccepted   AttemptStatus = "accepted"
	AttemptUnknown    AttemptStatus = "unknown" // the call failed in a way that proves nothing
	AttemptDelivered  AttemptStatus = "delivered"
	AttemptRefused    AttemptStatus = "refused"
	AttemptCancelled  AttemptStatus = "cancelled"
	AttemptParked     AttemptStatus = "parked" // open, but waits for an operator
)

// Settled reports whether the attempt's outcome is known.
func (s AttemptStatus) Settled() bool {
	return s == AttemptDelivered || s == AttemptRefused || s == AttemptCancelled
}

// Attempt is one submission of (part of) a line to one provider.
type Attempt struct {
	ID      int64
	OrderID int64
	LineID  int64
	// ReplacementID is what the attempt is for, where units of a claim are bought anew;
	// 0 for what was ordered.
	ReplacementID int64
	MerchantID    int64
	ProviderID    int64
	OfferID       int64
	ProviderSKU   string // as the offer had it
	Cost          money.Amount
	Currency      money.Currency // of the cost
	// Charged is what the provider says it charges; none while it has not said. While
	// Final is false that is for all units asked for, else for those it delivered.
	Charged           money.Sum
	Final             bool
	Booked            money.Sum // what is in the books for it; none before it is settled
	Number            int       // 1, 2, 3 … within the line
	Reference         string    // what the provider knows it by; unique
	Quantity          int64
	Status            AttemptStatus
	ProviderReference string
	FailureCode       string
	FailureMessage    string
	Checks            int // how often its outcome was asked for
	SubmittedAt       time.Time
	NextCheckAt       *time.Time         // while open: when to ask, or until when somebody is at it
	Exchanges         []dialect.Exchange // the latest with its provider, oldest first, as they may be read
	Held              []dialect.Goods    // came with the acceptance and wait for the delivery
	Dispute           string             // how the provider contradicted the outcome later; "" for not
	SettledAt         *time.Time
	PayloadRemovedAt  *time.Time // when what the provider had said went, because it is no longer kept; nil for not
	UpdatedAt         time.Time
	// OrderNumber, Position and ClaimID say where it belongs, for people; only where a single
	// attempt or a list of them is asked for.
	OrderNumber string
	Position    int
	ClaimID     int64 // of a replacement
}

// Step is an attempt with what a provider has to know of it.
type Step struct {
	Attempt  Attempt
	Purchase dialect.Purchase
	// Deadline is until when it may be submitted; the zero time for no limit.
	Deadline time.Time
	// OrderedAt is when the order was placed, or its claim was answered with a replacement.
	OrderedAt time.Time
	Trail     string // of the order; see package trail

	said    []dialect.Exchange // with the provider since it was read
	takenAt time.Time          // just before it was read: compared with nothing that was written later
}

// Work is an order that is not final, with the attempts of its lines so far; or a
// replacement that goes on, as if it were an order of one line that was placed when its
// claim was answered and is sold for what the units were.
type Work struct {
	Order         *order.Order        // without goods
	ReplacementID int64               // 0 for an order
	Attempts      map[int64][]Attempt // of this work, by line, in order of Number
	// Tried is the highest Number of the attempts of each line, whatever they are for.
	Tried map[int64]int
	// Within is how long after the order was created each product may wait for a
	// provider that can be reached; by product, absent for not at all.
	Within map[int64]time.Duration
	// Loss is what may be lost by selling each product for less than it costs; by
	// product, absent for nothing.
	Loss map[int64]LossRule
}

// Result is what became of an attempt, or of a line that has none, to be
// written together with what it does to the line. A result with an attempt is
// applied only while that attempt is not settled; one without only while the
// line has no unsettled attempt. So each takes effect at most once.
type Result struct {
	Attempt    *Attempt // the attempt as it shall be written; nil for none
	Settlement order.Settlement
	Trail      string // of the order; see package trail
	OnlyParked bool   // an operator's decision: applied only while the attempt is parked
	Proof      *Proof // of a decision; nil for none
}

// Proof is the finding of a provider's statement by which an attempt is decided. It is settled together with it.
type Proof struct {
	Finding  int64
	Action   Action
	Note, By string
}

// What a caller can act on.
var (
	ErrProviderNotFound = errors.New("provider not found")
	ErrOfferNotFound    = errors.New("offer not found")
	ErrAttemptNotFound  = errors.New("attempt not found")
	// ErrAttemptSettled: the attempt ended in another way than is asked for.
	ErrAttemptSettled = errors.New("the attempt is settled otherwise")
	// ErrAttemptOpen: the attempt is not parked: somebody is at it.
	ErrAttemptOpen = errors.New("the attempt is not parked")
)

// AlreadyExistsError says that a provider's name or an offer is taken.
type AlreadyExistsError struct{ Kind string }

func (e *AlreadyExistsError) Error() string { return e.Kind + " already exists" }

// Store keeps attempts.
type Store interface {
	// OpenWork returns those of the orders that are not final, and the replacements of
	// the orders that go on.
	OpenWork(ctx context.Context, orderIDs []int64) ([]Work, error)
	// Attempts returns the orders' attempts by order and line, in order of Number.
	Attempts(ctx context.Context, orderIDs []int64) (map[int64]map[int64][]Attempt, error)
	// Stalled returns orders with a line that is open and for which nothing will
	// happen by itself, or with such a replacement: last touched before the given moment, and without an
	// attempt that is parked or whose next check lies after it. Oldest first.
	Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error)
	// Begin writes attempts before their providers are called, moves their lines
	// to processing and inserts the jobs that will make the calls, in one
	// transaction. It leaves out attempts whose line is final or has an unsettled
	// attempt, those of a replacement that is over or has one, and those whose number
	// another one took, and returns the rest: only those may be submitted.
	Begin(ctx context.Context, attempts []Attempt) ([]Attempt, error)
	// Steps returns those of the attempts that are not settled, by id.
	Steps(ctx context.Context, attemptIDs []int64) ([]Step, error)
	// Claim makes those of the attempts that are due the caller's until the given
	// moment: nobody else is given them before. A waiting one becomes submitting
	// and is to be submitted, as is, with fresh, one that nobody has seen to yet,
	// due or not; the others are to be asked for.
	Claim(ctx context.Context, attemptIDs []int64, fresh bool, until time.Time) (submit, ask []int64, err error)
	// Withhold puts off an attempt that is waiting, so that nobody submits it before
	// the given moment; false when it is not waiting any more.
	Withhold(ctx context.Context, attemptID int64, until time.Time) (bool, error)
	// Due is when the first of the open attempts is due that are not parked; nil
	// when there is none.
	Due(ctx context.Context, attemptIDs []int64) (*time.Time, error)
	// Settle applies the results in one transaction, all or none, and reports which
	// took effect. Orders with units that a settled attempt left open are routed by
	// a job of the same transaction.
	Settle(ctx context.Context, results []Result) ([]bool, error)
	// KeepPassed keeps why offers were passed over, in the place of what was kept of the
	// same lines, and tells operators.
	KeepPassed(ctx context.Context, passed []Passed, told []operatorevent.Event) error
	// PassedOver is what was kept of an order's lines, by line.
	PassedOver(ctx context.Context, orderID int64) ([]Passed, error)
	// WakeCalls inserts jobs that see to open attempts.
	WakeCalls(ctx context.Context, attempts []Attempt) error
	// CancelTickets takes tickets of a line back, whatever its attempts are at;
	// an unsettled attempt of a line that becomes final by it is cancelled.
	// order.ErrNotFound, order.ErrNotCancellable, order.ErrBusy.
	CancelTickets(ctx context.Context, c order.TicketCancellation) error

	// Attempt finds by id. ErrAttemptNotFound.
	Attempt(ctx context.Context, id int64) (Attempt, error)
	// LineContents returns what was delivered for a line.
	LineContents(ctx context.Context, lineID int64) ([]string, error)
	// ListAttempts returns attempts by descending id.
	ListAttempts(ctx context.Context, f AttemptFilter) ([]Attempt, error)
	// RecordNotices stores what a provider told, each notice once, makes the open
	// attempts they are about due at once, and inserts the job that sees to them.
	// It reports how many were new, and how many are about no attempt.
	RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (fresh, unknown int, err error)
	// KeepExchanges adds what was exchanged about an attempt where nothing else about
	// it is written.
	KeepExchanges(ctx context.Context, attemptID int64, exchanges []dialect.Exchange) error
	// Dispute notes that the provider contradicts the outcome of a settled
	// attempt, with its event, and reports whether that is new.
	Dispute(ctx context.Context, a Attempt, how string) (bool, error)
}

// AttemptFilter says which attempts are wanted. Zeros mean all.
type AttemptFilter struct {
	Status     AttemptStatus
	Disputed   bool // only those with a dispute
	ProviderID int64
	OrderID    int64
	BeforeID   int64 // only those with a lower id; 0 for the newest
	Limit      int
}
