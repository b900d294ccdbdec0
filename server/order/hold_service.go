package order

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"orderhub/server/clock"
	"orderhub/server/money"
)

// HoldFilter pages through holds, newest first.
type HoldFilter struct {
	Open     bool  // only those that are held
	BeforeID int64 // 0 for the first page
	Limit    int
}

// HoldStore keeps holds. Place and PlaceAll make them, and orders of them. All methods
// are safe for concurrent use. Errors that wrap errs.ErrUnavailable may go away by
// themselves.
type HoldStore interface {
	// Hold returns the hold without its draft, or ErrHoldNotFound.
	Hold(ctx context.Context, v Viewer, number string) (*Hold, error)
	// HoldWithDraft is the same with its draft, while it has one.
	HoldWithDraft(ctx context.Context, v Viewer, number string) (*Hold, error)
	// HoldByReference is Hold by the merchant's own reference.
	HoldByReference(ctx context.Context, merchantID int64, reference string) (*Hold, error)
	// HeldReference finds the hold that the reference belongs to, also one that has
	// ended, or ErrNotFound.
	HeldReference(ctx context.Context, key ReferenceKey) (*ExistingOrder, error)
	// ListHolds returns holds newest first, by their ids, without their drafts.
	ListHolds(ctx context.Context, v Viewer, f HoldFilter) ([]Hold, error)
	// HeldMoney is what the merchant's open holds keep.
	HeldMoney(ctx context.Context, merchantID int64) (money.Amount, error)
	// ChangeHold has the hold changed while it is locked and, where that ends it, gives
	// back what it has in the same transaction. ErrHoldNotFound, those of change.
	ChangeHold(ctx context.Context, v Viewer, number string, change HoldChange) (*Hold, error)
	// MendHold puts others of our stock in the place of the units of an open hold that are
	// damaged, which are void then. *HoldDamagedError when there are too few, and then
	// nothing is changed; ErrHoldNotFound.
	MendHold(ctx context.Context, merchantID int64, number string) error
	// ExpireHolds ends some holds whose time is over, the oldest first. Those that cannot be ended keep nobody else's
	// from it: the error is theirs, and what was done is returned with it.
	ExpireHolds(ctx context.Context, step ExpireStep) (Expired, error)
}

// ExpireStep is a part of a sweep.
type ExpireStep struct {
	Most    int     // holds to look at
	Units   int64   // of stock that one transaction gives back at most, unless a hold alone has more
	Without []int64 // holds that are passed over
}

// Expired is what came of a step.
type Expired struct {
	Ended  int
	Passed []int64 // holds that were looked at and did not end by it
	More   bool    // there may be more
}

// Hold prices the draft and keeps what it needs for so long, 0 for the usual time: its
// money, its stock, the use of its coupon, its reference and its number. It returns once
// that is durable. Repeating a draft with its reference returns the hold as it is now,
// also after its end, while it is kept. Errors: those of Create, *TooManyHoldsError.
func (s *Service) Hold(ctx context.Context, d *Draft, holdFor time.Duration) (Placement, error) {
	if err := d.check(); err != nil {
		return Placement{}, err
	}
	holdFor, err := checkHoldTime("hold_for", holdFor)
	if err != nil {
		return Placement{}, err
	}
	m := s.begin(d)
	m.holdFor = holdFor
	if d.Reference != "" {
		s.underWay.enter(m.key())
		defer s.underWay.leave(m.key())
	}
	return s.create(ctx, m)
}

// Confirm makes the hold an order, at the price and with the stock that it has, exactly
// once: repeating it returns the order as it is now. A unit that is damaged gives way to
// another one. Errors: ErrHoldNotFound, *HoldEndedError, *HoldDamagedError,
// ErrMerchantSuspended, *DuplicateReferenceError, *RetryLaterError,
// errs.ErrUnavailable, the context's. After any of these but the last two there is no
// order, and the hold is as it was.
func (s *Service) Confirm(ctx context.Context, merchantID int64, number string) (Placement, error) {
	h, err := s.holds.HoldWithDraft(ctx, ByMerchant(merchantID), number)
	if errors.Is(err, ErrHoldNotFound) {
		return s.confirmedLongAgo(ctx, merchantID, number)
	}
	if err != nil {
		return Placement{}, err
	}
	if h.Status == HoldConfirmed {
		return s.replayed(ctx, merchantID, &ExistingOrder{ID: h.OrderID, Number: h.Number})
	}
	if err := h.Open(s.now()); err != nil {
		return Placement{}, err
	}
	key := ReferenceKey{merchantID, h.Reference}
	s.underWay.enter(key)
	defer s.underWay.leave(key)
	for range maxTries {
		c := h.candidate(s.limits)
		if s.trailOf != nil {
			c.Trail = s.trailOf(ctx)
		}
		placed, err := s.placer.place(ctx, c)
		switch {
		case errors.Is(err, ErrDeferred): // another one was placed, and this one's turn comes
		case errors.As(err, new(*HoldDamagedError)):
			if err := s.holds.MendHold(ctx, merchantID, number); err != nil {
				return Placement{}, err
			}
		case err != nil:
			return Placement{}, err
		case placed.Replayed != nil:
			return s.replayed(ctx, merchantID, placed.Replayed)
		default:
			return Placement{Order: placed.Order, Balance: placed.Balance}, nil
		}
	}
	return Placement{}, &RetryLaterError{Err: ErrContended, After: staleRetry}
}

