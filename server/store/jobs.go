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
	sqlite   *river.Client[*sql.Tx]
	listener atomic.Pointer[func()] // when jobs were committed on SQLite; nil for nobody

	mu       sync.Mutex
	notified map[string]time.Time // when PostgreSQL's listeners to a queue were last woken
}

func (s *DB) newJobInserter() (*jobInserter, error) {
	inserter := &jobInserter{notified: make(map[string]time.Time)}
	if s.pool != nil {
		return inserter, nil
	}
	client, err := river.NewClient(riversqlite.New(s.WriteDB), &river.Config{Logger: s.Log})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	inserter.sqlite = client
	return inserter, nil
}

// OnJobs has told called whenever this process has committed jobs on SQLite, which
// announces none. It must be quick.
func (s *DB) OnJobs(told func()) { s.jobs.listener.Store(&told) }

func (j *jobInserter) notify() {
	if told := j.listener.Load(); told != nil {
		(*told)()
	}
}

// Queued is a job to insert.
type Queued struct {
	Args  river.JobArgs
	Queue string    // "" for the default
	At    time.Time // zero for now

	Attempts int // how often it may fail; 0 for as often as usual
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
	job  Queued
}

func (j *jobInserter) row(q Queued) (*queuedJob, error) {
	args, err := json.Marshal(q.Args)
	if err != nil {
		return nil, fmt.Errorf("encode job: %w", err)
	}
	if q.Queue == "" {
		q.Queue = river.QueueDefault
	}
	if q.Attempts == 0 {
		q.Attempts = river.MaxAttemptsDefault
	}
	return &queuedJob{jobs: j, args: args, job: q}, nil
}

func (w *queuedJob) Empty() bool { return false }

func (w *queuedJob) Queue(b *pgx.Batch) {
	if !w.job.At.IsZero() {
		b.Queue(scheduleJob, string(w.args), w.job.Args.Kind(), w.job.Attempts, w.job.Queue, w.job.At.UTC())
		return
	}
	b.Queue(insertJob, string(w.args), w.job.Args.Kind(), w.job.Attempts, w.job.Queue)
	if w.jobs.wakes(w.job.Queue) {
		b.Queue(notifyQueue, w.job.Queue)
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

// Execute is not called: on SQLite River's own insert is as quick.
func (w *queuedJob) Execute(context.Context, *sql.Tx) error {
	return errors.New("the job is for PostgreSQL")
}

// The fast way spares the job's row being read back and decoded, a seventh of
// what one order costs on SQLite.
func (j *jobInserter) insertSQLite(ctx context.Context, tx *sql.Tx, jobs []Queued) error {
	params := make([]river.InsertManyParams, len(jobs))
	for i, q := range jobs {
		params[i] = river.InsertManyParams{
			Args: q.Args, InsertOpts: &river.InsertOpts{Queue: q.Queue, ScheduledAt: q.At, MaxAttempts: q.Attempts},
		}
	}
	_, err := j.sqlite.InsertManyFastTx(ctx, tx, params)
	return err
}

// routeBatch is how many orders one job routes.
const routeBatch = 256

// RouteJobs are the jobs that route the orders.
func RouteJobs(orderIDs []int64) []Queued {
	var jobs []Queued
	for chunk := range slices.Chunk(Distinct(orderIDs), routeBatch) {
		jobs = append(jobs, Queued{Args: job.FulfilArgs{OrderIDs: chunk}})
	}
	return jobs
}
