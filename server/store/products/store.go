// Package products keeps what is sold, at which prices: catalog.Store.
package products

import "orderhub/server/store"

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
