package app_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"orderhub/server/demo"
)

// What a demo product's units look like.
var (
	accounts = regexp.MustCompile(`^user\d{5}@example\.com\|[^|]+\|[^|]+$`)
	recovery = regexp.MustCompile(`^user\d{5}@example\.com\|[^|]+\|[^|]+\|[^|]+@example\.com$`)
	epin     = regexp.MustCompile(`^EPIN-[A-Z0-9]{16}$`)
	receipt  = regexp.MustCompile(`^SIM-[A-Z0-9]{12}$`)
	ticket   = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
)

const (
	thb  = demo.MerchantKey
	lira = demo.ResellerKey
	won  = demo.ChannelKey
)

var userID = map[string]any{"fields": map[string]any{"userid": "player one"}}

func on(day string) map[string]any { return map[string]any{"useDate": day} }

// TestDemoProducts orders every product of the demo that is ever delivered or
// fails within a moment, and checks that it behaves as the demo says.
func TestDemoProducts(t *testing.T) {
	tests := []struct {
		name     string
		key      string
		order    map[string]any
		atOnce   bool // final in the answer to POST
		status   string
		total    string
		refunded string
		done     int
		failed   int
		failure  string
		message  string
		goods    *regexp.Regexp
		tickets  bool
	}{
		{
			name: "accounts from stock", key: thb, order: newOrder("EMAIL_BASIC", 2), atOnce: true, status: "COMPLETED",
			total: "20.40", refunded: "0.00", done: 2, goods: accounts,
		},
		{
			name: "accounts with a recovery address", key: thb, order: newOrder("EMAIL_2FA", 3), atOnce: true,
			status: "COMPLETED", total: "153.00", refunded: "0.00", done: 3, goods: recovery,
		},
		{
			name: "diamonds", key: thb, order: newOrder("DIAMOND_100", 1), status: "COMPLETED", total: "100.00",
			refunded: "0.00", done: 1, goods: receipt,
		},
		{
			name: "more diamonds", key: thb, order: newOrder("DIAMOND_500", 2), status: "COMPLETED", total: "900.00",
			refunded: "0.00", done: 2, goods: receipt,
		},
		{
			name: "diamonds that never arrive", key: thb, order: newOrder("DIAMOND_FAIL", 2), status: "FAILED", total: "200.00",
			refunded: "200.00", failed: 2, failure: "ITEM_NOT_FOUND", message: "Product SKU not found in provider system",
		},
		{
			name: "diamonds that partly arrive", key: thb, order: newOrder("DIAMOND_PARTIAL", 3), status: "FAILED",
			total: "300.00", refunded: "100.00", done: 2, failed: 1, failure: "PROVIDER_ERROR", goods: receipt,
		},
		{
			name: "one diamond pack that partly arrives", key: thb, order: newOrder("DIAMOND_PARTIAL", 1), status: "FAILED",
			total: "100.00", refunded: "100.00", failed: 1, failure: "PROVIDER_ERROR",
		},
		{
			name: "diamonds from the second supplier", key: thb, order: newOrder("DIAMOND_FAILOVER", 2), status: "COMPLETED",
			total: "200.00", refunded: "0.00", done: 2, goods: receipt,
		},
		{
			name: "gold", key: lira, order: newOrder("GOLD_10", 2, userID), status: "COMPLETED", total: "39.80",
			refunded: "0.00", done: 2, goods: receipt,
		},
		{
			name: "gold that never arrives", key: lira, order: newOrder("GOLD_FAIL", 1, userID), status: "FAILED",
			total: "15.00", refunded: "15.00", failed: 1, failure: "PROVIDER_ERROR",
		},
		{
			name: "e-pins", key: lira, order: newOrder("EPIN_25", 50), atOnce: true, status: "COMPLETED", total: "1250.00",
			refunded: "0.00", done: 50, goods: epin,
		},
		{
			name: "day tickets", key: won, order: newOrder("PARK_DAY", 2, on("2017-05-23")), status: "COMPLETED", total: "4444",
			refunded: "0", done: 2, goods: receipt, tickets: true,
		},
		{
			name: "day tickets of a far day", key: won, order: newOrder("PARK_DAY", 1, on("2099-12-31")), status: "COMPLETED",
			total: "2222", refunded: "0", done: 1, goods: receipt, tickets: true,
		},
		{
			name: "evening tickets", key: won, order: newOrder("PARK_FEW", 5, on("2035-12-31")), atOnce: true,
			status: "COMPLETED", total: "7500", refunded: "0", done: 5, tickets: true,
		},
		{
			name: "tickets that the supplier rejects", key: won, order: newOrder("PARK_NO", 1, on("2030-01-01")),
			status: "FAILED", total: "1000", refunded: "1000", failed: 1, failure: "PROVIDER_ERROR",
		},
		{
			name: "ten percent off", key: thb, order: newOrder("EMAIL_2FA", 1, map[string]any{"coupon": "welcome10"}),
			atOnce: true, status: "COMPLETED", total: "45.90", refunded: "0.00", done: 1, goods: recovery,
		},
		{
			name: "ten percent off what partly arrives", key: thb,
			order: newOrder("DIAMOND_PARTIAL", 3, map[string]any{"coupon": "WELCOME10"}), status: "FAILED", total: "270.00",
			refunded: "90.00", done: 2, failed: 1, failure: "PROVIDER_ERROR", goods: receipt,
		},
	}
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			t.Run("orders", func(t *testing.T) {
				for _, test := range tests {
					t.Run(test.name, func(t *testing.T) {
						t.Parallel()
						status, o := h.place(test.key, test.order)
						if status != http.StatusCreated && status != http.StatusOK {
							t.Fatalf("POST: %d %s %s", status, o.Reason, o.Message)
						}
						if atOnce := o.CompleteTime != ""; atOnce != test.atOnce {
							t.Errorf("final in the answer: %v, want %v", atOnce, test.atOnce)
						}
						o = h.final(test.key, o.OrderNumber)
						if o.Status != "ORDER_STATUS_"+test.status || o.TotalAmount != test.total || o.RefundedAmount != test.refunded {
							t.Errorf("order is %s, total %s, refunded %s; want %s, %s, %s",
								o.Status, o.TotalAmount, o.RefundedAmount, test.status, test.total, test.refunded)
						}
						if o.FailureCode != test.failure || o.Lines[0].FailureCode != test.failure {
							t.Errorf("failure code is %q, of the line %q, want %q", o.FailureCode, o.Lines[0].FailureCode, test.failure)
						}
						if test.message != "" && o.FailureMessage != test.message {
							t.Errorf("failure message is %q, want %q", o.FailureMessage, test.message)
						}
						line := o.Lines[0]
						line.Goods = slices.DeleteFunc(line.Goods, func(g goodsJSON) bool { return g.Status == "GOODS_STATUS_FAILED" })
						if line.CompletedQuantity != test.done || line.FailedQuantity != test.failed || len(line.Goods) != test.done {
							t.Errorf("%d done, %d failed, %d goods; want %d, %d, %d",
								line.CompletedQuantity, line.FailedQuantity, len(line.Goods), test.done, test.failed, test.done)
						}
						seen := map[string]bool{}
						for _, g := range line.Goods {
							if seen[g.Content+g.TicketCode] {
								t.Errorf("delivered twice: %s", g.Content)
							}
							seen[g.Content+g.TicketCode] = true
							if test.goods != nil && !test.goods.MatchString(g.Content) {
								t.Errorf("content %q does not match %s", g.Content, test.goods)
							}
							if test.tickets != ticket.MatchString(g.TicketCode) {
								t.Errorf("ticket code %q", g.TicketCode)
							}
						}
					})
				}
			})
			h.verify(&cfg)
		})
	}
}

