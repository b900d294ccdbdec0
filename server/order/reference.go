package order

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ReferenceState is what became of a reference.
type ReferenceState string

// The states. The first that holds is told.
const (
	ReferenceOrdered  ReferenceState = "ordered"   // an order has it, for ever
	ReferenceHeld     ReferenceState = "held"      // an open hold has it
	ReferenceInFlight ReferenceState = "in_flight" // this process is at work with it
	ReferenceRefused  ReferenceState = "refused"   // an order was refused under it
	ReferenceNotSeen  ReferenceState = "not_seen"
)

// Outcome is what became of a reference, as of a moment.
type Outcome struct {
	State   ReferenceState
	Order   *Order   // with ReferenceOrdered
	Hold    *Hold    // of the reference, also one that has ended; nil for none
	Refusal *Refusal // the last one that is kept, unless there is an order; nil for none
	AsOf    time.Time
	// Settled is from when on the answer is the last word about every call that had
	// ended for its caller by AsOf. Before it another process may be at work still
	// with what its caller no longer waits for.
	Settled time.Time
}

// settles is how long a process may be at work with a draft whose caller has gone:
// what waits is dropped then, and what is in a transaction ends with it. The rest is
// for clocks, and for a database that hears of the end of a transaction late.
var settles = placement.Timeout + 15*time.Second

// Outcome says what became of the merchant's reference.
func (s *Service) Outcome(ctx context.Context, merchantID int64, reference string) (*Outcome, error) {
	key := ReferenceKey{merchantID, reference}
	// Looked at before the database: a call that ends in between has left its traces there.
	at := s.now()
	o := &Outcome{State: ReferenceNotSeen, AsOf: at, Settled: at}
	if !s.alone {
		o.Settled = at.Add(settles)
	}
	inFlight := s.underWay.has(key) || s.placer.has(key)
	// Its hold is looked at before the order: one that becomes an order in between is found as that.
	if err := s.holdOutcome(ctx, key, o); err != nil {
		return nil, err
	}
	placed, err := s.store.OrderByReference(ctx, merchantID, reference)
	if err == nil {
		o.State, o.Settled = ReferenceOrdered, at
		o.Order, o.Hold = placed, nil
		return o, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return nil, err
	}
	switch o.Refusal, err = s.store.Refusal(ctx, key); {
	case errors.Is(err, ErrNotFound):
		o.Refusal = nil
	case err != nil:
		return nil, err
	case o.State == ReferenceNotSeen:
		o.State = ReferenceRefused
	}
	if inFlight {
		o.State, o.Settled = ReferenceInFlight, at.Add(settles)
	}
	return o, nil
}

// holdOutcome looks for a hold that has the reference. An open one may yet become an order.
func (s *Service) holdOutcome(ctx context.Context, key ReferenceKey, o *Outcome) error {
	if s.holds == nil {
		return nil
	}
	h, err := s.holds.HoldByReference(ctx, key.MerchantID, key.Reference)
	if errors.Is(err, ErrHoldNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if o.Hold = h; h.StatusAt(o.AsOf) == HoldOpen {
		o.State = ReferenceHeld
	}
	return nil
}

// underWay are the references that calls of this process are at work with.
type underWay struct {
	mu    sync.Mutex
	calls map[ReferenceKey]int
}

func (u *underWay) enter(key ReferenceKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls[key]++
}

func (u *underWay) leave(key ReferenceKey) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.calls[key]--; u.calls[key] == 0 {
		delete(u.calls, key)
	}
}

func (u *underWay) has(key ReferenceKey) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.calls[key] > 0
}
