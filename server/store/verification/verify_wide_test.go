package verification_test

// wideBreakages leave sums that are more than 64 bits hold, as an attacker or a fault may.
var wideBreakages = []breakage{
	{
		1, "wallet-sum", "account {buyer wallet}",
		"UPDATE transfers SET amount_micros = 9223372036854775807 WHERE amount_micros > 0", "",
	},
	{1, "wallet-sum", "account {buyer wallet}", "UPDATE transfers SET amount_micros = -9223372036854775807 - 1", ""},
	{
		1, "currency-sum", "currency THB",
		"UPDATE transfers SET amount_micros = 9223372036854775807; UPDATE accounts SET currency = 'TRY' WHERE id = {buyer " +
			"wallet}", "",
	},
	{1, "transfer-balance", "transfer {stock charge}", "UPDATE transfers SET balance_micros = -9223372036854775807", ""},
	{
		2, "order-charged", "order {stock #}",
		"UPDATE transfers SET amount_micros = 9223372036854775807, order_id = {stock}, kind = 'charge'", "",
	},
	{
		2, "order-amounts", "order {partly #}",
		"UPDATE order_lines SET subtotal_micros = 9223372036854775807 WHERE order_id = {partly}", "",
	},
	{
		2, "order-lines-refunded", "order {partly #}",
		"UPDATE order_lines SET refunded_micros = 9223372036854775807 WHERE order_id = {partly}", "",
	},
	{
		2, "line-total", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET subtotal_micros = -9223372036854775807, discount_micros = 9223372036854775807 WHERE id = " +
			"{stock 1}", "",
	},
	{
		2, "line-subtotal", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET unit_price_micros = 9223372036854775807, quantity = 1000 WHERE id = {stock 1}", "",
	},
}
