package fulfil

import (
	"errors"
	"fmt"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/order"
)

// verdict is what is to be written of an attempt.
type verdict struct {
	attempt    Attempt
	settlement order.Settlement
}

func (v *verdict) result(a *Attempt) Result {
	v.settlement.MerchantID, v.settlement.OrderID, v.settlement.LineID = a.MerchantID, a.OrderID, a.LineID
	v.settlement.ReplacementID = a.ReplacementID
	return Result{Attempt: &v.attempt, Settlement: v.settlement}
}

// verdictOf turns a provider's answer into what is to be written.
func (e *Engine) verdictOf(s *Step, p *Provider, outcome dialect.Outcome) verdict {
	v := verdict{attempt: s.Attempt}
	a := &v.attempt
	if outcome.ProviderReference != "" {
		a.ProviderReference = outcome.ProviderReference
	}
	if outcome.Absurd != "" {
		e.Log.Warn("a provider says an absurd charge, which is not gone by", "attempt", a.Reference, "said", outcome.Absurd)
	}
	if outcome.Charged.Known() {
		a.Charged, a.Final = outcome.Charged, outcome.State == dialect.Delivered
	}
	switch {
	case outcome.State == dialect.Accepted:
		a.Status = AttemptAccepted
		if outcome.Goods != nil {
			a.Held = outcome.Goods
		}
		return e.later(v, p, outcome.CheckAfter)
	case outcome.State == dialect.Refused:
		return e.refused(&Step{Attempt: *a}, outcome.FailureCode, outcome.FailureMessage)
	case outcome.State == dialect.Cancelled:
		a.Status, a.NextCheckAt, a.Held = AttemptCancelled, nil, nil
		v.settlement.Cancelled = a.Quantity
	case outcome.State == dialect.Delivered && len(outcome.Goods) > 0 && int64(len(outcome.Goods)) <= a.Quantity:
		a.Status, a.NextCheckAt, a.Held = AttemptDelivered, nil, nil
		a.FailureCode, a.FailureMessage = outcome.FailureCode, outcome.FailureMessage
		if short := a.Quantity - int64(len(outcome.Goods)); short > 0 && a.FailureCode == "" {
			a.FailureCode, a.FailureMessage = dialect.CodeProviderError, "The provider delivered less than was bought"
			a.Dispute = fmt.Sprintf("delivered %d units of %d without a reason", len(outcome.Goods), a.Quantity)
		}
		for _, g := range outcome.Goods {
			v.settlement.Delivered = append(v.settlement.Delivered, order.Goods{Content: g.Content, TicketCode: g.TicketCode})
		}
	default:
		return parked(
			&Step{Attempt: *a}, fmt.Sprintf("the provider says it delivered %d units of %d", len(outcome.Goods), a.Quantity),
		)
	}
	return v
}

// refused ends an attempt of which nothing was or will be delivered.
func (e *Engine) refused(s *Step, code, message string) verdict {
	v := verdict{attempt: s.Attempt}
	v.attempt.Status = AttemptRefused
	v.attempt.FailureCode = code
	v.attempt.FailureMessage = message
	v.attempt.NextCheckAt = nil
	return v
}

// waits puts off an attempt that is certainly not with the provider.
func (e *Engine) waits(s *Step, p *Provider, after time.Duration) verdict {
	v := verdict{attempt: s.Attempt}
	v.attempt.Status = AttemptWaiting
	end := s.OrderedAt.Add(horizonOf(p))
	if !e.Now().Before(end) {
		return e.refused(s, dialect.CodeProviderUnavailable, unreachable)
	}
	v = e.later(v, p, after)
	if !s.Deadline.IsZero() {
		end = earlier(end, s.Deadline)
	}
	if due := v.attempt.NextCheckAt; due != nil {
		*due = earlier(*due, end) // whatever the provider says: then it is too late
	}
	return v
}

// unknown puts off an attempt whose outcome is to be found out.
func (e *Engine) unknown(s *Step, p *Provider, err error) verdict {
	e.Log.Warn(
		"outcome of a purchase unknown", "attempt", s.Attempt.Reference, "provider", s.Attempt.ProviderID, "error", err,
	)
	if errors.Is(err, dialect.ErrUnreadable) {
		return parked(s, "the provider delivered goods that cannot be read")
	}
	v := verdict{attempt: s.Attempt}
	if v.attempt.Status != AttemptAccepted {
		v.attempt.Status = AttemptUnknown
	}
	var busy *dialect.BusyError
	after := time.Duration(0)
	switch {
	case errors.As(err, &busy):
		after = busy.After
	case errors.Is(err, errNoRoom):
		after = firstCheck
	case errors.Is(err, errLeftAlone):
		after = leaveAlone
	}
	if errors.Is(err, errNoRoom) || errors.Is(err, errLeftAlone) {
		v.attempt.Checks = max(v.attempt.Checks-1, 0) // it was not even asked
	}
	return e.later(v, p, after)
}

// later sets the next check: when the provider said, else at a growing interval;
// past the horizon a person has to look.
func (e *Engine) later(v verdict, p *Provider, after time.Duration) verdict {
	a := &v.attempt
	now := e.Now()
	if horizon := horizonOf(p); now.Sub(a.SubmittedAt) > horizon {
		return parked(&Step{Attempt: *a}, "no final answer within "+horizon.String())
	}
	if after <= 0 {
		after = min(firstCheck<<min(a.Checks, 10), lastCheck)
	}
	a.Checks++
	due := now.Add(after)
	a.NextCheckAt = &due
	return v
}

func horizonOf(p *Provider) time.Duration {
	if p.Limits.Horizon > 0 {
		return p.Limits.Horizon
	}
	return defaultHorizon
}

// parked leaves an attempt to an operator.
func parked(s *Step, reason string) verdict {
	v := verdict{attempt: s.Attempt}
	v.attempt.Status, v.attempt.FailureMessage, v.attempt.NextCheckAt = AttemptParked, reason, nil
	v.settlement.Parked = reason
	return v
}
