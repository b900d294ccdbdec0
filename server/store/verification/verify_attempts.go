package verification

// refundedUnits is how many units of the line l did not work and were paid back.
const refundedUnits = `(SELECT count(*) FROM claimed_units x WHERE x.line_id = l.id AND x.status = 'refunded')`

// Of the attempts a of a line, those for what was ordered: what is bought in the place of units that did not work is
// beside them.
var (
	unsettledOfLine = tally(`a.id IS NOT NULL AND a.settled_at IS NULL AND a.replacement_id IS NULL`)
	boughtForLine   = `coalesce(wide_sum(CASE WHEN a.replacement_id IS NULL THEN a.delivered ELSE 0 END), 0)`
)

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
				// What came for a replacement may all be known not to work.
				5, "attempt-delivered",
				`a.delivered < 0 OR a.delivered > a.quantity OR (a.delivered > 0 AND a.status <> 'delivered') OR
					(a.delivered = 0 AND a.status = 'delivered' AND a.replacement_id IS NULL)`,
				`a.status, ' with ', a.delivered, ' of ', a.quantity, ' units delivered'`,
			},
			{
				5, "attempt-settled",
				`a.status NOT IN ('waiting', 'submitting', 'accepted', 'unknown', 'parked', 'delivered', 'refused', 'cancelled')
					OR (a.status IN ('delivered', 'refused', 'cancelled')) <> (a.settled_at IS NOT NULL)`,
				`a.status, CASE WHEN a.settled_at IS NULL THEN ' without' ELSE ' with' END, ' an instant of settlement'`,
			},
			{
				5, "attempt-open", `a.settled_at IS NULL AND a.replacement_id IS NULL AND l.status IN ` + finalStatuses,
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
				5, "line-unsettled", unsettledOfLine + ` > 1`, unsettledOfLine + `, ' attempts are not settled'`,
			},
			{
				5, "line-bought", boughtForLine + ` > l.quantity`, boughtForLine + `, ' units bought for a line of ', l.quantity`,
			},
			{
				// Tickets may be taken back after they were delivered, and what does not work paid back.
				5, "line-not-bought", `l.source = 'provider' AND (` + boughtForLine + ` < l.completed
					OR (l.use_date = '' AND ` + boughtForLine + ` <> l.completed + ` + refundedUnits + `))`,
				`l.completed, ' units completed, ', ` + boughtForLine + `, ' bought, ', ` + refundedUnits + `, ' paid back'`,
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
