package order

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"orderhub/server/clock"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/money"
)

const (
	// A draft is priced again when a product changed under it, and judged again
	// when stock is held by somebody's open transaction. Both pass quickly.
	maxTries       = 50
	contendedPause = 5 * time.Millisecond
	staleRetry     = time.Second
)

// Service places orders, reads them and takes them back. Safe for concurrent use.
type Service struct {
	store     Store
	holds     HoldStore
	catalog   Catalog
	canceller Canceller
	newNumber func() string
	placer    *placer
	refusals  *refusals
	underWay  underWay
	alone     bool
	rows      *semaphore.Weighted // of batches, while they wait to be placed
	together  chan struct{}       // capacity 1: held by the batch that is placed as a whole
	closed    atomic.Bool
	limits    Limits
	sold      soldUnits
	expired   atomic.Uint64 // holds
	now       func() time.Time
	trailOf   func(ctx context.Context) string // nil while nothing is traced
}

// Options wires a Service.
type Options struct {
	Store      Store
	Holds      HoldStore // nil where nothing is held
	Catalog    Catalog
	Canceller  Canceller
	NewNumber  func() string // unique order numbers
	Committers int           // transactions in flight at most; at least 1
	Alone      bool          // no other process places orders in the store
	Limits     Limits
	Now        func() time.Time // by which prices hold: that of the store; nil for the machine's
	// TrailOf is the trail of a caller's context; nil while nothing is traced.
	TrailOf func(ctx context.Context) string
}

// NewService starts the committers; Close stops them.
func NewService(o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	refusals := newRefusals(o.Store, o.Now)
	return &Service{
		store: o.Store, holds: o.Holds, catalog: o.Catalog, canceller: o.Canceller, newNumber: o.NewNumber,
		placer: newPlacer(o.Store, max(o.Committers, 1), refusals.judge), refusals: refusals,
		underWay: underWay{calls: make(map[ReferenceKey]int)}, alone: o.Alone,
		rows: semaphore.NewWeighted(rowsInFlight), together: make(chan struct{}, 1), limits: o.Limits.orDefault(),
		now: o.Now, trailOf: o.TrailOf,
		sold: soldUnits{count: o.Store.SoldUnits},
	}
}

// Close refuses new drafts and returns when those accepted are durable.
func (s *Service) Close() {
	s.closed.Store(true)
	s.together <- struct{}{} // what is placed as a whole is done
	<-s.together
	s.placer.close()
	s.refusals.close()
}

// ForgottenRefusals is how many refusals were not kept, because a merchant had too many or the database did not answer.
func (s *Service) ForgottenRefusals() uint64 { return s.refusals.forgotten.Load() }

// Queue says how many orders wait to be placed, and how many were turned away because too many did.
func (s *Service) Queue() (waiting int, turnedAway uint64) { return s.placer.queue() }

// Placement is the answer to a draft.
type Placement struct {
	Order    *Order
	Hold     *Hold        // of a draft that is held; there is no order then
	Replayed bool         // the reference already had this order, or hold
	Balance  money.Amount // of the wallet right after the charge, also of a replayed order
}

// Create prices and places the draft. It returns once the order is durable:
// complete with its goods if our own stock has everything, else pending.
// Repeating a draft with its reference returns the order as it is now.
//
// Errors: *errs.InvalidError, *LinesError, *CouponError,
// *InsufficientBalanceError, *DuplicateReferenceError, *PriceChangedError,
// *TooManyUnitsError, *TotalTooLargeError, ErrMerchantSuspended, *RetryLaterError, errs.ErrUnavailable, the context's.
// After any of these but the last two nothing was charged, and nothing stored but why.
func (s *Service) Create(ctx context.Context, d *Draft) (Placement, error) {
	if err := d.check(); err != nil {
		return Placement{}, err
	}
	if d.Reference != "" {
		key := ReferenceKey{d.MerchantID, d.Reference}
		s.underWay.enter(key)
		defer s.underWay.leave(key)
	}
	return s.create(ctx, s.begin(d))
}

