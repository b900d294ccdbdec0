package fulfil

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/order"
)

// Cancel takes back what the cancellation names of the order: lines nobody has
// been asked for, those whose provider takes them back, and tickets. It
// implements order.Canceller.
func (e *Engine) Cancel(ctx context.Context, o *order.Order, c order.Cancellation) error {
	attempts, err := e.Store.Attempts(ctx, []int64{o.ID})
	if err != nil {
		return fmt.Errorf("read the attempts of order %s: %w", o.Number, err)
	}
	w := Work{Order: o, Attempts: make(map[int64][]Attempt)}
	for line, all := range attempts[o.ID] {
		w.Attempts[line] = ordered(all)
	}
	var cancelled bool
	var busy []int // lines with a provider this very moment; it may be possible in the next
	for i := range o.Lines {
		wanted, ok := c.Line(o.Lines[i].Position)
		if !ok {
			continue
		}
		var outcome cancelOutcome
		if o.Lines[i].Ticketed() {
			outcome, err = e.cancelTickets(ctx, w, &o.Lines[i], wanted, c.Reason)
		} else {
			outcome, err = e.cancelUnits(ctx, w, &o.Lines[i], wanted, c.Reason)
		}
		if err != nil {
			return fmt.Errorf("cancel line %d of order %s: %w", wanted.Position, o.Number, err)
		}
		cancelled = cancelled || outcome == cancelDone
		if outcome == cancelBusy {
			busy = append(busy, wanted.Position)
		}
	}
	if cancelled {
		e.Log.Info("order cancelled", "order", o.Number, "but", busy)
	}
	switch {
	case len(busy) > 0: // first: what is half done is not done
		return &order.RetryLaterError{Err: &order.LinesBusyError{Positions: busy}, After: firstCheck}
	case !cancelled:
		return order.ErrNotCancellable
	default:
		return nil
	}
}

// cancelOutcome is what became of one line.
type cancelOutcome int

const (
	cancelRefused cancelOutcome = iota
	cancelDone
	cancelBusy
)

// cancelUnits takes back what is open of a line without tickets.
func (e *Engine) cancelUnits(ctx context.Context, w Work, line *order.Line, wanted order.CancelLine, reason string) (
	cancelOutcome, error,
) {
	if line.Status.Final() || len(wanted.TicketCodes) > 0 {
		return cancelRefused, nil
	}
	r, undecided := e.cancelLine(ctx, w, line)
	switch {
	case undecided:
		return cancelBusy, nil
	case r == nil:
		return cancelRefused, nil
	}
	r.Settlement.Reason = reason
	if r.Settlement.Cancelled > 0 {
		r.Settlement.DoorState = wanted.DoorState
	}
	applied, err := e.settle(ctx, *r)
	switch {
	case err != nil:
		return cancelRefused, err
	case !applied:
		return cancelBusy, nil
	case r.Settlement.Cancelled > 0:
		return cancelDone, nil
	default:
		return cancelRefused, nil // it was too late, or the provider has it still
	}
}

// cancelTickets takes tickets back: our own at once, a provider's once it
// agrees.
func (e *Engine) cancelTickets(
	ctx context.Context, w Work, line *order.Line, wanted order.CancelLine, reason string,
) (cancelOutcome, error) {
	var agreed int64
	if line.FromProvider {
		codes, ok := line.Returnable(wanted.TicketCodes)
		if !ok {
			return cancelRefused, nil
		}
		attempt, outcome, err := e.askForTickets(ctx, w, line, codes)
		agreed = attempt
		if outcome != cancelDone || err != nil {
			return outcome, err
		}
	}
	err := e.Store.CancelTickets(ctx, order.TicketCancellation{
		MerchantID: w.Order.MerchantID, OrderID: w.Order.ID, LineID: line.ID,
		Codes: wanted.TicketCodes, AttemptID: agreed, Reason: reason, DoorState: wanted.DoorState,
	})
	switch {
	case errors.Is(err, order.ErrNotCancellable):
		return cancelRefused, nil
	case errors.Is(err, order.ErrBusy):
		return cancelBusy, nil
	default:
		return cancelDone, err
	}
}

