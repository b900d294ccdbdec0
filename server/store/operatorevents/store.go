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

var _ operatorevent.Store = (*Store)(nil)

// Add implements operatorevent.Store.
func (s *Store) Add(ctx context.Context, events ...operatorevent.Event) error {
	if len(events) == 0 {
		return nil
	}
	return store.Unavailable(s.db.InTx(ctx, func(tx *ent.Tx) error {
		return s.db.AddOperatorEvents(ctx, tx, events...)
	}))
}

// List implements operatorevent.Store.
func (s *Store) List(ctx context.Context, f operatorevent.Filter) ([]operatorevent.Event, error) {
	query := s.db.Reader.OperatorEvent.Query().Order(ent.Desc(entevent.FieldID)).Limit(store.LimitOf(f.Limit))
	if f.BeforeID != 0 {
		query.Where(entevent.IDLT(f.BeforeID))
	}
	if f.Kind != "" {
		query.Where(entevent.Kind(string(f.Kind)))
	}
	if f.ProviderID != 0 {
		query.Where(entevent.ProviderID(f.ProviderID))
	}
	if f.ProductID != 0 {
		query.Where(entevent.ProductID(f.ProductID))
	}
	if !f.From.IsZero() {
		query.Where(entevent.CreatedAtGTE(f.From))
	}
	if !f.To.IsZero() {
		query.Where(entevent.CreatedAtLT(f.To))
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, store.During("list events of operators", store.Unavailable(err))
	}
	events := make([]operatorevent.Event, len(rows))
	for i, row := range rows {
		if events[i], err = fromDBEvent(row); err != nil {
			return nil, err
		}
	}
	return events, nil
}

func fromDBEvent(row *ent.OperatorEvent) (operatorevent.Event, error) {
	e := operatorevent.Event{
		ID: row.ID, Kind: operatorevent.Kind(row.Kind), ProviderID: store.Value(row.ProviderID),
		ProductID: store.Value(row.ProductID), Message: row.Message, At: store.UTC(row.CreatedAt),
	}
	if err := json.Unmarshal([]byte(row.Data), &e.Data); err != nil {
		return e, fmt.Errorf("data of operators' event %d: %w", row.ID, err)
	}
	return e, nil
}
