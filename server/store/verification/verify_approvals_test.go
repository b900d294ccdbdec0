package verification_test

// approvalBreakages are those of what two operators had to agree about.
var approvalBreakages = []breakage{
	{
		7, "approval-status", "approval {approval agreed}",
		"UPDATE approval_requests SET status = 'done' WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-status", "approval {approval waiting}",
		"UPDATE approval_requests SET status = 'rejected' WHERE id = {approval waiting}", "",
	},
	{
		7, "approval-eyes", "approval {approval agreed}",
		"UPDATE approval_requests SET decided_name = 'ada' WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-eyes", "approval {approval agreed}",
		"UPDATE approval_requests SET decided_kind = 'admin_key' WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-time", "approval {approval agreed}",
		"UPDATE approval_requests SET expires_at = decided_at WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-transfer", "approval {approval agreed}",
		"UPDATE approval_requests SET transfer_id = NULL WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-transfer", "approval {approval agreed}",
		"UPDATE approval_requests SET amount_micros = 1 WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-transfer", "approval {approval back}",
		"UPDATE approval_requests SET amount_micros = -amount_micros WHERE id = {approval back}", "",
	},
	{
		7, "approval-transfer", "approval {approval agreed}",
		"UPDATE approval_requests SET transfer_id = {stock charge} WHERE id = {approval agreed}", "",
	},
	{
		7, "approval-transfer", "approval {approval waiting}",
		"UPDATE approval_requests SET transfer_id = {deposit} WHERE id = {approval waiting}", "",
	},
	{
		7, "approval-once", "transfer {agreed}",
		"UPDATE approval_requests SET transfer_id = {agreed} WHERE id = {approval back}", "approvalrequest_transfer_id",
	},
	{
		7, "approval-moved", "approval {approval waiting}",
		"UPDATE transfers SET reference = 'waiting' WHERE id = {deposit}", "",
	},
}
