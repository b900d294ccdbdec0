package verification

// moves is true of requests for money to be moved.
const moves = `r.kind IN ('deposit', 'adjustment')`

// approvalPasses check that what two operators had to agree about was done exactly when they did, and once. A transfer
// above the limit without a request is none of theirs: the limit may be new, and commands on the machine have none.
var approvalPasses = []pass{
	{
		from: `approval_requests r LEFT JOIN transfers t ON t.id = r.transfer_id LEFT
			JOIN accounts a ON a.merchant_id = r.merchant_id`,
		row: `'approval ', r.id`,
		rules: []rule{
			{
				recordInvariant, "approval-status", `r.status NOT IN ('pending', 'approved', 'rejected', 'withdrawn') OR
					(r.status = 'pending') <> (r.decided_at IS NULL)`,
				`'status ', r.status, ', decided ', coalesce(concat(r.decided_at), 'never')`,
			},
			{
				recordInvariant, "approval-eyes", `(r.status IN ('approved', 'rejected') AND r.decided_name = r.asked_name) OR
					(r.status = 'approved' AND r.decided_kind = 'admin_key') OR
					(r.status = 'withdrawn' AND r.decided_name <> r.asked_name)`,
				`r.status, ' by who asked, by a key that is nobody''s own, or withdrawn by another'`,
			},
			{
				recordInvariant, "approval-time", `r.status <> 'pending' AND NOT (r.decided_at < r.expires_at)`,
				`r.status, ' after it had expired'`,
			},
			{
				recordInvariant, "approval-transfer", `(r.status = 'approved' AND ` + moves + `) <> (r.transfer_id IS NOT NULL) OR
					(r.transfer_id IS NOT NULL AND (t.id IS NULL OR t.merchant_id <> r.merchant_id OR t.kind <> r.kind OR
					t.currency <> r.currency OR coalesce(t.reference, '') <> coalesce(r.reference, '') OR
					` + walletChange + ` <> r.amount_micros))`,
				`r.status, ', transfer ', coalesce(concat(r.transfer_id), 'none'), ', which has to be exactly what was approved'`,
			},
		},
	},
	{
		from: `approval_requests r`, where: `r.transfer_id IS NOT NULL`, group: `r.transfer_id`,
		row: `'transfer ', r.transfer_id`,
		rules: []rule{{
			recordInvariant, "approval-once", `count(*) > 1`, `'made for ', count(*), ' approvals'`,
		}},
	},
	{
		from: `approval_requests r JOIN transfers t ON t.merchant_id = r.merchant_id AND t.reference = r.reference`,
		row:  `'approval ', r.id`,
		rules: []rule{{
			recordInvariant, "approval-moved", `r.transfer_id IS NULL OR r.transfer_id <> t.id`,
			`'transfer ', t.id, ' has its reference, and was not made by approving it'`,
		}},
	},
}