// askForTickets asks the provider that has the line, or had it last. Nobody has
// to agree when no provider has anything of it. With cancelDone it returns the
// attempt that is still open, or 0.
func (e *Engine) askForTickets(ctx context.Context, w Work, line *order.Line, codes []string) (
	open int64, outcome cancelOutcome, err error,
) {
	attempts := w.Attempts[line.ID]
	if len(attempts) == 0 {
		return 0, cancelDone, nil
	}
	last := attempts[len(attempts)-1]
	switch last.Status {
	case AttemptRefused, AttemptCancelled:
		return 0, cancelDone, nil
	case AttemptWaiting, AttemptSubmitting, AttemptUnknown:
		return 0, cancelBusy, nil
	case AttemptParked:
		return 0, cancelRefused, nil
	case AttemptAccepted:
		open = last.ID
	case AttemptDelivered:
	}
	provider, partner, err := partnerOf(ctx, e.Directory, last.ProviderID)
	if err != nil {
		return 0, cancelRefused, err
	}
	if !partner.Can().CancelsTicket {
		return 0, cancelRefused, nil
	}
	s, err := e.step(ctx, w.Order, line, &last)
	if err != nil {
		return 0, cancelRefused, err
	}
	_, err = e.call(
		ctx, provider, s, "cancel_tickets", func(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
			return dialect.Outcome{State: dialect.Cancelled}, partner.CancelTickets(ctx, p, ticketsWith(line, codes))
		},
	)
	e.keep(ctx, s)
	switch {
	case errors.Is(err, dialect.ErrNotCancellable):
		return 0, cancelRefused, nil
	case err != nil:
		e.Log.Warn("provider did not answer whether it takes tickets back", "attempt", last.Reference, "error", err)
		return 0, cancelBusy, nil
	default:
		return open, cancelDone, nil
	}
}

// ticketsWith are the line's tickets of these codes, with what the provider delivered
// for them.
func ticketsWith(line *order.Line, codes []string) []dialect.Goods {
	tickets := make([]dialect.Goods, len(codes))
	for i, code := range codes {
		tickets[i].TicketCode = code
		for j := range line.Goods {
			if line.Goods[j].TicketCode == code {
				tickets[i].Content = line.Goods[j].Content
			}
		}
	}
	return tickets
}

// step is a settled or open attempt as its provider knows it.
func (e *Engine) step(ctx context.Context, o *order.Order, line *order.Line, a *Attempt) (*Step, error) {
	if !a.Status.Settled() {
		steps, err := e.Store.Steps(ctx, []int64{a.ID})
		if err != nil {
			return nil, err
		}
		if len(steps) == 1 {
			steps[0].Attempt.NextCheckAt = nil // the call is not bound to who else is at it
			return &steps[0], nil
		}
	}
	return &Step{Attempt: *a, Purchase: a.purchase(o, line)}, nil
}

// purchase is what the attempt's provider was asked for.
func (a *Attempt) purchase(o *order.Order, line *order.Line) dialect.Purchase {
	return dialect.Purchase{
		Reference: a.Reference, ProviderReference: a.ProviderReference, SKU: a.ProviderSKU, Quantity: a.Quantity,
		UnitCost: a.Cost, Currency: a.Currency, UnitPrice: line.UnitPrice, PriceCurrency: o.Currency,
		Recipient: dialect.Recipient(o.Recipient), Fields: line.Fields, UseDate: line.UseDate, SubmittedAt: a.SubmittedAt,
		Held: a.Held, Door: o.Door, Private: o.Private,
	}
}

// cancelLine returns what to write for the line, or nil when nothing changes;
// undecided when that is only because the line is just being submitted.
func (e *Engine) cancelLine(ctx context.Context, w Work, line *order.Line) (result *Result, undecided bool) {
	attempts := w.Attempts[line.ID]
	if len(attempts) == 0 || attempts[len(attempts)-1].Status.Settled() {
		return &Result{Settlement: order.Settlement{
			MerchantID: w.Order.MerchantID, OrderID: w.Order.ID, LineID: line.ID, Cancelled: line.Open(),
		}}, false
	}
	last := attempts[len(attempts)-1]
	if last.Status == AttemptWaiting {
		r := e.withhold(ctx, &last)
		return r, r == nil
	}
	provider, partner, err := partnerOf(ctx, e.Directory, last.ProviderID)
	if err != nil {
		return nil, false
	}
	ok := partner.Can().Cancels
	if !ok || last.Status != AttemptAccepted {
		return nil, ok && last.Status == AttemptSubmitting
	}
	s, err := e.step(ctx, w.Order, line, &last)
	if err != nil {
		return nil, false
	}
	outcome, err := e.call(ctx, provider, s, "cancel", partner.Cancel)
	if err != nil || outcome.State == dialect.Accepted {
		e.keep(ctx, s)
		return nil, false // still with the provider; whoever waits for it goes on waiting
	}
	v := e.verdictOf(s, provider, outcome)
	r := v.result(&last)
	return &r, false
}

// withhold keeps an attempt that waits for its provider from being submitted, and
// returns what cancels it; nil when somebody is at it.
func (e *Engine) withhold(ctx context.Context, a *Attempt) *Result {
	held, err := e.Store.Withhold(ctx, a.ID, e.Now().Add(e.lease()))
	if err != nil {
		e.Log.Warn("attempt not withheld", "attempt", a.Reference, "error", err)
	}
	if !held {
		return nil
	}
	v := verdict{attempt: *a}
	v.attempt.Status, v.attempt.NextCheckAt = AttemptCancelled, nil
	v.settlement.Cancelled = a.Quantity
	r := v.result(a)
	return &r
}
