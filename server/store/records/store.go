// Package records reads the record of what operators did: audit.Store. It is written by
// package store, with each transaction that an operator changes something in.
package records

import (
	"context"

	"orderhub/ent"
	entaudit "orderhub/ent/auditentry"
	"orderhub/server/audit"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var _ audit.Store = (*Store)(nil)

func (s *Store) Record(ctx context.Context, a *audit.Act) error { return s.db.Record(ctx, a) }

func (s *Store) Entries(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	rows, err := s.db.Reader.AuditEntry.Query().Where(
		store.Given(entaudit.IDLT, f.BeforeID), store.Given(entaudit.ActorName, f.Actor),
		store.Given(entaudit.Method, f.Method), store.Given(entaudit.RequestID, f.Act),
		store.Given(entaudit.TargetKind, f.Target.Kind), store.Given(entaudit.Target, f.Target.Name),
		store.Given(entaudit.AtGTE, f.From.UTC()), store.Given(entaudit.AtLT, f.To.UTC()),
	).Order(ent.Desc(entaudit.FieldID)).Limit(store.LimitOf(f.Limit)).All(ctx)
	return store.Mapped(rows, fromDBEntry), store.During("list what operators did", err)
}

func fromDBEntry(row *ent.AuditEntry) audit.Entry {
	return audit.Entry{
		ID: row.ID, At: row.At, Address: row.Address, Via: row.Via, RequestID: row.RequestID,
		Actor:  audit.Actor{Kind: row.ActorKind, ID: row.ActorID, Name: row.ActorName, KeyID: row.KeyID},
		Method: row.Method, Target: audit.Target{Kind: row.TargetKind, Name: row.Target}, Reason: row.Reason,
		Request: row.Request, Before: row.Before, After: row.After, Broken: row.Broken, Hash: row.Hash,
	}
}
