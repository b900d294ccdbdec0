package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
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
	notified atomic.Int64 // when PostgreSQL's listeners were last woken, Unix nanoseconds
}

func (s *Store) newJobInserter() (*jobInserter, error) {
	if s.pool != nil {
		return &jobInserter{}, nil
	}
	client, err := river.NewClient(riversqlite.New(s.writeDB), &river.Config{Logger: s.log})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	return &jobInserter{sqlite: client}, nil
}

// insertFulfilJob is the row that River's own insert makes for one job of ours; a
// test compares them. River's insert would be a round trip of its own, or two,
// while the merchants' wallets are locked.
const insertFulfilJob = `INSERT INTO river_job (args, kind, max_attempts, tags) VALUES ($1::jsonb, $2, $3, '{}')`

// notifyFulfil wakes River's producers, as its own insert does. Not every time:
// transactions that notify commit one after the other.
const (
	notifyFulfil   = `SELECT pg_notify(current_schema() || '.river_insert', '{"queue": "default"}')`
	notifyInterval = 100 * time.Millisecond
)

// fulfilJob is a write that wakes the fulfilment of orders on PostgreSQL.
type fulfilJob struct {
	jobs *jobInserter
	args []byte
}

func (j *jobInserter) fulfilJob(orderIDs []int64) (*fulfilJob, error) {
	args, err := json.Marshal(job.FulfilArgs{OrderIDs: orderIDs})
	if err != nil {
		return nil, fmt.Errorf("encode job: %w", err)
	}
	return &fulfilJob{jobs: j, args: args}, nil
}

func (w *fulfilJob) empty() bool { return false }

func (w *fulfilJob) queue(b *pgx.Batch) {
	b.Queue(insertFulfilJob, string(w.args), job.FulfilArgs{}.Kind(), river.MaxAttemptsDefault)
	now := time.Now().UnixNano()
	if last := w.jobs.notified.Load(); now-last >= int64(notifyInterval) && w.jobs.notified.CompareAndSwap(last, now) {
		b.Queue(notifyFulfil)
	}
}

// execute is not called: on SQLite River's own insert is as quick.
func (w *fulfilJob) execute(context.Context, *sql.Tx) error {
	return errors.New("the job is for PostgreSQL")
}

// The fast way spares the job's row being read back and decoded, a seventh of
// what one order costs on SQLite.
func (j *jobInserter) wakeFulfilmentSQLite(ctx context.Context, tx *sql.Tx, orderIDs []int64) error {
	_, err := j.sqlite.InsertManyFastTx(ctx, tx, []river.InsertManyParams{{Args: job.FulfilArgs{OrderIDs: orderIDs}}})
	return err
}

// WakeFulfilment inserts a job for orders that no job will wake any more.
func (s *Store) WakeFulfilment(ctx context.Context, orderIDs []int64) error {
	return s.bulk(ctx, func(tx bulkTx) error { return tx.wakeFulfilment(ctx, orderIDs) })
}
