// Package deliveries keeps what is told by webhooks and is on its way: the stores of package webhook but for those of
// endpoints.
package deliveries

import (
	"context"

	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/endpoints"
	"orderhub/server/store/orders"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db        *store.DB
	orders    *orders.Store
	endpoints *endpoints.Store
}

// New works on an open database, of which these are the orders and the endpoints.
func New(db *store.DB, o *orders.Store, e *endpoints.Store) *Store {
	return &Store{db: db, orders: o, endpoints: e}
}

func (s *Store) OrdersWithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error) {
	return s.orders.WithGoods(ctx, ids)
}
