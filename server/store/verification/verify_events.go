package verification

import "orderhub/server/store"

// eventPasses check what events and coupons promise.
var eventPasses = []pass{
	{
		from:  `accounts a LEFT JOIN events e ON e.merchant_id = a.merchant_id`,
		group: `a.id`,
		row:   `'account ', a.id`,
		rules: []rule{
			{
				6, "event-sequence", `a.event_sequence <> coalesce(max(e.sequence), ` + removedOf(`a.merchant_id`) + `)`,
				`'event sequence ', a.event_sequence, ', the last event is ', coalesce(max(e.sequence), 0)`,
			},
			{
				6, "event-gap", `min(e.sequence) <> 1 + ` + removedOf(`a.merchant_id`) + `
					OR max(e.sequence) <> count(e.sequence) + ` + removedOf(`a.merchant_id`),
				`count(e.sequence), ' events numbered ', min(e.sequence), ' to ', max(e.sequence), '; the first gap is after ',
					(SELECT min(x.sequence) FROM events x WHERE x.merchant_id = a.merchant_id AND NOT EXISTS
						(SELECT 1 FROM events y WHERE y.merchant_id = x.merchant_id AND y.sequence = x.sequence + 1))`,
			},
		},
	},
	{
		from:  `events e`,
		group: `e.merchant_id, e.sequence`,
		row:   `'event ', max(e.id)`,
		rules: []rule{{6, "event-number", `count(*) > 1`, `'has the number of event ', min(e.id)`}},
	},
	{
		from: `events e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN order_lines l ON l.id = e.line_id`,
		row:  `'event ', e.id`,
		rules: []rule{{
			6, "event-order", `(e.order_id IS NOT NULL AND (o.id IS NULL OR o.merchant_id <> e.merchant_id))
				OR (e.line_id IS NOT NULL AND (l.id IS NULL OR e.order_id IS NULL OR l.order_id <> e.order_id))`,
			`e.type, ' of merchant ', e.merchant_id, ' about order ', coalesce(o.number, concat(e.order_id)), ', line ', ` +
				`e.line_id`,
		}},
	},
	{
		from:  `orders o LEFT JOIN events e ON e.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				6, "order-created-event",
				eventCount("created") + ` > 1 OR (` + eventCount("created") + ` = 0
					AND (o.status NOT IN ` + finalStatuses + ` OR ` + allEventsKept + `))
					OR min(e.sequence) <> ` + lastEvent(`e.type = 'order.created'`),
				eventCount("created") + `, ' events of its creation, or not the first'`,
			},
			{
				6, "order-processing-event",
				eventCount("processing") + ` > 1 OR (o.status = 'processing' AND ` + eventCount("processing") + ` = 0)`,
				`o.status, ' with ', ` + eventCount("processing") + `, ' events of that'`,
			},
			{
				// Units cancelled after delivery may take a completed order to cancelled.
				6, "order-final-event", `CASE
					WHEN o.status NOT IN ` + finalStatuses + ` THEN ` + finalEvents + ` > 0
					ELSE ` + ownEvents + ` > 1
						OR (` + ownEvents + ` = 0 AND (` + tally(statusEvent) + ` > 0 OR ` + allEventsKept + `))
						OR ` + finalEvents + ` > CASE o.status WHEN 'cancelled' THEN 1 + ` +
					eventCount("completed") + ` ELSE 1 END
						OR ` + lastEvent(`e.type = 'order.' || o.status`) + ` <> ` + lastEvent(statusEvent) + ` END`,
				`o.status, ' with ', ` + ownEvents + `, ' events of that among ', ` + finalEvents +
					`, ' of an end, or not as the last'`,
			},
		},
	},
	{
		from:  `coupons c LEFT JOIN coupon_uses u ON u.coupon_id = c.id`,
		where: `c.max_uses IS NOT NULL`, // of the others the number is not kept
		group: `c.id`,
		row:   `'coupon ', c.code`,
		rules: []rule{
			{6, "coupon-uses", `c.uses <> count(u.id)`, `'uses ', c.uses, ', orders that used it ', count(u.id)`},
			{6, "coupon-limit", `count(u.id) > c.max_uses`, `count(u.id), ' uses of ', c.max_uses`},
		},
	},
	{
		from:  `coupons c JOIN coupon_uses u ON u.coupon_id = c.id`,
		where: `c.max_uses_per_merchant IS NOT NULL`,
		group: `c.id, u.merchant_id`,
		row:   `'coupon ', c.code`,
		rules: []rule{{
			6, "coupon-merchant-limit", `count(*) > c.max_uses_per_merchant`,
			`count(*), ' uses of ', c.max_uses_per_merchant, ' by merchant ', u.merchant_id`,
		}},
	},
	{
		from: `coupon_uses u LEFT JOIN orders o ON o.id = u.order_id LEFT JOIN coupons c ON c.id = u.coupon_id`,
		// Those of holds are below zero.
		where: `u.order_id >= 0`,
		row:   `'coupon use ', u.id`,
		rules: []rule{{
			6, "coupon-use",
			`o.id IS NULL OR c.id IS NULL OR o.coupon_id IS NULL OR o.coupon_id <> u.coupon_id OR o.merchant_id <> ` +
				`u.merchant_id`,
			`'coupon ', u.coupon_id, ' for order ', coalesce(o.number, concat(u.order_id)), ' of merchant ', u.merchant_id`,
		}},
	},
	{
		from:  `orders o`,
		where: `o.coupon_id IS NOT NULL OR o.coupon_code <> '' OR o.discount_micros <> 0`,
		row:   `'order ', o.number`,
		rules: []rule{{
			6, "order-coupon", `o.coupon_id IS NULL OR o.coupon_code = ''
				OR (SELECT count(*) FROM coupon_uses u WHERE u.order_id = o.id AND u.coupon_id = o.coupon_id) <> 1`,
			`'discount ', o.discount_micros, ' without one use of one coupon'`,
		}},
	},
}

// removedOf is the last number of a merchant's log that was removed because it is no longer kept.
func removedOf(merchant string) string {
	return `coalesce((SELECT k.value FROM counters k
		WHERE k.name = concat('` + store.EventsRemovedOf + `', ` + merchant + `)), 0)`
}

// allEventsKept says that no event of the order o was removed. Of those before it, events may be missing from the
// beginning on, once the order is final.
const allEventsKept = `o.id > coalesce((SELECT k.value FROM counters k
	WHERE k.name = '` + store.EventsRemovedOrder + `'), 0)`
