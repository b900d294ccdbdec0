// Package event owns the numbered log of what happened to a merchant's orders.
//
// An event is written in the transaction that makes the change. Its sequence
// number is taken from the merchant's wallet row while that row is locked, so
// that a merchant's numbers have no gaps and become visible in order, whatever
// process wrote them. Webhooks, streams and an order's timeline are views of it.
package event

import "time"

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
	AttemptParked   Type = "attempt.parked"
	// AttemptResolved is an operator's decision about a parked attempt.
	AttemptResolved Type = "attempt.resolved"
	// AttemptDisputed says that a provider contradicts what it said before.
	AttemptDisputed Type = "attempt.disputed"

	// TicketsCancelled is about one line; the order may stay what it is.
	TicketsCancelled Type = "line.tickets_cancelled"
)

// Event is one entry of the log. It is immutable once written.
type Event struct {
	MerchantID int64
	Sequence   int64 // 1, 2, 3 … per merchant, without gaps
	OrderID    int64 // 0 when the event is about no order
	LineID     int64 // 0 when the event is about the whole order
	Type       Type
	Data       map[string]string // small facts for people; never goods or personal data
	CreatedAt  time.Time         // UTC, microseconds
}
