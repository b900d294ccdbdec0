// Package operatorevents reads what operators should see: operatorevent.Store. It is written by package store, mostly
// in transactions of what it tells of.
package operatorevents

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/ent"
	entevent "orderhub/ent/operatorevent"
	"orderhub/server/operatorevent"
	"orderhub/server/store"
)

// Store is that part of the database. Safe for concurrent use.
type Store struct{ db *store.DB }

// New works on an open database.
func New(db *store.DB) *Store { return &Store{db} }

var (
	_ operatorevent.Store  = (*Store)(nil)
	_ operatorevent.Outbox = (*Store)(nil)
)

func (s *Store) Add(ctx context.Context, events ...operatorevent.Event) error {
	written := store.OperatorEvents(s.db.Now(), events...)
	return s.db.Bulk(ctx, func(tx store.BulkTx) error { return tx.Commit(ctx, written) })
}

func (s *Store) List(ctx context.Context, f operatorevent.Filter) ([]operatorevent.Event, error) {
	return all(ctx, s.db.Reader.OperatorEvent.Query().Where(
		store.Given(entevent.IDLT, f.BeforeID), store.Given(entevent.Kind, string(f.Kind)),
		store.Given(entevent.ProviderID, f.ProviderID), store.Given(entevent.ProductID, f.ProductID),
		store.Given(entevent.CreatedAtGTE, f.From.UTC()), store.Given(entevent.CreatedAtLT, f.To.UTC()),
	).Order(ent.Desc(entevent.FieldID)).Limit(store.LimitOf(f.Limit)))
}

func all(ctx context.Context, query *ent.OperatorEventQuery) ([]operatorevent.Event, error) {
	rows, err := query.All(ctx)
	if err != nil {
		return nil, store.During("list events of operators", err)
	}
	return store.Converted(rows, fromDBEvent)
}

// Untold implements operatorevent.Outbox. Numbers are given before transactions end: one that was late has a smaller
// number than some that were told.
func (s *Store) Untold(ctx context.Context, limit int) ([]operatorevent.Event, error) {
	return all(ctx, s.db.Client.OperatorEvent.Query().Where(entevent.Told(false)).Order(entevent.ByID()).Limit(limit))
}

func (s *Store) Told(ctx context.Context, ids []int64) error {
	err := s.db.InTx(ctx, func(tx *ent.Tx) error {
		return tx.OperatorEvent.Update().Where(entevent.IDIn(ids...)).SetTold(true).Exec(ctx)
	})
	return store.During("note that operators are told", err)
}

func fromDBEvent(row *ent.OperatorEvent) (operatorevent.Event, error) {
	e := operatorevent.Event{
		ID: row.ID, Kind: operatorevent.Kind(row.Kind), ProviderID: store.Value(row.ProviderID),
		ProductID: store.Value(row.ProductID), Message: row.Message, At: row.CreatedAt,
	}
	if err := json.Unmarshal([]byte(row.Data), &e.Data); err != nil {
		return e, fmt.Errorf("data of operators' event %d: %w", row.ID, err)
	}
	return e, nil
}
