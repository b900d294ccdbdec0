// Package deliveries keeps webhook endpoints and what is on its way to them: the
// stores of package webhook.
package deliveries

import (
	"context"

	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/orders"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db     *store.DB
	orders *orders.Store
}

// New works on an open database, of which these are the orders.
func New(db *store.DB, o *orders.Store) *Store { return &Store{db: db, orders: o} }

// OrdersWithGoods implements webhook.FanoutStore.
func (s *Store) OrdersWithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error) {
	return s.orders.WithGoods(ctx, ids)
}
