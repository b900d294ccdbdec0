package purchases

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/purchase"
	"orderhub/server/store"
)

// $3 is how many.
var overdue = &store.Overdue{
	Take: store.FromPostgres(`SELECT a.id, a.provider_id, l.product_id, v.name, a.provider_sku, a.quantity, a.reference,
		a.status, o.number, l.position, coalesce(p.state, '')
		FROM attempts a JOIN orders o ON o.id = a.order_id JOIN order_lines l ON l.id = a.line_id
		JOIN providers v ON v.id = a.provider_id LEFT JOIN purchases p ON p.id = a.id
		WHERE a.settled_at IS NULL AND a.overdue_at IS NULL AND a.id IN (` + store.OverduePurchases + `) LIMIT $3
		FOR UPDATE OF a SKIP LOCKED`),
	Mark: store.FromPostgres(`UPDATE attempts SET overdue_at = $1 WHERE id = ANY($2::bigint[]) RETURNING id`),
	Read: scanOverdue,
}

func (s *Store) TellOverdue(ctx context.Context, most int) (int, error) {
	told, err := store.TellOverdue(ctx, s.db, overdue, func(now time.Time) []any {
		return []any{now, now.Add(-purchase.Patience), most}
	})
	return told, store.During("tell of overdue purchases", err)
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
