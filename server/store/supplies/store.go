// Package supplies keeps how providers' lists are followed, what that changed, and what
// is proposed: supply.Store.
package supplies

import (
	"orderhub/server/store"
	"orderhub/server/supply"
)

var _ supply.Store = (*Store)(nil)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
