package verification

// moneyPasses check what accounts, transfers and charges promise.
var moneyPasses = []pass{
	{
		from: `transfers t LEFT JOIN accounts d ON d.id = t.debit_account_id LEFT
			JOIN accounts c ON c.id = t.credit_account_id
			LEFT JOIN orders o ON o.id = t.order_id`,
		row: `'transfer ', t.id`,
		rules: []rule{
			{1, "transfer-amount", `t.amount_micros <= 0`, `'amount ', t.amount_micros`},
			{
				1, "transfer-accounts", `d.id IS NULL OR c.id IS NULL OR d.id = c.id`,
				`'from account ', t.debit_account_id, ' to account ', t.credit_account_id`,
			},
			{
				1, "transfer-currency", `d.currency <> t.currency OR c.currency <> t.currency`,
				`t.currency, ' from an account in ', d.currency, ' to one in ', c.currency`,
			},
			{
				1, "transfer-kind", `NOT CASE t.kind
					WHEN 'deposit' THEN d.kind = 'funding' AND c.kind = 'wallet'
					WHEN 'charge' THEN d.kind = 'wallet' AND c.kind = 'revenue'
					WHEN 'refund' THEN d.kind = 'revenue' AND c.kind = 'wallet'
					WHEN 'hold' THEN d.kind = 'wallet' AND c.kind = 'held'
					WHEN 'release' THEN d.kind = 'held' AND c.kind = 'wallet'
					WHEN 'adjustment' THEN (d.kind = 'wallet') <> (c.kind = 'wallet')
					WHEN 'purchase' THEN d.kind = 'cost' AND c.kind LIKE 'provider:%'
					WHEN 'credit' THEN d.kind LIKE 'provider:%' AND c.kind = 'cost'
					ELSE FALSE END`,
				`t.kind, ' from ', d.kind, ' to ', c.kind`,
			},
			{
				1, "transfer-merchant",
				`coalesce(CASE d.kind WHEN 'wallet' THEN d.merchant_id ELSE c.merchant_id END, 0) <> t.merchant_id`,
				`'of merchant ', t.merchant_id, ', but the wallet is that of merchant ', coalesce(d.merchant_id, c.merchant_id)`,
			},
			{
				2, "transfer-order", `(t.kind IN ('charge', 'refund')) <> (t.order_id IS NOT NULL) OR (t.order_id IS NOT NULL AND
					(o.id IS NULL OR o.merchant_id <> t.merchant_id OR o.currency <> t.currency))`,
				`t.kind, ' for order ', coalesce(o.number, concat(t.order_id))`,
			},
			{
				1, "transfer-hold", `(t.kind IN ('hold', 'release')) <> (t.hold_id IS NOT NULL)`,
				`t.kind, ' for hold ', coalesce(concat(t.hold_id), 'none')`,
			},
			{
				1, "transfer-attempt", `(t.kind IN ('purchase', 'credit')) <> (t.attempt_id IS NOT NULL)`,
				`t.kind, ' for attempt ', coalesce(concat(t.attempt_id), 'none')`,
			},
		},
	},
	{
		// What moves within a currency cancels out, so only the rest has to be added up.
		from: `transfers t JOIN accounts d ON d.id = t.debit_account_id JOIN accounts c ON c.id = t.credit_account_id
			JOIN (SELECT DISTINCT currency FROM accounts) AS z ON (z.currency = d.currency) <> (z.currency = c.currency)`,
		where: `d.currency <> c.currency`,
		group: `z.currency`,
		row:   `'currency ', z.currency`,
		rules: []rule{{
			1, "currency-sum",
			`wide_sum(CASE z.currency WHEN c.currency THEN CAST(t.amount_micros AS numeric) ELSE -CAST(t.amount_micros AS ` +
				`numeric) END) <> 0`,
			`'the accounts sum to ', wide_sum(CASE z.currency WHEN c.currency THEN CAST(t.amount_micros AS numeric) ELSE ` +
				`-CAST(t.amount_micros AS numeric) END)`,
		}},
	},
	{
		from:  `accounts a LEFT JOIN transfers t ON t.merchant_id = a.merchant_id`,
		group: `a.id`,
		row:   `'account ', a.id`,
		rules: []rule{
			{
				1, "account-kind",
				`NOT (a.kind IN ('wallet', 'funding', 'revenue', 'held', 'cost') OR a.kind LIKE 'provider:%') OR
					(a.kind = 'wallet') <> (a.merchant_id IS NOT NULL)`,
				`'kind ', a.kind, ' of merchant ', coalesce(concat(a.merchant_id), 'none')`,
			},
			{1, "hub-balance", `a.kind <> 'wallet' AND a.balance_micros <> 0`, `'a balance of ', a.balance_micros, ' is kept'`},
			{
				1, "wallet-sum", `a.kind = 'wallet' AND a.balance_micros <> coalesce(wide_sum(` + walletChange + `), 0)`,
				`'balance ', a.balance_micros, ', the transfers sum to ', coalesce(wide_sum(` + walletChange + `), 0)`,
			},
			{
				1, "wallet-newest", `a.kind = 'wallet' AND a.balance_micros <>
					coalesce((SELECT n.balance_micros FROM transfers n WHERE n.merchant_id = a.merchant_id ORDER BY n.id DESC LIMIT
					1), 0)`,
				`'balance ', a.balance_micros, ', not that after its newest transfer'`,
			},
		},
	},
	{
		from: `(SELECT t.id, t.balance_micros, ` + walletChange + ` AS amount,
				coalesce(lag(t.balance_micros) OVER (PARTITION BY t.merchant_id ORDER BY t.id), 0) AS previous
			FROM transfers t JOIN accounts a ON a.merchant_id = t.merchant_id) AS t`,
		row: `'transfer ', t.id`,
		rules: []rule{{
			1, "transfer-balance", `t.balance_micros <> t.previous + t.amount`,
			`'balance ', t.balance_micros, ' after it, ', t.previous, ' before it, and it moves ', t.amount`,
		}},
	},
	{
		from:  `orders o LEFT JOIN transfers t ON t.order_id = o.id`,
		group: `o.id`,
		row:   `'order ', o.number`,
		rules: []rule{
			{
				2, "order-charged", moved(`t.kind = 'charge'`) + ` <> o.total_micros OR ` + tally(`t.kind = 'charge'`) + ` > 1`,
				`'total ', o.total_micros, ', ', ` + tally(`t.kind = 'charge'`) + `, ' charges of ', ` + moved(`t.kind = 'charge'`),
			},
			{
				2, "order-refunded", moved(`t.kind = 'refund'`) + ` <> o.refunded_micros`,
				`'refunded ', o.refunded_micros, ', refunds of ', ` + moved(`t.kind = 'refund'`),
			},
		},
	},
}
