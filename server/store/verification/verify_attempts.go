package verification

// refundedUnits is how many units of the line l did not work and were paid back.
const refundedUnits = `(SELECT count(*) FROM claimed_units x WHERE x.line_id = l.id AND x.status = 'refunded')`

// attemptPasses check what purchases from providers promise.
var attemptPasses = []pass{
	{
		from: `attempts a LEFT JOIN order_lines l ON l.id = a.line_id`,
		row:  `'attempt ', a.id`,
		rules: []rule{
			{
				5, "attempt-line", `l.id IS NULL OR l.order_id <> a.order_id OR l.merchant_id <> a.merchant_id`,
				`'order ', a.order_id, ' of merchant ', a.merchant_id, '; its line ', a.line_id, ' has order ', l.order_id, ' ` +
					`of merchant ', l.merchant_id`,
			},
			{
				5, "attempt-quantity", `a.quantity < 1 OR a.quantity > l.quantity`,
				`a.quantity, ' units for a line of ', l.quantity`,
			},
			{
				5, "attempt-delivered",
				`a.delivered < 0 OR a.delivered > a.quantity OR (a.delivered > 0) <> (a.status = 'delivered')`,
				`a.status, ' with ', a.delivered, ' of ', a.quantity, ' units delivered'`,
			},
			{
				5, "attempt-settled",
				`a.status NOT IN ('waiting', 'submitting', 'accepted', 'unknown', 'parked', 'delivered', 'refused', 'cancelled')
					OR (a.status IN ('delivered', 'refused', 'cancelled')) <> (a.settled_at IS NOT NULL)`,
				`a.status, CASE WHEN a.settled_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of settlement'`,
			},
			{
				5, "attempt-open", `a.settled_at IS NULL AND l.status IN ` + finalStatuses,
				`a.status, ' for a line that is ', l.status`,
			},
			{
				5, "attempt-payload", `a.payload_removed_at IS NOT NULL AND (a.settled_at IS NULL OR a.held IS NOT NULL
					OR a.exchanges IS NOT NULL OR a.failure_message <> '' OR l.status NOT IN ` + finalStatuses + `)`,
				`a.status, ' for a line that is ', l.status, ' and marked as emptied'`,
			},
		},
	},
	{
		from:  `order_lines l LEFT JOIN attempts a ON a.line_id = l.id`,
		group: `l.id`,
		row:   lineRow,
		rules: []rule{
			{
				5, "line-attempts", `count(DISTINCT a.number) <> count(a.id) OR min(a.number) <> 1 OR max(a.number) <> count(a.id)`,
				`count(a.id), ' attempts numbered ', min(a.number), ' to ', max(a.number)`,
			},
			{
				5, "line-unsettled", tally(`a.id IS NOT NULL AND a.settled_at IS NULL`) + ` > 1`,
				tally(`a.id IS NOT NULL AND a.settled_at IS NULL`) + `, ' attempts are not settled'`,
			},
			{
				5, "line-bought", `coalesce(wide_sum(a.delivered), 0) > l.quantity`,
				`wide_sum(a.delivered), ' units bought for a line of ', l.quantity`,
			},
			{
				// Tickets may be taken back after they were delivered, and what does not work paid back.
				5, "line-not-bought", `l.source = 'provider' AND (coalesce(wide_sum(a.delivered), 0) < l.completed
					OR (l.use_date = '' AND coalesce(wide_sum(a.delivered), 0) <> l.completed + ` + refundedUnits + `))`,
				`l.completed, ' units completed, ', coalesce(wide_sum(a.delivered), 0), ' bought, ', ` + refundedUnits + `,
					' paid back'`,
			},
		},
	},
	{
		from:  `attempts a`,
		group: `a.reference`,
		row:   `'attempt ', max(a.id)`,
		rules: []rule{{5, "attempt-reference", `count(*) > 1`, `'has the reference of attempt ', min(a.id)`}},
	},
}
