package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// breakage damages one thing in a database that holds [trade], and says what Verify must find. Words in braces stand for ids:
// see idsOf.
type breakage struct {
	invariant int
	rule      string
	row       string
	damage    string
	index     string // dropped first: it would refuse the damage
}

var breakages = []breakage{
	{1, "transfer-amount", "transfer {stock charge}", "UPDATE transfers SET amount_micros = 0 WHERE id = {stock charge}", ""},
	{1, "transfer-amount", "transfer {stock charge}", "UPDATE transfers SET amount_micros = -amount_micros WHERE id = {stock charge}", ""},
	{1, "transfer-accounts", "transfer {stock charge}", "UPDATE transfers SET credit_account_id = debit_account_id WHERE id = {stock charge}", ""},
	{1, "transfer-accounts", "transfer {stock charge}", "UPDATE transfers SET credit_account_id = 4711 WHERE id = {stock charge}", ""},
	{1, "transfer-currency", "transfer {stock charge}", "UPDATE transfers SET currency = 'TRY' WHERE id = {stock charge}", ""},
	{1, "transfer-kind", "transfer {deposit}", "UPDATE transfers SET kind = 'refund' WHERE id = {deposit}", ""},
	{1, "transfer-kind", "transfer {stock charge}", "UPDATE transfers SET kind = 'gift' WHERE id = {stock charge}", ""},
	{1, "transfer-merchant", "transfer {stock charge}", "UPDATE transfers SET merchant_id = {other} WHERE id = {stock charge}", ""},
	{1, "currency-sum", "currency TRY", "UPDATE accounts SET currency = 'TRY' WHERE id = {other wallet}", ""},
	{1, "currency-sum", "currency THB", "UPDATE accounts SET currency = 'TRY' WHERE id = {other wallet}", ""},
	{1, "account-kind", "account {funding}", "UPDATE accounts SET merchant_id = 4711 WHERE id = {funding}", ""},
	{1, "hub-balance", "account {revenue}", "UPDATE accounts SET balance_micros = 1 WHERE id = {revenue}", ""},
	{1, "wallet-sum", "account {buyer wallet}", "UPDATE accounts SET balance_micros = balance_micros + 1 WHERE id = {buyer wallet}", ""},
	{1, "wallet-sum", "account {idle wallet}", "UPDATE accounts SET balance_micros = 1 WHERE id = {idle wallet}", ""},
	{
		1, "wallet-newest", "account {other wallet}",
		"UPDATE transfers SET balance_micros = 1 WHERE id = {theirs charge}", "",
	},
	{1, "transfer-balance", "transfer {stock charge}", "UPDATE transfers SET balance_micros = 1 WHERE id = {stock charge}", ""},
	{1, "transfer-balance", "transfer {deposit}", "UPDATE transfers SET amount_micros = 1 WHERE id = {deposit}", ""},

	{2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = NULL WHERE id = {stock charge}", ""},
	{2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = 4711 WHERE id = {stock charge}", ""},
	{2, "transfer-order", "transfer {stock charge}", "UPDATE transfers SET order_id = {theirs} WHERE id = {stock charge}", ""},
	{2, "order-charged", "order {stock #}", "DELETE FROM transfers WHERE id = {stock charge}", ""},
	{2, "order-charged", "order {pending #}", "UPDATE transfers SET amount_micros = 1 WHERE id = {pending charge}", ""},
	{2, "order-charged", "order {free #}", "UPDATE transfers SET order_id = {free} WHERE id = {stock charge}", ""},
	{2, "order-refunded", "order {bad #}", "DELETE FROM transfers WHERE id = {bad refund}", ""},
	{2, "order-amounts", "order {stock #}", "UPDATE orders SET subtotal_micros = subtotal_micros + 1 WHERE id = {stock}", ""},
	{2, "order-amounts", "order {stock #}", "UPDATE orders SET discount_micros = discount_micros + 1 WHERE id = {stock}", ""},
	{2, "order-amounts", "order {stock #}", "UPDATE orders SET total_micros = total_micros + 1 WHERE id = {stock}", ""},
	{2, "order-lines-refunded", "order {stock #}", "UPDATE orders SET refunded_micros = 1 WHERE id = {stock}", ""},
	{2, "line-subtotal", "line {stock 1} of order {stock #}", "UPDATE order_lines SET unit_price_micros = 1 WHERE id = {stock 1}", ""},
	{2, "line-total", "line {stock 1} of order {stock #}", "UPDATE order_lines SET discount_micros = 1 WHERE id = {stock 1}", ""},
	{2, "line-refunded", "line {stock 1} of order {stock #}", "UPDATE order_lines SET refunded_micros = 1 WHERE id = {stock 1}", ""},
	{2, "line-refunded", "line {partly 2} of order {partly #}", "UPDATE order_lines SET refunded_micros = 0 WHERE id = {partly 2}", ""},

	// Sums that leave 64 bits, as an attacker or a fault may leave them.
	{1, "wallet-sum", "account {buyer wallet}", "UPDATE transfers SET amount_micros = 9223372036854775807 WHERE amount_micros > 0", ""},
	{1, "wallet-sum", "account {buyer wallet}", "UPDATE transfers SET amount_micros = -9223372036854775807 - 1", ""},
	{
		1, "currency-sum", "currency THB",
		"UPDATE transfers SET amount_micros = 9223372036854775807; UPDATE accounts SET currency = 'TRY' WHERE id = {buyer wallet}", "",
	},
	{1, "transfer-balance", "transfer {stock charge}", "UPDATE transfers SET balance_micros = -9223372036854775807", ""},
	{2, "order-charged", "order {stock #}", "UPDATE transfers SET amount_micros = 9223372036854775807, order_id = {stock}, kind = 'charge'", ""},
	{2, "order-amounts", "order {partly #}", "UPDATE order_lines SET subtotal_micros = 9223372036854775807 WHERE order_id = {partly}", ""},
	{2, "order-lines-refunded", "order {partly #}", "UPDATE order_lines SET refunded_micros = 9223372036854775807 WHERE order_id = {partly}", ""},
	{
		2, "line-total", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET subtotal_micros = -9223372036854775807, discount_micros = 9223372036854775807 WHERE id = {stock 1}", "",
	},
	{2, "line-subtotal", "line {stock 1} of order {stock #}", "UPDATE order_lines SET unit_price_micros = 9223372036854775807, quantity = 1000 WHERE id = {stock 1}", ""},

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
	{3, "line-order", "line {stock 1} of order {stock #}", "UPDATE order_lines SET merchant_id = {other} WHERE id = {stock 1}", ""},
	{3, "line-order", "line {stock 1} of order 4711", "UPDATE order_lines SET order_id = 4711 WHERE id = {stock 1}", ""},
	{3, "line-counters", "line {stock 1} of order {stock #}", "UPDATE order_lines SET failed = 1 WHERE id = {stock 1}", ""},
	{3, "line-counters", "line {stock 1} of order {stock #}", "UPDATE order_lines SET failed = -1 WHERE id = {stock 1}", ""},
	{3, "line-final", "line {stock 1} of order {stock #}", "UPDATE order_lines SET completed = 1 WHERE id = {stock 1}", ""},
	{3, "line-final", "line {open 1} of order {open #}", "UPDATE order_lines SET failed = quantity WHERE id = {open 1}", ""},
	{3, "line-status", "line {stock 1} of order {stock #}", "UPDATE order_lines SET status = 'cancelled' WHERE id = {stock 1}", ""},
	{3, "line-status", "line {bad 1} of order {bad #}", "UPDATE order_lines SET status = 'completed' WHERE id = {bad 1}", ""},
	{
		3, "line-status", "line {stock 1} of order {stock #}",
		"UPDATE order_lines SET status = 'pending', completed = 1 WHERE id = {stock 1}", "",
	},

	{3, "line-left-behind", "line {pending 1} of order {pending #}", "UPDATE order_lines SET updated_at = created_at WHERE id = {pending 1}", ""},

	{4, "line-allotment", "line {day 1} of order {day #}", "DELETE FROM allotments", ""},
	{4, "line-goods", "line {stock 1} of order {stock #}", "DELETE FROM units WHERE id = {stock unit 1}", ""},
	{4, "line-goods", "line {stock 1} of order {stock #}", "UPDATE units SET line_id = {stock 1} WHERE id = {theirs unit 1}", ""},
	{4, "line-tickets", "line {day 1} of order {day #}", "UPDATE units SET status = 'pending', delivered_at = NULL WHERE id = {day unit 1}", ""},
	{
		4, "line-goods-cancelled", "line {stock 1} of order {stock #}",
		"UPDATE units SET status = 'cancelled' WHERE id = {stock unit 1}", "",
	},
	{4, "unit-withdrawn", "unit {stock unit 1}", "UPDATE units SET withdrawn_for = 'nobody' WHERE id = {stock unit 1}", ""},
	{4, "unit-status", "unit {stock unit 1}", "UPDATE units SET status = 'available' WHERE id = {stock unit 1}", ""},
	{
		4, "unit-status", "unit {stock unit 1}",
		"UPDATE units SET line_id = NULL, order_id = NULL, delivered_at = NULL WHERE id = {stock unit 1}", "",
	},
	{4, "unit-status", "unit {stock unit 1}", "UPDATE units SET status = 'void', delivered_at = NULL WHERE id = {stock unit 1}", ""},
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
	{4, "unit-ticket-code", "unit {day unit 2}", "UPDATE units SET ticket_code = 'same' WHERE order_id = {day}", "units_ticket_code_key"},
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
	{5, "attempt-line", "attempt {bad attempt 1}", "UPDATE attempts SET order_id = {partly} WHERE id = {bad attempt 1}", ""},
	{5, "attempt-line", "attempt {bad attempt 1}", "UPDATE attempts SET merchant_id = {other} WHERE id = {bad attempt 1}", ""},
	{5, "attempt-quantity", "attempt {bad attempt 1}", "UPDATE attempts SET quantity = quantity + 1 WHERE id = {bad attempt 1}", ""},
	{5, "attempt-settled", "attempt {bad attempt 1}", "UPDATE attempts SET settled_at = NULL WHERE id = {bad attempt 1}", ""},
	{5, "attempt-settled", "attempt {open attempt 1}", "UPDATE attempts SET settled_at = created_at WHERE id = {open attempt 1}", ""},
	{5, "attempt-settled", "attempt {bad attempt 1}", "UPDATE attempts SET status = 'lost' WHERE id = {bad attempt 1}", ""},
	{
		5, "attempt-open", "attempt {bad attempt 1}",
		"UPDATE attempts SET status = 'unknown', settled_at = NULL WHERE id = {bad attempt 1}", "",
	},
	{5, "line-attempts", "line {bad 1} of order {bad #}", "UPDATE attempts SET number = 2 WHERE id = {bad attempt 1}", ""},
	{
		5, "line-attempts", "line {second 1} of order {second #}",
		"UPDATE attempts SET number = 1 WHERE id = {second attempt 2}", "attempt_line_id_number",
	},
	{5, "line-unsettled", "line {second 1} of order {second #}", "UPDATE attempts SET settled_at = NULL WHERE line_id = {second 1}", ""},
	{5, "line-bought", "line {second 1} of order {second #}", "UPDATE attempts SET delivered = 100 WHERE line_id = {second 1}", ""},
	{5, "line-not-bought", "line {second 1} of order {second #}", "UPDATE attempts SET delivered = 0 WHERE line_id = {second 1}", ""},
	{5, "attempt-delivered", "attempt {bad attempt 1}", "UPDATE attempts SET delivered = quantity + 1 WHERE id = {bad attempt 1}", ""},
	{
		5, "attempt-reference", "attempt {second attempt 2}",
		"UPDATE attempts SET reference = 'same' WHERE line_id = {second 1}", "attempts_reference_key",
	},

	{6, "event-sequence", "account {buyer wallet}", "UPDATE accounts SET event_sequence = event_sequence + 1 WHERE id = {buyer wallet}", ""},
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
	{
		6, "order-created-event", "order {stock #}",
		"UPDATE events SET type = 'order.created' WHERE order_id = {stock}", "",
	},
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
	{6, "event-own-delivery", "event {event 3}", "DELETE FROM webhook_deliveries WHERE event_id = {event 3} AND endpoint_id = 0", ""},
	{6, "delivery-event", "delivery {delivery}", "UPDATE webhook_deliveries SET event_id = 4711 WHERE id = {delivery}", ""},
	{6, "delivery-event", "delivery {delivery}", "UPDATE webhook_deliveries SET merchant_id = {other} WHERE id = {delivery}", ""},
	{6, "delivery-body", "delivery {delivery}", "DELETE FROM webhook_bodies", ""},
	{6, "delivery-plan", "delivery {delivery}", "UPDATE webhook_deliveries SET status = 'failed' WHERE id = {delivery}", ""},
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
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		trade(t, storetest.NewWorld(t, s, 1))
		handle, _ := s.Handles()
		touchLines(t, handle)
		summary := requireClean(t, s)
		backup := newBackup(t, s)
		ids := idsOf(t, handle)

		tested := make(map[string]bool)
		for i, b := range breakages {
			tested[b.rule] = true
			t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
				defer backup.restore(t, b.index)
				backup.exec(t, ids.Replace(b.damage), b.index)
				found, _ := verify(t, s)
				require.Contains(t, found, store.Finding{Invariant: b.invariant, Rule: b.rule, Row: ids.Replace(b.row)})
			})
		}
		require.Len(t, tested, summary.Rules, "every rule is broken at least once")
		requireClean(t, s)
	})
}

