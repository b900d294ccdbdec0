package store

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"orderhub/server/event"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

var (
	eventsTable = &table{name: "events", columns: []column{
		{name: "merchant_id", kind: "bigint"},
		{name: "sequence", kind: "bigint"},
		{name: "order_id", kind: "bigint"},
		{name: "line_id", kind: "bigint"},
		{name: "type", kind: "text"},
		{name: "data", kind: "text"},
		{name: "state", kind: "text"},
		{name: "targets", kind: "text"},
		{name: "created_at", kind: "timestamptz"},
	}}
	selectTargets = statement{
		postgres: `SELECT merchant_id, id, format, event_types FROM webhook_endpoints
			WHERE merchant_id = ANY($1::bigint[]) AND status = 'active' ORDER BY id`,
		sqlite: `SELECT merchant_id, id, format, event_types FROM webhook_endpoints
			WHERE merchant_id IN (SELECT value FROM json_each($1)) AND status = 'active' ORDER BY id`,
	}
)

// eventRows gathers events to be written, with those to tell of them: the
// endpoints that are active in this transaction.
type eventRows struct {
	insert

	targets map[int64][]webhook.Target // by merchant
	ranges  map[int64]webhook.Range    // by merchant: from the first to the last that somebody is to be told of
}

func newEventRows() eventRows {
	return eventRows{
		insert: insert{table: eventsTable}, targets: make(map[int64][]webhook.Target), ranges: make(map[int64]webhook.Range),
	}
}

// readTargets reads the endpoints of the merchants.
func (r *eventRows) readTargets(merchantIDs []int64) read {
	return read{selectTargets, []any{merchantIDs}, func(row scanner) error {
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

// add takes events of one order, or of none where o is nil.
func (r *eventRows) add(events []event.Event, o *order.Order) error {
	for i := range events {
		e := &events[i]
		data, err := marshalMap(e.Data)
		if err != nil {
			return err
		}
		r.insert.add(
			e.MerchantID, e.Sequence, nullable(nonZero(e.OrderID)), nullable(nonZero(e.LineID)), string(e.Type), data, e.State,
			r.aim(e, o), e.CreatedAt,
		)
	}
	return nil
}

// aim is the targets column of an event.
func (r *eventRows) aim(e *event.Event, o *order.Order) string {
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
	return toJSON(ids)
}

// jobs make deliveries of what was added, if anybody is to be told.
func (r *eventRows) jobs() []queued {
	if len(r.ranges) == 0 {
		return nil
	}
	ranges := slices.SortedFunc(
		maps.Values(r.ranges), func(a, b webhook.Range) int { return int(a.MerchantID - b.MerchantID) },
	)
	return []queued{{args: job.FanoutArgs{Ranges: ranges}, queue: job.WebhookQueue, attempts: job.FanoutAttempts}}
}
