// Package units keeps the units of our stock, and tells how many are left: catalog.UnitStore and catalog.WatchStore.
package units

import (
	"orderhub/server/catalog"
	"orderhub/server/store"
)

var (
	_ catalog.UnitStore  = (*Store)(nil)
	_ catalog.WatchStore = (*Store)(nil)
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
