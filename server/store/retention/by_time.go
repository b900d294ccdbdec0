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
	refusals = byInstant("refusals", "refused_at", "")
	// By when they ended: one that lasted for an hour has a lower id than others that ended before it. What a hold took
	// is an order's by then or was given back; its transfers have its number.
	holds = byInstant("holds", "ended_at", "")
	// By when they count no more, as one that is made anew keeps its id. Whoever keeps a check removes some too, and is
	// not waited for.
	recipientChecks = byInstant("recipient_checks", "expires_at", " FOR UPDATE SKIP LOCKED")
)

// byInstant goes by a column. On PostgreSQL it may have changed since a row was found, and is looked at again.
func byInstant(table, column, locked string) byTime {
	old := column + ` < $1`
	ids := `SELECT id FROM ` + table + ` WHERE ` + old + ` ORDER BY ` + column + ` LIMIT $2`
	return byTime{
		count: store.Same(`SELECT count(*) FROM ` + table + ` WHERE ` + old),
		remove: store.FromPostgres(
			`DELETE FROM ` + table + ` WHERE id = ANY(ARRAY(` + ids + locked + `)) AND ` + old + ` RETURNING id`,
		),
	}
}

// stepByTime counts rows, or removes some.
func (s *Store) stepByTime(ctx context.Context, step retention.Step, of byTime, before any) (
	done retention.Stepped, err error,
) {
	if step.Dry {
		err = s.db.Peek(ctx, store.NewQuery(of.count, []any{before}, store.Into(&done.Rows)))
		return done, err
	}
	err = s.alone(ctx, func(tx store.BulkTx) error {
		done = retention.Stepped{}
		return tx.Query(ctx, store.NewQuery(of.remove, []any{before, step.Most}, store.Count(&done.Rows)))
	})
	done.More = done.Rows == int64(step.Most)
	return done, err
}
