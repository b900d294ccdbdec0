package job

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"orderhub/server/trail"
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

// Engine does what can be done for orders and for attempts now.
type Engine interface {
	// Route returns when there is more to do; the zero time for never.
	Route(ctx context.Context, orderIDs []int64) (next time.Time, err error)
	// Call the same.
	Call(ctx context.Context, attemptIDs []int64, fresh bool) (next time.Time, err error)
	Audit(ctx context.Context, attemptIDs []int64) error
}

// worker is what the workers of jobs that have to be done have in common.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]

	now     func() time.Time
	timeout time.Duration
}

func (w *worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

// NextRetry grows from a second to a minute: what fails here is the database or
// the process, and somebody is waiting.
func (w *worker[T]) NextRetry(job *river.Job[T]) time.Time {
	return w.now().Add(min(time.Second<<min(job.Attempt-1, 6), longestRetry))
}

// fulfilWorker routes a batch of orders.
type fulfilWorker struct {
	worker[FulfilArgs]

	engine Engine
}

func (w *fulfilWorker) Work(ctx context.Context, job *river.Job[FulfilArgs]) error {
	next, err := w.engine.Route(trail.With(ctx, job.Args.Trails), job.Args.OrderIDs)
	if err != nil {
		return fmt.Errorf("route %d orders: %w", len(job.Args.OrderIDs), err)
	}
	return sleep(w.now(), next)
}

// sleep ends a job that has more to do at a later moment.
func sleep(now, next time.Time) error {
	if next.IsZero() {
		return nil
	}
	return river.JobSnooze(max(next.Sub(now), shortestSleep))
}

// callWorker sees to attempts at one provider until none is open.
type callWorker struct {
	worker[CallArgs]

	engine Engine
}

func (w *callWorker) Work(ctx context.Context, job *river.Job[CallArgs]) error {
	ctx = trail.With(ctx, job.Args.Trails)
	next, err := w.engine.Call(ctx, job.Args.AttemptIDs, job.Args.Fresh && firstRun(job.JobRow))
	if err != nil {
		return counted{fmt.Errorf("see to %d attempts: %w", len(job.Args.AttemptIDs), err)}
	}
	return sleep(w.now(), next)
}

// counted is an error of a run that counts as an attempt in any case. River takes
// back the attempt of a job that ends with the error of its context when the client
// stops, but a purchase may have been sent by then. firstRun does not rely on it;
// that of version 0.1.0, which works beside this one during an upgrade, does.
type counted struct{ error }

// firstRun reports that nobody has worked the job before. Whoever takes up a job is
// written into it by the statement that takes it up, and stays there. What else
// River tells of earlier runs must not contradict: who failed or was killed counts as
// an attempt, who put the job off as a snooze.
func firstRun(job *rivertype.JobRow) bool {
	var metadata struct {
		Snoozes int `json:"snoozes"`
	}
	return len(job.AttemptedBy) == 1 && job.Attempt == 1 &&
		json.Unmarshal(job.Metadata, &metadata) == nil && metadata.Snoozes == 0
}

// noticeWorker looks at settled attempts again.
type noticeWorker struct {
	worker[NoticeArgs]

	engine Engine
}

func (w *noticeWorker) Work(ctx context.Context, job *river.Job[NoticeArgs]) error {
	return w.engine.Audit(trail.With(ctx, job.Args.Trails), job.Args.AttemptIDs)
}

// Sweeper finds orders that no job will wake, and wakes them.
type Sweeper interface {
	Stalled(ctx context.Context, before time.Time, limit int) ([]int64, error)
	WakeFulfilment(ctx context.Context, orderIDs []int64, at time.Time) error
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
		if err := w.orders.WakeFulfilment(ctx, batch, time.Time{}); err != nil {
			return err
		}
	}
	return nil
}
