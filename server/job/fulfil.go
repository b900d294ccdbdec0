package job

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

const (
	longestRetry  = time.Minute
	shortestSleep = 10 * time.Millisecond

	sweepLimit = 4096
	sweepBatch = 256
)

// pace is how soon work that a process left behind is taken up by another.
type pace struct {
	// rescueAfter is when a job whose process died is given to another: the
	// time-out and some. The rescuer looks every half minute.
	rescueAfter time.Duration
	timeout     time.Duration // of a job
	sweepEvery  time.Duration
	// stalledAfter is when an open order that nobody works on counts as
	// forgotten. Longer than a busy queue makes an order wait.
	stalledAfter time.Duration
}

// paceOf derives everything from when a job is rescued: with 75 s a job may run
// for a minute, and every half minute orders left alone for one are looked for.
func paceOf(rescueAfter time.Duration) pace {
	return pace{
		rescueAfter: rescueAfter, timeout: rescueAfter * 4 / 5,
		sweepEvery: rescueAfter * 2 / 5, stalledAfter: rescueAfter * 4 / 5,
	}
}

// Advancer does what can be done for orders now; the zero time means that
// nothing is left to do.
type Advancer interface {
	Advance(ctx context.Context, orderIDs []int64) (next time.Time, err error)
}

// fulfilWorker advances a batch until all of its orders are final.
type fulfilWorker struct {
	river.WorkerDefaults[FulfilArgs]
	engine  Advancer
	now     func() time.Time
	timeout time.Duration
}

func (w *fulfilWorker) Timeout(*river.Job[FulfilArgs]) time.Duration { return w.timeout }

// NextRetry grows from a second to a minute: what fails here is the database or
// the process, and the orders are waiting.
func (w *fulfilWorker) NextRetry(job *river.Job[FulfilArgs]) time.Time {
	return w.now().Add(min(time.Second<<min(job.Attempt-1, 6), longestRetry))
}

func (w *fulfilWorker) Work(ctx context.Context, job *river.Job[FulfilArgs]) error {
	next, err := w.engine.Advance(ctx, job.Args.OrderIDs)
	if err != nil {
		return fmt.Errorf("advance %d orders: %w", len(job.Args.OrderIDs), err)
	}
	if next.IsZero() {
		return nil
	}
	return river.JobSnooze(max(next.Sub(w.now()), shortestSleep))
}

// Sweeper finds orders that no job will wake, and wakes them.
type Sweeper interface {
	Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error)
	WakeFulfilment(ctx context.Context, orderIDs []int64) error
}

// SweepArgs looks for forgotten orders.
type SweepArgs struct{}

// Kind is the job's name in the queue.
func (SweepArgs) Kind() string { return "sweep" }

// InsertOpts keeps sweeps from piling up while no worker is free.
func (SweepArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
		rivertype.JobStateRetryable, rivertype.JobStateScheduled,
	}}}
}

type sweepWorker struct {
	river.WorkerDefaults[SweepArgs]
	orders       Sweeper
	now          func() time.Time
	stalledAfter time.Duration
}

func (w *sweepWorker) Work(ctx context.Context, _ *river.Job[SweepArgs]) error {
	ids, err := w.orders.Stalled(ctx, w.now().Add(-w.stalledAfter), sweepLimit)
	if err != nil {
		return err
	}
	for len(ids) > 0 {
		batch := ids[:min(sweepBatch, len(ids))]
		ids = ids[len(batch):]
		if err := w.orders.WakeFulfilment(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}
