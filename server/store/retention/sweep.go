package retention

import (
	"context"
	"fmt"
	"strings"
	"time"

	"orderhub/server/retention"
	"orderhub/server/store"
)

var _ retention.Store = (*Store)(nil)

// The key of PostgreSQL's advisory lock that whoever removes something holds. SQLite has one writer anyway.
const sweepLock = 0x6f72646572687562 // "orderhub"

var tryLock = store.Statement{
	Postgres: fmt.Sprintf(`SELECT pg_try_advisory_xact_lock(%d)`, sweepLock), SQLite: `SELECT true`,
}

func (s *Store) Step(ctx context.Context, step retention.Step) (done retention.Stepped, err error) {
	switch step.Kind {
	case retention.Deliveries:
		done, err = s.stepDeliveries(ctx, step)
	case retention.Callbacks:
		done, err = s.stepRows(ctx, step, lookCallbacks, removing(deleteCallbacks))
	case retention.Payloads:
		done, err = s.stepRows(ctx, step, lookPayloads, removing(emptyAttempts, s.db.Now()))
	case retention.Purchases:
		done, err = s.stepRows(ctx, step, lookPurchases, removing(deletePurchases))
	case retention.Syncs:
		done, err = s.stepSyncs(ctx, step)
	case retention.OperatorEvents:
		done, err = s.stepRows(ctx, step, lookOperatorEvents, removing(deleteOperatorEvents))
	case retention.Jobs:
		done, err = s.stepByTime(ctx, step, doneJobs, step.Before.Unix())
	case retention.FailedJobs:
		done, err = s.stepByTime(ctx, step, failedJobs, step.Before.Unix())
	case retention.Refusals:
		done, err = s.stepByTime(ctx, step, refusals, step.Before.UTC())
	case retention.Holds:
		done, err = s.stepByTime(ctx, step, holds, step.Before.UTC())
	case retention.RecipientChecks:
		done, err = s.stepByTime(ctx, step, recipientChecks, step.Before.UTC())
	case retention.Events:
		done, err = s.stepEvents(ctx, step)
	default:
		err = fmt.Errorf("%q is no kind", step.Kind)
	}
	return done, store.During("remove "+string(step.Kind), store.Unavailable(err))
}

func (s *Store) LastSweep(ctx context.Context) (at time.Time, err error) {
	query := store.ReadMarks(func(_ string, seconds int64) { at = time.Unix(seconds, 0).UTC() }, store.LastSweep)
	err = s.db.Peek(ctx, query)
	return at, store.During("read when was last swept", err)
}

func (s *Store) SweptAt(ctx context.Context, at time.Time) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Query(ctx, store.WriteMark(store.LastSweep, at.Unix()))
	})
	return store.During("note a sweep", err)
}

// alone runs fn in a transaction unless another process removes something. ErrElsewhere. A hub that places orders may
// keep a SQLite file from another process for a while.
func (s *Store) alone(ctx context.Context, fn func(tx store.BulkTx) error) error {
	return s.db.Patiently(ctx, func() error {
		return s.db.Bulk(ctx, func(tx store.BulkTx) error {
			locked := false
			err := tx.Query(ctx, store.NewQuery(tryLock, nil, store.Into(&locked)))
			if err != nil {
				return err
			}
			if !locked {
				return retention.ErrElsewhere
			}
			return fn(tx)
		})
	})
}

// looked is what a step has read.
type looked struct {
	ids  []int64 // of rows that may go
	next retention.Place
	rows int
	old  bool // some row was old enough, whether it may go or not
}

// look reads the next rows of a kind, from the oldest on. The statement gives of each its id, whether it is old enough
// and whether it may go; $1 is the place, $2 what age goes by and $3 how many are read.
func (s *Store) look(ctx context.Context, step retention.Step, statement store.Statement) (*looked, error) {
	l := &looked{next: step.After}
	args := []any{step.After.ID, step.Before.UTC(), step.Most}
	err := s.db.Peek(ctx, store.NewQuery(statement, args, func(row store.Scanner) error {
		var old, goes bool
		if err := row.Scan(&l.next.ID, &old, &goes); err != nil {
			return err
		}
		l.rows++
		l.old = l.old || old
		if goes {
			l.ids = append(l.ids, l.next.ID)
		}
		return nil
	}))
	return l, err
}

// remover removes rows, and tells how many.
type remover func(ctx context.Context, tx store.BulkTx, ids []int64, before time.Time) (int64, error)

// removing removes with a statement that needs not look again: what was settled, or told, stays so.
func removing(statement store.Statement, args ...any) remover {
	return func(ctx context.Context, tx store.BulkTx, ids []int64, _ time.Time) (n int64, err error) {
		err = tx.Query(ctx, store.NewQuery(statement, append([]any{ids}, args...), store.Count(&n)))
		return n, err
	}
}

// stepRows looks at the next rows and removes those that may go.
func (s *Store) stepRows(ctx context.Context, step retention.Step, statement store.Statement, remove remover) (
	retention.Stepped, error,
) {
	l, err := s.look(ctx, step, statement)
	if err != nil {
		return retention.Stepped{}, err
	}
	done := retention.Stepped{Rows: int64(len(l.ids)), Next: l.next, More: l.old && l.rows == step.Most}
	if step.Dry || len(l.ids) == 0 {
		return done, nil
	}
	err = s.alone(ctx, func(tx store.BulkTx) (err error) {
		done.Rows, err = remove(ctx, tx, l.ids, step.Before.UTC())
		return err
	})
	return done, err
}

const finalOrder = `o.status IN ('completed', 'failed', 'cancelled')`

var (
	// What a provider told of an attempt stays with it until the attempt and its order have been final for long enough,
	// and for good where the provider contradicted itself.
	settledCallback = `c.created_at < $2 AND (c.attempt_id IS NULL OR (a.settled_at IS NOT NULL AND a.settled_at < $2
		AND a.dispute = '' AND ` + finalOrder + `))`
	lookCallbacks = store.Same(`SELECT c.id, c.created_at < $2, coalesce(` + settledCallback + `, false)
		FROM callbacks c LEFT JOIN attempts a ON a.id = c.attempt_id LEFT JOIN orders o ON o.id = a.order_id
		WHERE c.id > $1 ORDER BY c.id LIMIT $3`)
	deleteCallbacks = store.FromPostgres(`DELETE FROM callbacks WHERE id = ANY($1::bigint[]) RETURNING id`)
)

// jobsOf are the statements that count and remove jobs in states that do not change any more, by River's index of
// them. $1 is seconds since 1970: River writes instants in its own way on SQLite.
func jobsOf(states ...string) byTime {
	counts, ids := make([]string, len(states)), make([]string, len(states))
	for i, state := range states {
		old := ` FROM river_job WHERE state = '` + state + `' AND finalized_at IS NOT NULL
			AND finalized_at < to_timestamp($1)`
		counts[i] = `SELECT count(*) AS n` + old
		// In this order the index is read: the beginning of the table is full of what was removed before.
		ids[i] = `SELECT id FROM (SELECT id` + old + ` ORDER BY finalized_at LIMIT $2) AS old`
	}
	const and = ` UNION ALL `
	return byTime{
		count: store.FromPostgres(`SELECT CAST(sum(n) AS bigint) FROM (` + strings.Join(counts, and) + `) AS counted`),
		remove: store.FromPostgres(`DELETE FROM river_job WHERE id = ANY(ARRAY(SELECT id FROM (` +
			strings.Join(ids, and) + `) AS old LIMIT $2)) RETURNING id`),
	}
}

var doneJobs, failedJobs = jobsOf("completed", "cancelled"), jobsOf("discarded")
