package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"orderhub/server/job"
	"orderhub/server/trail"
)

// jobInserter puts jobs into River's tables in a transaction of ours. It works
// none: that is package job's.
type jobInserter struct {
	listener atomic.Pointer[func()] // when jobs were committed on SQLite; nil for nobody

	mu       sync.Mutex
	notified map[string]time.Time // when PostgreSQL's listeners to a queue were last woken
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

// The row that River's own insert makes for one job of ours; a test compares them.
// River's insert would be a round trip of its own on PostgreSQL, or two, while the
// merchants' wallets are locked, and on SQLite a third of what one order costs.
const (
	insertJob   = `INSERT INTO river_job (args, kind, max_attempts, queue, tags) VALUES ($1::jsonb, $2, $3, $4, '{}')`
	scheduleJob = `INSERT INTO river_job (args, kind, max_attempts, queue, tags, state, scheduled_at) VALUES ` +
		`($1::jsonb, $2, $3, $4, '{}', 'scheduled', $5)`

	insertJobSQLite = `INSERT INTO river_job (args, kind, max_attempts, queue, created_at, scheduled_at, state)
		VALUES (jsonb(?1), ?2, ?3, ?4, datetime('now', 'subsec'), coalesce(?5, datetime('now', 'subsec')),
		iif(?5 IS NULL, 'available', 'scheduled'))`
	// sqliteJobTime is how River writes instants; others would not compare with them.
	sqliteJobTime = "2006-01-02 15:04:05.000"
)

// notifyQueue wakes River's producers, as its own insert does. Not every time:
// transactions that notify commit one after the other.
const (
	notifyQueue    = `SELECT pg_notify(current_schema() || '.river_insert', '{"queue": "' || $1::text || '"}')`
	notifyInterval = 100 * time.Millisecond
)

// queuedJob is a write that inserts a job.
type queuedJob struct {
	jobs *jobInserter
	args []byte
	job  Queued
}

func (j *jobInserter) rows(jobs []Queued) ([]Write, error) {
	rows := make([]Write, len(jobs))
	for i, q := range jobs {
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
		rows[i] = &queuedJob{jobs: j, args: args, job: q}
	}
	return rows, nil
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

func (w *queuedJob) Execute(ctx context.Context, tx *sql.Tx) error {
	var at *string
	if !w.job.At.IsZero() {
		text := w.job.At.UTC().Round(time.Millisecond).Format(sqliteJobTime)
		at = &text
	}
	_, err := tx.ExecContext(ctx, insertJobSQLite, w.args, w.job.Args.Kind(), w.job.Attempts, w.job.Queue, at)
	return err
}

// routeBatch is how many orders one job routes.
const routeBatch = 256

// RouteJobs are the jobs that route the orders, with those of the trails that are theirs.
func RouteJobs(orderIDs []int64, trails trail.Orders) []Queued {
	var jobs []Queued
	for chunk := range slices.Chunk(Distinct(orderIDs), routeBatch) {
		jobs = append(jobs, Queued{Args: job.FulfilArgs{OrderIDs: chunk, Trails: trails.Of(chunk)}})
	}
	return jobs
}
