// Package backlog reads what waits in the database: orders that are not final, jobs and deliveries that are due,
// attempts that wait for a person. Each query goes by an index of just these rows, and counts no further than a bound.
package backlog

import "orderhub/server/store"

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
