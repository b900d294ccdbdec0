// Package attempts keeps what is bought from providers and what became of it: fulfil.Store.
package attempts

import (
	"orderhub/server/fulfil"
	"orderhub/server/store"
)

var _ fulfil.Store = (*Store)(nil)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db          *store.DB
	differences differences
}

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db: db} }
