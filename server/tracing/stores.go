package tracing

import (
	"context"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/trail"
	"orderhub/server/webhook"
)

// Trails has the trails of orders that were placed, by whichever process. Not to
// know one is no reason to fail: then what is done for its order is not followed.
type Trails interface {
	Trails(ctx context.Context, orderIDs []int64) (trail.Orders, error)
}

// known are the trails of the orders: those that the context carries, and of the
// others those that are kept.
func (t *Tracing) known(ctx context.Context, kept Trails, orderIDs []int64) trail.Orders {
	carried := trail.In(ctx)
	found := carried.Of(orderIDs)
	var missing []int64
	for _, id := range orderIDs {
		if id != 0 && carried[id] == "" {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return found
	}
	more, err := kept.Trails(ctx, missing)
	if err != nil {
		t.log.Warn("orders are not followed: their traces cannot be read", "error", err)
	}
	for id, left := range more {
		found.Add(id, left)
	}
	return found
}

// AttemptStore is what fulfilment keeps.
type AttemptStore interface {
	fulfil.Store
	// WakeFulfilment has orders routed.
	WakeFulfilment(ctx context.Context, orderIDs []int64, at time.Time) error
	// ToldTrails are the trails of the orders that notices of a provider are about.
	ToldTrails(ctx context.Context, providerID int64, notices []dialect.Notice) (trail.Orders, error)
}

// Attempts is a store through which orders are followed whoever wakes them: a job,
// the sweep, a person or their provider.
func (t *Tracing) Attempts(store AttemptStore, kept Trails) AttemptStore {
	if t == nil {
		return store
	}
	return &attempts{AttemptStore: store, tracing: t, kept: kept}
}

type attempts struct {
	AttemptStore
	tracing *Tracing
	kept    Trails
}

func (a *attempts) with(ctx context.Context, orderIDs []int64) (context.Context, trail.Orders) {
	known := a.tracing.known(ctx, a.kept, orderIDs)
	return trail.Beside(ctx, known), known
}

// ordersOf are the orders that each of some things belongs to.
func ordersOf[T any](things []T, of func(*T) int64) []int64 {
	ids := make([]int64, len(things))
	for i := range things {
		ids[i] = of(&things[i])
	}
	return ids
}

func ofAttempt(a *fulfil.Attempt) int64 { return a.OrderID }

func (a *attempts) Begin(ctx context.Context, begin []fulfil.Attempt) ([]fulfil.Attempt, error) {
	ctx, known := a.with(ctx, ordersOf(begin, ofAttempt))
	ctx, end := a.tracing.Batch(ctx, "route batch", known)
	begun, err := a.AttemptStore.Begin(ctx, begin)
	end(failureOf(err))
	return begun, err
}

func (a *attempts) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	ctx, known := a.with(ctx, ordersOf(results, func(r *fulfil.Result) int64 { return r.Settlement.OrderID }))
	ctx, end := a.tracing.Batch(ctx, "settle batch", known)
	applied, err := a.AttemptStore.Settle(ctx, results)
	end(failureOf(err))
	return applied, err
}

func failureOf(err error) string {
	if err != nil {
		return "FAULT"
	}
	return ""
}

func (a *attempts) Steps(ctx context.Context, attemptIDs []int64) ([]fulfil.Step, error) {
	steps, err := a.AttemptStore.Steps(ctx, attemptIDs)
	known := a.tracing.known(ctx, a.kept, ordersOf(steps, func(s *fulfil.Step) int64 { return s.Attempt.OrderID }))
	for i := range steps {
		steps[i].Trail = known[steps[i].Attempt.OrderID]
	}
	return steps, err
}

func (a *attempts) WakeCalls(ctx context.Context, open []fulfil.Attempt) error {
	ctx, _ = a.with(ctx, ordersOf(open, ofAttempt))
	return a.AttemptStore.WakeCalls(ctx, open)
}

func (a *attempts) WakeFulfilment(ctx context.Context, orderIDs []int64, at time.Time) error {
	ctx, _ = a.with(ctx, orderIDs)
	return a.AttemptStore.WakeFulfilment(ctx, orderIDs, at)
}

// RecordNotices is that of the store. What a provider tells is a step of each
// order that it is about, and what comes of it follows that step.
func (a *attempts) RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (
	fresh, unknown int, err error,
) {
	told, err := a.AttemptStore.ToldTrails(ctx, providerID, notices)
	if err != nil {
		a.tracing.log.Warn("orders are not followed: their traces cannot be read", "error", err)
	}
	var from trail.Orders
	var ends []trail.End
	for id, left := range told {
		step, end := a.tracing.Begin(ctx, trail.Span{
			Name: "callback", Trail: left, Attrs: []trail.Attr{{Name: trail.OrderID, Value: id}},
		})
		from.Add(id, a.tracing.TrailOf(step))
		ends = append(ends, end)
	}
	fresh, unknown, err = a.AttemptStore.RecordNotices(trail.Beside(ctx, from), providerID, notices)
	for _, end := range ends {
		end(failureOf(err))
	}
	return fresh, unknown, err
}

// Canceller is one whose cancellations are steps of their orders.
func (t *Tracing) Canceller(canceller order.Canceller, kept Trails) order.Canceller {
	if t == nil {
		return canceller
	}
	return &cancels{Canceller: canceller, tracing: t, kept: kept}
}

type cancels struct {
	order.Canceller
	tracing *Tracing
	kept    Trails
}

func (c *cancels) Cancel(ctx context.Context, o *order.Order, which order.Cancellation) error {
	known := c.tracing.known(ctx, c.kept, []int64{o.ID})
	ctx, end := c.tracing.Begin(trail.Beside(ctx, known), trail.Span{
		Name: "cancel order", Trail: known[o.ID], Attrs: []trail.Attr{{Name: trail.Order, Value: o.Number}},
	})
	err := c.Canceller.Cancel(ctx, o, which)
	failure := ""
	if err != nil {
		failure = "NOT_CANCELLED"
	}
	end(failure)
	return err
}

// Outbox is one whose deliveries have the trails of their orders.
func (t *Tracing) Outbox(outbox webhook.Outbox, kept Trails) webhook.Outbox {
	if t == nil {
		return outbox
	}
	return &posts{Outbox: outbox, tracing: t, kept: kept}
}

type posts struct {
	webhook.Outbox
	tracing *Tracing
	kept    Trails
}

func (p *posts) ClaimDeliveries(ctx context.Context, claims []webhook.Claim) ([][]*webhook.Due, error) {
	due, err := p.Outbox.ClaimDeliveries(ctx, claims)
	var ids []int64
	for _, lane := range due {
		for _, d := range lane {
			if d.OrderID != 0 {
				ids = append(ids, d.OrderID)
			}
		}
	}
	if len(ids) == 0 {
		return due, err
	}
	known := p.tracing.known(ctx, p.kept, ids)
	for _, lane := range due {
		for _, d := range lane {
			d.Trail = known[d.OrderID]
		}
	}
	return due, err
}
