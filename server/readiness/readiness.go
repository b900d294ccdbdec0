// Package readiness knows whether requests should come to this process.
package readiness

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// readyFor is how long an answer about the database holds: whoever asks more often costs it nothing.
const readyFor = time.Second

// lookTime bounds one look at the database.
const lookTime = 5 * time.Second

var errNotReady = errors.New("starting or stopping")

// Readiness is that of a process that serves, and whose orders can be placed. One caller at a time looks whether they
// can; the others wait for what it finds.
type Readiness struct {
	look    func(ctx context.Context) error
	log     *slog.Logger
	serving atomic.Bool
	failed  atomic.Bool // when it was last asked

	turn   *semaphore.Weighted // of 1: who holds it may read and write the rest
	lookAt time.Time           // when to look again
	last   error
}

// New is for a process that does not serve yet. Looking says why no order can be placed.
func New(look func(ctx context.Context) error, log *slog.Logger) *Readiness {
	return &Readiness{look: look, log: log, turn: semaphore.NewWeighted(1)}
}

// SetServing says whether the process serves.
func (r *Readiness) SetServing(serving bool) { r.serving.Store(serving) }

// Check says why requests should go elsewhere, or nil. It takes no longer than ctx allows, also where others look. An
// error of ctx says that the database did not answer in that time, and is nobody else's answer.
func (r *Readiness) Check(ctx context.Context) error {
	if !r.serving.Load() {
		return errNotReady
	}
	err := r.writable(ctx)
	if errors.Is(ctx.Err(), context.Canceled) {
		return err // who asked left, which says nothing about the database
	}
	if had := r.failed.Swap(err != nil); had != (err != nil) {
		if err != nil {
			r.log.Error("not ready: no order can be placed", "error", err)
		} else {
			r.log.Info("ready again: orders can be placed")
		}
	}
	return err
}

func (r *Readiness) writable(ctx context.Context) error {
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
