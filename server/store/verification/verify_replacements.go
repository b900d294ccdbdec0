package verification

// ofReplacement are the units of a claim that the replacement r buys others for, or bought.
const ofReplacement = `(SELECT count(*) FROM claimed_units x WHERE x.claim_id = r.claim_id AND x.replacement_id = r.id
	AND x.line_id = r.line_id AND x.status = `

// boughtByReplacement is how many units its purchases brought.
const boughtByReplacement = `(SELECT coalesce(wide_sum(a.delivered), 0) FROM attempts a WHERE a.line_id = r.line_id
	AND a.replacement_id = r.id)`

// replacementPasses check that what is bought in the place of units that did not work is bought once for each of them,
// and is with the customer in its place.
var replacementPasses = []pass{
	{
		from: `replacements r LEFT JOIN claims c ON c.id = r.claim_id LEFT JOIN order_lines l ON l.id = r.line_id`,
		row:  `'replacement ', r.id`,
		rules: []rule{
			{
				5, "replacement-line", `c.id IS NULL OR l.id IS NULL OR c.order_id <> r.order_id OR l.order_id <> r.order_id OR
					c.merchant_id <> r.merchant_id OR r.quantity > l.quantity OR l.source <> 'provider' OR l.use_date <> ''`,
				`r.quantity, ' units for claim ', r.claim_id, ' of order ', r.order_id, ', line ', r.line_id, ' of order ',
					l.order_id`,
			},
			{
				5, "replacement-counters", `r.quantity < 1 OR r.completed < 0 OR r.failed < 0 OR
					r.completed + r.failed > r.quantity OR (r.completed + r.failed = r.quantity) <> (r.ended_at IS NOT NULL)`,
				`r.completed, ' came and ', r.failed, ' failed of ', r.quantity, ', ended ',
					coalesce(concat(r.ended_at), 'never')`,
			},
			{
				4, "replacement-units", ofReplacement + `'replaced') <> r.completed OR
					` + ofReplacement + `'replacing') <> r.quantity - r.completed - r.failed`,
				ofReplacement + `'replaced'), ' units replaced, ', ` + ofReplacement + `'replacing'), ' still to be, ',
					r.completed, ' came and ', r.failed, ' failed of ', r.quantity`,
			},
			{
				5, "replacement-bought", boughtByReplacement + ` <> r.completed`,
				boughtByReplacement + `, ' units bought, ', r.completed, ' came'`,
			},
			{
				5, "replacement-unsettled", `(SELECT count(*) FROM attempts a WHERE a.line_id = r.line_id AND
					a.replacement_id = r.id AND a.settled_at IS NULL) > CASE WHEN r.ended_at IS NULL THEN 1 ELSE 0 END`,
				`'more attempts than may be are not settled, ended ', coalesce(concat(r.ended_at), 'never')`,
			},
		},
	},
	{
		from:  `attempts a LEFT JOIN replacements r ON r.id = a.replacement_id`,
		where: `a.replacement_id IS NOT NULL`,
		row:   `'attempt ', a.id`,
		rules: []rule{{
			5, "attempt-replacement", `r.id IS NULL OR r.line_id <> a.line_id OR a.quantity > r.quantity`,
			`a.quantity, ' units of line ', a.line_id, ' for replacement ', a.replacement_id, ' of ', r.quantity, ' of line ',
				r.line_id`,
		}},
	},
	{
		from:  `claimed_units x LEFT JOIN replacements r ON r.id = x.replacement_id`,
		where: `x.replacement_id IS NOT NULL OR x.status = 'replacing'`,
		row:   `'claimed unit ', x.unit_id`,
		rules: []rule{{
			4, "claim-bought", `r.id IS NULL OR r.claim_id <> x.claim_id OR r.line_id <> x.line_id OR
				x.status NOT IN ('replacing', 'replaced')`,
			`x.status, ' by replacement ', x.replacement_id, ' of claim ', r.claim_id`,
		}},
	},
}
