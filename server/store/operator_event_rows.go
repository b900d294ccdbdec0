package store

import (
	"context"
	"encoding/json"
	"time"

	"orderhub/ent"
	"orderhub/server/audit"
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
func OperatorEvents(now time.Time, events ...operatorevent.Event) Write {
	rows := operatorEventsTable.Insert()
	for i := range events {
		events[i].At = now
		rows.Add(operatorEventRow{&events[i], operatorEventData(&events[i])})
	}
	return &rows
}

// Overdue are rows that wait for longer than they should, of which operators are told once.
type Overdue struct {
	Take Statement // locks them; one that another process tells of in this moment is left to it
	Mark Statement // notes when ($1) was told of which ($2)
	Read func(row Scanner) (id int64, e operatorevent.Event, err error)
}

// TellOverdue tells operators of what is overdue by now, and how much that was.
func TellOverdue(ctx context.Context, s *DB, o *Overdue, args func(now time.Time) []any) (told int, err error) {
	ctx = audit.With(ctx, nil) // nobody does it
	err = s.Bulk(ctx, func(tx BulkTx) error {
		now := s.Now()
		var ids []int64
		var events []operatorevent.Event
		err := tx.Query(ctx, NewQuery(o.Take, args(now), func(row Scanner) error {
			id, e, err := o.Read(row)
			ids, events = append(ids, id), append(events, e)
			return err
		}))
		if told = len(ids); err != nil || told == 0 {
			return err
		}
		if err := tx.Query(ctx, NewQuery(o.Mark, []any{now, ids}, IgnoreRow)); err != nil {
			return err
		}
		return tx.Commit(ctx, OperatorEvents(now, events...))
	})
	return told, Unavailable(err)
}

// AddOperatorEvents writes events of operators that happen now, in a transaction that is under way.
func AddOperatorEvents(ctx context.Context, tx *ent.Tx, now time.Time, events ...operatorevent.Event) error {
	rows := make([]*ent.OperatorEventCreate, len(events))
	for i := range events {
		e := &events[i]
		rows[i] = tx.OperatorEvent.Create().SetKind(string(e.Kind)).SetMessage(e.Message).SetData(operatorEventData(e)).
			SetCreatedAt(now).SetTold(false)
		if e.ProviderID != 0 {
			rows[i].SetProviderID(e.ProviderID)
		}
		if e.ProductID != 0 {
			rows[i].SetProductID(e.ProductID)
		}
	}
	return During("tell operators", tx.OperatorEvent.CreateBulk(rows...).Exec(ctx))
}

// operatorEventData is the event's data as JSON. What has no form in it, which is a fault of the program, keeps nothing
// from being written: the event says what was wrong with it.
func operatorEventData(e *operatorevent.Event) string {
	if len(e.Data) == 0 {
		return "{}"
	}
	text, err := json.Marshal(e.Data)
	if err != nil {
		text, _ = json.Marshal(map[string]string{"error": err.Error()}) // texts always encode
	}
	return string(text)
}
