package purchase

import (
	"context"
	"time"

	"orderhub/server/operatorevent"
)

// Overdue tells that a purchase waits for too long: by hand for who delivers it, elsewhere for its outcome to be known.
const Overdue operatorevent.Kind = "purchase.overdue"

// Filter says which purchases are wanted. Zeros mean all.
type Filter struct {
	// State: Waiting and Taken are what is open, by ascending id; the others are by
	// descending id. "" is everything that is open.
	State      State
	TakenBy    string
	ProviderID int64
	PastID     int64 // only those that come after this one; 0 for the first
	Limit      int
}

// Ends reports a filter for what is open no more.
func (f *Filter) Ends() bool { return f.State != "" && f.State != Waiting && f.State != Taken }

// Store keeps purchases.
type Store interface {
	// Purchase finds by id. ErrNotFound.
	Purchase(ctx context.Context, id int64) (Purchase, error)
	// Purchases returns a page, without goods.
	Purchases(ctx context.Context, f Filter) ([]Purchase, error)
	// Change has fn change a purchase in a transaction, in which nobody else changes
	// it or settles its attempt; where fn says that it changed, it is written. One that ends by
	// it makes its attempt due at once. ErrNotFound, and what fn returns.
	Change(ctx context.Context, id int64, fn func(p *Purchase) (changed bool, err error)) (Purchase, error)
	// Details are those of a purchase whose attempt is not settled; ErrNotFound otherwise.
	Details(ctx context.Context, id int64) (Details, error)
	// TellOverdue tells operators of purchases that are overdue, and of attempts of which the outcome has been unknown
	// for longer than Patience: of each once, of so many at most. It returns how many there were.
	TellOverdue(ctx context.Context, most int) (int, error)
}

// Clock says what time it is.
type Clock func() time.Time

// Waker has a provider asked about an attempt that waits for a person.
type Waker interface {
	AskAgain(ctx context.Context, attemptID int64, operator string) error
}

// Service is what operators do with purchases.
type Service struct {
	store Store
	waker Waker
	now   Clock
}

// NewService works on a store.
func NewService(store Store, waker Waker, now Clock) *Service { return &Service{store, waker, now} }

// List returns a page of purchases.
func (s *Service) List(ctx context.Context, f Filter) ([]Purchase, error) {
	return s.store.Purchases(ctx, f)
}

// Get finds by id. ErrNotFound.
func (s *Service) Get(ctx context.Context, id int64) (Purchase, error) {
	return s.store.Purchase(ctx, id)
}

// Take makes a purchase the operator's and returns who receives it. Errors: those of
// [Purchase.Take], ErrNotFound.
func (s *Service) Take(ctx context.Context, id int64, by string) (Purchase, Details, error) {
	taken, err := s.store.Change(ctx, id, func(p *Purchase) (bool, error) { return true, p.Take(by, s.now()) })
	if err != nil {
		return Purchase{}, Details{}, err
	}
	details, err := s.store.Details(ctx, id)
	return taken, details, err
}

// Release puts a purchase back. Errors: those of [Purchase.Release], ErrNotFound.
func (s *Service) Release(ctx context.Context, id int64, by string) (Purchase, error) {
	return s.store.Change(ctx, id, func(p *Purchase) (bool, error) { return p.Release(by) })
}

// Deliver ends a purchase with goods. Errors: those of [Purchase.Deliver],
// ErrNotFound.
func (s *Service) Deliver(ctx context.Context, id int64, by string, goods []string) (Purchase, error) {
	return s.end(ctx, id, by, func(p *Purchase) (bool, error) { return p.Deliver(by, goods) })
}

// Refuse ends a purchase without goods. Errors: those of [Purchase.Refuse],
// ErrNotFound.
func (s *Service) Refuse(ctx context.Context, id int64, by, reason string) (Purchase, error) {
	return s.end(ctx, id, by, func(p *Purchase) (bool, error) { return p.Refuse(by, reason) })
}

// Run tells operators of purchases that wait for too long until ctx ends.
func (s *Service) Run(ctx context.Context, failed func(error)) {
	operatorevent.WatchOverdue(ctx, s.store.TellOverdue, failed)
}

// end ends a purchase. An attempt that has given up waiting is asked for again; when
// that fails, an operator can have it asked for as long as it waits for one.
func (s *Service) end(ctx context.Context, id int64, by string, fn func(*Purchase) (bool, error)) (Purchase, error) {
	ended, err := s.store.Change(ctx, id, fn)
	if err == nil && ended.Parked {
		err = s.waker.AskAgain(ctx, id, by)
	}
	return ended, err
}
