package job

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"orderhub/server/trail"
)

// tracer notes batches.
type tracer struct {
	trail.Tracer
	names    []string
	orders   trail.Orders
	failures []string
}

func (t *tracer) Batch(ctx context.Context, name string, orders trail.Orders, _ ...trail.Attr) (
	context.Context, trail.End,
) {
	t.names, t.orders = append(t.names, name), orders
	return ctx, func(failure string, _ ...trail.Attr) { t.failures = append(t.failures, failure) }
}

// A job is a batch of the orders that it is for, and to be put off is no failure.
func TestJobsAreFollowed(t *testing.T) {
	require.Nil(t, middleware(nil), "untraced, there is nothing around a job")
	seen := &tracer{}
	around, ok := middleware(seen)[0].(rivertype.WorkerMiddleware)
	require.True(t, ok)
	work := func(args string, result error) {
		row := &rivertype.JobRow{Kind: "call", EncodedArgs: []byte(args)}
		err := around.Work(t.Context(), row, func(context.Context) error { return result })
		require.Equal(t, result, err)
	}
	work(`{"attempt_ids":[1]}`, nil)
	require.Empty(t, seen.names, "a job for nothing traced is left alone")
	work(`{"attempt_ids":[1],"trails":{"7":"left"}}`, nil)
	work(`{"attempt_ids":[1],"trails":{"7":"left"}}`, river.JobSnooze(time.Second))
	work(`{"attempt_ids":[1],"trails":{"7":"left"}}`, errors.New("the database is gone"))
	require.Equal(t, []string{"job call", "job call", "job call"}, seen.names)
	require.Equal(t, trail.Orders{7: "left"}, seen.orders)
	require.Equal(t, []string{"", "", "FAULT"}, seen.failures)
}
