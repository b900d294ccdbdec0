// Package dialect says what a partner can do, as small interfaces. A folder
// below it knows everything about one partner and implements what that partner
// has; the fulfilment engine relies on these interfaces and on nothing else.
package dialect

import (
	"context"
	"errors"
	"time"
)

// Connector buys goods from one upstream provider.
type Connector interface {
	// Place submits a purchase. A nil error means the provider answered, and
	// the outcome says what. An error that wraps [ErrNotSent] proves that the
	// provider knows nothing of the purchase; after any other error its fate is
	// unknown, and only [Inquirer] or, where Idempotent, Place with the same
	// reference may find it out.
	Place(ctx context.Context, p Purchase) (Outcome, error)
	// Idempotent reports whether Place may be repeated with the same reference
	// without buying twice.
	Idempotent() bool
}

// Inquirer is a connector whose provider can be asked about a purchase.
type Inquirer interface {
	// Inquire looks a purchase up by its reference. A purchase the provider has
	// never seen is a Refused outcome with code [CodeNotReceived].
	Inquire(ctx context.Context, p Purchase) (Outcome, error)
}

// Canceller is a connector whose provider may take an accepted purchase back.
type Canceller interface {
	// Cancel returns a Cancelled outcome when the purchase was taken back as a
	// whole, and the purchase's present outcome when it is too late for that.
	Cancel(ctx context.Context, p Purchase) (Outcome, error)
}

// TicketCanceller is a connector whose provider may take single tickets of a
// purchase back, also after they were delivered.
type TicketCanceller interface {
	// CancelTickets takes back some of the purchase's tickets, which the hub's
	// codes name; none means all of them. Safe to repeat. ErrNotCancellable when
	// the provider refuses; after any other error it is unknown whether it did.
	CancelTickets(ctx context.Context, p Purchase, codes []string) error
}

// ErrNotCancellable: the provider does not take it back.
var ErrNotCancellable = errors.New("the provider does not take it back")

// ErrNotSent: the purchase certainly did not reach the provider.
var ErrNotSent = errors.New("not sent to the provider")

// Purchase is one submission of (part of) an order line.
type Purchase struct {
	Reference   string // ours, unique, the same on every repetition
	SKU         string // the provider's own
	Quantity    int64
	Recipient   Recipient
	Fields      map[string]string // customer fields by identifier
	UseDate     string            // YYYY-MM-DD, "" unless dated
	SubmittedAt time.Time         // of the first Place, UTC
}

// Recipient is the end customer, as the game knows them.
type Recipient struct {
	UserID      string
	ServerID    string
	CharacterID string
}

// State is what a provider says of a purchase.
type State int

// The states. Delivered, Refused and Cancelled are final.
const (
	Accepted  State = iota + 1 // being worked on; ask again after CheckAfter
	Delivered                  // Goods are here; units missing from it failed
	Refused                    // nothing was or will be delivered
	Cancelled                  // taken back as a whole
)

// Outcome is a provider's answer.
type Outcome struct {
	State             State
	ProviderReference string
	Goods             []Goods // with Delivered, at most Quantity
	FailureCode       string  // with Refused, or for the units missing from Goods
	FailureMessage    string
	CheckAfter        time.Duration // with Accepted; 0 leaves it to the engine
}

// Goods is one delivered unit. Content is secret.
type Goods struct {
	Content    string
	TicketCode string // where the provider issues tickets
}

// Failure codes the hub itself gives.
const (
	CodeNotReceived         = "NOT_RECEIVED"         // the provider has never seen the purchase
	CodeProviderError       = "PROVIDER_ERROR"       // failed without another reason
	CodeProviderUnavailable = "PROVIDER_UNAVAILABLE" // could not be reached
	CodeNoProvider          = "NO_PROVIDER"          // nobody sells the product to us
)
