// Package endpoints keeps whom merchants and operators have told by webhooks, and what signs for them: webhook.Store
// and webhook.Receivers.
package endpoints

import (
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	_ webhook.Store     = (*Store)(nil)
	_ webhook.Receivers = (*Store)(nil)
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }
