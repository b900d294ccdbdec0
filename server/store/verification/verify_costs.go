package verification

// costPasses check what is bought from providers: that what is in the books for an attempt is what became of it, and
// that a provider's account has what its attempts add up to. Attempts from before there were books have none.
//
// Where the provider says no charge, all that it delivered is paid for, in whole units. That may be more than was
// delivered of the line: tickets that were taken back while they were bought are nobody's any more when they come.
var costPasses = []pass{
	{
		from: `attempts a`, where: `a.booked_micros IS NOT NULL`,
		row: `'attempt ', a.id`,
		rules: []rule{{
			1, "attempt-cost", `NOT CASE a.status
				WHEN 'delivered' THEN CASE
					WHEN a.charged_micros IS NULL THEN a.booked_currency = a.currency AND
						a.booked_micros + a.credited_micros - a.adjusted_micros
							BETWEEN a.cost_micros * a.delivered AND a.cost_micros * a.quantity AND
						coalesce((a.booked_micros + a.credited_micros - a.adjusted_micros) % nullif(a.cost_micros, 0), 0) = 0
					WHEN a.delivered = a.quantity THEN
						a.booked_currency = a.charged_currency AND
						a.booked_micros + a.credited_micros - a.adjusted_micros = a.charged_micros
					ELSE a.booked_currency = a.charged_currency AND
						a.booked_micros + a.credited_micros - a.adjusted_micros BETWEEN 0 AND a.charged_micros END
				WHEN 'refused' THEN a.booked_micros + a.credited_micros = a.adjusted_micros
				WHEN 'cancelled' THEN a.booked_micros + a.credited_micros = a.adjusted_micros
				ELSE FALSE END`,
			`a.status, ' with ', a.delivered, ' of ', a.quantity, ' units at ', a.cost_micros, ', charged ',
				coalesce(concat(a.charged_micros), 'nothing known'), ', booked ', a.booked_micros,
				', credited since ', a.credited_micros, ', adjusted by ', a.adjusted_micros`,
		}},
	},
	{
		from: `attempts a JOIN transfers t ON t.attempt_id = a.id LEFT JOIN accounts p ON p.kind LIKE 'provider:%' AND
			p.id = CASE t.kind WHEN 'purchase' THEN t.credit_account_id ELSE t.debit_account_id END`,
		group: `a.id`,
		row:   `'attempt ', a.id`,
		rules: []rule{
			{
				1, "attempt-booked", `coalesce(a.booked_micros, 0) <> wide_sum(` + purchased + `)`,
				`'booked ', coalesce(concat(a.booked_micros), 'nothing'), ', transfers sum to ', wide_sum(` + purchased + `)`,
			},
			{
				1, "attempt-provider", tally(`coalesce(p.kind <> concat('provider:', a.provider_id), TRUE)`) + ` > 0`,
				`'a transfer of it is on the account of another provider than ', a.provider_id`,
			},
		},
	},
	{
		// What was booked without a transfer, or with another one, is missed here, by provider and currency.
		from: `(SELECT a.provider_id, a.booked_currency AS currency,
				wide_sum(CAST(a.booked_micros AS numeric)) AS booked
			FROM attempts a WHERE a.booked_micros <> 0 GROUP BY a.provider_id, a.booked_currency) AS b
			LEFT JOIN accounts p ON p.kind = concat('provider:', b.provider_id) AND p.currency = b.currency
			LEFT JOIN (SELECT CASE t.kind WHEN 'purchase' THEN t.credit_account_id ELSE t.debit_account_id END AS account_id,
					wide_sum(` + purchased + `) AS moved
				FROM transfers t WHERE t.attempt_id IS NOT NULL GROUP BY 1) AS m ON m.account_id = p.id`,
		row: `'provider ', b.provider_id, ' in ', b.currency`,
		rules: []rule{{
			1, "provider-cost", `b.booked <> coalesce(m.moved, 0)`,
			`'attempts sum to ', b.booked, ', transfers to ', coalesce(m.moved, 0)`,
		}},
	},
}

// findingPasses check that what operators had booked after a statement is in the books of its attempt.
var findingPasses = []pass{
	{
		from: `reconciliation_findings f LEFT JOIN attempts a ON a.id = f.attempt_id`,
		row:  `'finding ', f.id`,
		rules: []rule{{
			1, "finding-state", `f.status NOT IN ('open', 'accepted', 'booked', 'settled', 'agreed', 'gone') OR
				(f.status IN ('accepted', 'booked', 'settled')) <> (f.resolved_at IS NOT NULL) OR
				(f.status <> 'booked' AND f.booked_micros <> 0) OR
				(f.status = 'booked' AND f.booked_micros = 0 AND f.kind <> 'credited') OR
				(f.kind = 'missing_here') <> (f.attempt_id IS NULL) OR
				(f.attempt_id IS NOT NULL AND coalesce(a.provider_id, 0) <> f.provider_id)`,
			`f.kind, ' is ', f.status, ', resolved ', coalesce(concat(f.resolved_at), 'never'), ', booked ', f.booked_micros,
				', attempt ', coalesce(concat(f.attempt_id), 'none')`,
		}},
	},
	{
		from: `attempts a LEFT JOIN (SELECT f.attempt_id AS id, wide_sum(f.booked_micros) AS moved
			FROM reconciliation_findings f WHERE f.booked_micros <> 0 AND f.kind <> 'credited' GROUP BY f.attempt_id) AS m
			ON m.id = a.id`,
		where: `a.adjusted_micros <> 0 OR m.id IS NOT NULL`,
		row:   `'attempt ', a.id`,
		rules: []rule{{
			1, "attempt-adjusted", `a.adjusted_micros <> coalesce(m.moved, 0)`,
			`'adjusted by ', a.adjusted_micros, ', its findings by ', coalesce(m.moved, 0)`,
		}},
	},
}

// purchased is what a transfer between the hub and a provider adds to what is bought.
const purchased = `CASE t.kind WHEN 'purchase' THEN CAST(t.amount_micros AS numeric)
	WHEN 'credit' THEN -CAST(t.amount_micros AS numeric) ELSE 0 END`