// confirmedLongAgo finds the order of a hold that is no longer kept: it has its number.
func (s *Service) confirmedLongAgo(ctx context.Context, merchantID int64, number string) (Placement, error) {
	o, err := s.store.Order(ctx, ByMerchant(merchantID), number)
	if errors.Is(err, ErrNotFound) {
		return Placement{}, ErrHoldNotFound
	}
	if err != nil {
		return Placement{}, err
	}
	return s.replayed(ctx, merchantID, &ExistingOrder{ID: o.ID, Number: o.Number})
}

// GetHold returns a hold. ErrHoldNotFound.
func (s *Service) GetHold(ctx context.Context, v Viewer, number string) (*Hold, error) {
	return s.holds.Hold(ctx, v, number)
}

// Holds returns holds newest first.
func (s *Service) Holds(ctx context.Context, v Viewer, f HoldFilter) ([]Hold, error) {
	return s.holds.ListHolds(ctx, v, f)
}

// HeldMoney is what the merchant's open holds keep.
func (s *Service) HeldMoney(ctx context.Context, merchantID int64) (money.Amount, error) {
	return s.holds.HeldMoney(ctx, merchantID)
}

// ExtendHold has the hold expire so long from now on, 0 for the usual time; one that
// lasts longer anyway is left as it is. It can be done twice. Errors:
// *errs.InvalidError, ErrHoldNotFound, *HoldEndedError, *HoldExtendedError.
func (s *Service) ExtendHold(ctx context.Context, merchantID int64, number string, by time.Duration) (*Hold, error) {
	by, err := checkHoldTime("hold_for", by)
	if err != nil {
		return nil, err
	}
	return s.holds.ChangeHold(ctx, ByMerchant(merchantID), number, extend(by))
}

// ReleaseHold gives back what the hold has. Repeating it is safe, and so is releasing
// one that has expired. Errors: ErrHoldNotFound; *HoldEndedError when it is an order.
func (s *Service) ReleaseHold(ctx context.Context, v Viewer, number string) (*Hold, error) {
	return s.holds.ChangeHold(ctx, v, number, release)
}

const (
	// expireEvery is how often holds are looked for whose time is over, and expireMost
	// how many are ended in one transaction: it locks a wallet for each merchant.
	expireEvery = 2 * time.Second
	expireMost  = 100
	// A hold that could not be ended is left alone for a while; of so many at once
	// something is wrong that no sweep mends.
	expireAgain   = time.Minute
	mostUnendable = 10_000
)

// HoldGrace is how long after its time a hold may still have what it took: the sweep
// looks often, but a hub may have been down.
const HoldGrace = 10 * time.Minute

// ExpiredHolds is how many this process has ended because their time was over.
func (s *Service) ExpiredHolds() uint64 { return s.expired.Load() }

// WatchHolds ends holds whose time is over until ctx ends. Every process does: what
// another one ended is left alone.
func (s *Service) WatchHolds(ctx context.Context, failed func(error)) {
	sweep := expiry{service: s, failed: failed, passed: make(map[int64]time.Time)}
	clock.Every(ctx, expireEvery, func() { sweep.run(ctx) })
}

// expiry is the sweeps of a process.
type expiry struct {
	service *Service
	failed  func(error)
	passed  map[int64]time.Time // when holds could not be ended
}

func (e *expiry) run(ctx context.Context) {
	now := e.service.now()
	maps.DeleteFunc(e.passed, func(_ int64, at time.Time) bool { return now.Sub(at).Abs() >= expireAgain })
	for len(e.passed) < mostUnendable {
		done, err := e.service.holds.ExpireHolds(
			ctx, ExpireStep{Most: expireMost, Units: batchUnits, Without: slices.Collect(maps.Keys(e.passed))},
		)
		e.service.expired.Add(uint64(done.Ended))
		if err != nil && ctx.Err() == nil {
			e.failed(err)
		}
		for _, id := range done.Passed {
			e.passed[id] = now
		}
		if !done.More || ctx.Err() != nil {
			return
		}
	}
}
