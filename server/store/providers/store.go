// Package providers keeps whom we buy from, at what cost, and what is known of them: fulfil.ProviderStore and
// fulfil.FundsStore.
package providers

import (
	"orderhub/server/fulfil"
	"orderhub/server/store"
)

var (
	_ fulfil.FundsStore    = (*Store)(nil)
	_ fulfil.ProviderStore = (*Store)(nil)
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