func (s *Service) create(ctx context.Context, m making) (Placement, error) {
	d, checked := m.d, false
	for tries := 0; tries < maxTries; tries++ {
		c, err := s.candidate(ctx, &m)
		if err != nil {
			return s.replay(ctx, &m, err)
		}
		placed, err := s.placer.place(ctx, c)
		switch {
		case errors.Is(err, ErrDeferred):
			tries-- // another one was placed, and this one's turn comes
		case errors.Is(err, ErrNumberTaken):
			m.number = s.numberFor(d)
		case passes(err):
			if err := s.letPass(ctx, err); err != nil {
				return Placement{}, err
			}
		case err != nil:
			if err = s.haveChecked(ctx, c, err, &checked); err != nil {
				return Placement{}, s.noteRefusal(ctx, c, err)
			}
		case placed.Replayed != nil:
			return s.replayed(ctx, d.MerchantID, placed.Replayed)
		default:
			return Placement{Order: placed.Order, Hold: placed.Hold, Balance: placed.Balance}, nil
		}
	}
	return Placement{}, &RetryLaterError{Err: ErrContended, After: staleRetry}
}

// passes reports whether the same draft may well be placed if it is tried again at once.
func passes(err error) bool {
	return errors.Is(err, ErrStale) || errors.Is(err, ErrContended) || errors.Is(err, ErrDeferred) ||
		errors.Is(err, ErrNumberTaken)
}

// letPass waits until what passes has, or prices are read anew where they are what has changed.
func (s *Service) letPass(ctx context.Context, err error) error {
	if errors.Is(err, ErrStale) {
		return s.catalog.Refresh(ctx)
	}
	return clock.Sleep(ctx, contendedPause)
}

// making is a draft on its way to an order.
type making struct {
	d           *Draft
	fingerprint [32]byte
	number      string
	first       *Candidate
	holdFor     time.Duration // 0 for an order
}

func (s *Service) begin(d *Draft) making {
	return making{d: d, fingerprint: d.Fingerprint(), number: s.numberFor(d)}
}

func (m *making) key() ReferenceKey { return ReferenceKey{m.d.MerchantID, m.d.Reference} }

