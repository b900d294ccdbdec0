package exchange

import (
	"context"
	"sync"
	"time"
)

// freshFor is how long rates hold that were read: so long after another process set one,
// this one may still go by those before.
const freshFor = time.Second

// Service sets and tells rates. Safe for concurrent use.
type Service struct {
	store Store
	now   func() time.Time

	mu    sync.Mutex
	rates *Rates
	read  time.Time
}

// NewService has the rates of a store.
func NewService(s Store, now func() time.Time) *Service { return &Service{store: s, now: now} }

// Set adds an entry, from now on where it does not say from when. *errs.InvalidError.
func (s *Service) Set(ctx context.Context, e Entry) (Entry, error) {
	if e.From.IsZero() {
		e.From = s.now()
	}
	e.From = e.From.UTC().Truncate(time.Microsecond) // as databases keep moments
	if err := e.Check(); err != nil {
		return Entry{}, err
	}
	added, err := s.store.Add(ctx, e)
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rates = nil
	}
	return added, err
}

// Entries returns what was set.
func (s *Service) Entries(ctx context.Context, f Filter) ([]Entry, error) {
	return s.store.Entries(ctx, f)
}

// Rates returns all rates, not older than a second.
func (s *Service) Rates(ctx context.Context) (*Rates, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rates != nil && s.now().Sub(s.read) < freshFor {
		return s.rates, nil
	}
	read := s.now()
	rates, err := s.store.Rates(ctx)
	if err != nil {
		return nil, err
	}
	s.rates, s.read = rates, read
	return rates, nil
}
