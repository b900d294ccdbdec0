// Package trail lets an order be followed from one step to the next, across
// batches, jobs and processes, without knowing how. A trail is the text by which
// a trace goes on; it is empty while nothing is traced.
package trail

import (
	"context"
	"maps"
	"strconv"
	"strings"
)

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

// Kept reports a trail that is worth keeping: its trace is recorded.
func Kept(trail string) bool {
	const version, length = "00-", len("00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
	if len(trail) != length || !strings.HasPrefix(trail, version) {
		return false
	}
	flags, err := strconv.ParseUint(trail[length-2:], 16, 8)
	return err == nil && flags&1 == 1
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

// Beside carries the trails beside those that the context carries already, of
// which it carries a copy.
func Beside(ctx context.Context, orders Orders) context.Context {
	carried := In(ctx)
	if len(carried) == 0 || len(orders) == 0 {
		return With(ctx, orders)
	}
	all := maps.Clone(carried)
	maps.Copy(all, orders)
	return With(ctx, all)
}

// Span is a step to be followed. One that belongs to no trace is left alone.
type Span struct {
	Name string
	// Trail is of the order that it is for; "" for the trace of the context. A step
	// of another trace than the context's is linked with that.
	Trail string
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
	Job      = "orderhub.job_id"
	Queue    = "orderhub.queue"
	Size     = "orderhub.batch_size"
)

// End ends a step: failure is the code of why it failed, "" when it did not.
type End func(failure string, more ...Attr)

// Tracer follows steps.
type Tracer interface {
	// Begin begins a step; its context is that of what is done in it.
	Begin(ctx context.Context, s Span) (context.Context, End)
	// Batch begins what is done for several orders at once. It belongs to none of
	// them: it is a trace of its own, linked with each of theirs. Without trails it
	// is left alone.
	Batch(ctx context.Context, name string, orders Orders, attrs ...Attr) (context.Context, End)
}
