package verification

// stockPasses check what units, imports and days promise.
var stockPasses = []pass{
	{
		from: `units u LEFT JOIN order_lines l ON l.id = u.line_id`,
		row:  `'unit ', u.id`,
		rules: []rule{
			{
				4, "unit-status",
				`u.status NOT IN ('available', 'held', 'set_aside', 'expired', 'withdrawn', 'void', 'pending', 'delivered',
						'used', 'cancelled', 'failed', 'replaced')
					OR (u.status IN ('available', 'held', 'set_aside', 'expired', 'withdrawn', 'void')) <> (u.line_id IS NULL)`,
				`u.status, CASE WHEN u.line_id IS NULL THEN ' without' ELSE ' with' END, ' a line'`,
			},
			{
				4, "unit-delivered-at", `CASE WHEN u.status IN ('delivered', 'used', 'replaced') THEN u.delivered_at IS NULL
					WHEN u.status IN ('available', 'held', 'set_aside', 'expired', 'withdrawn', 'void', 'pending',
					'failed') THEN u.delivered_at IS NOT NULL ELSE false END`,
				`u.status, CASE WHEN u.delivered_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of delivery'`,
			},
			{
				4, "unit-held",
				`u.status = 'held' AND NOT EXISTS (SELECT 1 FROM hold_parts p WHERE p.unit_id = u.id)`,
				`'is held, but no hold has it'`,
			},
			{
				4, "unit-withdrawn", `(u.status = 'withdrawn') <> (u.withdrawn_for <> '')
					OR (u.status = 'withdrawn' AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.reference = u.withdrawn_for))`,
				`u.status, ' for attempt ', u.withdrawn_for`,
			},
			{
				4, "unit-line", `(u.line_id IS NULL) <> (u.order_id IS NULL) OR (u.line_id IS NOT NULL AND
					(l.id IS NULL OR l.order_id <> u.order_id OR l.product_id <> u.product_id OR l.use_date <> u.use_date))`,
				`'order ', u.order_id, ', line ', u.line_id, ', product ', u.product_id, ', day ', u.use_date,
					'; the line has order ', l.order_id, ', product ', l.product_id, ', day ', l.use_date`,
			},
		},
	},
	{
		from: `unit_imports i JOIN units u ON u.product_id = i.product_id AND u.import_id = i.id
			AND u.status IN ('available', 'set_aside', 'expired')`,
		where: `i.withdrawn_at IS NOT NULL`,
		group: `i.id`,
		row:   `'import ', i.id`,
		rules: []rule{
			{4, "import-withdrawn", `count(*) > 0`, `'was withdrawn, but ', count(*), ' of its units are still to be sold'`},
		},
	},
	{
		from:  `units u`,
		where: `u.fingerprint IS NOT NULL`,
		group: `u.product_id, u.fingerprint`,
		row:   `'unit ', max(u.id)`,
		rules: []rule{{4, "unit-content", `count(*) > 1`, `'has the content of unit ', min(u.id)`}},
	},
	{
		from:  `units u`,
		where: `u.ticket_code IS NOT NULL`,
		group: `u.ticket_code`,
		row:   `'unit ', max(u.id)`,
		rules: []rule{{4, "unit-ticket-code", `count(*) > 1`, `'has the ticket code of unit ', min(u.id)`}},
	},
	{
		from: `allotments a JOIN products p ON p.id = a.product_id LEFT JOIN
			(SELECT l.product_id, l.use_date, wide_sum(l.quantity - l.failed - l.cancelled) AS sold,
			` + tally(`l.source <> 'stock'`) + ` AS bought
			FROM order_lines l WHERE l.use_date <> '' GROUP BY l.product_id, l.use_date) AS s
			ON s.product_id = a.product_id AND s.use_date = a.use_date LEFT JOIN
			(SELECT p.product_id, p.use_date, wide_sum(p.quantity) AS held FROM hold_parts p WHERE p.use_date <> ''
			GROUP BY p.product_id, p.use_date) AS h ON h.product_id = a.product_id AND h.use_date = a.use_date`,
		row: `'allotment ', a.id`,
		rules: []rule{
			{
				4, "allotment-capacity", `a.sold < 0 OR a.sold > a.capacity`,
				`a.sold, ' sold of ', a.capacity, ' of product ', a.product_id, ' on ', a.use_date`,
			},
			{
				// Days of a provider's product may have been sold before there was an allotment.
				4, "allotment-sold", `p.source = 'stock' AND coalesce(s.bought, 0) = 0
					AND a.sold <> coalesce(s.sold, 0) + coalesce(h.held, 0)`,
				`a.sold, ' sold, lines have ', coalesce(s.sold, 0), ' and holds ', coalesce(h.held, 0), ' of product ',
					a.product_id, ' on ', a.use_date`,
			},
		},
	},
	{
		from:  `orders o`,
		group: `o.merchant_id, o.reference`,
		row: `'order ', (SELECT max(n.number) FROM orders n WHERE n.merchant_id = o.merchant_id AND n.reference = ` +
			`o.reference)`,
		rules: []rule{{5, "order-reference", `count(*) > 1`, `'is one of ', count(*), ' orders with its reference'`}},
	},
	{
		from:  `orders o`,
		group: `o.number`,
		row:   `'order ', o.number`,
		rules: []rule{{5, "order-number", `count(*) > 1`, `'is the number of orders ', min(o.id), ' and ', max(o.id)`}},
	},
}
