package supply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/audit"
	"orderhub/server/dialect"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
)

const (
	// claim is how long a list is nobody else's unless its reader says so again, which it
	// does with each part.
	claim = 3 * time.Minute
	// longest is how long reading a list may take altogether.
	longest = 30 * time.Minute
	// atOnce is how many changes are made in one transaction: sales wait no longer than
	// for so many.
	atOnce = 200
)

// turn is a provider's list while it is ours.
type turn struct {
	*Service

	providerID int64
	holder     string
	renewed    time.Time
}

// take claims the provider's list. ErrRunning.
func (s *Service) take(ctx context.Context, providerID int64) (*turn, error) {
	t := &turn{Service: s, providerID: providerID, holder: s.newHolder()}
	if err := t.keep(ctx); err != nil {
		if errors.Is(err, ErrLost) {
			return nil, ErrRunning
		}
		return nil, err
	}
	return t, nil
}

// keep claims the list again where that is due. ErrLost.
func (t *turn) keep(ctx context.Context) error {
	now := t.now()
	if now.Sub(t.renewed) < claim/4 {
		return nil
	}
	mine, err := t.store.Claim(audit.With(ctx, nil), t.providerID, t.holder, now, now.Add(claim))
	if err == nil && !mine {
		err = ErrLost
	}
	t.renewed = now
	return err
}

// ending is for what has to be written also when the context has ended.
func ending(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), claim/4)
}

// release gives the list back, also when the context has ended: then it is due at once.
func (t *turn) release(outer context.Context, read *Reading) {
	ctx, cancel := ending(audit.With(outer, nil))
	defer cancel()
	policy, err := t.store.Policy(ctx, t.providerID)
	if err == nil {
		var next *time.Time
		switch {
		case policy.Interval > 0 && read == nil && outer.Err() != nil:
			next = new(t.now())
		case policy.Interval > 0:
			next = new(t.now().Add(policy.Interval))
		}
		err = t.store.Release(ctx, t.providerID, t.holder, read, next)
	}
	if err != nil {
		t.log.Warn("the claim of a provider's list runs out by itself", "provider", t.providerID, "error", err)
	}
}

// Follow reads a provider's list now and says what became of it; a list that cannot be
// read is no error. askedBy is the operator, "" for the schedule. ErrRunning,
// fulfil.ErrListsNothing, fulfil.ErrProviderNotFound.
func (s *Service) Follow(ctx context.Context, providerID int64, askedBy string) (Sync, error) {
	return s.follow(ctx, providerID, askedBy, func(Sync) {})
}

// follow also says when it has begun.
func (s *Service) follow(ctx context.Context, providerID int64, askedBy string, begun func(Sync)) (
	done Sync, err error,
) {
	t, err := s.take(ctx, providerID)
	if err != nil {
		return Sync{}, err
	}
	var read *Reading
	defer func() { t.release(ctx, read) }()
	if err := t.finishOld(ctx); err != nil {
		return Sync{}, err
	}
	unrecorded := audit.With(ctx, nil)
	done, err = s.store.Begin(unrecorded, Sync{ProviderID: providerID, Status: Planning, AskedBy: askedBy, Times: 1})
	if err != nil {
		return Sync{}, err
	}
	begun(done)
	plan, err := t.plan(unrecorded, &done)
	if err != nil {
		return t.unplanned(ctx, done, err)
	}
	read = &Reading{At: s.now(), Listed: done.Listed}
	if plan.Empty() && askedBy == "" {
		s.ended(Applied)
		return done, s.store.Forget(unrecorded, done.ID)
	}
	return t.carryOut(ctx, done, plan)
}

// unplanned ends a sync that was not planned to its end.
func (t *turn) unplanned(outer context.Context, s Sync, why error) (Sync, error) {
	ctx, cancel := ending(outer)
	defer cancel()
	brokenOff := outer.Err() != nil
	switch {
	case errors.Is(why, fulfil.ErrListsNothing), errors.Is(why, fulfil.ErrProviderNotFound),
		brokenOff && s.AskedBy == "": // it is due still, and whoever looks for that reads the list again
		return Sync{}, errors.Join(why, t.store.Forget(audit.With(ctx, nil), s.ID))
	case brokenOff:
		why = fmt.Errorf("%w: it was broken off", errUnread)
	}
	return t.bad(ctx, s, why)
}

