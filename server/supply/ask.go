package supply

import (
	"context"
	"sync"
	"time"

	"orderhub/server/errs"
)

// answerBefore is how long before its caller's time is over a call says how far a sync is.
const answerBefore = 5 * time.Second

// asked are the readings that operators asked for. They go on when their callers are gone, until they are ended.
type asked struct {
	mu      sync.Mutex
	ended   bool
	stops   map[*context.CancelFunc]bool
	running sync.WaitGroup
}

func newAsked() *asked { return &asked{stops: make(map[*context.CancelFunc]bool)} }

// begin has do run with a context that ends with the others'; false when they have ended.
func (a *asked) begin(ctx context.Context, do func(ctx context.Context)) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return false
	}
	going, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.stops[&stop] = true
	a.running.Go(func() {
		defer func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			stop()
			delete(a.stops, &stop)
		}()
		do(going)
	})
	return true
}

// Close breaks off what operators asked for, and waits until that is written.
func (s *Service) Close() {
	s.asked.mu.Lock()
	s.asked.ended = true
	for stop := range s.asked.stops {
		(*stop)()
	}
	s.asked.mu.Unlock()
	s.asked.running.Wait()
}

// Ask is Follow for an operator, who may have less time than a list takes: before that is
// over the answer is the sync as it is by then, and the list is read on. Further errors:
// errs.ErrUnavailable when the hub is stopping.
func (s *Service) Ask(ctx context.Context, providerID int64, by string) (Sync, error) {
	type end struct {
		sync Sync
		err  error
	}
	begun, ended := make(chan Sync, 1), make(chan end, 1)
	going := s.asked.begin(ctx, func(ctx context.Context) {
		done, err := s.follow(ctx, providerID, by, func(b Sync) { begun <- b })
		ended <- end{done, err}
	})
	if !going {
		return Sync{}, errs.ErrUnavailable
	}
	waiting := ctx
	if deadline, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		waiting, cancel = context.WithDeadline(ctx, deadline.Add(-answerBefore))
		defer cancel()
	}
	select {
	case e := <-ended:
		return e.sync, e.err
	case <-waiting.Done():
	}
	select {
	case e := <-ended:
		return e.sync, e.err
	case b := <-begun:
		if at, err := s.store.Sync(ctx, b.ID); err == nil {
			return at, nil
		}
		return b, ctx.Err()
	case <-ctx.Done():
		return Sync{}, ctx.Err()
	}
}
