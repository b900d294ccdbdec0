package verification_test

var costBreakages = []breakage{
	{
		1, "transfer-attempt", "transfer {stock charge}",
		"UPDATE transfers SET attempt_id = {second attempt 2} WHERE id = {stock charge}", "",
	},
	{
		1, "attempt-cost", "attempt {second attempt 2}",
		"UPDATE attempts SET booked_micros = booked_micros + 1 WHERE id = {second attempt 2}", "",
	},
	{
		1, "attempt-cost", "attempt {second attempt 2}",
		"UPDATE attempts SET quantity = quantity + 1, booked_micros = booked_micros + 1 WHERE id = {second attempt 2}", "",
	},
	{1, "attempt-cost", "attempt {bad attempt 1}", "UPDATE attempts SET booked_micros = 1 WHERE id = {bad attempt 1}", ""},
	{
		1, "attempt-cost", "attempt {second attempt 2}",
		"UPDATE attempts SET charged_micros = 1, charged_currency = 'THB' WHERE id = {second attempt 2}", "",
	},
	{
		1, "attempt-booked", "attempt {second attempt 2}",
		"UPDATE transfers SET amount_micros = 1 WHERE attempt_id = {second attempt 2}", "",
	},
	{
		1, "attempt-booked", "attempt {second attempt 2}",
		"UPDATE attempts SET booked_micros = NULL WHERE id = {second attempt 2}", "",
	},
	{
		1, "attempt-adjusted", "attempt {second attempt 2}",
		"UPDATE attempts SET adjusted_micros = 1 WHERE id = {second attempt 2}", "",
	},
	{
		1, "finding-state", "finding 4711",
		"INSERT INTO reconciliation_findings (id, provider_id, reconciliation_id, seen_id, identity, kind, status, " +
			"created_at, updated_at) VALUES (4711, 1, 1, 1, 'x', 'missing_here', 'booked', '2026-01-01', '2026-01-01')", "",
	},
	{
		1, "attempt-provider", "attempt {second attempt 2}",
		"UPDATE attempts SET provider_id = 4711 WHERE id = {second attempt 2}", "",
	},
	{
		1, "provider-cost", "provider 4711 in THB",
		"UPDATE attempts SET provider_id = 4711 WHERE id = {second attempt 2}", "",
	},
	{
		1, "provider-cost", "provider 4711 in THB",
		"UPDATE attempts SET provider_id = 4711 WHERE booked_micros > 0; DELETE FROM transfers WHERE attempt_id IS NOT NULL",
		"",
	},
}
