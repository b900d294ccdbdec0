package verification

// claimPasses check that each claimed unit has one answer: it is with the customer, another one took its place, or it
// was paid back, and never two of these.
var claimPasses = []pass{
	{
		from: `claimed_units x LEFT JOIN claims c ON c.id = x.claim_id LEFT JOIN units u ON u.id = x.unit_id
			LEFT JOIN units r ON r.id = x.replacement_unit_id`,
		row: `'claimed unit ', x.unit_id`,
		rules: []rule{
			{
				4, "claim-unit", `c.id IS NULL OR u.id IS NULL OR x.order_id <> c.order_id OR x.merchant_id <> c.merchant_id
					OR coalesce(u.line_id, 0) <> x.line_id OR coalesce(u.order_id, 0) <> x.order_id
					OR u.product_id <> x.product_id`,
				`'claim ', x.claim_id, ' of order ', x.order_id, ', line ', x.line_id, '; the unit is of order ', u.order_id,
					', line ', u.line_id`,
			},
			{
				4, "claim-answer", `x.status NOT IN ('waiting', 'replacing', 'replaced', 'refunded', 'rejected') OR
					(x.status = 'waiting') <> (x.answered_at IS NULL) OR
					(x.status = 'replaced') <> (x.replacement_unit_id IS NOT NULL)`,
				`x.status, ', answered ', coalesce(concat(x.answered_at), 'never'), ', replaced by ',
					coalesce(concat(x.replacement_unit_id), 'nothing')`,
			},
			{
				// A ticket may be cancelled while its claim waits, or after it was rejected.
				4, "claim-state", `NOT CASE x.status WHEN 'refunded' THEN u.status = 'cancelled'
					WHEN 'replaced' THEN u.status = 'replaced' WHEN 'replacing' THEN u.status = 'delivered'
					ELSE u.status IN ('delivered', 'used', 'cancelled') END`,
				`x.status, ', but the unit is ', u.status`,
			},
			{
				4, "claim-replacement", `x.replacement_unit_id IS NOT NULL AND (r.id IS NULL OR r.id = x.unit_id OR
					coalesce(r.line_id, 0) <> x.line_id OR r.status NOT IN ('delivered', 'used', 'cancelled', 'replaced'))`,
				`'replaced by unit ', x.replacement_unit_id, ', which is ', coalesce(r.status, 'not there'), ' on line ',
					r.line_id`,
			},
			{
				2, "claim-refund", `x.refund_micros < 0 OR (x.refund_micros <> 0 AND x.status <> 'refunded')`,
				`x.status, ' with a refund of ', x.refund_micros`,
			},
			{
				1, "claim-credit", `x.dispute NOT IN ('', 'open', 'credited', 'refused') OR
					(x.dispute <> '') <> (x.dispute_attempt_id IS NOT NULL) OR (x.dispute = 'credited') <> (x.credit_micros > 0)`,
				`'dispute ', x.dispute, ' about attempt ', x.dispute_attempt_id, ', credited ', x.credit_micros`,
			},
		},
	},
	{
		from:  `claims c LEFT JOIN claimed_units x ON x.claim_id = c.id LEFT JOIN orders o ON o.id = c.order_id`,
		group: `c.id, o.id`,
		row:   `'claim ', c.id`,
		rules: []rule{
			{
				4, "claim-order", `o.id IS NULL OR o.merchant_id <> c.merchant_id`,
				`'order ', c.order_id, ' of merchant ', c.merchant_id`,
			},
			{
				4, "claim-units", `count(x.id) = 0 OR c.waiting <> ` + tally(`x.status = 'waiting'`),
				`count(x.id), ' units, ', ` + tally(`x.status = 'waiting'`) + `, ' of them wait, not ', c.waiting`,
			},
		},
	},
	{
		from: `units u LEFT JOIN claimed_units x ON x.unit_id = u.id`,
		// Nothing else takes back what was delivered, but for tickets.
		where: `u.status = 'replaced' OR (u.status = 'cancelled' AND u.ticket_code IS NULL)`,
		row:   `'unit ', u.id`,
		rules: []rule{{
			4, "unit-claimed", `coalesce(x.status, '') <> CASE u.status WHEN 'replaced' THEN 'replaced' ELSE 'refunded' END`,
			`u.status, ', its claim is ', coalesce(x.status, 'not there')`,
		}},
	},
	{
		from:  `order_lines l JOIN claimed_units x ON x.line_id = l.id AND x.status = 'refunded'`,
		group: `l.id`,
		row:   lineRow,
		rules: []rule{{
			2, "line-claims", `count(x.id) > l.cancelled OR wide_sum(x.refund_micros) > l.refunded_micros OR
				(count(x.id) = l.failed + l.cancelled AND wide_sum(x.refund_micros) <> l.refunded_micros)`,
			`count(x.id), ' units refunded with ', wide_sum(x.refund_micros), ', the line has ', l.cancelled,
				' cancelled and gave back ', l.refunded_micros`,
		}},
	},
	{
		from: `attempts a LEFT JOIN (SELECT c.id, wide_sum(c.credited) AS credited FROM (
			SELECT x.dispute_attempt_id AS id, x.credit_micros AS credited FROM claimed_units x
				WHERE x.dispute_attempt_id IS NOT NULL
			UNION ALL SELECT f.attempt_id, -f.booked_micros FROM reconciliation_findings f
				WHERE f.kind = 'credited' AND f.booked_micros <> 0) AS c GROUP BY c.id) AS x ON x.id = a.id`,
		where: `a.credited_micros <> 0 OR x.id IS NOT NULL`,
		row:   `'attempt ', a.id`,
		rules: []rule{{
			1, "attempt-credited", `a.credited_micros <> coalesce(x.credited, 0)`,
			`'credited ', a.credited_micros, ', its disputes and statements ', coalesce(x.credited, 0)`,
		}},
	},
	{
		from: `redemptions r LEFT JOIN units u ON u.id = r.id`,
		row:  `'redemption ', r.id`,
		rules: []rule{{
			4, "ticket-redeemed", `u.id IS NULL OR u.ticket_code IS NULL OR coalesce(u.line_id, 0) <> r.line_id OR
				u.status <> 'used'`,
			`'the ticket is ', coalesce(u.status, 'not there'), ' on line ', u.line_id`,
		}},
	},
	{
		from: `units u LEFT JOIN redemptions r ON r.id = u.id`, where: `u.status = 'used'`,
		row:   `'unit ', u.id`,
		rules: []rule{{4, "unit-used", `r.id IS NULL`, `'used, and nobody redeemed it'`}},
	},
}
