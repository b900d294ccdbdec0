package job

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// hubTime makes River go by the hub's clock, and by the database's where it can.
// River means its setting for tests; it is the only one there is.
type hubTime struct{ now func() time.Time }

func (h hubTime) Now() time.Time { return h.now() }

// NowOrNil implements rivertype.TimeGenerator: nil is the database's own now.
func (hubTime) NowOrNil() *time.Time { return nil }

// hubDriver puts right what River takes from the machine's clock all the same:
// since when a job that is running is stuck. Its rescuer finds such jobs, looks how
// long each has been at work, and rescues those that are still at it.
// And it has River do over a pooler what can be done there, and the rest beside it.
type hubDriver struct {
	riverdriver.Driver[pgx.Tx]

	listens    riverdriver.Driver[pgx.Tx] // over connections that keep their session
	txSettings string
	ahead      func() time.Duration
}

func newHubDriver(o Options) hubDriver {
	d := hubDriver{Driver: riverpgxv5.New(o.Postgres), txSettings: o.TxSettings, ahead: o.Ahead}
	d.listens = d.Driver
	if o.Listen != nil {
		d.listens = riverpgxv5.New(o.Listen)
	}
	return d
}

func (d hubDriver) GetListener(params *riverdriver.GetListenenerParams) riverdriver.Listener {
	return d.listens.GetListener(params)
}

func (d hubDriver) GetExecutor() riverdriver.Executor {
	return hubExecutor{d.Driver.GetExecutor(), d.txSettings, d.ahead}
}

type hubExecutor struct {
	riverdriver.Executor

	txSettings string
	ahead      func() time.Duration
}

func (e hubExecutor) Begin(ctx context.Context) (riverdriver.ExecutorTx, error) {
	tx, err := e.Executor.Begin(ctx)
	if err != nil || e.txSettings == "" {
		return tx, err
	}
	if err := tx.Exec(ctx, e.txSettings); err != nil {
		return nil, errors.Join(err, tx.Rollback(ctx))
	}
	return tx, nil
}

// JobGetStuck implements riverdriver.Executor. The jobs that it returns began by the
// machine's clock.
func (e hubExecutor) JobGetStuck(ctx context.Context, p *riverdriver.JobGetStuckParams) ([]*rivertype.JobRow, error) {
	put := *p
	put.StuckHorizon = p.StuckHorizon.Add(-e.ahead())
	jobs, err := e.Executor.JobGetStuck(ctx, &put)
	for _, job := range jobs {
		if job.AttemptedAt != nil {
			job.AttemptedAt = new(job.AttemptedAt.Add(e.ahead()))
		}
	}
	return jobs, err
}

func (e hubExecutor) JobRescueMany(ctx context.Context, p *riverdriver.JobRescueManyParams) (*struct{}, error) {
	put := *p
	put.StuckHorizon = p.StuckHorizon.Add(-e.ahead())
	return e.Executor.JobRescueMany(ctx, &put)
}