// TestDemoRefusals checks what is refused, and that it leaves no trace.
func TestDemoRefusals(t *testing.T) {
	gold := func(fields map[string]any) map[string]any { return map[string]any{"fields": fields} }
	tests := []struct {
		name   string
		key    string
		order  map[string]any
		status int
		reason string
		says   string // part of the message or a violation
	}{
		{"sold out", thb, newOrder("EMAIL_GONE", 1), 400, "OUT_OF_STOCK", ""},
		{"e-pins sold out", lira, newOrder("EPIN_GONE", 1), 400, "OUT_OF_STOCK", ""},
		{"more than there are", thb, newOrder("EMAIL_RARE", 4), 400, "OUT_OF_STOCK", ""},
		{"more than a line may have", lira, newOrder("EPIN_25", 51), 400, "QUANTITY_NOT_ALLOWED", ""},
		{"another currency", thb, newOrder("GOLD_10", 1, userID), 404, "PRODUCT_NOT_FOUND", ""},
		{"no such product", thb, newOrder("NOTHING", 1), 404, "PRODUCT_NOT_FOUND", ""},
		{"a field missing", lira, newOrder("GOLD_10", 1), 400, "FIELD_INVALID", ""},
		{"a field too short", lira, newOrder("GOLD_10", 1, gold(map[string]any{"USERID": "me"})), 400, "FIELD_INVALID", ""},
		{"a day before the first", won, newOrder("PARK_FEW", 1, on("2016-12-31")), 400, "DATE_NOT_AVAILABLE", ""},
		{"a day after the last", won, newOrder("PARK_FEW", 1, on("2036-01-01")), 400, "DATE_NOT_AVAILABLE", ""},
		{"no day", won, newOrder("PARK_DAY", 1), 400, "DATE_NOT_AVAILABLE", ""},
		{
			"an unknown coupon", thb, newOrder("EMAIL_BASIC", 1, map[string]any{"coupon": "NOTHING"}), 400, "COUPON_INVALID", "",
		},
		{
			"a coupon that is over", thb, newOrder("EMAIL_BASIC", 1, map[string]any{"coupon": "EXPIRED"}), 400, "COUPON_INVALID",
			"can no longer be used",
		},
		{"too little money", demo.PoorKey, newOrder("EMAIL_BASIC", 1), 400, "INSUFFICIENT_BALANCE", "0.20"},
		{"too little credit", "api_key_two", newOrder("PARK_DAY", 2, on("2030-01-01")), 400, "INSUFFICIENT_BALANCE", "1444"},
		{"a suspended merchant", demo.SuspendedKey, newOrder("EMAIL_BASIC", 1), 403, "MERCHANT_SUSPENDED", ""},
		{"a suspended reseller", "demo-reseller-suspended-key", newOrder("EPIN_25", 1), 403, "MERCHANT_SUSPENDED", ""},
		{"an address that is not allowed", demo.FencedKey, newOrder("EMAIL_BASIC", 1), 403, "ADDRESS_NOT_ALLOWED", ""},
		{"an unknown key", "nobody", newOrder("EMAIL_BASIC", 1), 401, "UNAUTHENTICATED", ""},
		{"an operator", demo.OperatorKey, newOrder("EMAIL_BASIC", 1), 403, "PERMISSION_DENIED", ""},
	}
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			for _, test := range tests {
				t.Run(test.name, func(t *testing.T) {
					status, o := h.place(test.key, test.order)
					if status != test.status || o.Reason != test.reason {
						t.Errorf("POST: %d %s %q, want %d %s", status, o.Reason, o.Message, test.status, test.reason)
					}
					told := o.Message
					for _, v := range o.Violations {
						told += "\n" + v.Field + " " + v.Message
					}
					if !strings.Contains(told, test.says) {
						t.Errorf("it says %q, which lacks %q", told, test.says)
					}
					if o.OrderNumber != "" || o.RequestID == "" {
						t.Errorf("order %q, request %q; want none and one", o.OrderNumber, o.RequestID)
					}
				})
			}
			for key, want := range map[string]string{thb: "1000000.00", lira: "50000.00", won: "0", demo.PoorKey: "10.00"} {
				if got := h.balance(key); got != want {
					t.Errorf("balance is %s, want %s", got, want)
				}
			}
			h.verify(&cfg)
		})
	}
}

