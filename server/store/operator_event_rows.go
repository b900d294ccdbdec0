package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	"orderhub/server/operatorevent"
)

var operatorEventsTable = &Table[operatorEventRow]{Name: "operator_events", Columns: []Column[operatorEventRow]{
	Text("kind", func(r *operatorEventRow) operatorevent.Kind { return r.Kind }),
	NullBigint("provider_id", func(r *operatorEventRow) int64 { return r.ProviderID }),
	NullBigint("product_id", func(r *operatorEventRow) int64 { return r.ProductID }),
	Text("message", func(r *operatorEventRow) string { return r.Message }),
	Text("data", func(r *operatorEventRow) string { return r.data }),
	Time("created_at", func(r *operatorEventRow) time.Time { return r.At }),
	Bool("told", func(*operatorEventRow) bool { return false }),
}}

// operatorEventRow is an event to be written.
type operatorEventRow struct {
	*operatorevent.Event

	data string // JSON
}

// OperatorEvents are events of operators as a write of the hot path, with the moment at which they happen.
func OperatorEvents(now time.Time, events []operatorevent.Event) (Write, error) {
	rows := operatorEventsTable.Insert()
	for i := range events {
		e := &events[i]
		data, err := operatorEventData(e)
		if err != nil {
			return nil, err
		}
		e.At = now
		rows.Add(operatorEventRow{e, data})
	}
	return &rows, nil
}

// AddOperatorEvents writes events of operators in a transaction that is under way.
func (s *DB) AddOperatorEvents(ctx context.Context, tx *ent.Tx, events ...operatorevent.Event) error {
	rows := make([]*ent.OperatorEventCreate, len(events))
	now := s.Now()
	for i := range events {
		e := &events[i]
		data, err := operatorEventData(e)
		if err != nil {
			return err
		}
		rows[i] = tx.OperatorEvent.Create().SetKind(string(e.Kind)).SetMessage(e.Message).SetData(data).SetCreatedAt(now).
			SetTold(false)
		if e.ProviderID != 0 {
			rows[i].SetProviderID(e.ProviderID)
		}
		if e.ProductID != 0 {
			rows[i].SetProductID(e.ProductID)
		}
	}
	return During("tell operators", tx.OperatorEvent.CreateBulk(rows...).Exec(ctx))
}

func operatorEventData(e *operatorevent.Event) (string, error) {
	if len(e.Data) == 0 {
		return "{}", nil
	}
	text, err := json.Marshal(e.Data)
	if err != nil {
		return "", fmt.Errorf("data of an event %s: %w", e.Kind, err)
	}
	return string(text), nil
}
