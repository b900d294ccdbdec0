package fulfil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/trail"
)

// settleTime is left of a job's time for writing what its last calls said: 5 of
// the 30 seconds that a call may take.
func (e *Engine) settleTime() time.Duration { return e.throttles.timeout / 6 }

// Call sees to attempts at one provider: it submits those that were just written
// when fresh says that this is the job inserted with them, on its first run, and
// otherwise asks for those that are due, so that each is one caller's at a time.
// It returns when the next of them is due, the zero time when none is open.
func (e *Engine) Call(ctx context.Context, attemptIDs []int64, fresh bool) (next time.Time, err error) {
	c := &calls{engine: e, ctx: ctx}
	if c.submit, c.ask, err = e.claim(ctx, attemptIDs, fresh); err != nil {
		return time.Time{}, err
	}
	for i := range c.submit {
		c.start(&c.submit[i], "submit attempt", e.submit)
	}
	for i := range c.ask {
		c.start(&c.ask[i], "ask for attempt", e.ask)
	}
	c.running.Wait()
	if c.err != nil || c.ended == len(attemptIDs) {
		return time.Time{}, c.err
	}
	due, err := e.Store.Due(ctx, attemptIDs)
	if err != nil || due == nil {
		return time.Time{}, err
	}
	return *due, nil
}

// claim finds what is to be done for the attempts and makes it the caller's.
func (e *Engine) claim(ctx context.Context, attemptIDs []int64, fresh bool) (submit, ask []Step, err error) {
	now := e.Now()
	if fresh {
		steps, err := e.Store.Steps(ctx, attemptIDs)
		if err != nil {
			return nil, nil, err
		}
		var late []int64
		for i := range steps {
			a := &steps[i].Attempt
			switch {
			case !a.untouched():
			case a.NextCheckAt.Sub(now) >= e.throttles.timeout+e.settleTime():
				submit = append(submit, steps[i])
			default:
				late = append(late, a.ID)
			}
		}
		attemptIDs = late
	}
	if len(attemptIDs) == 0 {
		return submit, nil, nil
	}
	toSubmit, toAsk, err := e.Store.Claim(ctx, attemptIDs, fresh, now.Add(e.lease()))
	if err != nil {
		return nil, nil, fmt.Errorf("claim %d attempts: %w", len(attemptIDs), err)
	}
	claimed, err := e.Store.Steps(ctx, slices.Concat(toSubmit, toAsk))
	if err != nil {
		return nil, nil, err
	}
	for i := range claimed {
		claimed[i].takenAt = now
		if slices.Contains(toSubmit, claimed[i].Attempt.ID) {
			submit = append(submit, claimed[i])
		} else {
			ask = append(ask, claimed[i])
		}
	}
	return submit, ask, nil
}

// untouched reports an attempt whose provider nobody has called yet.
func (a *Attempt) untouched() bool {
	return a.Status == AttemptSubmitting && a.Checks == 0 && a.NextCheckAt != nil
}

// calls are made at the same time; each settles by itself, so that none waits
// for a slower one.
type calls struct {
	engine      *Engine
	ctx         context.Context
	submit, ask []Step

	running sync.WaitGroup
	mu      sync.Mutex
	ended   int // attempts that nobody waits for any more
	err     error
}

func (c *calls) start(s *Step, name string, do func(context.Context, *Step) (verdict, error)) {
	c.running.Go(func() {
		v, err := c.engine.follow(c.ctx, s, name, do)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err = errors.Join(c.err, err)
		if v.attempt.NextCheckAt == nil {
			c.ended++
		}
	})
}

// follow sees to one attempt and writes what came of it, as a step of its order.
func (e *Engine) follow(
	ctx context.Context, s *Step, name string, do func(context.Context, *Step) (verdict, error),
) (verdict, error) {
	if e.Tracer == nil {
		return e.see(ctx, s, do)
	}
	a := &s.Attempt
	left := cmp.Or(s.Trail, trail.In(ctx)[a.OrderID])
	ctx, end := e.Tracer.Begin(ctx, trail.Span{Name: name, Trail: left, Attrs: []trail.Attr{
		{Name: trail.Attempt, Value: a.ID}, {Name: trail.OrderID, Value: a.OrderID},
	}})
	if left != "" {
		ctx = trail.With(ctx, trail.Orders{a.OrderID: left})
	}
	v, err := e.see(ctx, s, do)
	failure := v.attempt.FailureCode
	if err != nil {
		failure = "FAULT"
	}
	end(failure, trail.Attr{Name: trail.Status, Value: string(v.attempt.Status)})
	return v, err
}

// see sees to one attempt and writes what came of it.
func (e *Engine) see(
	ctx context.Context, s *Step, do func(context.Context, *Step) (verdict, error),
) (verdict, error) {
	v, err := do(ctx, s)
	if err == nil {
		err = e.finish(ctx, s, v)
	}
	return v, err
}

// finish writes a verdict. When that does not work out for a day, and the database
// is well, a person has to look.
func (e *Engine) finish(ctx context.Context, s *Step, v verdict) error {
	_, err := e.settle(ctx, v.result(&s.Attempt))
	if err != nil && !errors.Is(err, errs.ErrUnavailable) && e.Now().Sub(s.Attempt.SubmittedAt) > defaultHorizon {
		v = parked(s, "what the provider says cannot be kept")
		_, err = e.settle(ctx, v.result(&s.Attempt))
	}
	return err
}

// room is how long a step may take: as long as its attempt is the caller's, and
// the job's time lasts.
func (e *Engine) room(ctx context.Context, s *Step) time.Duration {
	room := e.lease()
	if s.Attempt.NextCheckAt != nil {
		room = s.Attempt.NextCheckAt.Sub(e.Now())
	}
	if end, ok := ctx.Deadline(); ok {
		room = min(room, time.Until(end)-e.settleTime())
	}
	return room
}

// submit places a purchase that is certainly not with the provider.
func (e *Engine) submit(ctx context.Context, s *Step) (verdict, error) {
	provider, partner, err := partnerOf(ctx, e.Directory, s.Attempt.ProviderID)
	if err != nil {
		// Whether the provider is gone or its configuration is broken: it has not
		// been asked.
		e.Log.Error("provider cannot be reached", "provider", s.Attempt.ProviderID, "error", err)
		return e.refused(s, dialect.CodeProviderUnavailable, unreachable), nil
	}
	if e.tooLate(s) {
		return e.refused(s, dialect.CodeDeadlineExceeded, "It could not be submitted in time"), nil
	}
	outcome, err := e.place(ctx, provider, partner, s)
	var busy *dialect.BusyError
	switch {
	case errors.As(err, &busy):
		return e.waits(s, provider, busy.After), nil
	case errors.Is(err, errNoRoom):
		return e.waits(s, provider, firstCheck), nil // our own queue is long, not the provider busy
	case errors.Is(err, errLeftAlone):
		return e.refused(s, codeLeftAlone, unreachable), nil
	case errors.Is(err, dialect.ErrNotSent):
		return e.refused(s, dialect.CodeProviderUnavailable, unreachable), nil
	case err != nil:
		return e.unknown(s, provider, err), nil
	default:
		return e.verdictOf(s, provider, outcome), nil
	}
}

const (
	unreachable = "The provider could not be reached"
	// codeLeftAlone is of an attempt that was not made because its provider is left
	// alone; merchants are told that it could not be reached.
	codeLeftAlone = "PROVIDER_LEFT_ALONE"
)

// tooLate reports that the line may not be submitted any more.
func (e *Engine) tooLate(s *Step) bool {
	return !s.Deadline.IsZero() && !e.Now().Before(s.Deadline)
}

// ask finds out what became of a purchase that may be with the provider. Buying
// elsewhere needs proof that it is not.
func (e *Engine) ask(ctx context.Context, s *Step) (verdict, error) {
	provider, partner, err := partnerOf(ctx, e.Directory, s.Attempt.ProviderID)
	if err != nil {
		e.Log.Error("provider cannot be reached", "provider", s.Attempt.ProviderID, "error", err)
		return e.unknown(s, &Provider{ID: s.Attempt.ProviderID}, err), nil
	}
	outcome, err := e.inquire(ctx, provider, partner, s)
	switch {
	case err == nil && notReceived(&outcome):
		return e.missing(ctx, s, provider, partner, outcome)
	case err == nil:
		return e.verdictOf(s, provider, outcome), nil
	case !errors.Is(err, dialect.ErrNotAskable):
		return e.unknown(s, provider, err), nil
	case partner.Can().Idempotent:
		return e.repeat(ctx, s, provider, partner)
	default:
		return parked(s, "the provider can neither be asked nor safely repeated"), nil
	}
}

func notReceived(o *dialect.Outcome) bool {
	return o.State == dialect.Refused && o.FailureCode == dialect.CodeNotReceived
}

