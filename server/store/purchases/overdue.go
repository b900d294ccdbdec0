package purchases

import (
	"context"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/purchase"
	"orderhub/server/store"
)

// $1 is now, $2 how far back Patience reaches, $3 how many. What waits is found by the indexes of what is open, parked
// and due, not by reading attempts. One that another process tells of in this moment is left to it.
var (
	takeOverdue = store.Same(`SELECT a.id, a.provider_id, l.product_id, v.name, a.provider_sku, a.quantity, a.reference,
		a.status, o.number, l.position, coalesce(p.state, '')
		FROM attempts a JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id
		JOIN providers v ON v.id = a.provider_id LEFT JOIN purchases p ON p.id = a.id
		WHERE a.settled_at IS NULL AND a.overdue_at IS NULL AND a.id IN (
			SELECT p.id FROM purchases p WHERE ` + open + `
			AND (p.deliver_by <= $1 OR (p.deliver_by IS NULL AND p.created_at <= $2))
			UNION ALL SELECT a.id FROM attempts a WHERE a.status = 'parked' AND a.submitted_at <= $2
			UNION ALL SELECT a.id FROM attempts a WHERE a.settled_at IS NULL AND a.next_check_at IS NOT NULL
			AND a.status = 'unknown' AND a.submitted_at <= $2
		) LIMIT $3`).Locked(` FOR UPDATE OF a SKIP LOCKED`)
	markOverdue = store.Statement{
		Postgres: `UPDATE attempts SET overdue_at = $1 WHERE id = ANY($2::bigint[]) RETURNING id`,
		SQLite:   `UPDATE attempts SET overdue_at = $1 WHERE id IN (SELECT value FROM json_each($2)) RETURNING id`,
	}
)

// TellOverdue implements purchase.Store.
func (s *Store) TellOverdue(ctx context.Context, most int) (told int, err error) {
	ctx = audit.With(ctx, nil) // nobody does it
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		now := s.db.Now()
		var ids []int64
		var events []operatorevent.Event
		args := []any{now, now.Add(-purchase.Patience), most}
		err := tx.Query(ctx, store.NewQuery(takeOverdue, args, func(row store.Scanner) error {
			id, e, err := scanOverdue(row)
			ids, events = append(ids, id), append(events, e)
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
	return told, store.During("tell of overdue purchases", store.Unavailable(err))
}

func scanOverdue(row store.Scanner) (id int64, e operatorevent.Event, err error) {
	var provider, sku, reference, number string
	var quantity, position int64
	var status fulfil.AttemptStatus
	var byHand purchase.State // "" of those that no person delivers
	e.Kind = purchase.Overdue
	err = row.Scan(
		&id, &e.ProviderID, &e.ProductID, &provider, &sku, &quantity, &reference, &status, &number, &position, &byHand,
	)
	waits := "what became of it is not known"
	if byHand == purchase.Waiting || byHand == purchase.Taken {
		waits, status = "nobody has delivered it", fulfil.AttemptStatus(byHand)
	}
	e.Message = fmt.Sprintf(
		"Purchase %d of %d × %s from %s, for line %d of order %s, waits for longer than it should: %s.",
		id, quantity, sku, provider, position, number, waits,
	)
	e.Data = map[string]any{
		"purchase": fmt.Sprint(id), "attempt": reference, "orderNumber": number, "line": float64(position),
		"status": string(status),
	}
	return id, e, err
}