// touchLines leaves every order without a job that routes it, and long after its
// lines were placed has them touched just now, however long the test takes.
func touchLines(t *testing.T, handle *sql.DB) {
	t.Helper()
	for _, statement := range []string{
		"DELETE FROM river_job WHERE kind = 'fulfil'",
		"UPDATE order_lines SET created_at = '2026-01-01 00:00:00+00:00', updated_at = '2199-01-01 00:00:00+00:00'",
	} {
		_, err := handle.Exec(statement)
		require.NoError(t, err)
	}
}

// verify returns what is wrong, without the details, which are for people.
func verify(t *testing.T, s *store.Store) ([]store.Finding, store.Summary) {
	t.Helper()
	var found []store.Finding
	summary, err := s.Verify(t.Context(), func(f store.Finding) {
		if f.Detail == "" {
			t.Errorf("no detail: %+v", f)
		}
		f.Detail = ""
		found = append(found, f)
	})
	require.NoError(t, err)
	require.Len(t, found, int(summary.Findings))
	return found, summary
}

func requireClean(t *testing.T, s *store.Store) store.Summary {
	t.Helper()
	summary, err := s.Verify(t.Context(), func(f store.Finding) { t.Errorf("%+v", f) })
	require.NoError(t, err)
	require.Zero(t, summary.Findings)
	return summary
}