// TestDemoRunsOut buys the last of what is scarce.
func TestDemoRunsOut(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			buy := func(key string, order map[string]any, want string) {
				t.Helper()
				_, o := h.place(key, order)
				if got := strings.TrimPrefix(o.Status, "ORDER_STATUS_") + o.Reason; got != want {
					t.Errorf("order is %s %q, want %s", got, o.Message, want)
				}
			}
			buy(thb, newOrder("EMAIL_RARE", 2), "COMPLETED")
			buy(thb, newOrder("EMAIL_RARE", 2), "OUT_OF_STOCK")
			buy(thb, newOrder("EMAIL_RARE", 1), "COMPLETED")
			buy(thb, newOrder("EMAIL_RARE", 1), "OUT_OF_STOCK")

			buy(won, newOrder("PARK_FEW", 3, on("2017-01-01")), "COMPLETED")
			buy(won, newOrder("PARK_FEW", 3, on("2017-01-01")), soldOutDay)
			buy(won, newOrder("PARK_FEW", 2, on("2017-01-01")), "COMPLETED")
			buy(won, newOrder("PARK_FEW", 1, on("2017-01-01")), soldOutDay)
			buy(won, newOrder("PARK_FEW", 5, on("2017-01-02")), "COMPLETED")

			once := map[string]any{"coupon": "ONCE50"}
			buy(thb, newOrder("DIAMOND_100", 1, once), "PENDING")
			buy(thb, newOrder("DIAMOND_100", 1, once), "COUPON_INVALID")
			h.verify(&cfg)
		})
	}
}

