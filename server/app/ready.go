package app

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/semaphore"
)

// readyFor is how long an answer about the database holds: whoever asks more often costs it nothing.
const readyFor = time.Second

// lookTime bounds one look at the database.
const lookTime = 5 * time.Second

var errNotReady = errors.New("starting or stopping")

// readiness knows whether an order could be placed. One caller at a time looks; the others wait for what it finds.
type readiness struct {
	look func(ctx context.Context) error

	turn   *semaphore.Weighted // of 1: who holds it may read and write the rest
	lookAt time.Time           // when to look again
	last   error
}

func newReadiness(look func(ctx context.Context) error) *readiness {
	return &readiness{look: look, turn: semaphore.NewWeighted(1)}
}

// check says why no order could be placed now, or nil. It takes no longer than ctx allows, also where others look. An
// error of ctx says that the database did not answer in that time, and is nobody else's answer.
func (r *readiness) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	if err := r.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer r.turn.Release(1)
	if time.Now().Before(r.lookAt) {
		return r.last
	}
	err := r.look(ctx)
	if ctx.Err() == nil {
		r.last, r.lookAt = err, time.Now().Add(readyFor)
	}
	return err
}

// checkReady says why requests should go elsewhere, or nil.
func (a *App) checkReady(ctx context.Context) error {
	if !a.ready.Load() {
		return errNotReady
	}
	err := a.writable.check(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return err // who asked left, which says nothing about the database
	}
	if was := a.wasWritable.Swap(err == nil); was != (err == nil) {
		if err != nil {
			a.log.Error("not ready: no order can be placed", "error", err)
		} else {
			a.log.Info("ready again: orders can be placed")
		}
	}
	return err
}
