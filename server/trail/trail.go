// Package trail lets an order be followed from one step to the next, across
// batches, jobs and processes, without knowing how. A trail is the text by which
// a trace goes on; it is empty while nothing is traced.
package trail

import "context"

// Orders are the trails of orders, by their ids; those without one are left out.
type Orders map[int64]string

// Add notes the trail of an order, if it has one.
func (o *Orders) Add(orderID int64, trail string) {
	if trail == "" {
		return
	}
	if *o == nil {
		*o = make(Orders)
	}
	(*o)[orderID] = trail
}

// Of are the trails of those of the orders that have one; nil for none.
func (o Orders) Of(orderIDs []int64) (found Orders) {
	if len(o) == 0 {
		return nil
	}
	for _, id := range orderIDs {
		found.Add(id, o[id])
	}
	return found
}

type key struct{}

// With carries the trails; a context without any stays as it is.
func With(ctx context.Context, orders Orders) context.Context {
	if len(orders) == 0 {
		return ctx
	}
	return context.WithValue(ctx, key{}, orders)
}

// In are the trails that the context carries; nil for none.
func In(ctx context.Context) Orders {
	orders, _ := ctx.Value(key{}).(Orders)
	return orders
}

// Span is a step to be followed.
type Span struct {
	Name  string
	Trail string // of the order that it is for; "" for the trace of the context
	Attrs []Attr
}

// Attr is what is known of a step. Nothing secret or personal may be in it.
type Attr struct {
	Name  string
	Value any // a string or an int64
}

// The names of what is known of steps.
const (
	Order    = "orderhub.order" // its number
	OrderID  = "orderhub.order_id"
	Merchant = "orderhub.merchant"
	Provider = "orderhub.provider"
	Attempt  = "orderhub.attempt_id"
	Status   = "orderhub.status"
	Reason   = "orderhub.reason"
	Door     = "orderhub.door"
	Endpoint = "orderhub.endpoint_id"
	Format   = "orderhub.format"
	Event    = "orderhub.event"
	Number   = "orderhub.attempt"
)

// End ends a step: failure is the code of why it failed, "" when it did not.
type End func(failure string, more ...Attr)

// Tracer follows steps.
type Tracer interface {
	// Begin begins a step; its context is that of what is done in it.
	Begin(ctx context.Context, s Span) (context.Context, End)
}

// None follows nothing.
type None struct{}

// Begin implements Tracer.
func (None) Begin(ctx context.Context, _ Span) (context.Context, End) {
	return ctx, func(string, ...Attr) {}
}
