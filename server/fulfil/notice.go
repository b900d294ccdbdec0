package fulfil

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/trail"
)

// Audit asks again for settled attempts of which their provider told something
// more, and notes those whose outcome it contradicts now: goods may have been
// used and money may have been given back, so a person decides.
func (e *Engine) Audit(ctx context.Context, attemptIDs []int64) error {
	var failed error
	for _, id := range attemptIDs {
		failed = errors.Join(failed, e.audit(ctx, id))
	}
	return failed
}

func (e *Engine) audit(ctx context.Context, attemptID int64) error {
	a, err := e.Store.Attempt(ctx, attemptID)
	if err != nil {
		return fmt.Errorf("attempt %d: %w", attemptID, err)
	}
	if !a.Status.Settled() || a.Dispute != "" {
		return nil
	}
	ctx, end := e.followAudit(ctx, &a)
	defer end("")
	provider, partner, err := partnerOf(ctx, e.Directory, a.ProviderID)
	if err != nil {
		return err
	}
	s := &Step{Attempt: a, Purchase: dialect.Purchase{
		Reference: a.Reference, ProviderReference: a.ProviderReference, SKU: a.ProviderSKU, Quantity: a.Quantity,
		UnitCost: a.Cost, Currency: a.Currency, SubmittedAt: a.SubmittedAt,
	}}
	outcome, err := e.inquire(ctx, provider, partner, s)
	e.keep(ctx, s)
	switch {
	case errors.Is(err, dialect.ErrNotAskable):
		return nil
	case err != nil && !errors.Is(err, dialect.ErrUnreadable): // which says that it delivered
		return fmt.Errorf("attempt %s: %w", a.Reference, err)
	}
	how := contradiction(&a, &outcome)
	if how == "" {
		return nil
	}
	marked, err := e.Store.Dispute(ctx, a, how)
	if marked {
		e.Log.Warn("provider contradicts what it said", "attempt", a.Reference, "provider", provider.Name, "how", how)
	}
	return err
}

// followAudit has the audit of an attempt followed as a step of its order.
func (e *Engine) followAudit(ctx context.Context, a *Attempt) (context.Context, trail.End) {
	if e.Tracer == nil {
		return ctx, func(string, ...trail.Attr) {}
	}
	return e.Tracer.Begin(ctx, trail.Span{Name: "audit attempt", Trail: trail.In(ctx)[a.OrderID], Attrs: []trail.Attr{
		{Name: trail.Attempt, Value: a.ID}, {Name: trail.OrderID, Value: a.OrderID},
	}})
}

// contradiction says how the outcome differs from what the attempt was settled
// with, or "".
func contradiction(a *Attempt, o *dialect.Outcome) string {
	gone := o.State == dialect.Refused || o.State == dialect.Cancelled
	switch {
	case a.Status == AttemptDelivered && gone:
		return fmt.Sprintf("it was delivered and is %s now", o.State)
	case a.Status != AttemptDelivered && !gone:
		return fmt.Sprintf("it was %s and is %s now", a.Status, o.State)
	default:
		return ""
	}
}
