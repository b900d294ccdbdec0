package verification_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operatorevent"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// breakage damages one thing in a database that holds [trade], and says what Verify must find. Words in braces stand
// for ids: see idsOf.
type breakage struct {
	invariant int
	rule      string
	row       string
	damage    string
	index     string // dropped first: it would refuse the damage
}

var breakages = []breakage{
	{
		1, "transfer-amount", "transfer {stock charge}", "UPDATE transfers SET amount_micros = 0 WHERE id = {stock charge}",
		"",
	},
	{
		1, "transfer-amount", "transfer {stock charge}",
		"UPDATE transfers SET amount_micros = -amount_micros WHERE id = {stock charge}", "",
	},
	{
		1, "transfer-accounts", "transfer {stock charge}",
		"UPDATE transfers SET credit_account_id = debit_account_id WHERE id = {stock charge}", "",
	},
	{
		1, "transfer-accounts", "transfer {stock charge}",
		"UPDATE transfers SET credit_account_id = 4711 WHERE id = {stock charge}", "",
	},
	{
		1, "transfer-currency", "transfer {stock charge}", "UPDATE transfers SET currency = 'TRY' WHERE id = {stock charge}",
		"",
	},
	{1, "transfer-kind", "transfer {deposit}", "UPDATE transfers SET kind = 'refund' WHERE id = {deposit}", ""},
	{1, "transfer-kind", "transfer {stock charge}", "UPDATE transfers SET kind = 'gift' WHERE id = {stock charge}", ""},
	{
		1, "transfer-merchant", "transfer {stock charge}",
		"UPDATE transfers SET merchant_id = {other} WHERE id = {stock charge}", "",
	},
	{1, "currency-sum", "currency TRY", "UPDATE accounts SET currency = 'TRY' WHERE id = {other wallet}", ""},
	{1, "currency-sum", "currency THB", "UPDATE accounts SET currency = 'TRY' WHERE id = {other wallet}", ""},
	{1, "account-kind", "account {funding}", "UPDATE accounts SET merchant_id = 4711 WHERE id = {funding}", ""},
	{1, "hub-balance", "account {revenue}", "UPDATE accounts SET balance_micros = 1 WHERE id = {revenue}", ""},
	{
		1, "wallet-sum", "account {buyer wallet}",
		"UPDATE accounts SET balance_micros = balance_micros + 1 WHERE id = {buyer wallet}", "",
	},
	{1, "wallet-sum", "account {idle wallet}", "UPDATE accounts SET balance_micros = 1 WHERE id = {idle wallet}", ""},
	{
		1, "wallet-newest", "account {other wallet}",
		"UPDATE transfers SET balance_micros = 1 WHERE id = {theirs charge}", "",
	},
	{
		1, "transfer-balance", "transfer {stock charge}", "UPDATE transfers SET balance_micros = 1 WHERE id = {stock charge}",
		"",
	},
	{1, "transfer-balance", "transfer {deposit}", "UPDATE transfers SET amount_micros = 1 WHERE id = {deposit}", ""},

	{2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = NULL WHERE id = {stock charge}", ""},
	{2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = 4711 WHERE id = {stock charge}", ""},
	{
		2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = {theirs} WHERE id = {stock charge}",
		"",
	},
	{2, "order-charged", "order {stock #}", "DELETE FROM transfers WHERE id = {stock charge}", ""},
	{2, "order-charged", "order {pending #}", "UPDATE transfers SET amount_micros = 1 WHERE id = {pending charge}", ""},
	{2, "order-charged", "order {free #}", "UPDATE transfers SET order_id = {free} WHERE id = {stock charge}", ""},
	{2, "order-refunded", "order {bad #}", "DELETE FROM transfers WHERE id = {bad refund}", ""},
	{
		2, "order-amounts", "order {stock #}", "UPDATE orders SET subtotal_micros = subtotal_micros + 1 WHERE id = {stock}",
		"",
	},
	{
		2, "order-amounts", "order {stock #}", "UPDATE orders SET discount_micros = discount_micros + 1 WHERE id = {stock}",
		"",
	},
	{2, "order-amounts", "order {stock #}", "UPDATE orders SET total_micros = total_micros + 1 WHERE id = {stock}", ""},
	{2, "order-lines-refunded", "order {stock #}", "UPDATE orders SET refunded_micros = 1 WHERE id = {stock}", ""},
	{
		2, "line-subtotal", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET unit_price_micros = 1 WHERE id = {stock 1}", "",
	},
	{
		2, "line-total", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET discount_micros = 1 WHERE id = {stock 1}", "",
	},
	{
		2, "line-refunded", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET refunded_micros = 1 WHERE id = {stock 1}", "",
	},
	{
		2, "line-refunded", "line {partly 2} of order {partly #}",
		"UPDATE order_lines SET refunded_micros = 0 WHERE id = {partly 2}", "",
	},

	{3, "order-lines", "order {stock #}", "DELETE FROM order_lines WHERE order_id = {stock}", ""},
	{3, "order-lines", "order {partly #}", "UPDATE order_lines SET position = 3 WHERE id = {partly 2}", ""},
	{3, "order-final", "order {stock #}", "UPDATE order_lines SET status = 'processing' WHERE id = {stock 1}", ""},
	{3, "order-final", "order {open #}", "UPDATE orders SET status = 'completed' WHERE id = {open}", ""},
	{3, "order-status", "order {bad #}", "UPDATE orders SET status = 'completed' WHERE id = {bad}", ""},
	{3, "order-status", "order {open #}", "UPDATE orders SET status = 'pending' WHERE id = {open}", ""},
	{3, "order-status", "order {stock #}", "UPDATE orders SET status = 'cancelled' WHERE id = {stock}", ""},
	{3, "order-status", "order {stock #}", "UPDATE orders SET status = 'lost' WHERE id = {stock}", ""},
	{3, "order-completed-at", "order {stock #}", "UPDATE orders SET completed_at = NULL WHERE id = {stock}", ""},
	{3, "order-completed-at", "order {open #}", "UPDATE orders SET completed_at = created_at WHERE id = {open}", ""},
	{
		3, "line-order", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET merchant_id = {other} WHERE id = {stock 1}", "",
	},
	{3, "line-order", "line {stock 1} of order 4711", "UPDATE order_lines SET order_id = 4711 WHERE id = {stock 1}", ""},
	{
		3, "line-counters", "line {stock 1} of order {stock #}", "UPDATE order_lines SET failed = 1 WHERE id = {stock 1}", "",
	},
	{
		3, "line-counters", "line {stock 1} of order {stock #}", "UPDATE order_lines SET failed = -1 WHERE id = {stock 1}",
		"",
	},
	{
		3, "line-final", "line {stock 1} of order {stock #}", "UPDATE order_lines SET completed = 1 WHERE id = {stock 1}", "",
	},
	{
		3, "line-final", "line {open 1} of order {open #}", "UPDATE order_lines SET failed = quantity WHERE id = {open 1}",
		"",
	},
	{
		3, "line-status", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET status = 'cancelled' WHERE id = {stock 1}", "",
	},
	{
		3, "line-status", "line {bad 1} of order {bad #}", "UPDATE order_lines SET status = 'completed' WHERE id = {bad 1}",
		"",
	},
	{
		3, "line-status", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET status = 'pending', completed = 1 WHERE id = {stock 1}", "",
	},

	{
		3, "line-left-behind", "line {pending 1} of order {pending #}",
		"UPDATE order_lines SET updated_at = created_at WHERE id = {pending 1}", "",
	},

	{4, "line-allotment", "line {day 1} of order {day #}", "DELETE FROM allotments", ""},
	{4, "line-goods", "line {stock 1} of order {stock #}", "DELETE FROM units WHERE id = {stock unit 1}", ""},
	{
		4, "line-goods", "line {stock 1} of order {stock #}",
		"UPDATE units SET line_id = {stock 1} WHERE id = {theirs unit 1}", "",
	},
	{
		4, "line-tickets", "line {day 1} of order {day #}",
		"UPDATE units SET status = 'pending', delivered_at = NULL WHERE id = {day unit 1}", "",
	},
	{
		4, "line-goods-cancelled", "line {stock 1} of order {stock #}",
		"UPDATE units SET status = 'cancelled' WHERE id = {stock unit 1}", "",
	},
	{
		4, "unit-withdrawn", "unit {stock unit 1}", "UPDATE units SET withdrawn_for = 'nobody' WHERE id = {stock unit 1}", "",
	},
	{4, "unit-status", "unit {stock unit 1}", "UPDATE units SET status = 'available' WHERE id = {stock unit 1}", ""},
	{
		4, "unit-status", "unit {stock unit 1}",
		"UPDATE units SET line_id = NULL, order_id = NULL, delivered_at = NULL WHERE id = {stock unit 1}", "",
	},
	{
		4, "unit-status", "unit {stock unit 1}",
		"UPDATE units SET status = 'void', delivered_at = NULL WHERE id = {stock unit 1}", "",
	},
	{4, "import-withdrawn", "import {import}", "UPDATE unit_imports SET withdrawn_at = created_at", ""},
	{4, "unit-delivered-at", "unit {stock unit 1}", "UPDATE units SET delivered_at = NULL WHERE id = {stock unit 1}", ""},
	{4, "unit-line", "unit {stock unit 1}", "UPDATE units SET line_id = {theirs 1} WHERE id = {stock unit 1}", ""},
	{4, "unit-line", "unit {stock unit 1}", "UPDATE units SET line_id = 4711 WHERE id = {stock unit 1}", ""},
	{4, "unit-line", "unit {stock unit 1}", "UPDATE units SET product_id = 4711 WHERE id = {stock unit 1}", ""},
	{4, "unit-line", "unit {day unit 1}", "UPDATE units SET use_date = '2026-12-25' WHERE id = {day unit 1}", ""},
	{
		4, "unit-content", "unit {stock unit 2}",
		"UPDATE units SET fingerprint = (SELECT fingerprint FROM units WHERE id = {stock unit 1}) WHERE id = {stock unit 2}",
		"unit_product_id_fingerprint",
	},
	{
		4, "unit-ticket-code", "unit {day unit 2}", "UPDATE units SET ticket_code = 'same' WHERE order_id = {day}",
		"units_ticket_code_key",
	},
	{4, "allotment-capacity", "allotment {allotment}", "UPDATE allotments SET capacity = 1 WHERE id = {allotment}", ""},
	{4, "allotment-sold", "allotment {allotment}", "UPDATE allotments SET sold = sold - 1 WHERE id = {allotment}", ""},

	{
		5, "order-reference", "order {day #}",
		"UPDATE orders SET reference = 'stock' WHERE id = {day}", "order_merchant_id_reference",
	},
	{
		5, "order-number", "order {stock #}",
		"UPDATE orders SET number = '{stock #}' WHERE id = {theirs}", "orders_number_key",
	},
	{5, "attempt-line", "attempt {bad attempt 1}", "UPDATE attempts SET line_id = 4711 WHERE id = {bad attempt 1}", ""},
	{
		5, "attempt-line", "attempt {bad attempt 1}", "UPDATE attempts SET order_id = {partly} WHERE id = {bad attempt 1}",
		"",
	},
	{
		5, "attempt-line", "attempt {bad attempt 1}", "UPDATE attempts SET merchant_id = {other} WHERE id = {bad attempt 1}",
		"",
	},
	{
		5, "attempt-quantity", "attempt {bad attempt 1}",
		"UPDATE attempts SET quantity = quantity + 1 WHERE id = {bad attempt 1}", "",
	},
	{
		5, "attempt-settled", "attempt {bad attempt 1}", "UPDATE attempts SET settled_at = NULL WHERE id = {bad attempt 1}",
		"",
	},
	{
		5, "attempt-settled", "attempt {open attempt 1}",
		"UPDATE attempts SET settled_at = created_at WHERE id = {open attempt 1}", "",
	},
	{
		5, "attempt-settled", "attempt {bad attempt 1}", "UPDATE attempts SET status = 'lost' WHERE id = {bad attempt 1}", "",
	},
	{
		5, "attempt-open", "attempt {bad attempt 1}",
		"UPDATE attempts SET status = 'unknown', settled_at = NULL WHERE id = {bad attempt 1}", "",
	},
	{
		5, "attempt-payload", "attempt {bad attempt 1}",
		"UPDATE attempts SET payload_removed_at = settled_at, failure_message = 'left' WHERE id = {bad attempt 1}", "",
	},
	{
		5, "attempt-payload", "attempt {open attempt 1}",
		"UPDATE attempts SET payload_removed_at = created_at WHERE id = {open attempt 1}", "",
	},
	{5, "line-attempts", "line {bad 1} of order {bad #}", "UPDATE attempts SET number = 2 WHERE id = {bad attempt 1}", ""},
	{
		5, "line-attempts", "line {second 1} of order {second #}",
		"UPDATE attempts SET number = 1 WHERE id = {second attempt 2}", "attempt_line_id_number",
	},
	{
		5, "line-unsettled", "line {second 1} of order {second #}",
		"UPDATE attempts SET settled_at = NULL WHERE line_id = {second 1}", "",
	},
	{
		5, "line-bought", "line {second 1} of order {second #}",
		"UPDATE attempts SET delivered = 100 WHERE line_id = {second 1}", "",
	},
	{
		5, "line-not-bought", "line {second 1} of order {second #}",
		"UPDATE attempts SET delivered = 0 WHERE line_id = {second 1}", "",
	},
	{
		5, "attempt-delivered", "attempt {bad attempt 1}",
		"UPDATE attempts SET delivered = quantity + 1 WHERE id = {bad attempt 1}", "",
	},
	{
		5, "attempt-reference", "attempt {second attempt 2}",
		"UPDATE attempts SET reference = 'same' WHERE line_id = {second 1}", "attempts_reference_key",
	},

	{
		6, "event-sequence", "account {buyer wallet}",
		"UPDATE accounts SET event_sequence = event_sequence + 1 WHERE id = {buyer wallet}", "",
	},
	{6, "event-sequence", "account {idle wallet}", "UPDATE accounts SET event_sequence = 1 WHERE id = {idle wallet}", ""},
	{6, "event-gap", "account {buyer wallet}", "DELETE FROM events WHERE id = {event 3}", ""},
	{6, "event-gap", "account {buyer wallet}", "DELETE FROM events WHERE id = {event 1}", ""},
	{
		6, "event-number", "event {event 3}",
		"UPDATE events SET sequence = 2 WHERE id = {event 3}", "event_merchant_id_sequence",
	},
	{6, "event-order", "event {event 3}", "UPDATE events SET order_id = {theirs} WHERE id = {event 3}", ""},
	{6, "event-order", "event {event 3}", "UPDATE events SET order_id = 4711 WHERE id = {event 3}", ""},
	{6, "event-order", "event {event 3}", "UPDATE events SET line_id = {theirs 1} WHERE id = {event 3}", ""},
	{
		6, "order-created-event", "order {stock #}",
		"UPDATE events SET type = 'attempt.parked' WHERE order_id = {stock} AND type = 'order.created'", "",
	},
	{6, "order-created-event", "order {stock #}", "UPDATE events SET type = 'order.created' WHERE order_id = {stock}", ""},
	{
		6, "order-processing-event", "order {open #}",
		"UPDATE events SET type = 'attempt.parked' WHERE order_id = {open} AND type = 'order.processing'", "",
	},
	{
		6, "order-processing-event", "order {mixed #}",
		"UPDATE events SET type = 'order.processing' WHERE order_id = {mixed}", "",
	},
	{
		6, "order-final-event", "order {stock #}",
		"UPDATE events SET type = 'order.failed' WHERE order_id = {stock} AND type = 'order.completed'", "",
	},
	{
		6, "order-final-event", "order {bad #}",
		"UPDATE events SET type = 'order.failed' WHERE order_id = {bad} AND type = 'order.processing'", "",
	},
	{
		6, "order-final-event", "order {bad #}",
		"UPDATE events SET type = 'order.completed' WHERE order_id = {bad} AND type = 'order.processing'", "",
	},
	{
		6, "order-final-event", "order {open #}",
		"UPDATE events SET type = 'order.completed' WHERE order_id = {open} AND type = 'order.processing'", "",
	},
	{
		6, "order-final-event", "order {second #}",
		`UPDATE events SET type = CASE type WHEN 'order.completed' THEN 'order.processing' ELSE 'order.completed' END
			WHERE order_id = {second} AND type <> 'order.created'`, "",
	},
	{6, "event-delivery", "event {event 3}", "DELETE FROM webhook_deliveries WHERE event_id = {event 3}", ""},
	{
		6, "event-own-delivery", "event {event 3}",
		"DELETE FROM webhook_deliveries WHERE event_id = {event 3} AND endpoint_id = 0", "",
	},
	{
		6, "delivery-event", "delivery {delivery}", "UPDATE webhook_deliveries SET event_id = 4711 WHERE id = {delivery}", "",
	},
	{
		6, "delivery-event", "delivery {delivery}",
		"UPDATE webhook_deliveries SET merchant_id = {other} WHERE id = {delivery}", "",
	},
	{
		6, "delivery-operators", "delivery {delivery}",
		"UPDATE webhook_deliveries SET format = 'operators' WHERE id = {delivery}", "",
	},
	{
		6, "delivery-operators-event", "delivery {delivery}", `UPDATE webhook_deliveries SET format = 'operators',
			endpoint_id = 4711, event_id = (SELECT min(id) FROM operator_events) WHERE id = {delivery}`, "",
	},
	{
		3, "figures-orders", "figures {figures}", "UPDATE order_figures SET orders = orders + 1 WHERE id = {figures}", "",
	},
	{
		3, "figures-orders", "figures {figures}",
		"UPDATE order_figures SET starts_at = '2026-01-01 00:00:00+00:00' WHERE id = {figures}", "",
	},
	{
		3, "figures-orders", "figures {figures}",
		"UPDATE order_figures SET refunded_micros = 1 WHERE id = {figures}", "",
	},
	{3, "order-erased", "order {stock #}", "UPDATE orders SET erased_at = created_at WHERE id = {stock}", ""},
	{6, "delivery-body", "delivery {delivery}", "DELETE FROM webhook_bodies", ""},
	{
		6, "delivery-plan", "delivery {delivery}", "UPDATE webhook_deliveries SET status = 'failed' WHERE id = {delivery}",
		"",
	},
	{
		5, "key-rights", "key of merchant {buyer} made with key 4711",
		"INSERT INTO api_keys (merchant_id, hash, scope, label, made_by, created_at) " +
			"VALUES ({buyer}, 'x', 'read', '', 4711, CURRENT_TIMESTAMP)", "",
	},
	{5, "merchant-email", "merchant buyer", "UPDATE merchants SET email_hash = 'x' WHERE id = {buyer}", ""},
	{6, "coupon-uses", "coupon TEN", "UPDATE coupons SET uses = uses - 1 WHERE code = 'TEN'", ""},
	{6, "coupon-limit", "coupon TEN", "UPDATE coupons SET max_uses = 1 WHERE code = 'TEN'", ""},
	{6, "coupon-merchant-limit", "coupon TEN", "UPDATE coupons SET max_uses_per_merchant = 1 WHERE code = 'TEN'", ""},
	{6, "coupon-use", "coupon use {stock use}", "UPDATE coupon_uses SET order_id = {day} WHERE id = {stock use}", ""},
	{6, "coupon-use", "coupon use {stock use}", "UPDATE orders SET coupon_id = NULL WHERE id = {stock}", ""},
	{6, "order-coupon", "order {stock #}", "DELETE FROM coupon_uses WHERE id = {stock use}", ""},
	{6, "order-coupon", "order {pending #}", "UPDATE orders SET discount_micros = 1 WHERE id = {pending}", ""},
}

func TestVerifyNamesWhatIsBroken(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		trade(t, storetest.NewWorld(t, s, 1))
		require.NoError(t, s.OperatorEvents.Add(t.Context(), operatorevent.Event{Kind: "stock.low", Message: "Few."}))
		handle := s.WriteDB
		touchLines(t, handle)
		summary := storetest.RequireClean(t, s)
		backup := newBackup(t, s)
		ids := idsOf(t, handle)

		tested := make(map[string]bool)
		for i, b := range slices.Concat(breakages, approvalBreakages, costBreakages, wideBreakages, fanOutBreakages) {
			tested[b.rule] = true
			t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
				defer backup.restore(t, b.index)
				backup.exec(t, ids.Replace(b.damage), b.index)
				found, _ := verify(t, s)
				require.Contains(t, found, verification.Finding{Invariant: b.invariant, Rule: b.rule, Row: ids.Replace(b.row)})
			})
		}
		require.Len(
			t, tested,
			summary.Rules-rulesOfTheRecord-rulesOfClaims-rulesOfReplacements-rulesOfPurchases-rulesOfHolds,
			"every rule is broken at least once",
		)
		storetest.RequireClean(t, s)
	})
}
