package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"orderhub/server/job"
)

// jobInserter puts jobs into River's tables in a transaction of ours. It works
// none: that is package job's.
type jobInserter struct {
	sqlite *river.Client[*sql.Tx]
	told   atomic.Pointer[func()] // when jobs were committed on SQLite; nil for nobody

	mu       sync.Mutex
	notified map[string]time.Time // when PostgreSQL's listeners to a queue were last woken
}

func (s *Store) newJobInserter() (*jobInserter, error) {
	inserter := &jobInserter{notified: make(map[string]time.Time)}
	if s.pool != nil {
		return inserter, nil
	}
	client, err := river.NewClient(riversqlite.New(s.writeDB), &river.Config{Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	inserter.sqlite = client
	return inserter, nil
}

// OnJobs has told called whenever this process has committed jobs on SQLite, which
// announces none. It must be quick.
func (s *Store) OnJobs(told func()) { s.jobs.told.Store(&told) }

func (j *jobInserter) tell() {
	if told := j.told.Load(); told != nil {
		(*told)()
	}
}

// queued is a job to insert.
type queued struct {
	args  river.JobArgs
	queue string    // "" for the default
	at    time.Time // zero for now

	attempts int // how often it may fail; 0 for as often as usual
}

// insertJob is the row that River's own insert makes for one job of ours; a test
// compares them. River's insert would be a round trip of its own, or two, while
// the merchants' wallets are locked.
const (
	insertJob   = `INSERT INTO river_job (args, kind, max_attempts, queue, tags) VALUES ($1::jsonb, $2, $3, $4, '{}')`
	scheduleJob = `INSERT INTO river_job (args, kind, max_attempts, queue, tags, state, scheduled_at) VALUES ` +
		`($1::jsonb, $2, $3, $4, '{}', 'scheduled', $5)`
)

// notifyQueue wakes River's producers, as its own insert does. Not every time:
// transactions that notify commit one after the other.
const (
	notifyQueue    = `SELECT pg_notify(current_schema() || '.river_insert', '{"queue": "' || $1::text || '"}')`
	notifyInterval = 100 * time.Millisecond
)

// queuedJob is a write that inserts a job on PostgreSQL.
type queuedJob struct {
	jobs *jobInserter
	args []byte
	job  queued
}

func (j *jobInserter) row(q queued) (*queuedJob, error) {
	args, err := json.Marshal(q.args)
	if err != nil {
		return nil, fmt.Errorf("encode job: %w", err)
	}
	if q.queue == "" {
		q.queue = river.QueueDefault
	}
	if q.attempts == 0 {
		q.attempts = river.MaxAttemptsDefault
	}
	return &queuedJob{jobs: j, args: args, job: q}, nil
}

func (w *queuedJob) empty() bool { return false }

func (w *queuedJob) queue(b *pgx.Batch) {
	if !w.job.at.IsZero() {
		b.Queue(scheduleJob, string(w.args), w.job.args.Kind(), w.job.attempts, w.job.queue, w.job.at.UTC())
		return
	}
	b.Queue(insertJob, string(w.args), w.job.args.Kind(), w.job.attempts, w.job.queue)
	if w.jobs.wakes(w.job.queue) {
		b.Queue(notifyQueue, w.job.queue)
	}
}

// wakes reports whether it is time to wake the queue's listeners again.
func (j *jobInserter) wakes(queue string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	now := time.Now()
	if now.Sub(j.notified[queue]) < notifyInterval {
		return false
	}
	j.notified[queue] = now
	return true
}

// execute is not called: on SQLite River's own insert is as quick.
func (w *queuedJob) execute(context.Context, *sql.Tx) error {
	return errors.New("the job is for PostgreSQL")
}

// The fast way spares the job's row being read back and decoded, a seventh of
// what one order costs on SQLite.
func (j *jobInserter) insertSQLite(ctx context.Context, tx *sql.Tx, jobs []queued) error {
	params := make([]river.InsertManyParams, len(jobs))
	for i, q := range jobs {
		params[i] = river.InsertManyParams{
			Args: q.args, InsertOpts: &river.InsertOpts{Queue: q.queue, ScheduledAt: q.at, MaxAttempts: q.attempts},
		}
	}
	_, err := j.sqlite.InsertManyFastTx(ctx, tx, params)
	return err
}

// routeBatch is how many orders one job routes.
const routeBatch = 256

// routeJobs are the jobs that route the orders.
func routeJobs(orderIDs []int64) []queued {
	var jobs []queued
	for chunk := range slices.Chunk(distinct(orderIDs), routeBatch) {
		jobs = append(jobs, queued{args: job.FulfilArgs{OrderIDs: chunk}})
	}
	return jobs
}

// WakeFulfilment inserts a job that routes the orders at the given moment; the
// zero time for now.
func (s *Store) WakeFulfilment(ctx context.Context, orderIDs []int64, at time.Time) error {
	return s.bulk(ctx, func(tx bulkTx) error {
		return tx.enqueue(ctx, queued{args: job.FulfilArgs{OrderIDs: orderIDs}, at: at})
	})
}
