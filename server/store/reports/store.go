// Package reports counts what is reported, and keeps it: report.Store.
package reports

import (
	"orderhub/server/report"
	"orderhub/server/store"
	"orderhub/server/store/backlog"
)

var (
	_ report.Store      = (*Store)(nil)
	_ report.NeedsStore = (*Store)(nil)
)

// Store is that part of the database. Safe for concurrent use.
type Store struct {
	db      *store.DB
	backlog *backlog.Store
}

// New works on an open database.
func New(db *store.DB, b *backlog.Store) *Store { return &Store{db, b} }