// finishOld sees to what was left of earlier syncs: those that were being applied are,
// those that were being planned never were.
func (t *turn) finishOld(ctx context.Context) error {
	ctx = audit.With(ctx, nil)
	forgot := false
	for _, status := range []Status{Applying, Planning, Held} {
		left, err := t.store.Syncs(ctx, Filter{ProviderID: t.providerID, Status: status, Limit: 100})
		if err != nil {
			return err
		}
		for i := range left {
			old := &left[i]
			switch {
			case status == Applying:
				err = t.apply(ctx, old)
			case status == Planning:
				if err = t.unwarn(ctx, old, nil); err == nil {
					err = t.store.Forget(ctx, old.ID)
				}
			case forgot: // which may have noted other costs
				err = t.warn(ctx, old)
			}
			forgot = forgot || status == Planning
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// plan reads the list and plans what it changes.
func (t *turn) plan(ctx context.Context, s *Sync) (*Plan, error) {
	provider, err := t.providers.Get(ctx, t.providerID)
	if err != nil {
		return nil, err
	}
	in := &Input{Provider: provider.Name, Offers: t.offers(ctx), Known: t.known(ctx)}
	if in.Policy, err = t.store.Policy(ctx, t.providerID); err != nil {
		return nil, err
	}
	if in.List, err = t.read(ctx); err != nil {
		return nil, err
	}
	s.Listed = in.List.Len()
	if err := t.catalogue.Refresh(ctx); err != nil {
		return nil, err
	}
	in.Shelf = shelfOf(t.catalogue.Snapshot())
	if in.Convert, err = t.converter(ctx); err != nil {
		return nil, err
	}
	in.Write = func(changes []Change, proposals []Proposal) error {
		return t.step(ctx, func() error { return t.write(ctx, s.ID, changes, proposals) })
	}
	return MakePlan(in)
}

// bad ends a sync of which nothing is taken over. One that is as bad as the one before
// is counted there, unless a list was dealt with between them.
func (t *turn) bad(ctx context.Context, s Sync, why error) (Sync, error) {
	unrecorded := audit.With(ctx, nil)
	var kind operatorevent.Kind
	if list, ok := errors.AsType[*dialect.BadListError](why); ok {
		s.Status, s.Reason, kind = Refused, list.Reason, EventRefused
	} else if errors.Is(why, errUnread) {
		s.Status, s.Reason, kind = Failed, why.Error(), EventFailed
	} else {
		return s, errors.Join(why, t.store.Forget(unrecorded, s.ID))
	}
	t.ended(s.Status)
	s.EndedAt = new(t.now())
	last, err := t.store.Syncs(unrecorded, Filter{ProviderID: s.ProviderID, BeforeID: s.ID, Limit: 1})
	if err != nil {
		return s, err
	}
	policy, err := t.store.Policy(unrecorded, s.ProviderID)
	if err != nil {
		return s, err
	}
	if len(last) == 1 && last[0].Status == s.Status && last[0].Reason == s.Reason && last[0].goesOn(policy.ReadAt) {
		again := last[0]
		again.Times, again.EndedAt = again.Times+1, s.EndedAt
		if err := t.store.Forget(unrecorded, s.ID); err != nil {
			return s, err
		}
		_, err = t.store.Move(ctx, &again, []Status{s.Status}, nil)
		return again, err
	}
	t.log.Warn("a provider's list is not taken over", "provider", s.ProviderID, "sync", s.ID, "reason", s.Reason)
	_, err = t.store.Move(ctx, &s, []Status{Planning}, s.event(kind, "The provider's list is not taken over: "+s.Reason))
	return s, err
}

// goesOn reports a sync since whose end no list was dealt with.
func (s *Sync) goesOn(readAt *time.Time) bool {
	return readAt == nil || s.EndedAt != nil && s.EndedAt.After(*readAt)
}

// carryOut does what was planned, or holds it.
func (t *turn) carryOut(outer context.Context, s Sync, plan *Plan) (Sync, error) {
	unrecorded := audit.With(outer, nil)
	s.Changes, s.Proposed = plan.Changes, plan.Proposed
	if plan.Hold != "" {
		if err := t.warn(unrecorded, &s); err != nil {
			return s, err
		}
	}
	if err := t.giveWay(unrecorded, plan); err != nil {
		return s, err
	}
	ctx, cancel := ending(outer) // what was decided is written
	defer cancel()
	if plan.Hold != "" {
		s.Status, s.Reason = Held, plan.Hold
		t.ended(Held)
		t.log.Warn("a provider's list is held for a person", "provider", s.ProviderID, "sync", s.ID, "reason", s.Reason)
		_, err := t.store.Move(
			ctx, &s, []Status{Planning}, s.event(EventHeld, "The provider's list waits for a person: "+s.Reason),
		)
		return s, err
	}
	s.Status = Applying
	if _, err := t.store.Move(ctx, &s, []Status{Planning}, nil); err != nil {
		return s, err
	}
	err := t.apply(unrecorded, &s)
	return s, err
}

// giveWay ends what is held: a newer list takes its place. Offers go on knowing what
// they cost by it where the newer one has another cost for them, which they know by now
// or will.
func (t *turn) giveWay(ctx context.Context, newer *Plan) error {
	held, err := t.store.Syncs(ctx, Filter{ProviderID: t.providerID, Status: Held, Limit: 100})
	if err != nil {
		return err
	}
	for i := range held {
		old := &held[i]
		if err := t.unwarn(ctx, old, newer.Costs); err != nil {
			return err
		}
		old.Status, old.DecidedBy, old.EndedAt = Rejected, "a newer list", new(t.now())
		t.ended(Rejected)
		told := old.event(EventRejected, "A newer list took the place of the one that waited for a person.")
		if _, err := t.store.Move(ctx, old, []Status{Held}, told); err != nil {
			return err
		}
	}
	return nil
}

// warn has offers know what they cost by a list that is held.
func (t *turn) warn(ctx context.Context, s *Sync) error {
	convert, err := t.converter(ctx)
	if err != nil {
		return err
	}
	_, err = t.each(ctx, Step{
		SyncID: s.ID, States: []State{Planned}, Decide: func(c *Change, on *Target) { c.Warn(on, convert) },
	})
	return err
}

// unwarn takes that back, but for the given offers.
func (t *turn) unwarn(ctx context.Context, s *Sync, but map[int64]bool) error {
	_, err := t.each(ctx, Step{SyncID: s.ID, States: []State{Planned}, Decide: func(c *Change, on *Target) {
		if !but[c.OfferID] {
			c.Unwarn(on)
		}
	}})
	return err
}

// step does a part of the work while the list is ours.
func (t *turn) step(ctx context.Context, do func() error) error {
	if err := t.keep(ctx); err != nil {
		return err
	}
	return do()
}

// apply makes the changes that are planned. It may begin where another one stopped.
func (t *turn) apply(ctx context.Context, s *Sync) error {
	_, err := t.each(ctx, Step{SyncID: s.ID, States: []State{Planned}, Decide: (*Change).Apply})
	if err != nil {
		return err
	}
	if s.Skipped, err = t.store.Count(ctx, s.ID, Skipped); err != nil {
		return err
	}
	s.Status, s.EndedAt = Applied, new(t.now())
	t.ended(Applied)
	_, err = t.store.Move(ctx, s, []Status{Applying}, s.event(EventApplied, fmt.Sprintf(
		"The provider's list is taken over: %s, %s.", errs.Counted(int64(s.Changes-s.Skipped), "change", "changes"),
		errs.Counted(int64(s.Proposed), "proposal", "proposals"),
	)))
	if err != nil {
		return err
	}
	return t.catalogue.Refresh(ctx)
}

// each deals with all changes of a sync, part by part.
func (t *turn) each(ctx context.Context, step Step) (total Stepped, err error) {
	step.Limit = atOnce
	for {
		if err := t.keep(ctx); err != nil {
			return total, err
		}
		done, err := t.store.Take(ctx, step)
		if err != nil {
			return total, err
		}
		total.Looked, total.Skipped = total.Looked+done.Looked, total.Skipped+done.Skipped
		if done.Looked < step.Limit {
			return total, nil
		}
		step.After = done.Next
	}
}
