package job

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"orderhub/server/trail"
	"orderhub/server/webhook"
)

// webhookWorkers make deliveries of events; posting is the sender's. River hands
// out no more jobs at a time than workers are free, and that at most every
// fetchCooldown: fewer workers would not keep up with orders placed one by one.
const webhookWorkers = 128

// Fanout makes deliveries of events.
type Fanout interface {
	FanOut(ctx context.Context, ranges []webhook.Range) error
	// Step returns what is left of a replay; false for nothing.
	Step(ctx context.Context, r webhook.Replay) (webhook.Replay, bool, error)
}

// Replayer keeps what is left of a replay.
type Replayer interface {
	EnqueueReplay(ctx context.Context, r webhook.Replay) error
}

// fanoutWorker makes the deliveries of what one transaction wrote.
type fanoutWorker struct {
	worker[FanoutArgs]

	fanout Fanout
}

func (w *fanoutWorker) Work(ctx context.Context, job *river.Job[FanoutArgs]) error {
	return w.fanout.FanOut(trail.With(ctx, job.Args.Trails), job.Args.Ranges)
}

// replayWorker makes the deliveries of a part of a replay.
type replayWorker struct {
	worker[ReplayArgs]

	fanout  Fanout
	replays Replayer
}

// Work hands what is left to a new job. When this one is worked twice, what is
// left is told by two: its messages are the same ones.
func (w *replayWorker) Work(ctx context.Context, job *river.Job[ReplayArgs]) error {
	left, more, err := w.fanout.Step(ctx, job.Args.Replay)
	if err != nil || !more {
		return err
	}
	if err := w.replays.EnqueueReplay(ctx, left); err != nil {
		return fmt.Errorf("go on with the replay: %w", err)
	}
	return nil
}