// missing is what to do when the provider knows nothing of a purchase. Where it
// may be repeated that is safe whatever is still under way; elsewhere only time
// tells that nothing is.
func (e *Engine) missing(
	ctx context.Context, s *Step, provider *Provider, partner dialect.Partner, outcome dialect.Outcome,
) (verdict, error) {
	switch {
	case s.Attempt.Status == AttemptAccepted:
		return parked(s, "the provider accepted the purchase and knows nothing of it now"), nil
	case partner.Can().Idempotent:
		// Whatever the product's deadline: an earlier repetition may still arrive.
		return e.repeat(ctx, s, provider, partner)
	case s.takenAt.Sub(s.Attempt.SubmittedAt) < e.lease():
		return e.unknown(s, provider, errors.New("not with the provider yet")), nil
	default:
		return e.refused(s, outcome.FailureCode, outcome.FailureMessage), nil
	}
}

// repeat places a purchase again under the reference that it had. That it cannot
// be sent this time proves nothing.
func (e *Engine) repeat(ctx context.Context, s *Step, provider *Provider, partner dialect.Partner) (verdict, error) {
	outcome, err := e.place(ctx, provider, partner, s)
	if err != nil {
		return e.unknown(s, provider, err), nil
	}
	return e.verdictOf(s, provider, outcome), nil
}

func (e *Engine) place(ctx context.Context, p *Provider, partner dialect.Partner, s *Step) (dialect.Outcome, error) {
	outcome, err := e.call(ctx, p, s, "place", partner.Place)
	if err == nil && e.Balances != nil {
		e.Balances.heard(ctx, p, &s.Attempt, &outcome)
	}
	return outcome, err
}

func (e *Engine) inquire(ctx context.Context, p *Provider, partner dialect.Partner, s *Step) (dialect.Outcome, error) {
	if !partner.Can().Inquires {
		return dialect.Outcome{}, dialect.ErrNotAskable
	}
	return e.call(ctx, p, s, "inquire", partner.Inquire)
}

// call makes one call within the provider's limits.
func (e *Engine) call(
	ctx context.Context, p *Provider, s *Step, operation string,
	do func(context.Context, dialect.Purchase) (dialect.Outcome, error),
) (outcome dialect.Outcome, err error) {
	err = e.throttles.call(ctx, e.throttles.of(p), e.room(ctx, s), func(ctx context.Context) error {
		began, recorder := e.Now(), &dialect.Recorder{}
		outcome, err = e.followCall(dialect.Recorded(ctx, recorder), p, s, operation, do)
		result, took := resultName(outcome, err), e.Now().Sub(began)
		e.throttles.observer.Called(p.Name, operation, result, took)
		s.exchanged(recorder.Of(operation, result, began.UTC(), took, &s.Purchase, &outcome))
		return err
	})
	return outcome, err
}

// exchanged adds what was said to the attempt, to be written with what comes of it.
func (s *Step) exchanged(exchanges []dialect.Exchange) {
	s.said = append(s.said, exchanges...)
	s.Attempt.Exchanges = dialect.Latest(slices.Concat(s.Attempt.Exchanges, exchanges))
}

// keep writes what was exchanged where nothing else comes of it. Without it a person
// knows less, and nothing else is lost.
func (e *Engine) keep(ctx context.Context, s *Step) {
	if len(s.said) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling.Timeout)
	defer cancel()
	if err := e.Store.KeepExchanges(ctx, s.Attempt.ID, s.said); err != nil {
		e.Log.Warn("what was said about an attempt is not kept", "attempt", s.Attempt.Reference, "error", err)
	}
}

// followCall makes the call itself, as a step.
func (e *Engine) followCall(
	ctx context.Context, p *Provider, s *Step, operation string,
	do func(context.Context, dialect.Purchase) (dialect.Outcome, error),
) (dialect.Outcome, error) {
	if e.Tracer == nil {
		return do(ctx, s.Purchase)
	}
	ctx, end := e.Tracer.Begin(ctx, trail.Span{
		Name: "provider " + operation, Attrs: []trail.Attr{{Name: trail.Provider, Value: p.Name}},
	})
	outcome, err := do(ctx, s.Purchase)
	result, failure := resultName(outcome, err), ""
	if err != nil {
		failure = result
	}
	end(failure, trail.Attr{Name: trail.Status, Value: result})
	return outcome, err
}

// resultName is what came of a call, for who watches.
func resultName(o dialect.Outcome, err error) string {
	switch {
	case errors.As(err, new(*dialect.BusyError)):
		return "busy"
	case errors.Is(err, dialect.ErrUnreadable):
		return "unreadable"
	case errors.Is(err, dialect.ErrNotSent):
		return "not_sent"
	case errors.Is(err, dialect.ErrNotAskable):
		return "not_askable"
	case err != nil:
		return "unknown"
	default:
		return o.State.String()
	}
}