// candidate prices the draft as it is now.
func (s *Service) candidate(ctx context.Context, m *making) (*Candidate, error) {
	c, err := price(m.d.withReference(m.number), s.catalog.Snapshot(), s.limits, s.now())
	if err == nil {
		err = s.checkUnits(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	c.Fingerprint, c.Number, c.HoldFor = m.fingerprint, m.number, m.holdFor
	if s.trailOf != nil {
		c.Trail = s.trailOf(ctx)
	}
	if m.first == nil {
		m.first = c
	}
	if m.d.FixedPrices {
		return c, c.changedSince(m.first)
	}
	return c, nil
}

// checkUnits refuses a candidate with more units than an order may have before it
// takes part in any transaction.
func (s *Service) checkUnits(ctx context.Context, c *Candidate) error {
	err := c.Limits.check(c.Units(), 0, c.Draft.Currency)
	if err == nil {
		return nil
	}
	return s.stockFirst(ctx, c, err)
}

// noteRefusal returns what the caller is told of a refusal, and keeps just that.
func (s *Service) noteRefusal(ctx context.Context, c *Candidate, refusal error) error {
	err := s.stockFirst(ctx, c, refusal)
	if errors.As(err, new(*LinesError)) && !errors.As(refusal, new(*LinesError)) {
		s.refusals.note(ctx, c.Draft.MerchantID, c.Draft.Reference, err)
	}
	return err
}

// stockFirst is the refusal of a candidate, or that it is out of stock where that
// was not looked at because of the refusal. Callers are told of stock before they
// are told of sums, and the transaction reads a large order's units only when it
// is paid for.
func (s *Service) stockFirst(ctx context.Context, c *Candidate, refusal error) error {
	if c.Units() <= SmallOrder || errors.As(refusal, new(*LinesError)) || errors.Is(refusal, errs.ErrUnavailable) {
		return refusal
	}
	state, err := s.store.Preview(ctx, c)
	if err != nil {
		return refusal
	}
	if lines, ok := errors.AsType[*LinesError](state.checkStock(c)); ok {
		return lines
	}
	return refusal
}

func (s *Service) numberFor(d *Draft) string {
	if d.NewNumber != nil {
		return d.NewNumber()
	}
	return s.newNumber()
}

// replay answers a draft that cannot be priced any more with the order, or hold, it
// made when it could; otherwise with refusal.
func (s *Service) replay(ctx context.Context, m *making, refusal error) (Placement, error) {
	d, find := m.d, s.store.Reference
	switch {
	case d.UniqueLines:
		return s.replayLines(ctx, d, m.fingerprint, refusal)
	case d.Reference == "":
		return Placement{}, refusal
	case m.holdFor > 0:
		find = s.holds.HeldReference
	}
	existing, err := find(ctx, m.key())
	if errors.Is(err, ErrNotFound) {
		s.refusals.note(ctx, d.MerchantID, d.Reference, refusal)
		return Placement{}, refusal
	}
	if err != nil {
		return Placement{}, err
	}
	if !existing.MadeBy(m.fingerprint) {
		return Placement{}, &DuplicateReferenceError{
			Reference: d.Reference, OrderNumber: existing.Number, Held: existing.Held,
		}
	}
	return s.replayed(ctx, d.MerchantID, existing)
}

// replayLines is replay for a draft whose lines have the references.
func (s *Service) replayLines(ctx context.Context, d *Draft, fingerprint [32]byte, refusal error) (Placement, error) {
	references := make([]string, len(d.Lines))
	for i := range d.Lines {
		references[i] = d.Lines[i].ExternalReference
	}
	known, err := s.store.LineReferences(ctx, d.MerchantID, references)
	if err != nil {
		return Placement{}, err
	}
	existing, err := knownLines(d, fingerprint, func(reference string) *ExistingOrder { return known[reference] })
	switch {
	case err != nil:
		return Placement{}, err
	case existing != nil:
		return s.replayed(ctx, d.MerchantID, existing)
	default:
		s.refusals.note(ctx, d.MerchantID, d.Reference, refusal)
		return Placement{}, refusal
	}
}

func (s *Service) replayed(ctx context.Context, merchantID int64, existing *ExistingOrder) (Placement, error) {
	if existing.Held {
		h, err := s.holds.Hold(ctx, ByMerchant(merchantID), existing.Number)
		return Placement{Hold: h, Replayed: true}, err
	}
	o, err := s.store.OrderByID(ctx, merchantID, existing.ID)
	if err != nil {
		return Placement{}, fmt.Errorf("read the order placed before: %w", err)
	}
	balance, err := s.store.ChargedBalance(ctx, merchantID, existing.ID)
	if err != nil {
		return Placement{}, fmt.Errorf("read the charge of the order placed before: %w", err)
	}
	return Placement{Order: o, Replayed: true, Balance: balance}, nil
}

// Get returns the order with its goods. ErrNotFound.
func (s *Service) Get(ctx context.Context, v Viewer, number string) (*Order, error) {
	return s.store.Order(ctx, v, number)
}

// GetByReference returns the merchant's order with its goods. ErrNotFound.
func (s *Service) GetByReference(ctx context.Context, merchantID int64, reference string) (*Order, error) {
	return s.store.OrderByReference(ctx, merchantID, reference)
}

// GetByID returns the merchant's order with its goods. ErrNotFound.
func (s *Service) GetByID(ctx context.Context, merchantID, orderID int64) (*Order, error) {
	return s.store.OrderByID(ctx, merchantID, orderID)
}

// GetByLine returns the merchant's order that has the line. ErrNotFound.
func (s *Service) GetByLine(ctx context.Context, merchantID, lineID int64) (*Order, error) {
	return s.store.OrderByLine(ctx, merchantID, lineID)
}

// GetByLineCode returns the merchant's order whose line the door knows by this
// code. ErrNotFound.
func (s *Service) GetByLineCode(ctx context.Context, merchantID int64, code string) (*Order, error) {
	return s.store.OrderByLineCode(ctx, merchantID, code)
}

// List returns orders newest first, without goods unless the filter asks for them.
func (s *Service) List(ctx context.Context, v Viewer, f Filter) ([]Order, error) {
	return s.store.ListOrders(ctx, v, f)
}

// Count counts what List would return without bounds.
func (s *Service) Count(ctx context.Context, v Viewer, f Filter) (int64, error) {
	return s.store.CountOrders(ctx, v, f)
}

// SetDoorState replaces what the door keeps with the line. ErrNotFound.
func (s *Service) SetDoorState(ctx context.Context, merchantID, lineID int64, state string) error {
	return s.store.SetDoorState(ctx, merchantID, lineID, state)
}

// Sold is the delivered and not cancelled units by product, a second old where
// there are few orders and older where counting takes long. Do not modify.
func (s *Service) Sold(ctx context.Context) (map[int64]int64, error) { return s.sold.get(ctx) }

// Events returns the order's events after a sequence number. ErrNotFound.
func (s *Service) Events(ctx context.Context, v Viewer, number string, after int64, limit int) ([]event.Event, error) {
	o, err := s.store.Order(ctx, v, number)
	if err != nil {
		return nil, err
	}
	return s.store.OrderEvents(ctx, o.MerchantID, o.ID, after, limit)
}
