package retention

import (
	"context"

	"orderhub/server/retention"
	"orderhub/server/store"
)

var (
	countChecks = store.Same(`SELECT count(*) FROM recipient_checks WHERE expires_at < $1`)
	// Whoever keeps a check removes some too, and is not waited for.
	deleteChecks = store.Statement{
		Postgres: `DELETE FROM recipient_checks WHERE id IN (SELECT id FROM recipient_checks WHERE expires_at < $1
			ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
		SQLite: `DELETE FROM recipient_checks WHERE id IN (SELECT id FROM recipient_checks WHERE expires_at < $1
			ORDER BY expires_at LIMIT $2) RETURNING id`,
	}
)

// stepChecks goes by when they count no more, not by their numbers: one that is made anew keeps its number.
func (s *Store) stepChecks(ctx context.Context, step retention.Step) (done retention.Stepped, err error) {
	if step.Dry {
		err := s.db.Peek(ctx, store.NewQuery(countChecks, []any{step.Before.UTC()}, func(row store.Scanner) error {
			return row.Scan(&done.Rows)
		}))
		return done, err
	}
	err = s.alone(ctx, func(tx store.BulkTx) error {
		done = retention.Stepped{}
		args := []any{step.Before.UTC(), step.Most}
		return tx.Query(ctx, store.NewQuery(deleteChecks, args, func(row store.Scanner) error {
			done.Rows++
			return store.IgnoreRow(row)
		}))
	})
	done.More = done.Rows == int64(step.Most)
	return done, err
}
