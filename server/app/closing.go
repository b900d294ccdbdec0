package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// closer is one step of closing. A step that goes together with the one
// registered before it runs at the same time.
type closer struct {
	name     string
	together bool
	close    func(context.Context) error
}

// onClose registers a step; steps run in reverse order. Its context ends when
// the time to shut down is over: then it gives up politeness, not the closing.
func (a *App) onClose(name string, step func(context.Context) error) {
	a.closers = append(a.closers, closer{name: name, close: step})
}

// onEnd registers a step that cannot fail.
func (a *App) onEnd(name string, step func()) {
	a.onClose(name, func(context.Context) error {
		step()
		return nil
	})
}

// onCloseTogether registers a step that runs beside the one before it.
func (a *App) onCloseTogether(name string, step func(context.Context) error) {
	a.closers = append(a.closers, closer{name: name, together: true, close: step})
}

// Close ends everything, last opened first: no request is accepted any more,
// those at work end, then the jobs, then the database is closed. Calling it
// again waits for the first call and returns its error.
func (a *App) Close() error {
	a.closing.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), a.config.ShutdownTimeout)
		defer cancel()
		a.closeErr = a.closeAll(ctx)
	})
	return a.closeErr
}

func (a *App) closeAll(ctx context.Context) error {
	var errs []error
	for len(a.closers) > 0 {
		first := len(a.closers) - 1
		for a.closers[first].together {
			first--
		}
		errs = append(errs, closeTogether(ctx, a.closers[first:])...)
		a.closers = a.closers[:first]
	}
	return errors.Join(errs...)
}

func closeTogether(ctx context.Context, steps []closer) []error {
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

// doorTime is the part of the time to shut down that requests at work have: the
// last quarter is for what comes behind the doors.
func doorTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/4))
}