// trade makes orders in every state there is, by their references.
func trade(t *testing.T, w *storetest.World) {
	t.Helper()
	buyer, other := w.Merchant("buyer", 10_000), w.Merchant("other", 1_000)
	w.Merchant("idle", 0)
	w.Stocked("CODE", 30, 9)
	w.Ticket("TICKET", 50, 5, "2026-12-24")
	w.Simulated("GOOD", 100, sim.Script{})
	w.Simulated("PARTLY", 99, sim.Script{FailLast: 1})
	w.Simulated("BAD", 100, sim.Script{FailCode: "ITEM_NOT_FOUND", FailMessage: "Product SKU not found in provider system"})
	w.Simulated("SLOW", 100, sim.Script{DelayMS: int64(time.Hour / time.Millisecond), Cancellable: true})
	down, err := sim.New([]byte(`{"down": true}`), time.Now)
	require.NoError(t, err)
	w.Supplied(w.Simulated("SECOND", 100, sim.Script{Tickets: true}), "down", down)
	w.Supplied(w.Simulated("PARKED", 100, sim.Script{}), "generous", generous{})
	five, three := int64(5), int64(3)
	for _, c := range []catalog.Coupon{
		{Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &five, MaxUsesPerMerchant: &three},
		{Code: "ALL", Kind: catalog.CouponPercent, PercentBasisPoints: 10_000},
	} {
		_, err := w.Catalog.CreateCoupon(t.Context(), c)
		require.NoError(t, err)
	}

	for _, format := range []string{webhook.FormatStandard, webhook.FormatGameSO, webhook.FormatBursaGB} {
		e := endpointOf(buyer)
		e.Format, e.EventTypes = format, nil
		_, err := w.Store.CreateEndpoint(t.Context(), e, "", 20)
		require.NoError(t, err)
	}

	place := func(m account.Merchant, reference, coupon string, lines ...any) *order.Order {
		d := storetest.Draft(m, reference, lines...)
		d.Coupon = coupon
		if reference == "day" {
			d.NotifyURL = "https://a.example/day"
		}
		for i := range d.Lines {
			if d.Lines[i].SKU == "TICKET" {
				d.Lines[i].UseDate = "2026-12-24"
			}
		}
		placement, err := w.Orders.Create(t.Context(), d)
		require.NoError(t, err)
		return placement.Order
	}
	advance := func(o *order.Order) {
		_, err := w.Advance(t.Context(), o.ID)
		require.NoError(t, err)
	}
	cancel := func(o *order.Order) {
		_, err := w.Orders.Cancel(t.Context(), order.ByOperator(), o.Number, order.Cancellation{})
		require.NoError(t, err)
	}

	place(buyer, "stock", "TEN", "CODE", 2)
	place(buyer, "day", "", "TICKET", 2)
	place(buyer, "free", "ALL", "CODE", 1)
	require.Equal(t, order.StatusFailed, w.Finish(place(buyer, "partly", "TEN", "GOOD", 2, "PARTLY", 3)).Status)
	require.Equal(t, order.StatusFailed, w.Finish(place(buyer, "bad", "", "BAD", 2)).Status)
	require.Equal(t, order.StatusCompleted, w.Finish(place(buyer, "second", "", "SECOND", 1)).Status)
	place(buyer, "pending", "", "GOOD", 1)
	place(buyer, "mixed", "", "CODE", 1, "SLOW", 1)
	advance(place(buyer, "open", "", "SLOW", 1))
	advance(place(buyer, "parked", "", "PARKED", 1))
	cancel(place(buyer, "cancelled", "", "SLOW", 2))
	withProvider := place(buyer, "cancelled-late", "", "CODE", 1, "SLOW", 2)
	advance(withProvider)
	cancel(withProvider)
	place(other, "theirs", "", "CODE", 1)
	w.Tell(w.Fanout(nil))
}

