package orders

import (
	"context"
	"time"

	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/trail"
)

// trailChunk bounds how many rows of trails one transaction removes.
const trailChunk = 1000

var (
	trailsTable = &store.Table[trailRow]{Name: "order_trails", Columns: []store.Column[trailRow]{
		store.Bigint("id", func(r *trailRow) int64 { return r.orderID }),
		store.Text("trail", func(r *trailRow) string { return r.trail }),
		store.Time("created_at", func(r *trailRow) time.Time { return r.at }),
	}}
	selectTrails = store.FromPostgres(`SELECT id, trail FROM order_trails WHERE id = ANY($1::bigint[])`)
	// Of the oldest rows, which are those with the lowest ids: the others need not be looked at.
	forgetTrails = store.Same(`DELETE FROM order_trails WHERE created_at < $1
		AND id IN (SELECT id FROM order_trails ORDER BY id LIMIT $2) RETURNING id`)
)

// trailRow is the trail of an order, as it is written.
type trailRow struct {
	orderID int64
	trail   string
	at      time.Time
}

// addTrail keeps the trail of an order. While nothing is traced there is none, and nothing is written.
func (p *placementRows) addTrail(a *order.Accepted) {
	p.trails.Add(a.Order.ID, a.Trail)
	if trail.Kept(a.Trail) {
		p.keptTrails.Add(trailRow{a.Order.ID, a.Trail, p.state.Now})
	}
}

// Trails are those that are kept of the orders.
func (s *Store) Trails(ctx context.Context, orderIDs []int64) (trails trail.Orders, err error) {
	if len(orderIDs) == 0 {
		return nil, nil
	}
	err = s.db.Peek(ctx, store.NewQuery(selectTrails, []any{store.Distinct(orderIDs)}, store.Each2(trails.Add)))
	return trails, store.During("read trails", err)
}

// ForgetTrails removes trails from before the moment.
func (s *Store) ForgetTrails(ctx context.Context, before time.Time) error {
	for {
		removed := 0
		err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
			removed = 0
			return tx.Query(ctx, store.NewQuery(forgetTrails, []any{before.UTC(), trailChunk}, store.Count(&removed)))
		})
		if err != nil || removed < trailChunk {
			return store.During("forget trails", err)
		}
	}
}
