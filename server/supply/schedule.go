package supply

import (
	"context"
	"errors"
	"sync"
	"time"

	"orderhub/server/audit"
	"orderhub/server/clock"
)

const (
	// lookEvery is how often it is looked for lists that are due.
	lookEvery = 15 * time.Second
	// together is how many lists a process reads at once: each is in memory as a whole, packed.
	together = 2
)

// Run reads lists when they are due, until ctx ends. Any number of processes may: a
// provider's list is read by one of them at a time.
func (s *Service) Run(ctx context.Context) {
	clock.Every(ctx, lookEvery, func() {
		if err := s.Tick(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("providers' lists were not followed; it is tried again", "error", err)
		}
	})
}

// Tick reads the lists that are due now.
func (s *Service) Tick(ctx context.Context) error {
	due, err := s.store.Due(ctx, s.now(), 100)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	free := make(chan struct{}, together)
	for _, id := range due {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			s.scheduled(ctx, id)
		})
	}
	running.Wait()
	return nil
}

// scheduled reads a list as the hub itself.
func (s *Service) scheduled(ctx context.Context, providerID int64) {
	ctx = audit.With(ctx, audit.New(audit.Entry{
		Actor: audit.Actor{Kind: audit.KindSystem, Name: "schedule"}, Address: audit.Local, Via: audit.ViaSchedule,
		Method: "SupplyService.RunSync", Target: audit.Target{Kind: "provider", Name: s.nameOf(ctx, providerID)},
	}))
	_, err := s.Follow(ctx, providerID, "")
	if err != nil && !errors.Is(err, ErrRunning) && ctx.Err() == nil {
		s.log.Warn("a provider's list was not followed; it is tried again", "provider", providerID, "error", err)
	}
}

func (s *Service) nameOf(ctx context.Context, providerID int64) string {
	p, err := s.providers.Get(ctx, providerID)
	if err != nil {
		return ""
	}
	return p.Name
}
