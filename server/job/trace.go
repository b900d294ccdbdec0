package job

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"orderhub/server/trail"
)

// traced follows jobs: each is a batch, linked with the orders that it is for.
type traced struct {
	river.MiddlewareDefaults

	tracer trail.Tracer
}

var _ rivertype.WorkerMiddleware = (*traced)(nil)

func (t *traced) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	var args struct {
		Trails trail.Orders `json:"trails"`
	}
	if json.Unmarshal(job.EncodedArgs, &args) != nil || len(args.Trails) == 0 {
		return work(ctx)
	}
	ctx, end := t.tracer.Batch(
		ctx, "job "+job.Kind, args.Trails, trail.Attr{Name: trail.Job, Value: job.ID},
		trail.Attr{Name: trail.Queue, Value: job.Queue}, trail.Attr{Name: trail.Number, Value: int64(job.Attempt)},
	)
	err := work(ctx)
	failure := ""
	if err != nil && !errors.Is(err, &river.JobSnoozeError{}) {
		failure = "FAULT"
	}
	end(failure)
	return err
}

// middleware is around every job; none while nothing is traced.
func middleware(tracer trail.Tracer) []rivertype.Middleware {
	if tracer == nil {
		return nil
	}
	return []rivertype.Middleware{&traced{tracer: tracer}}
}
