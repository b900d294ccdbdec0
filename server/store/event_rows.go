package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"orderhub/ent"
	"orderhub/server/event"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/trail"
	"orderhub/server/webhook"
)

var (
	eventsTable = &Table[eventRow]{Name: "events", Columns: []Column[eventRow]{
		Bigint("merchant_id", func(r *eventRow) int64 { return r.MerchantID }),
		Bigint("sequence", func(r *eventRow) int64 { return r.Sequence }),
		NullBigint("order_id", func(r *eventRow) int64 { return r.OrderID }),
		NullBigint("line_id", func(r *eventRow) int64 { return r.LineID }),
		Text("type", func(r *eventRow) event.Type { return r.Type }),
		Text("data", func(r *eventRow) string { return r.data }),
		Text("state", func(r *eventRow) string { return r.State }),
		Text("targets", func(r *eventRow) string { return r.targets }),
		Time("created_at", func(r *eventRow) time.Time { return r.CreatedAt }),
	}}
	selectTargets = FromPostgres(`SELECT merchant_id, id, format, event_types FROM webhook_endpoints
		WHERE merchant_id = ANY($1::bigint[]) AND status = 'active' ORDER BY id`)
)

// eventRow is an event to be written.
type eventRow struct {
	*event.Event

	data    string // JSON
	targets string // JSON, "" for nobody
}

// EventRows gathers events to be written, with those to tell of them: the
// endpoints that are active in this transaction.
type EventRows struct {
	Insert[eventRow]

	targets map[int64][]webhook.Target // by merchant
	ranges  map[int64]webhook.Range    // by merchant: from the first to the last that somebody is to be told of
}

// NewEventRows gathers events to write.
func NewEventRows() EventRows {
	return EventRows{
		Insert: eventsTable.Insert(), targets: make(map[int64][]webhook.Target), ranges: make(map[int64]webhook.Range),
	}
}

// ReadTargets reads the endpoints of the merchants.
func (r *EventRows) ReadTargets(merchantIDs []int64) Query {
	return Query{selectTargets, []any{merchantIDs}, func(row Scanner) error {
		var merchant int64
		var types []byte
		var t webhook.Target
		if err := row.Scan(&merchant, &t.ID, &t.Format, &types); err != nil {
			return err
		}
		if err := json.Unmarshal(types, &t.Types); err != nil {
			return fmt.Errorf("event types of webhook endpoint %d: %w", t.ID, err)
		}
		r.targets[merchant] = append(r.targets[merchant], t)
		return nil
	}}
}

// Add takes events of one order, or of none where o is nil.
func (r *EventRows) Add(events []event.Event, o *order.Order) {
	for i := range events {
		e := &events[i]
		r.Insert.Add(eventRow{Event: e, data: MarshalMap(e.Data), targets: r.aim(e, o)})
	}
}

// aim is the targets column of an event.
func (r *EventRows) aim(e *event.Event, o *order.Order) string {
	var ids []int64
	if o != nil && e.OrderID != 0 {
		if own, named := webhook.OwnTarget(o.Door, o.NotifyURL); named && own.Wants(e.Type) {
			ids = append(ids, own.ID)
		}
	}
	for i := range r.targets[e.MerchantID] {
		if t := &r.targets[e.MerchantID][i]; t.Wants(e.Type) {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	span, begun := r.ranges[e.MerchantID]
	if !begun {
		span = webhook.Range{MerchantID: e.MerchantID, First: e.Sequence}
	}
	span.Last = e.Sequence
	r.ranges[e.MerchantID] = span
	return MarshalTargets(ids)
}

// MarshalTargets is the column targets of an event that these endpoints are told of.
func MarshalTargets(ids []int64) string {
	if len(ids) == 0 {
		return ""
	}
	return toJSON(ids)
}

// Jobs make deliveries of what was added, if anybody is to be told. The trails are
// those of the orders that it is about.
func (r *EventRows) Jobs(trails trail.Orders) []Queued {
	if len(r.ranges) == 0 {
		return nil
	}
	ranges := slices.SortedFunc(
		maps.Values(r.ranges), func(a, b webhook.Range) int { return int(a.MerchantID - b.MerchantID) },
	)
	return []Queued{{
		Args: job.FanoutArgs{Ranges: ranges, Trails: trails}, Queue: job.WebhookQueue, Attempts: job.FanoutAttempts,
	}}
}

// FromDBEvent is an event as ent reads it.
func FromDBEvent(row *ent.Event) (event.Event, error) {
	e := event.Event{
		MerchantID: row.MerchantID, Sequence: row.Sequence, OrderID: Value(row.OrderID), LineID: Value(row.LineID),
		Type: event.Type(row.Type), State: row.State, CreatedAt: row.CreatedAt,
	}
	if err := json.Unmarshal([]byte(row.Data), &e.Data); err != nil {
		return e, fmt.Errorf("data of event %d: %w", row.ID, err)
	}
	return e, nil
}
