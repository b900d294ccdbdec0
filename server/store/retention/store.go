// Package retention finds and removes rows that are old enough to go. A step reads a few rows without holding anybody
// up, and removes those that may go in one short transaction, which looks at each again.
package retention

import "orderhub/server/store"

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
