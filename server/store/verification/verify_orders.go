package verification

// orderPasses check what orders and their lines promise.
var orderPasses = []pass{
	{
		from:  `orders o LEFT JOIN order_lines l ON l.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				2, "order-amounts", `o.subtotal_micros <> coalesce(wide_sum(l.subtotal_micros), 0)
					OR o.discount_micros <> coalesce(wide_sum(l.discount_micros),
					0) OR o.total_micros <> coalesce(wide_sum(l.total_micros), 0)`,
				`'subtotal ', o.subtotal_micros, ', discount ', o.discount_micros, ', total ', o.total_micros,
					', but its lines have ', wide_sum(l.subtotal_micros), ', ', wide_sum(l.discount_micros), ', ',
					wide_sum(l.total_micros)`,
			},
			{
				2, "order-lines-refunded", `o.refunded_micros <> coalesce(wide_sum(l.refunded_micros), 0)`,
				`'refunded ', o.refunded_micros, ', its lines ', wide_sum(l.refunded_micros)`,
			},
			{
				3, "order-lines", `count(l.id) = 0 OR min(l.position) <> 1 OR max(l.position) <> count(l.id)`,
				`count(l.id), ' lines at positions ', min(l.position), ' to ', max(l.position)`,
			},
			{
				3, "order-final", `(o.status IN ` + finalStatuses + `) <> (` + tally(`l.status NOT IN `+finalStatuses) + ` = 0)`,
				`o.status, ' with ', ` + tally(`l.status NOT IN `+finalStatuses) + `, ' open lines'`,
			},
			{
				// What had begun of a processing order may have been taken back.
				3, "order-status", `o.status <> ` + orderStatus + ` AND NOT (o.status = 'processing' AND ` + orderStatus +
					` = 'pending' AND ` + tally(`l.status = 'cancelled'`) + ` > 0)`,
				`o.status, ', its lines make it ', ` + orderStatus,
			},
			{
				3, "order-completed-at", `(o.completed_at IS NULL) = (o.status IN ` + finalStatuses + `)`,
				`o.status, CASE WHEN o.completed_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of completion'`,
			},
		},
	},
	{
		// What a door keeps may have come since, with a cancellation.
		from:  `orders o`,
		where: `o.erased_at IS NOT NULL`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				3, "order-erased", `o.status NOT IN ` + finalStatuses + ` OR o.personal IS NOT NULL OR o.private IS NOT NULL
					OR concat(o.recipient_user_id, o.recipient_server_id, o.recipient_character_id, o.notify_url,
						o.failure_message) <> '' OR CAST(o.metadata AS text) <> '{}' OR length(o.fingerprint) <> 33
					OR EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.id
						AND (l.private IS NOT NULL OR l.failure_message <> ''))
					OR EXISTS (SELECT 1 FROM attempts a WHERE a.order_id = o.id
						AND (a.held IS NOT NULL OR a.failure_message <> ''))
					OR EXISTS (SELECT 1 FROM claims c WHERE c.order_id = o.id AND (c.said IS NOT NULL
						OR EXISTS (SELECT 1 FROM claimed_units x WHERE x.claim_id = c.id AND x.answer <> '')))`,
				`'is erased, but is ', o.status, ' or has something left of its customer'`,
			},
		},
	},
	{
		from: `order_lines l LEFT JOIN orders o ON o.id = l.order_id`,
		row:  `'line ', l.id, ' of order ', coalesce(o.number, concat(l.order_id))`,
		rules: []rule{
			{
				2, "line-subtotal", `l.subtotal_micros <> CAST(l.unit_price_micros AS numeric) * l.quantity`,
				`'subtotal ', l.subtotal_micros, ' for ', l.quantity, ' at ', l.unit_price_micros`,
			},
			{
				2, "line-total",
				`l.total_micros <> CAST(l.subtotal_micros AS numeric) - l.discount_micros OR l.discount_micros < 0 OR ` +
					`l.total_micros < 0`,
				`'total ', l.total_micros, ' of subtotal ', l.subtotal_micros, ' less discount ', l.discount_micros`,
			},
			{
				3, "line-order", `o.id IS NULL OR o.merchant_id <> l.merchant_id`,
				`'of merchant ', l.merchant_id, ', its order of merchant ', coalesce(concat(o.merchant_id), 'none')`,
			},
			{
				3, "line-counters",
				`l.quantity < 1 OR l.completed < 0 OR l.failed < 0 OR l.cancelled < 0 OR ` + doneUnits + ` > l.quantity`, counters,
			},
			{3, "line-final", `(` + doneUnits + ` = l.quantity) <> (l.status IN ` + finalStatuses + `)`, counters},
			{3, "line-status", `NOT ` + lineStatusFits, counters},
			{
				4, "line-allotment", `l.use_date <> '' AND l.source = 'stock'
					AND NOT EXISTS (SELECT 1 FROM allotments a WHERE a.product_id = l.product_id AND a.use_date = l.use_date)`,
				`'sold from stock for ', l.use_date, ', which has no allotment of product ', l.product_id`,
			},
		},
	},
	{
		from:  `order_lines l LEFT JOIN units u ON u.line_id = l.id`,
		group: `l.id`,
		row:   lineRow,
		rules: []rule{
			{
				4, "line-goods", tally(`u.status IN ('delivered', 'used')`) + ` <> l.completed`,
				tally(`u.status IN ('delivered', 'used')`) + `, ' units delivered, ', l.completed, ' completed'`,
			},
			{
				4, "line-tickets",
				`l.use_date <> '' AND (count(u.id) <> l.quantity OR ` + tally(`u.status = 'pending'`) + ` <> l.quantity - ` +
					doneUnits + `)`,
				`count(u.id), ' tickets, ', ` + tally(`u.status = 'pending'`) + `, ' of them pending, for ', ` + counters,
			},
			{
				4, "line-goods-cancelled", tally(`u.status = 'cancelled'`) + ` > l.cancelled`,
				tally(`u.status = 'cancelled'`) + `, ' units cancelled, ', l.cancelled, ' on the line'`,
			},
		},
	},
}
