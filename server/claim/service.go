package claim

import (
	"context"
	"time"

	"orderhub/server/errs"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// Created tells that a claim was made and waits for an answer: its products' policies did not answer all of it.
const Created operatorevent.Kind = "claim.created"

// Overdue tells that a claim waits for longer than it should.
const Overdue operatorevent.Kind = "claim.overdue"

// Returned tells that units of a claim wait for an answer again: none could be bought in their place.
const Returned operatorevent.Kind = "claim.waiting"

// Filter pages through claims: those that wait with the oldest first, others with the
// newest first. What is empty selects everything.
type Filter struct {
	Status      Status
	OrderNumber string
	Reference   string
	PastID      int64 // the last one of the page before; 0 for the first page
	Limit       int
}

// Direct is what the service leaves to the store as it is.
type Direct interface {
	// Claim finds by id. ErrNotFound.
	Claim(ctx context.Context, v order.Viewer, id int64) (Claim, error)
	// Claims lists.
	Claims(ctx context.Context, v order.Viewer, f Filter) ([]Claim, error)
	// EndDispute notes what a provider says, as [Unit.End] says, and books its credit.
	EndDispute(ctx context.Context, id int64, e Ending) (Claim, error)
	// Tickets lists.
	Tickets(ctx context.Context, f TicketFilter) ([]Ticket, error)
	// Policy is what holds for a product; the zero value where nothing was set.
	Policy(ctx context.Context, productID int64) (Policy, error)
}

// Store keeps claims. Whatever changes one holds the wallet of its merchant, so that
// two answers, or an answer and a cancellation, come one after the other.
type Store interface {
	Direct

	// Create makes a claim as [Case.Judge] says, with what policies answer, in one
	// transaction; or finds the one that the draft repeats. order.ErrNotFound,
	// ErrReferenceReused, and what Judge refuses.
	Create(ctx context.Context, d Draft) (Claim, error)
	// Answer does what an answer says, for all the units that [Claim.Take] finds or none.
	// ErrNotFound, ErrOutOfStock, and what Take and [Answer.MayPay] refuse.
	Answer(ctx context.Context, id int64, a Answer) (Claim, error)
	// Dispute passes a unit to its provider, as [Unit.Pass] says.
	Dispute(ctx context.Context, id int64, p Passing) (Claim, error)
	// Redeem makes a ticket a used one, as [Ticket.Redeem] says. ErrTicketNotFound.
	Redeem(ctx context.Context, r Redemption) (Ticket, error)
	// TellOverdue tells operators of claims that wait for longer than they should, each
	// once, of so many at most, and returns how many there were.
	TellOverdue(ctx context.Context, most int) (int, error)
	// SetPolicy replaces it.
	SetPolicy(ctx context.Context, p Policy) (Policy, error)
}

// Service is what the ways in use. Safe for concurrent use.
type Service struct {
	Direct

	store Store
	now   func() time.Time
	bound Bound
}

// NewService works on a store.
func NewService(s Store, now func() time.Time) *Service {
	return &Service{Direct: s, store: s, now: now}
}

// Bounded has refunds above an amount take the role finance, and another one than who
// made the claim. Before the first use.
func (s *Service) Bounded(by Bound) *Service {
	s.bound = by
	return s
}

// Create claims units. Errors: those of [Draft.Check] and [Store.Create].
func (s *Service) Create(ctx context.Context, d Draft) (Claim, error) {
	if err := d.Check(); err != nil {
		return Claim{}, err
	}
	return s.store.Create(ctx, d)
}

// Answer answers. Errors: those of [Answer.Check] and [Store.Answer].
func (s *Service) Answer(ctx context.Context, id int64, a Answer) (Claim, error) {
	if err := a.Check(); err != nil {
		return Claim{}, err
	}
	a.Bound = s.bound
	return s.store.Answer(ctx, id, a)
}

// SetPolicy replaces what holds for a product. Errors: those of [Policy.Check].
func (s *Service) SetPolicy(ctx context.Context, p Policy) (Policy, error) {
	if err := p.Check(); err != nil {
		return Policy{}, err
	}
	return s.store.SetPolicy(ctx, p)
}

const maxDispute = 255 // characters of a reference

// Dispute passes a unit to its provider. Errors: ErrNotFound, those of [Unit.Pass].
func (s *Service) Dispute(ctx context.Context, id int64, p Passing) (Claim, error) {
	bad := &errs.InvalidError{}
	bad.CheckLine("reference", p.Reference, 0, maxDispute)
	if err := bad.OrNil(); err != nil {
		return Claim{}, err
	}
	return s.store.Dispute(ctx, id, p)
}

// Redeem says that a ticket is used. Errors: those of [Redemption.Check] and
// [Ticket.Redeem], ErrTicketNotFound.
func (s *Service) Redeem(ctx context.Context, r Redemption) (Ticket, error) {
	if err := r.Check(s.now()); err != nil {
		return Ticket{}, err
	}
	return s.store.Redeem(ctx, r)
}

// Run tells operators of claims that wait too long until ctx ends.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	operatorevent.WatchOverdue(ctx, s.store.TellOverdue, failed)
}