// generous delivers more than was bought, which only an operator can sort out.
type generous struct{}

func (generous) Place(_ context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	return dialect.Outcome{State: dialect.Delivered, Goods: make([]dialect.Goods, p.Quantity+1)}, nil
}

func (generous) Idempotent() bool { return true }

// idsOf replaces words in braces. Of the order with reference R: {R} is its id, {R #} its number, {R 2} the id of its second
// line, {R unit 1}, {R attempt 1}, {R charge}, {R refund} and {R use} those of what belongs to it. {M} and {M wallet} are a
// merchant's. {event 3} is the buyer's third event, {deposit} the first of all.
func idsOf(t *testing.T, handle *sql.DB) *strings.Replacer {
	t.Helper()
	var pairs []string
	for _, query := range []string{
		`SELECT reference, concat(id) FROM orders`,
		`SELECT concat(reference, ' #'), number FROM orders`,
		`SELECT concat(o.reference, ' ', l.position), concat(l.id) FROM order_lines l JOIN orders o ON o.id = l.order_id`,
		`SELECT concat(o.reference, ' unit ', row_number() OVER (PARTITION BY o.id ORDER BY u.id)), concat(u.id)
			FROM units u JOIN orders o ON o.id = u.order_id`,
		`SELECT concat(o.reference, ' attempt ', row_number() OVER (PARTITION BY o.id ORDER BY a.id)), concat(a.id)
			FROM attempts a JOIN orders o ON o.id = a.order_id`,
		`SELECT concat(o.reference, ' ', t.kind), concat(max(t.id)) FROM transfers t JOIN orders o ON o.id = t.order_id GROUP BY o.reference, t.kind`,
		`SELECT concat(o.reference, ' use'), concat(u.id) FROM coupon_uses u JOIN orders o ON o.id = u.order_id`,
		`SELECT name, concat(id) FROM merchants`,
		`SELECT concat(m.name, ' wallet'), concat(a.id) FROM accounts a JOIN merchants m ON m.id = a.merchant_id`,
		`SELECT kind, concat(id) FROM accounts WHERE merchant_id IS NULL`,
		`SELECT concat('event ', e.sequence), concat(e.id) FROM events e JOIN merchants m ON m.id = e.merchant_id WHERE m.name = 'buyer'`,
		`SELECT 'deposit', concat(min(id)) FROM transfers WHERE kind = 'deposit'`,
		`SELECT 'allotment', concat(id) FROM allotments`,
		`SELECT 'import', concat(id) FROM unit_imports`,
		`SELECT 'delivery', concat(min(id)) FROM webhook_deliveries`,
	} {
		pairs = append(pairs, wordsOf(t, handle, query)...)
	}
	return strings.NewReplacer(pairs...)
}

