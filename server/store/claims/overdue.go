package claims

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/claim"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

var overdue = &store.Overdue{
	Take: store.FromPostgres(`SELECT c.id, o.number FROM claims c JOIN orders o ON o.id = c.order_id
		WHERE c.waiting > 0 AND c.overdue_at IS NULL AND c.answer_by <= $1 ORDER BY c.answer_by, c.id LIMIT $2
		FOR UPDATE OF c SKIP LOCKED`),
	Mark: store.FromPostgres(`UPDATE claims SET overdue_at = $1 WHERE id = ANY($2::bigint[]) RETURNING id`),
	Read: func(row store.Scanner) (id int64, e operatorevent.Event, err error) {
		var number string
		err = row.Scan(&id, &number)
		return id, operatorevent.Event{
			Kind: claim.Overdue, Message: fmt.Sprintf("Claim %d of order %s waits for longer than it should.", id,
				number),
			Data: map[string]any{"claim": fmt.Sprint(id), "orderNumber": number},
		}, err
	},
}

func (s *Store) TellOverdue(ctx context.Context, most int) (int, error) {
	told, err := store.TellOverdue(ctx, s.db, overdue, func(now time.Time) []any { return []any{now, most} })
	return told, store.During("tell of overdue claims", err)
}
