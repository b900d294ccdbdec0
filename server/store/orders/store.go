// Package orders places orders and holds, and reads them: order.Store and order.HoldStore.
package orders

import (
	"orderhub/server/order"
	"orderhub/server/store"
)

var _ order.Store = (*Store)(nil)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

// Holds are what is kept of drafts that are held: order.HoldStore. [Store] makes them, and orders of them.
type Holds struct{ db *store.DB }

var (
	_ order.HoldStore = (*Holds)(nil)
	_ order.HeldStore = (*Holds)(nil)
)

// NewHolds works on an open database.
func NewHolds(db *store.DB) *Holds { return &Holds{db} }
