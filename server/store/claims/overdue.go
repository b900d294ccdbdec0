package claims

import (
	"context"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

// One that another process tells of in this moment is left to it.
var (
	takeOverdue = store.Same(`SELECT c.id, o.number FROM claims c JOIN orders o ON o.id = c.order_id
		WHERE c.waiting > 0 AND c.overdue_at IS NULL AND c.answer_by <= $1 ORDER BY c.answer_by, c.id LIMIT $2`).
		Locked(` FOR UPDATE OF c SKIP LOCKED`)
	markOverdue = store.Statement{
		Postgres: `UPDATE claims SET overdue_at = $1 WHERE id = ANY($2::bigint[]) RETURNING id`,
		SQLite:   `UPDATE claims SET overdue_at = $1 WHERE id IN (SELECT value FROM json_each($2)) RETURNING id`,
	}
)

// TellOverdue implements claim.Store.
func (s *Store) TellOverdue(ctx context.Context, most int) (told int, err error) {
	ctx = audit.With(ctx, nil) // nobody does it
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		now := s.db.Now()
		var ids []int64
		var events []operatorevent.Event
		err := tx.Query(ctx, store.NewQuery(takeOverdue, []any{now, most}, func(row store.Scanner) error {
			var id int64
			var number string
			err := row.Scan(&id, &number)
			ids = append(ids, id)
			events = append(events, operatorevent.Event{
				Kind: claim.Overdue, Message: fmt.Sprintf("Claim %d of order %s waits for longer than it should.", id, number),
				Data: map[string]any{"claim": fmt.Sprint(id), "orderNumber": number},
			})
			return err
		}))
		if told = len(ids); err != nil || told == 0 {
			return err
		}
		write, err := store.OperatorEvents(now, events)
		if err != nil {
			return err
		}
		if err := tx.Query(ctx, store.NewQuery(markOverdue, []any{now, ids}, store.IgnoreRow)); err != nil {
			return err
		}
		return tx.Commit(ctx, write)
	})
	return told, store.During("tell of overdue claims", store.Unavailable(err))
}
