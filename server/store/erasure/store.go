// Package erasure makes what orders keep of their customers unreadable: the store of [order.Eraser].
package erasure

import (
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/orders"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	*orders.Store

	db *store.DB
}

var _ order.EraseStore = (*Store)(nil)

// New works on an open database, of which these are the orders.
func New(db *store.DB, o *orders.Store) *Store { return &Store{Store: o, db: db} }
