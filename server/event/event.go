// Package event owns the numbered log of what happened to a merchant's orders.
//
// An event is written in the transaction that makes the change. Its sequence
// number is taken from the merchant's wallet row while that row is locked, so
// that a merchant's numbers have no gaps and become visible in order, whatever
// process wrote them. Webhooks, streams and an order's timeline are views of it.
package event

import (
	"strings"
	"time"
)

// Type names what happened. The values are part of the public contract.
type Type string

// The types of this log. A created order that completes at once has both its
// order.created and its order.completed, in that order.
const (
	OrderCreated    Type = "order.created"
	OrderProcessing Type = "order.processing"
	OrderCompleted  Type = "order.completed"
	OrderFailed     Type = "order.failed"
	OrderCancelled  Type = "order.cancelled"
	// OrderErased says that what the order kept of its customer is gone.
	OrderErased Type = "order.erased"

	// A change is told once: by the order's event when the order's status changes
	// too, else by one of the line.
	LineProcessing   Type = "line.processing"
	LineCompleted    Type = "line.completed"
	LineFailed       Type = "line.failed"
	LineCancelled    Type = "line.cancelled"
	LineUnitsChanged Type = "line.units_changed" // some of its units came or failed; its status stays
	// TicketsCancelled is about one line; the order may stay what it is.
	TicketsCancelled Type = "line.tickets_cancelled"

	// What becomes of claims: of units of one line that do not work.

	ClaimCreated  Type = "claim.created"
	ClaimRefunded Type = "claim.refunded"
	ClaimReplaced Type = "claim.replaced"
	ClaimRejected Type = "claim.rejected"
	// Other units are being bought; some could not be, and wait for an answer again.
	ClaimReplacing Type = "claim.replacing"
	ClaimWaiting   Type = "claim.waiting"
	// TicketRedeemed says that a ticket is used.
	TicketRedeemed Type = "ticket.redeemed"

	// WalletLowBalance says that a charge, a hold or an adjustment took the balance below
	// the merchant's threshold. It is about no order.
	WalletLowBalance Type = "wallet.low_balance"
	// WalletAdjusted says that an operator corrected the balance. It is about no order.
	WalletAdjusted Type = "wallet.adjusted"
	// WebhookDisabled says that an endpoint failed for too long, or is gone.
	WebhookDisabled Type = "webhook.disabled"
	// WebhookTest is in no log: it is what a test message is called.
	WebhookTest Type = "webhook.test"

	// What operators look into.

	AttemptParked Type = "attempt.parked"
	// AttemptResolved is an operator's decision about a parked attempt.
	AttemptResolved Type = "attempt.resolved"
	// AttemptDisputed says that a provider contradicts what it said before.
	AttemptDisputed Type = "attempt.disputed"
)

// Types are all there are, in the order of the list above.
var Types = []Type{
	OrderCreated, OrderProcessing, OrderCompleted, OrderFailed, OrderCancelled, OrderErased,
	LineProcessing, LineCompleted, LineFailed, LineCancelled, LineUnitsChanged, TicketsCancelled,
	ClaimCreated, ClaimRefunded, ClaimReplaced, ClaimRejected, ClaimReplacing, ClaimWaiting,
	TicketRedeemed,
	WalletLowBalance, WalletAdjusted, WebhookDisabled, AttemptParked, AttemptResolved, AttemptDisputed,
}

// ForOperators reports a type that webhooks do not tell: it is about the hub's
// own work and not about what the merchant bought.
func (t Type) ForOperators() bool { return strings.HasPrefix(string(t), "attempt.") }

// Event is one entry of the log. It is immutable once written, but for what an
// erasure takes out of it.
type Event struct {
	MerchantID int64
	Sequence   int64 // 1, 2, 3 … per merchant, without gaps
	OrderID    int64 // 0 when the event is about no order
	LineID     int64 // 0 when the event is about the whole order
	Type       Type
	Data       map[string]string // small facts for people; never goods or personal data
	// State is what of the order changes, as it stood then; "" for an event about
	// no order. It is package order's, which puts it back into an order that was
	// read later, so that what is told of an event is the same at any time.
	State     string
	CreatedAt time.Time // UTC, microseconds
}
