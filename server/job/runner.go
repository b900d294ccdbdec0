package job

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"orderhub/server/clock"
	"orderhub/server/trail"
)

const (
	maxWorkers = 16
	// Queues are woken by the alarm or by the database. The poll is for what nobody
	// thought of.
	fetchPoll     = 30 * time.Second
	fetchCooldown = 100 * time.Millisecond
	// cancelGrace is how long jobs may take to notice that they are cancelled.
	cancelGrace = 5 * time.Second
)

// keptForGood tells River to remove no jobs.
const keptForGood = -1

// newQueues is how often providers are looked for that have no queue worked yet.
const newQueues = 2 * time.Second

// Runner works jobs until it is stopped.
type Runner struct {
	client interface {
		Start(ctx context.Context) error
		Stop(ctx context.Context) error
		StopAndCancel(ctx context.Context) error
		Queues() *river.QueueBundle
	}
	providers func(ctx context.Context) ([]int64, error)
	log       *slog.Logger

	stopFollowing context.CancelFunc
	following     sync.WaitGroup
	alarm         *alarm
	queues        map[int64]bool // providers whose queue is worked
}

// Options wires a Runner. Exactly one of Postgres and SQLite is set.
type Options struct {
	Postgres *pgxpool.Pool
	SQLite   *sql.DB
	// Listen are connections to PostgreSQL that keep their session, where Postgres has those of a pooler; TxSettings
	// are statements with which every transaction begins there. Nil and "" elsewhere.
	Listen     *pgxpool.Pool
	TxSettings string
	// SQLiteVersion is a number that every commit to the file changes, whoever
	// makes it: twice a second it is asked whether another process inserted
	// jobs. Required with SQLite.
	SQLiteVersion func(ctx context.Context) (int64, error)

	Engine  Engine
	Orders  Sweeper
	Fanout  Fanout
	Replays Replayer
	// Providers are those whose queues are to be worked; asked again and again.
	Providers func(ctx context.Context) ([]int64, error)
	// RescueAfter is when the jobs of a process that died are given to another.
	RescueAfter time.Duration
	Tracer      trail.Tracer // nil for nobody
	Log         *slog.Logger
	// Now is the clock by which jobs are due, and Ahead how far the machine's, which
	// River goes by in places, is ahead of it.
	Now   func() time.Time
	Ahead func() time.Duration
}

func workerOf[T river.JobArgs](o *Options, p pace) worker[T] {
	return worker[T]{now: o.Now, timeout: p.timeout}
}

// NewRunner prepares the workers; Start runs them.
func NewRunner(o Options) (*Runner, error) {
	pace := paceOf(o.RescueAfter)
	workers := river.NewWorkers()
	river.AddWorker(workers, &fulfilWorker{workerOf[FulfilArgs](&o, pace), o.Engine})
	river.AddWorker(workers, &callWorker{workerOf[CallArgs](&o, pace), o.Engine})
	river.AddWorker(workers, &noticeWorker{workerOf[NoticeArgs](&o, pace), o.Engine})
	river.AddWorker(workers, &sweepWorker{orders: o.Orders, now: o.Now, stalledAfter: pace.stalledAfter})
	river.AddWorker(workers, &fanoutWorker{workerOf[FanoutArgs](&o, pace), o.Fanout})
	river.AddWorker(workers, &replayWorker{workerOf[ReplayArgs](&o, pace), o.Fanout, o.Replays})
	config := &river.Config{
		Logger: slog.New(onlyTroubles{o.Log.Handler()}),
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: maxWorkers}, WebhookQueue: {MaxWorkers: webhookWorkers},
		},
		Workers:              workers,
		Middleware:           middleware(o.Tracer),
		ErrorHandler:         failures{o.Log},
		FetchCooldown:        fetchCooldown,
		FetchPollInterval:    fetchPoll,
		JobTimeout:           pace.timeout,
		RescueStuckJobsAfter: pace.rescueAfter,
		// What is finished goes with all else that is no longer kept, in steps that hold nobody up.
		CompletedJobRetentionPeriod: keptForGood,
		CancelledJobRetentionPeriod: keptForGood,
		DiscardedJobRetentionPeriod: keptForGood,
		PeriodicJobs: []*river.PeriodicJob{river.NewPeriodicJob(
			river.PeriodicInterval(pace.sweepEvery),
			func() (river.JobArgs, *river.InsertOpts) { return SweepArgs{}, nil },
			&river.PeriodicJobOpts{RunOnStart: true},
		)},
	}
	r := &Runner{providers: o.Providers, log: o.Log, queues: make(map[int64]bool)}
	var err error
	if o.Postgres != nil {
		config.Test.Time = hubTime{o.Now}
		r.alarm = newAlarm(nil)
		driver := newHubDriver(o)
		r.client, err = river.NewClient(newAlarmDriver(driver, r.alarm, dueOnPostgres, o.Log), config)
	} else {
		r.alarm = newAlarm(o.SQLiteVersion)
		r.client, err = river.NewClient(newAlarmDriver(riversqlite.New(o.SQLite), r.alarm, dueOnSQLite, o.Log), config)
	}
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return r, nil
}

// Start begins to work jobs. They outlive ctx: only Stop ends them. With an error
// nothing is left at work.
func (r *Runner) Start(ctx context.Context) error {
	if err := r.client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if err := r.workQueues(ctx); err != nil {
		return errors.Join(err, r.cancel(ctx))
	}
	ctx, r.stopFollowing = context.WithCancel(context.WithoutCancel(ctx))
	r.following.Go(func() { r.follow(ctx) })
	r.following.Go(func() { r.alarm.run(ctx) })
	return nil
}

// follow begins to work the queues of providers that are added later.
func (r *Runner) follow(ctx context.Context) {
	clock.Every(ctx, newQueues, func() {
		if err := r.workQueues(ctx); err != nil && ctx.Err() == nil {
			r.log.Warn("queues of providers", "error", err)
		}
	})
}

// restart ends a client and starts it again. River keeps a queue that it could
// not start, for want of the database, and starts it only with the client.
func (r *Runner) restart(ctx context.Context) error {
	r.log.Warn("the job queue is started again: it has a queue that could not be started")
	if err := r.client.Stop(ctx); err != nil {
		return err
	}
	return r.client.Start(context.WithoutCancel(ctx))
}

func (r *Runner) workQueues(ctx context.Context) error {
	ids, err := r.providers(ctx)
	if err != nil {
		return fmt.Errorf("list providers: %w", err)
	}
	for _, id := range ids {
		if r.queues[id] {
			continue
		}
		err := r.client.Queues().Add(ProviderQueue(id), river.QueueConfig{MaxWorkers: maxWorkers})
		if errors.Is(err, &river.QueueAlreadyAddedError{}) {
			err = r.restart(ctx)
		}
		if err != nil {
			return fmt.Errorf("queue of provider %d: %w", id, err)
		}
		r.queues[id] = true
	}
	return nil
}

// Wake makes it look for jobs now. It is for whoever inserted some where the
// database does not announce them.
func (r *Runner) Wake() { r.alarm.poke() }

// Stop fetches no more jobs and waits for those at work; when ctx ends first
// they are cancelled. What they leave undone another run does.
func (r *Runner) Stop(ctx context.Context) error {
	r.stopFollowing()
	r.following.Wait()
	err := r.client.Stop(ctx)
	if err == nil || ctx.Err() == nil {
		return err
	}
	return r.cancel(ctx)
}

// cancel ends what is at work, whether ctx has ended or not.
func (r *Runner) cancel(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cancelGrace)
	defer cancel()
	return r.client.StopAndCancel(ctx)
}
