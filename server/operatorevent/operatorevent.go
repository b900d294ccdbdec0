// Package operatorevent owns what operators should see and merchants must not: what is
// bought, from whom and at what cost. An event is written in the transaction of what it
// tells of, is never changed, and is told in the order of its number. What merchants are
// told of is package event's.
package operatorevent

import (
	"context"
	"time"
)

// Kind is what happened, as a dotted name. Each is declared by the package that tells of
// it, and is one of Kinds; new ones may come.
type Kind string

// WebhookDisabled: an endpoint of operators failed for too long, or is gone.
const WebhookDisabled Kind = "webhook.disabled"

// Kinds are all there are. An endpoint may ask for some of them alone.
var Kinds = []Kind{
	"claim.created", "claim.overdue", "claim.waiting", "cost.differs", "product.too_dear", "provider.balance_low",
	"provider.balance_restored", "provider.funds_back", "provider.out_of_funds", "purchase.overdue",
	"reconciliation.differs", "stock.enough", "stock.low", "supply.applied", "supply.failed", "supply.held",
	"supply.refused", "supply.rejected", "supply.undone", "units.expired", WebhookDisabled,
}

// Event is one entry.
type Event struct {
	ID         int64 // its number; 0 before it is written
	Kind       Kind
	ProviderID int64          // 0 for none
	ProductID  int64          // 0 for none
	Message    string         // a sentence for people
	Data       map[string]any // what JSON has; nothing secret or personal. May be nil
	At         time.Time      // zero before it is written
}

// Filter selects events, newest first. What is empty selects everything.
type Filter struct {
	Kind       Kind
	ProviderID int64
	ProductID  int64
	From, To   time.Time // [From, To); zero for no bound
	BeforeID   int64     // 0 for the first page
	Limit      int
}

// Outbox has what operators' endpoints are still to be told.
type Outbox interface {
	// Untold returns at most limit events that were not, the oldest first.
	Untold(ctx context.Context, limit int) ([]Event, error)
	// Told notes that they were. It may be repeated.
	Told(ctx context.Context, ids []int64) error
}

// Store keeps the events.
type Store interface {
	// Add writes events that no other transaction is to write.
	Add(ctx context.Context, events ...Event) error
	// List returns what the filter selects.
	List(ctx context.Context, f Filter) ([]Event, error)
}