// soldOutDay is why a day that is sold out is refused.
const soldOutDay = "OUT_OF_STOCK"

// TestDemoSlow cancels what takes its time, where that is allowed.
func TestDemoSlow(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			_, slow := h.place(thb, newOrder("DIAMOND_SLOW", 1))
			_, cancellable := h.place(lira, newOrder("GOLD_SLOW", 2, userID))
			h.waitFor(thb, slow.OrderNumber, "ORDER_STATUS_PROCESSING")
			h.waitFor(lira, cancellable.OrderNumber, "ORDER_STATUS_PROCESSING")

			status, refused := h.cancel(thb, slow.OrderNumber)
			if status != http.StatusBadRequest || refused.Reason != "NOT_CANCELLABLE" {
				t.Errorf("cancelling DIAMOND_SLOW: %d %s, want 400 NOT_CANCELLABLE", status, refused.Reason)
			}
			status, cancelled := h.cancel(lira, cancellable.OrderNumber)
			if status != http.StatusOK || cancelled.Status != "ORDER_STATUS_CANCELLED" || cancelled.RefundedAmount != "39.80" ||
				cancelled.Lines[0].CancelledQuantity != 2 {
				t.Errorf(
					"cancelling GOLD_SLOW: %d %s %s, refunded %s", status, cancelled.Reason, cancelled.Status,
					cancelled.RefundedAmount,
				)
			}
			if got := h.balance(lira); got != "50000.00" {
				t.Errorf("balance after the cancellation is %s, want 50000.00", got)
			}
			h.verify(&cfg)
		})
	}
}

// cancel asks until the purchase is no longer on its way to the provider.
func (h *hub) cancel(key, number string) (status int, o orderJSON) {
	h.tb.Helper()
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		o = orderJSON{}
		status = h.call(http.MethodPost, key, "/hub/v1/orders/"+number+":cancel", map[string]any{}, &o)
		if status != http.StatusServiceUnavailable {
			break
		}
	}
	return status, o
}

func (h *hub) waitFor(key, number, status string) {
	h.tb.Helper()
	var o orderJSON
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(20 * time.Millisecond) {
		if h.call(http.MethodGet, key, "/hub/v1/orders/"+number, nil, &o); o.Status == status {
			return
		}
	}
	h.tb.Fatalf("order %s is %s, want %s", number, o.Status, status)
}
