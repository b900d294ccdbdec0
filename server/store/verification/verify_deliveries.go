package verification

import "orderhub/server/store"

// deliveryPasses check what deliveries promise.
var deliveryPasses = []pass{
	{
		// BursaGB's format speaks of lines only, and of what GameSO's calls an event not everybody has to want it.
		from: `events e JOIN webhook_endpoints w ON w.merchant_id = e.merchant_id
				AND (w.format = 'standard' OR (w.format = 'gameso' AND CAST(w.event_types AS text) LIKE '%completed%failed%'))
			LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = w.id`,
		where: fannedOut + ` AND ` + targetsName("w.id"),
		row:   `'event ', e.id`,
		rules: []rule{
			{6, "event-delivery", `d.id IS NULL`, `e.type, ' has no delivery to endpoint ', w.id, ', which was active'`},
		},
	},
	{
		from: `events e JOIN orders o ON o.id = e.order_id AND o.door <> 'bursagb'
			LEFT JOIN webhook_deliveries d ON d.event_id = e.id AND d.endpoint_id = 0`,
		where: fannedOut + ` AND ` + targetsName("0"),
		row:   `'event ', e.id`,
		rules: []rule{
			{6, "event-own-delivery", `d.id IS NULL`, `e.type, ' has no delivery to the address that its order names'`},
		},
	},
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
