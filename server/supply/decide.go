package supply

import (
	"cmp"
	"context"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/operatorevent"
)

// turnOf claims the list of a sync's provider and reads the sync again. ErrRunning,
// ErrNotFound.
func (s *Service) turnOf(ctx context.Context, id int64) (*turn, Sync, error) {
	found, err := s.store.Sync(ctx, id)
	if err != nil {
		return nil, found, err
	}
	t, err := s.take(ctx, found.ProviderID)
	if err != nil {
		return nil, found, err
	}
	if found, err = s.store.Sync(ctx, id); err != nil {
		t.release(ctx, nil)
	}
	return t, found, err
}

// Approve makes the changes of a sync that is held. ErrNotHeld, ErrNotFound, ErrRunning.
func (s *Service) Approve(ctx context.Context, id int64, by string) (Sync, error) {
	t, found, err := s.turnOf(ctx, id)
	if err != nil {
		return found, err
	}
	defer t.release(ctx, nil)
	found.Status, found.DecidedBy = Applying, by
	if held, err := s.store.Move(ctx, &found, []Status{Held}, nil); err != nil || !held {
		return found, cmp.Or(err, ErrNotHeld)
	}
	err = t.apply(audit.With(ctx, nil), &found)
	return found, err
}

// Reject drops a sync that is held. ErrNotHeld, ErrNotFound,
// ErrRunning.
func (s *Service) Reject(ctx context.Context, id int64, by string) (Sync, error) {
	t, found, err := s.turnOf(ctx, id)
	if err != nil {
		return found, err
	}
	defer t.release(ctx, nil)
	if found.Status != Held {
		return found, ErrNotHeld
	}
	if err := t.unwarn(audit.With(ctx, nil), &found, nil); err != nil {
		return found, err
	}
	found.Status, found.DecidedBy, found.EndedAt = Rejected, by, new(s.now())
	s.ended(Rejected)
	held, err := s.store.Move(ctx, &found, []Status{Held}, found.event(EventRejected, "The provider's list was rejected."))
	if err != nil || !held {
		return found, cmp.Or(err, ErrNotHeld)
	}
	return found, nil
}

// Undo puts back what was before a sync, where it is still as the sync left it. With lock
// the next one leaves that alone. ErrNotApplied, ErrNotFound, ErrRunning.
func (s *Service) Undo(ctx context.Context, id int64, by string, lock bool) (Sync, error) {
	t, found, err := s.turnOf(ctx, id)
	if err != nil {
		return found, err
	}
	defer t.release(ctx, nil)
	if found.Status != Applied {
		return found, ErrNotApplied
	}
	if err := t.stillKept(audit.With(ctx, nil), &found); err != nil {
		return found, err
	}
	done, err := t.each(audit.With(ctx, nil), Step{
		SyncID: id, States: []State{Made, Kept}, Decide: func(c *Change, target *Target) { c.Undo(target, lock) },
	})
	if err != nil {
		return found, err
	}
	found.Status, found.DecidedBy = Undone, by
	s.ended(Undone)
	_, err = s.store.Move(ctx, &found, []Status{Applied}, found.event(EventUndone, fmt.Sprintf(
		"A sync was undone: %d changes were put back, %d could not be.", done.Looked-done.Skipped, done.Skipped,
	)))
	if err != nil {
		return found, err
	}
	return found, s.catalogue.Refresh(ctx)
}

// undoneChange is what operators are told of one change that was undone by itself.
func (s *Sync) undoneChange(c *Change) operatorevent.Event {
	message := fmt.Sprintf("One change of a sync was put back, that of %s.", c.ProviderSKU)
	if c.State == Kept {
		message = fmt.Sprintf("One change of a sync, that of %s, could not be put back: %s.", c.ProviderSKU, c.Note)
	}
	e := s.event(EventUndone, message)
	e.ProductID, e.Data["change"], e.Data["kind"] = c.ProductID, c.ID, c.Kind
	return *e
}

// stillKept says that the sync is being worked on, so that what it changed is not removed
// for its age, and that all of it is there. ErrNotApplied.
func (t *turn) stillKept(ctx context.Context, s *Sync) error {
	if still, err := t.store.Move(ctx, s, []Status{Applied}, nil); err != nil || !still {
		return cmp.Or(err, ErrNotApplied)
	}
	kept := 0
	for _, state := range []State{Made, Kept, Skipped, PutBack} {
		n, err := t.store.Count(ctx, s.ID, state)
		if err != nil {
			return err
		}
		kept += n
	}
	if kept < s.Changes {
		return fmt.Errorf("%w any more, or not known", ErrNotApplied)
	}
	return nil
}

// UndoChange is Undo for one change. ErrNotApplied, ErrChangeNotFound, ErrRunning.
func (s *Service) UndoChange(ctx context.Context, id int64, lock bool) (Change, error) {
	c, err := s.store.Change(ctx, id)
	if err != nil {
		return c, err
	}
	t, of, err := s.turnOf(ctx, c.SyncID)
	if err != nil {
		return c, err
	}
	defer t.release(ctx, nil)
	done, err := s.store.Take(ctx, Step{
		SyncID: c.SyncID, ChangeID: id, States: []State{Made, Kept}, Limit: 1,
		Decide: func(c *Change, target *Target) { c.Undo(target, lock) }, Tell: of.undoneChange,
	})
	if err != nil {
		return c, err
	}
	if done.Looked == 0 {
		return c, ErrNotApplied
	}
	if err := s.catalogue.Refresh(ctx); err != nil {
		return c, err
	}
	return s.store.Change(ctx, id)
}
