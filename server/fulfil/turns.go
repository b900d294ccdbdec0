package fulfil

import (
	"context"
	"sync/atomic"
	"time"

	"orderhub/server/clock"
)

const (
	// mostTurns is how many turns are taken at once.
	mostTurns = 64
	// turnsSought is how long to wait before asking again where none was to be had.
	turnsSought = turnsAhead / 2
	// turnsKept is how late a turn may be used that nobody was there for: turns that
	// are kept for longer would come together.
	turnsKept = 50 * time.Millisecond
)

// turns are calls that a provider's rate lets this process make. Who needs one asks
// for all who wait, so that they share a trip to the database.
type turns struct {
	sharer     Sharer
	providerID int64
	limits     Limits
	waiting    atomic.Int64
	asking     chan struct{} // capacity 1: held by who asks, and looks at given
	given      []time.Time   // when turns come that are nobody's yet
}

// take waits for a turn that comes before ctx ends.
func (t *turns) take(ctx context.Context) error {
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	for {
		at, err := t.next(ctx)
		if err != nil {
			return err
		}
		if end, ok := ctx.Deadline(); ok && end.Before(at) {
			return context.DeadlineExceeded // the turn is nobody's
		}
		turn := !at.IsZero()
		if !turn {
			at = time.Now().Add(turnsSought)
		}
		if err := clock.Sleep(ctx, time.Until(at)); err != nil || turn {
			return err
		}
	}
}

// next is when the caller's turn comes, or the zero time where there is none for now.
func (t *turns) next(ctx context.Context) (at time.Time, err error) {
	select {
	case t.asking <- struct{}{}:
		defer func() { <-t.asking }()
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	for len(t.given) > 0 && time.Since(t.given[0]) > turnsKept {
		t.given = t.given[1:]
	}
	if len(t.given) == 0 {
		waits, err := t.sharer.TakeTurns(ctx, t.providerID, t.limits, int(min(t.waiting.Load(), mostTurns)))
		if err != nil || len(waits) == 0 {
			return time.Time{}, err
		}
		now := time.Now() // the answer's journey delays turns, and never brings one forward
		for _, wait := range waits {
			t.given = append(t.given, now.Add(wait))
		}
	}
	at, t.given = t.given[0], t.given[1:]
	return at, nil
}
