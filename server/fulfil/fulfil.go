// Package fulfil is what happens after placement: it routes the lines that our
// own stock could not serve to the providers that sell them, writes each
// attempt before the provider is called, and settles what the provider says.
//
// An order's progress lives in its attempts, never in a job: [Engine.Advance]
// may be called twice, late, or for orders that are done.
package fulfil

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"orderhub/server/money"
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
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Offer is what a provider sells us.
type Offer struct {
	ID          int64
	ProductID   int64
	ProviderID  int64
	ProviderSKU string
	Cost        money.Amount // of one unit, to us
	Currency    money.Currency
	Priority    int // lower is tried first, then the cheaper
	Status      Status
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// AttemptStatus is the state of one submission to a provider.
type AttemptStatus string

// The states of attempts. The first three are open.
const (
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
	ID                int64
	OrderID           int64
	LineID            int64
	MerchantID        int64
	ProviderID        int64
	OfferID           int64
	ProviderSKU       string // of the offer
	Number            int    // 1, 2, 3 … within the line
	Reference         string // what the provider knows it by; unique
	Quantity          int64
	Status            AttemptStatus
	ProviderReference string
	FailureCode       string
	FailureMessage    string
	Checks            int // how often its outcome was asked for
	SubmittedAt       time.Time
	NextCheckAt       *time.Time // while open
}

// Work is an order that is not final, with the attempts of its lines so far.
type Work struct {
	Order    *order.Order        // without goods
	Attempts map[int64][]Attempt // by line, in order of Number
}

// Result is what became of an attempt, or of a line that has none, to be
// written together with what it does to the line. A result with an attempt is
// applied only while that attempt is not settled; one without only while the
// line has no unsettled attempt. So each takes effect at most once.
type Result struct {
	Attempt    *Attempt // the attempt as it shall be written; nil for none
	Settlement order.Settlement
}

// What a caller can act on.
var (
	ErrProviderNotFound = errors.New("provider not found")
	ErrOfferNotFound    = errors.New("offer not found")
)

// AlreadyExistsError says that a provider's name or an offer is taken.
type AlreadyExistsError struct{ Kind string }

func (e *AlreadyExistsError) Error() string { return e.Kind + " already exists" }

// Store keeps providers, offers and attempts.
type Store interface {
	// OpenWork returns those of the orders that are not final.
	OpenWork(ctx context.Context, orderIDs []int64) ([]Work, error)
	// Attempts returns the orders' attempts by order and line, in order of Number.
	Attempts(ctx context.Context, orderIDs []int64) (map[int64]map[int64][]Attempt, error)
	// Stalled returns orders that are not final and for which nothing will
	// happen by itself: last touched before the given moment, and without an
	// attempt whose next check lies after it. Oldest first.
	Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error)
	// ActiveOffers returns, for each product, the active offers of active
	// providers by priority, then cost, then id.
	ActiveOffers(ctx context.Context, productIDs []int64) (map[int64][]Offer, error)
	// Begin writes attempts before their providers are called, and moves their
	// lines to processing, in one transaction. It leaves out attempts whose
	// line is final or has an unsettled attempt, and returns the rest: only
	// those may be submitted.
	Begin(ctx context.Context, attempts []Attempt) ([]Attempt, error)
	// Settle applies the results in one transaction and reports which took
	// effect.
	Settle(ctx context.Context, results []Result) ([]bool, error)
	// CancelTickets takes tickets of a line back, whatever its attempts are at;
	// an unsettled attempt of a line that becomes final by it is cancelled.
	// order.ErrNotFound, order.ErrNotCancellable, order.ErrBusy.
	CancelTickets(ctx context.Context, c order.TicketCancellation) error

	// ListProviders returns providers by ascending id.
	ListProviders(ctx context.Context) ([]Provider, error)
	// Provider finds by id. ErrProviderNotFound.
	Provider(ctx context.Context, id int64) (Provider, error)
	// CreateProvider assigns ID. *AlreadyExistsError on the name.
	CreateProvider(ctx context.Context, p Provider) (Provider, error)
	// UpdateProvider writes status and configuration. ErrProviderNotFound.
	UpdateProvider(ctx context.Context, p Provider) (Provider, error)
	// CreateOffer assigns ID. *AlreadyExistsError, ErrProviderNotFound,
	// catalog.ErrProductNotFound.
	CreateOffer(ctx context.Context, o Offer) (Offer, error)
	// ListOffers returns a product's offers, by priority, cost, id; disabled
	// ones and those of disabled providers included.
	ListOffers(ctx context.Context, productID int64) ([]Offer, error)
}
