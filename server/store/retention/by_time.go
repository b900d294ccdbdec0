package retention

import (
	"context"

	"orderhub/server/retention"
	"orderhub/server/store"
)

// byTime are the statements that count and remove rows by when something happened to them. $1 is before when, $2 how
// many at most.
type byTime struct{ count, remove store.Statement }

var (
	// By when an order was last refused: a reference may be refused again at any time, so the ids say nothing of it.
	refusals = byTime{
		count: store.Same(`SELECT count(*) FROM refusals WHERE refused_at < $1`),
		remove: store.Statement{
			Postgres: `DELETE FROM refusals WHERE id = ANY(ARRAY(SELECT id FROM refusals WHERE refused_at < $1
				ORDER BY refused_at LIMIT $2)) AND refused_at < $1 RETURNING id`,
			SQLite: `DELETE FROM refusals WHERE id IN (SELECT id FROM refusals WHERE refused_at < $1
				ORDER BY refused_at LIMIT $2) RETURNING id`,
		},
	}
	// By when they count no more, as one that is made anew keeps its id. Whoever keeps a check removes some too, and is
	// not waited for.
	recipientChecks = byTime{
		count: store.Same(`SELECT count(*) FROM recipient_checks WHERE expires_at < $1`),
		remove: store.Statement{
			Postgres: `DELETE FROM recipient_checks WHERE id = ANY(ARRAY(SELECT id FROM recipient_checks WHERE expires_at < $1
				ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING id`,
			SQLite: `DELETE FROM recipient_checks WHERE id IN (SELECT id FROM recipient_checks WHERE expires_at < $1
				ORDER BY expires_at LIMIT $2) RETURNING id`,
		},
	}
)

// stepByTime counts rows, or removes some.
func (s *Store) stepByTime(ctx context.Context, step retention.Step, of byTime, before any) (
	done retention.Stepped, err error,
) {
	if step.Dry {
		err := s.db.Peek(ctx, store.NewQuery(of.count, []any{before}, func(row store.Scanner) error {
			return row.Scan(&done.Rows)
		}))
		return done, err
	}
	err = s.alone(ctx, func(tx store.BulkTx) error {
		done = retention.Stepped{}
		return tx.Query(ctx, store.NewQuery(of.remove, []any{before, step.Most}, func(row store.Scanner) error {
			done.Rows++
			return store.IgnoreRow(row)
		}))
	})
	done.More = done.Rows == int64(step.Most)
	return done, err
}