func wordsOf(t *testing.T, handle *sql.DB, query string) (pairs []string) {
	t.Helper()
	rows, err := handle.Query(query)
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var word, id string
		require.NoError(t, rows.Scan(&word, &id))
		pairs = append(pairs, "{"+word+"}", id)
	}
	require.NoError(t, rows.Err())
	return pairs
}

// backup brings a small database back to what it was.
type backup struct {
	handle   *sql.DB
	indexSQL string // finds what makes an index
	index    string // what makes the index that was dropped
}

var backedUp = []string{
	"accounts", "transfers", "orders", "order_lines", "units", "attempts", "events", "coupons", "coupon_uses", "allotments",
	"webhook_deliveries", "webhook_bodies", "unit_imports",
}

func newBackup(t *testing.T, s *store.Store) *backup {
	t.Helper()
	b := &backup{indexSQL: "SELECT indexdef FROM pg_indexes WHERE indexname = $1"}
	if s.SQLite() != nil {
		b.indexSQL = "SELECT sql FROM sqlite_master WHERE name = $1"
	}
	b.handle, _ = s.Handles()
	for _, table := range backedUp {
		_, err := b.handle.Exec("CREATE TABLE backup_" + table + " AS SELECT * FROM " + table)
		require.NoError(t, err)
	}
	return b
}

