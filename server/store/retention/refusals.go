package retention

import (
	"context"

	"orderhub/server/retention"
	"orderhub/server/store"
)

var (
	countRefusals  = store.Same(`SELECT count(*) FROM refusals WHERE refused_at < $1`)
	deleteRefusals = store.Statement{
		Postgres: `DELETE FROM refusals WHERE id = ANY(ARRAY(SELECT id FROM refusals WHERE refused_at < $1
			ORDER BY refused_at LIMIT $2)) AND refused_at < $1 RETURNING id`,
		SQLite: `DELETE FROM refusals WHERE id IN (SELECT id FROM refusals WHERE refused_at < $1
			ORDER BY refused_at LIMIT $2) RETURNING id`,
	}
)

// stepRefusals goes by when an order was last refused: a reference may be refused again at any time, so the ids say
// nothing of it.
func (s *Store) stepRefusals(ctx context.Context, step retention.Step) (done retention.Stepped, err error) {
	if step.Dry {
		err := s.db.Peek(ctx, store.NewQuery(countRefusals, []any{step.Before.UTC()}, func(row store.Scanner) error {
			return row.Scan(&done.Rows)
		}))
		return done, err
	}
	err = s.alone(ctx, func(tx store.BulkTx) error {
		done = retention.Stepped{}
		args := []any{step.Before.UTC(), step.Most}
		return tx.Query(ctx, store.NewQuery(deleteRefusals, args, func(row store.Scanner) error {
			done.Rows++
			return store.IgnoreRow(row)
		}))
	})
	done.More = done.Rows == int64(step.Most)
	return done, err
}
