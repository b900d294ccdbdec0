package fulfil

import (
	"context"
	"errors"
	"slices"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/purchase"
)

// Action is what an operator decides about a parked attempt.
type Action string

// The actions.
const (
	ActionInquire   Action = "inquire"   // ask the provider again
	ActionDelivered Action = "delivered" // the provider has delivered
	ActionFailed    Action = "failed"    // it has not and will not: the units fail
	ActionElsewhere Action = "elsewhere" // the same, and the next offer is tried
)

// Decision is an operator's, about one parked attempt.
type Decision struct {
	AttemptID int64
	Action    Action
	Evidence  string   // how the operator knows; the merchant may read it
	Goods     []string // with ActionDelivered, one per unit; secret
	Operator  string   // who decided
	// Finding is what proves it, of a provider's statement, and is settled in the same transaction; 0 for none.
	Finding int64
}

// Resolve does what an operator decided. Doing it again changes nothing. Errors:
// ErrAttemptNotFound, ErrAttemptOpen, ErrAttemptSettled, *errs.InvalidError, and
// *purchase.EndedError where a person has delivered what is to fail.
func (e *Engine) Resolve(ctx context.Context, d Decision) (Attempt, error) {
	a, err := e.Store.Attempt(ctx, d.AttemptID)
	if err != nil {
		return Attempt{}, err
	}
	if err := d.check(&a); err != nil {
		return Attempt{}, err
	}
	if done, err := e.decided(ctx, &d, &a); done || err != nil {
		return a, err
	}
	applied, err := e.settle(ctx, d.result(&a, e))
	if err != nil {
		return Attempt{}, err
	}
	if a, err = e.Store.Attempt(ctx, d.AttemptID); err != nil {
		return Attempt{}, err
	}
	if !applied { // somebody else decided meanwhile, or has delivered it by hand
		done, err := e.decided(ctx, &d, &a)
		if err == nil && !done {
			err = &purchase.EndedError{State: purchase.Delivered}
		}
		return a, err
	}
	if d.Action == ActionInquire {
		err = e.Store.WakeCalls(ctx, []Attempt{a})
	}
	return a, err
}

// AskAgain has the provider asked about an attempt that waits for a person, because
// one has delivered or refused it by hand; others are left alone.
func (e *Engine) AskAgain(ctx context.Context, attemptID int64, operator string) error {
	_, err := e.Resolve(ctx, Decision{
		AttemptID: attemptID, Action: ActionInquire, Evidence: "Ended by hand", Operator: operator,
	})
	if errors.Is(err, ErrAttemptOpen) || errors.Is(err, ErrAttemptSettled) {
		return nil
	}
	return err
}

// What a decision may say, in characters, and how many goods it may bring.
const (
	maxEvidence = 500
	maxOperator = 200
	maxGoods    = 10_000
)

func (d *Decision) check(a *Attempt) error {
	bad := &errs.InvalidError{}
	bad.CheckLine("evidence", d.Evidence, 1, maxEvidence)
	bad.CheckLine("operator", d.Operator, 0, maxOperator)
	if err := bad.OrNil(); err != nil {
		return err
	}
	switch {
	case !slices.Contains([]Action{ActionInquire, ActionDelivered, ActionFailed, ActionElsewhere}, d.Action):
		return errs.Invalid("action", "must be inquire, delivered, failed or elsewhere")
	case len(d.Goods) > maxGoods:
		return errs.Invalid("goods", "must have at most %d entries", maxGoods)
	case d.Action == ActionDelivered && (len(d.Goods) == 0 || int64(len(d.Goods)) > a.Quantity):
		return errs.Invalid("goods", "must have 1 to %d entries, one per unit that was delivered", a.Quantity)
	case d.Action != ActionDelivered && len(d.Goods) > 0:
		return errs.Invalid("goods", "must be empty unless the provider has delivered")
	default:
		var err error
		d.Goods, err = catalog.ParseGoods(d.Goods)
		return err
	}
}

// decided is done with the goods looked at: other goods than those that were handed over are another decision.
func (e *Engine) decided(ctx context.Context, d *Decision, a *Attempt) (bool, error) {
	done, err := d.done(a)
	if err != nil || !done || d.Action != ActionDelivered {
		return done, err
	}
	contents, err := e.Store.LineContents(ctx, a.LineID)
	if err != nil {
		return false, err
	}
	for _, given := range d.Goods {
		if !slices.Contains(contents, given) {
			return false, ErrAttemptSettled
		}
	}
	return true, nil
}

// done reports that the attempt is already as the decision wants it, and errors
// when that can no longer be.
func (d *Decision) done(a *Attempt) (bool, error) {
	want := map[Action]AttemptStatus{
		ActionDelivered: AttemptDelivered, ActionFailed: AttemptRefused, ActionElsewhere: AttemptRefused,
	}[d.Action]
	switch {
	case a.Status == AttemptParked:
		return false, nil
	case a.Status == want, d.Action == ActionInquire && !a.Status.Settled():
		return true, nil
	case a.Status.Settled():
		return false, ErrAttemptSettled
	default:
		return false, ErrAttemptOpen
	}
}

func (d *Decision) result(a *Attempt, e *Engine) Result {
	decided := *a
	now := e.Now()
	s := order.Settlement{
		MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID, ReplacementID: a.ReplacementID,
		Notes: []order.Note{{Type: event.AttemptResolved, Data: map[string]string{
			"action": string(d.Action), "evidence": d.Evidence, "attempt": a.Reference, "operator": d.Operator,
		}}},
	}
	const message = "The provider could not deliver"
	switch d.Action {
	case ActionInquire:
		decided.Status, decided.NextCheckAt, decided.FailureMessage = AttemptUnknown, &now, ""
	case ActionDelivered:
		decided.Status, decided.FailureMessage = AttemptDelivered, ""
		for _, content := range d.Goods {
			s.Delivered = append(s.Delivered, order.Goods{Content: content})
		}
		if int64(len(d.Goods)) < a.Quantity {
			decided.FailureCode, decided.FailureMessage = dialect.CodeProviderError, message
		}
	case ActionFailed:
		decided.Status, decided.FailureCode, decided.FailureMessage = AttemptRefused, dialect.CodeProviderError, message
		s.Failed, s.FailureCode, s.FailureMessage = a.Quantity, decided.FailureCode, message
	case ActionElsewhere:
		decided.Status, decided.FailureCode, decided.FailureMessage = AttemptRefused, dialect.CodeProviderError, message
	}
	r := Result{Attempt: &decided, Settlement: s, OnlyParked: true}
	if d.Finding != 0 && decided.Status.Settled() {
		r.Proof = &Proof{Finding: d.Finding, Action: d.Action, Note: d.Evidence, By: d.Operator}
	}
	return r
}

// Attempt finds by id. ErrAttemptNotFound.
func (e *Engine) Attempt(ctx context.Context, id int64) (Attempt, error) {
	return e.Store.Attempt(ctx, id)
}

// ListAttempts returns attempts by descending id.
func (e *Engine) ListAttempts(ctx context.Context, f AttemptFilter) ([]Attempt, error) {
	return e.Store.ListAttempts(ctx, f)
}
