package retention

import "orderhub/server/store"

var (
	// A purchase goes when its attempt and its order have been final for long enough: what was delivered is the order's.
	lookPurchases = store.Same(`SELECT old.id, old.created_at < $2,
		coalesce(a.settled_at < $2 AND a.dispute = '' AND o.completed_at < $2, false)
		FROM (SELECT id, created_at FROM purchases WHERE id > $1 ORDER BY id LIMIT $3) AS old
		LEFT JOIN attempts a ON a.id = old.id LEFT JOIN orders o ON o.id = a.order_id ORDER BY old.id`)
	deletePurchases = store.FromPostgres(`DELETE FROM purchases WHERE id = ANY($1::bigint[]) RETURNING id`)
)
