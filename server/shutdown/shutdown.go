// Package shutdown closes what a program has opened: each thing says how beside where it is opened, and all are closed
// in reverse.
package shutdown

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Steps are those of closing, as they were registered. The zero value has none.
type Steps struct {
	steps  []step
	closed sync.Once
	err    error
}

// step is one of them. One that goes together with the one registered before it
// runs at the same time.
type step struct {
	name     string
	together bool
	close    func(context.Context) error
}

// OnClose registers a step; steps run in reverse order. Its context ends when
// the time to shut down is over: then it gives up politeness, not the closing.
func (s *Steps) OnClose(name string, end func(context.Context) error) {
	s.steps = append(s.steps, step{name: name, close: end})
}

// OnEnd registers a step that cannot fail.
func (s *Steps) OnEnd(name string, end func()) {
	s.OnClose(name, func(context.Context) error {
		end()
		return nil
	})
}

// OnCloseTogether registers a step that runs beside the one before it.
func (s *Steps) OnCloseTogether(name string, end func(context.Context) error) {
	s.steps = append(s.steps, step{name: name, together: true, close: end})
}

// WhileOpen runs follow until its step.
func (s *Steps) WhileOpen(ctx context.Context, name string, follow func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	running.Go(func() { follow(ctx) })
	s.OnEnd(name, func() {
		cancel()
		running.Wait()
	})
}

// Close runs the steps, last registered first. Calling it again waits for the first call and returns its error.
func (s *Steps) Close(within time.Duration) error {
	s.closed.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		s.err = s.closeAll(ctx)
	})
	return s.err
}

func (s *Steps) closeAll(ctx context.Context) error {
	var errs []error
	for len(s.steps) > 0 {
		first := len(s.steps) - 1
		for s.steps[first].together {
			first--
		}
		errs = append(errs, closeTogether(ctx, s.steps[first:])...)
		s.steps = s.steps[:first]
	}
	return errors.Join(errs...)
}

func closeTogether(ctx context.Context, steps []step) []error {
	errs := make([]error, len(steps))
	var running sync.WaitGroup
	for i, step := range steps {
		running.Go(func() {
			if err := step.close(ctx); err != nil {
				errs[i] = fmt.Errorf("close %s: %w", step.name, err)
			}
		})
	}
	running.Wait()
	return errs
}
