package job

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivertype"
)

// hubTime makes River go by the hub's clock, and by the database's where it can.
// River means its setting for tests; it is the only one there is.
type hubTime struct{ now func() time.Time }

// NowUTC implements rivertype.TimeGenerator.
func (h hubTime) NowUTC() time.Time { return h.now() }

// NowUTCOrNil implements rivertype.TimeGenerator: nil is the database's own now.
func (hubTime) NowUTCOrNil() *time.Time { return nil }

// hubDriver puts right the two moments that River takes from the machine's clock
// all the same: when a snoozed job is due, and since when one that is running is
// stuck.
type hubDriver struct {
	riverdriver.Driver[pgx.Tx]

	ahead func() time.Duration
}

// GetExecutor implements riverdriver.Driver.
func (d hubDriver) GetExecutor() riverdriver.Executor {
	return hubExecutor{d.Driver.GetExecutor(), d.ahead}
}

type hubExecutor struct {
	riverdriver.Executor

	ahead func() time.Duration
}

// JobSetStateIfRunningMany implements riverdriver.Executor. A job without an error
// that is to be worked again was snoozed.
func (e hubExecutor) JobSetStateIfRunningMany(ctx context.Context, p *riverdriver.JobSetStateIfRunningManyParams) (
	[]*rivertype.JobRow, error,
) {
	put := *p
	put.ScheduledAt = slices.Clone(p.ScheduledAt)
	for i, at := range put.ScheduledAt {
		if at != nil && p.ErrData[i] == nil {
			due := at.Add(-e.ahead())
			put.ScheduledAt[i] = &due
		}
	}
	return e.Executor.JobSetStateIfRunningMany(ctx, &put)
}

// JobGetStuck implements riverdriver.Executor.
func (e hubExecutor) JobGetStuck(ctx context.Context, p *riverdriver.JobGetStuckParams) ([]*rivertype.JobRow, error) {
	put := *p
	put.StuckHorizon = p.StuckHorizon.Add(-e.ahead())
	return e.Executor.JobGetStuck(ctx, &put)
}
