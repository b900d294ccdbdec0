package supply

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// errUnread: the provider did not hand over its list.
var errUnread = errors.New("the provider's list could not be read")

// read reads the whole list, as long as its parts keep coming.
func (t *turn) read(outer context.Context) (*dialect.List, error) {
	list := &dialect.List{}
	ctx, cancel := context.WithTimeout(outer, longest)
	defer cancel()
	// No part of it may keep everybody waiting, but for as long as the provider asks us to.
	late := time.AfterFunc(t.patience, cancel)
	defer late.Stop()
	var ours error
	wait := func(ctx context.Context, d time.Duration) error {
		late.Reset(d + t.patience)
		if ours = t.keep(ctx); ours != nil {
			return ours
		}
		return t.sleep(ctx, d)
	}
	ctx = dialect.Patiently(ctx, dialect.Patience{Most: t.patience, Wait: wait})
	unusable, err := t.providers.ReadList(ctx, t.providerID, func(part []dialect.Item) error {
		late.Reset(t.patience)
		list.Add(part)
		ours = t.keep(ctx)
		return ours
	})
	if ours != nil || errors.Is(err, fulfil.ErrListsNothing) || errors.Is(err, fulfil.ErrProviderNotFound) {
		return nil, cmp.Or(ours, err)
	}
	if err != nil {
		t.log.Warn("a provider's list could not be read", "provider", t.providerID, "error", err)
	}
	switch {
	case err != nil && outer.Err() != nil:
		return nil, outer.Err()
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%w: it took too long", errUnread)
	case err != nil:
		return nil, t.problem(err)
	case unusable > 0:
		t.log.Warn("provider lists items by names that cannot be bought", "provider", t.providerID, "items", unusable)
	}
	return list, nil
}

// problem is why a list could not be read, without the provider's words.
func (t *turn) problem(err error) error {
	_, busy := errors.AsType[*dialect.BusyError](err)
	switch {
	case busy:
		return fmt.Errorf("%w: the provider is busy, and wants more than %v of patience", errUnread, t.patience)
	case errors.Is(err, dialect.ErrEndless):
		return &dialect.BadListError{Reason: "the list does not end"}
	case errors.Is(err, dialect.ErrMalformed):
		return &dialect.BadListError{Reason: fulfil.ProblemOf(err)}
	default:
		return fmt.Errorf("%w: %s", errUnread, fulfil.ProblemOf(err))
	}
}
