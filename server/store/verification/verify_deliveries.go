package verification

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/event"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// fanOutPasses check that who was to be told of an event is. What a format has to say of one is among its traits, which
// are known as soon as all formats are registered.
func fanOutPasses() []pass {
	return []pass{
		{
			from: `events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id AND w.format IN ` +
				formatsWith(func(t webhook.Traits) bool { return t.Says == nil }) + `
				LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = w.id`,
			where: fannedOut + ` AND ` + targetsName("w.id"),
			row:   `'event ', e.id`,
			rules: []rule{
				{6, "event-delivery", `d.id IS NULL`, `e.type, ' has no delivery to endpoint ', w.id, ', which was active'`},
			},
		},
		{
			// Whether a merchant's account has an address for its door's orders is sealed.
			from: `events e JOIN orders o ON o.id = e.order_id AND o.door NOT IN ` +
				formatsWith(func(t webhook.Traits) bool { return t.Door }) + `
				LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = 0`,
			where: fannedOut + ` AND ` + targetsName("0"),
			row:   `'event ', e.id`,
			rules: []rule{
				{6, "event-own-delivery", `d.id IS NULL`, `e.type, ' has no delivery to the address that its order names'`},
			},
		},
	}
}

// formatsWith is an SQL list of the formats that have a trait.
func formatsWith(trait func(webhook.Traits) bool) string {
	names := []string{"''"} // nothing is of it; there is no empty list
	for _, format := range webhook.Formats() {
		if trait(webhook.TraitsOf(format)) {
			names = append(names, "'"+format+"'")
		}
	}
	return "(" + strings.Join(names, ", ") + ")"
}

// changedBefore is how long an endpoint must have been as it is for what it was to be told to be known: of what happens
// while it is changed either may hold.
const changedBefore = time.Minute

// owing is an event with an endpoint that wants it, and the lines about which it is told of it.
type owing struct {
	id      int64 // of the event
	event   event.Event
	target  webhook.Target
	changed time.Time // when the endpoint was
	made    []int64
}

// undelivered checks event-delivery where it depends on the order what a format has to say.
func (v *verification) undelivered(ctx context.Context) error {
	var last owing
	err := v.rows(ctx, "event-delivery", func(row store.Scanner) error {
		var next owing
		var types []byte
		var line *int64
		e, t := &next.event, &next.target
		err := row.Scan(
			&next.id, &e.MerchantID, &e.Sequence, &e.OrderID, &e.Type, &e.State, &e.CreatedAt, &t.ID, &t.Format, &types,
			&next.changed, &line,
		)
		if err != nil {
			return err
		}
		if next.id != last.id || t.ID != last.target.ID {
			if err := json.Unmarshal(types, &t.Types); err != nil {
				return fmt.Errorf("event types of webhook endpoint %d: %w", t.ID, err)
			}
			if err := v.owed(&last); err != nil {
				return err
			}
			last = next
		}
		if line != nil {
			last.made = append(last.made, *line)
		}
		return nil
	}, `SELECT e.id, e.merchant_id, e.sequence, coalesce(e.order_id, 0), e.type, e.state, e.created_at, w.id, w.format,
			w.event_types, w.updated_at, d.line_id
		FROM events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id AND w.format IN `+
		formatsWith(func(t webhook.Traits) bool { return t.Says != nil })+`
		LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.event_id > 0 AND d.endpoint_id = w.id
		WHERE `+fannedOut+` AND `+targetsName("w.id")+` ORDER BY e.id, w.id`)
	if err != nil {
		return err
	}
	return v.owed(&last)
}

// owed reports what an endpoint is not told of an event.
func (v *verification) owed(o *owing) error {
	if o.target.ID == 0 || o.event.CreatedAt.Before(o.changed.Add(changedBefore)) &&
		webhook.TraitsOf(o.target.Format).Renames {
		return nil
	}
	lines, err := o.target.Owed(&o.event)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if !slices.Contains(o.made, line) {
			v.report(Finding{
				Invariant: 6, Rule: "event-delivery", Row: fmt.Sprint("event ", o.id),
				Detail: fmt.Sprintf("%s has no delivery to endpoint %d about line %d, 0 for none", o.event.Type, o.target.ID, line),
			})
		}
	}
	return nil
}

// deliveryPasses check what deliveries promise.
var deliveryPasses = []pass{
	{
		from:  `webhook_deliveries d LEFT JOIN events e ON e.id = d.event_id AND d.format <> 'operators'`,
		where: `d.event_id > 0`,
		row:   `'delivery ', d.id`,
		rules: []rule{
			{
				6, "delivery-event", `(d.format <> 'operators' AND e.id IS NULL AND d.sequence > ` + removedOf(`d.merchant_id`) + `)
					OR e.merchant_id <> d.merchant_id OR e.sequence <> d.sequence`,
				`'of event ', d.event_id, ', which is another or none'`,
			},
			// One of an erased order is not planned until it has something to say again.
			{
				6, "delivery-body", `d.status = 'pending' AND d.next_attempt_at IS NOT NULL AND length(d.payload) = 0
					AND NOT EXISTS (SELECT 1 FROM webhook_bodies b
						WHERE b.event_id = d.event_id AND b.format = d.format AND b.line_id = d.line_id)`,
				`'of event ', d.event_id, ' has nothing to say'`,
			},
			{6, "delivery-plan", `d.status <> 'pending' AND d.next_attempt_at IS NOT NULL`, `d.status, ' and planned again'`},
		},
	},
}

// operatorDeliveryPasses check that operators are told of what was written for them, and nobody else is.
var operatorDeliveryPasses = []pass{{
	from: `webhook_deliveries d LEFT JOIN webhook_endpoints w ON w.id = d.endpoint_id
		LEFT JOIN operator_events e ON e.id = d.event_id`,
	where: `d.format = 'operators' OR d.merchant_id = 0`,
	row:   `'delivery ', d.id`,
	rules: []rule{
		{
			6, "delivery-operators", `d.format <> 'operators' OR d.merchant_id <> 0 OR w.merchant_id <> 0`,
			`'of an operators'' event goes to a merchant, or the other way about'`,
		},
		{
			6, "delivery-operators-event", `d.event_id > 0 AND e.kind <> d.type`,
			`'of operators'' event ', d.event_id, ', which is of another kind'`,
		},
	},
}}

// fannedOut events have somebody to tell, the jobs that make deliveries of events have all run, and no delivery of
// them or of a later one was removed because it is no longer kept.
const fannedOut = `e.targets <> ''
	AND e.id > coalesce((SELECT k.value FROM counters k WHERE k.name = '` + store.DeliveriesRemoved + `'), 0)
	AND NOT EXISTS (SELECT 1 FROM river_job j WHERE j.kind = 'fanout'
	AND j.state IN ('available', 'pending', 'retryable', 'running', 'scheduled'))`

// targetsName is the condition that an event is meant for an endpoint.
func targetsName(id string) string {
	return `concat(',', substr(e.targets, 2, length(e.targets) - 2), ',') LIKE concat('%,', ` + id + `, ',%')`
}