// exec changes something, without the index if one is named.
func (b *backup) exec(t *testing.T, statement, index string) {
	t.Helper()
	if index != "" {
		require.NoError(t, b.handle.QueryRow(b.indexSQL, index).Scan(&b.index))
		_, err := b.handle.Exec("DROP INDEX " + index)
		require.NoError(t, err)
	}
	result, err := b.handle.Exec(statement)
	require.NoError(t, err)
	changed, err := result.RowsAffected()
	require.NoError(t, err)
	require.NotZero(t, changed, "nothing was broken: %s", statement)
}

func (b *backup) restore(t *testing.T, index string) {
	t.Helper()
	tx, err := b.handle.Begin()
	require.NoError(t, err)
	for _, table := range backedUp {
		_, err := tx.Exec("DELETE FROM " + table)
		require.NoError(t, err)
		_, err = tx.Exec("INSERT INTO " + table + " SELECT * FROM backup_" + table)
		require.NoError(t, err)
	}
	if index != "" {
		_, err := tx.Exec(b.index)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Commit())
}

// Verify sees one moment, whatever is placed and settled meanwhile, and keeps nobody waiting.
func TestVerifyWhileOrdersArePlaced(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		w := storetest.NewWorld(t, open(), 2)
		merchants := []account.Merchant{w.Merchant("a", 100_000), w.Merchant("b", 100_000)}
		w.Stocked("CODE", 10, 500)
		w.Ticket("TICKET", 50, 500, "2026-12-24")
		w.Simulated("GOOD", 100, sim.Script{DelayMS: 1})
		w.Simulated("PARTLY", 100, sim.Script{FailLast: 1})
		limit := int64(1000)
		_, err := w.Catalog.CreateCoupon(t.Context(), catalog.Coupon{
			Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &limit,
		})
		require.NoError(t, err)

		var traders sync.WaitGroup
		for i := range 4 {
			traders.Go(func() {
				for n := range 25 {
					d := storetest.Draft(merchants[i%2], fmt.Sprintf("%d-%d", i, n), "CODE", 1, "TICKET", 1, "GOOD", 1, "PARTLY", 2)
					d.Lines[1].UseDate, d.Coupon = "2026-12-24", "TEN"
					placement, err := w.Orders.Create(t.Context(), d)
					if err == nil {
						_, err = w.Advance(t.Context(), placement.Order.ID)
					}
					if err != nil {
						t.Errorf("order %s: %v", d.Reference, err)
						return
					}
				}
			})
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			traders.Wait()
		}()
		another := open() // as the command is another process
		meanwhile := 0
		for trading := true; trading; {
			select {
			case <-closed:
				trading = false
			default:
			}
			if summary := requireClean(t, another); summary.Orders > 0 && summary.Orders < 100 {
				meanwhile++
			}
		}
		require.NotZero(t, meanwhile, "some of it was seen half way")
	})
}

// While Verify is at work others write, and it does not see what they write.
func TestVerifyLocksNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		handle, _ := s.Handles()
		_, err := handle.Exec("UPDATE accounts SET balance_micros = 1 WHERE kind = 'revenue'")
		require.NoError(t, err)

		var found []string
		summary, err := open().Verify(t.Context(), func(f store.Finding) {
			found = append(found, f.Rule)
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "meanwhile", "CODE", 1))
			require.NoError(t, err)
		})
		require.NoError(t, err)
		require.Equal(t, []string{"hub-balance"}, found)
		require.Equal(t, int64(1), summary.Findings)
		require.Equal(t, storetest.Baht(90), w.Balance(m))
	})
}

func TestVerifyCounts(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		empty := requireClean(t, s)
		require.Equal(t, store.Summary{Rules: empty.Rules}, empty)
		trade(t, w)

		summary := requireClean(t, s)
		require.Equal(t, store.Summary{
			Rules: empty.Rules, Accounts: 5, Transfers: 18, Orders: 13, Lines: 16, Units: 16, Attempts: 8, Events: 33,
			Coupons: 2, Allotments: 1,
		}, summary)

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Verify(cancelled, func(store.Finding) {})
		require.ErrorIs(t, err, context.Canceled)
	})
}
