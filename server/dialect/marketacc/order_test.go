package marketacc_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/door/doortest"
	"orderhub/server/money"
	"orderhub/server/order"
)

const orders = "/api/v2/orders"

const (
	soldOut  = `{"error":{"code":"out_of_stock","message":"out of stock"}}`
	unknown  = `{"error":{"code":"not_found","message":"product not found"}}`
	noCoupon = `{"error":{"code":"invalid_request","message":"coupon cannot be ` +
		`used","details":[{"field":"coupon","message":"unknown or expired"}]}}`
	keyUsed = `{"error":{"code":"invalid_request","message":"idempotencyKey was already used with a different ` +
		`body","details":[{"field":"idempotencyKey","message":"already used for another order"}]}}`
)

// A replay is the order whatever has become of its product, and shows the order
// as it stands with the balance as it was.
func TestReplay(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		all := `{"productId":316,"quantity":3,"idempotencyKey":"all"}`
		first := c.order("POST", orders, all, 201)
		first.Idempotent = true
		require.Equal(t, first, c.order("POST", orders, all, 200), "with nothing left")
		rare := *h.Catalog.Snapshot().ProductByID(316)
		rare.Status = catalog.StatusArchived
		_, err := h.Catalog.UpdateProduct(t.Context(), rare)
		require.NoError(t, err)
		require.Equal(t, first, c.order("POST", orders, all, 200), "off sale")
		c.expect("POST", orders, strings.Replace(all, "3", "2", 1), 400, keyUsed)
		c.expect("POST", orders, `{"productId":316,"quantity":1}`, 404, unknown)

		for body, want := range map[string]string{
			`{"productId":2,"quantity":1,"idempotencyKey":"arrives"}`: "completed",
			`{"productId":4,"quantity":1,"idempotencyKey":"fails"}`:   "failed",
		} {
			pending := c.order("POST", orders, body, 201)
			require.Equal(t, "pending", pending.Status)
			h.Settle(t)
			now := c.order("POST", orders, body, 200)
			require.Equal(t, want, now.Status)
			require.Equal(t, pending.Balance, now.Balance, "as it was, also after the refund")
			require.Equal(t, want == "completed", now.Items[0].Data != nil)
		}

		// The header of other APIs is none here.
		for range 2 {
			status, text, _ := c.send(
				"POST", orders, `{"productId":1,"quantity":1}`, "Authorization", "bearer demo-key", "Idempotency-Key", "header",
				"Content-Type", "text/plain",
			)
			require.Equal(t, 201, status, text)
		}
		h.Verify(t)
	})
}

// A refusal leaves no charge and its key free.
func TestRefusedKeyIsFree(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		poor := []string{"X-Api-Key", "demo-poor-key"}
		body := func(product, quantity, more string) string {
			return `{"productId":` + product + `,"quantity":` + quantity + more + `,"idempotencyKey":"free"}`
		}
		c.expect("POST", orders, body("9999", "1", ""), 404, unknown, poor...)
		c.expect("POST", orders, body("317", "1", ""), 409, soldOut, poor...)
		c.expect("POST", orders, body("1", "1", `,"coupon":"EXPIRED"`), 400, noCoupon, poor...)
		c.expect(
			"POST", orders, body("1", "1", ""), 402,
			`{"error":{"code":"insufficient_balance","message":"insufficient balance"}}`, poor...,
		)
		status, text, _ := c.send("POST", orders, body("1", "1", `,"coupon":"Welcome10"`), poor...)
		require.Equal(t, 201, status, text)
		require.Contains(t, text, `"subtotal":10.2,"discount":1.02,"total":9.18,"balance":0.82,`)
		h.Verify(t)
	})
}

// No order is smaller than what was asked for, and what is wrong besides the
// quantity is found first.
func TestQuantityBeyondCounting(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		grain, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "GRAIN", Name: "A grain", Category: catalog.Category{ID: 2}, Currency: "THB", Price: money.Unit / 100,
			Source: catalog.SourceProvider, MaxQuantity: 1_000_000,
		})
		require.NoError(t, err)
		body := func(quantity, more string) string {
			return fmt.Sprintf(`{"productId":%d,"quantity":%s%s}`, grain.ID, quantity, more)
		}
		for _, quantity := range []string{"1000001", "2000000", "9223372036854775807", "1e18"} {
			c.expect("POST", orders, body(quantity, ""), 409, soldOut)
			c.expect("POST", orders, body(quantity, `,"coupon":"nope"`), 400, noCoupon)
			c.expect("POST", orders, body(quantity, `,"idempotencyKey":"most"`), 409, soldOut)
		}
		most := c.order("POST", orders, body("1000000", `,"idempotencyKey":"most"`), 201)
		require.InDelta(t, 10_000, most.Total, 0)
		c.expect("POST", orders, body("1000001", `,"idempotencyKey":"most"`), 400, keyUsed)
		require.True(t, c.order("POST", orders, body("1e6", `,"idempotencyKey":"most"`), 200).Idempotent)
	})
}

func TestCouponRounding(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		odd, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "ODD", Name: "Odd", Category: catalog.Category{ID: 2}, Currency: "THB", Price: 10_250_000,
			Source: catalog.SourceProvider,
		})
		require.NoError(t, err)
		half := c.order("POST", orders, fmt.Sprintf(`{"productId":%d,"quantity":1,"coupon":"WELCOME10"}`, odd.ID), 201)
		require.Equal(t, []float64{10.25, 1.03, 9.22}, []float64{half.Subtotal, half.Discount, half.Total}, "half up")
		free := c.order("POST", orders, `{"productId":1,"quantity":1,"coupon":"once50"}`, 201)
		require.Equal(
			t, []float64{10.2, 10.2, 0}, []float64{free.Subtotal, free.Discount, free.Total}, "never more than the subtotal",
		)
		c.expect("POST", orders, `{"productId":1,"quantity":1,"coupon":"ONCE50"}`, 400, noCoupon)
	})
}

// What came through other doors is read here too, one item for each line; what
// is another account's is not there.
func TestOrdersOfOtherDoors(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		placed, err := h.Orders.Create(t.Context(), &order.Draft{
			MerchantID: 1, Currency: "THB", Reference: "elsewhere", Door: "test",
			Lines: []order.DraftLine{{SKU: "EMAIL_BASIC", Quantity: 2}, {SKU: "DIAMOND_FAIL", Quantity: 1}},
		})
		require.NoError(t, err)
		number := placed.Order.Number
		h.Settle(t)
		read := c.order("GET", orders+"/"+number+"/", "", 200)
		require.Equal(t, placed.Order.ID, read.ID)
		require.Equal(t, "failed", read.Status)
		require.Len(t, read.Items, 2)
		require.Equal(t, []string{"delivered", "failed"}, []string{read.Items[0].Status, read.Items[1].Status})
		require.Len(t, strings.Split(*read.Items[0].Data, "\n"), 2)
		require.Nil(t, read.Items[1].Data)

		var list struct{ Items []placedOrder }
		_, text, _ := c.send("GET", orders+"?status=failed", "")
		require.NoError(t, json.Unmarshal([]byte(text), &list))
		require.Len(t, list.Items, 1)
		require.Equal(t, read.Items, list.Items[0].Items, "the same in the list")
		for _, absent := range []string{"subtotal", "discount", "balance", "idempotent"} {
			require.NotContains(t, text, `"`+absent+`"`)
		}

		const none = `{"error":{"code":"not_found","message":"order not found"}}`
		c.expect("GET", orders+"/"+number, "", 404, none, "X-Api-Key", "demo-poor-key")
		c.expect(
			"GET", orders+"/"+strings.ToLower(c.order("POST", orders, `{"productId":1,"quantity":1}`, 201).Code), "", 404, none,
		)
		c.expect("GET", orders+"/"+strings.Repeat("x", 5_000), "", 404, none)
		c.expect(
			"GET", orders, "", 200, `{"items":[],"page":1,"perPage":50,"total":0,"totalPages":0}`, "X-Api-Key", "demo-poor-key",
		)
	})
}

// An order that was taken back is a failed one here.
func TestCancelledOrder(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		day, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
			SKU: "DAY", Name: "A day out", Category: catalog.Category{ID: 2}, Currency: "THB", Price: money.Unit,
			Source: catalog.SourceStock, Dated: true,
		})
		require.NoError(t, err)
		require.NoError(
			t, h.Catalog.SetAllotments(t.Context(), day.ID, []catalog.Allotment{{UseDate: "2030-01-01", Capacity: 2}}),
		)
		placed, err := h.Orders.Create(t.Context(), &order.Draft{
			MerchantID: 1, Currency: "THB", Door: "test",
			Lines: []order.DraftLine{{SKU: day.SKU, Quantity: 2, UseDate: "2030-01-01"}},
		})
		require.NoError(t, err)
		before := c.order("GET", orders+"/"+placed.Order.Number, "", 200)
		require.Equal(t, "completed", before.Status)
		require.Len(t, strings.Split(*before.Items[0].Data, "\n"), 2)
		one := order.CancelLine{Position: 1, TicketCodes: []string{placed.Order.Lines[0].Goods[0].TicketCode}}
		_, err = h.Orders.Cancel(
			t.Context(), order.ByMerchant(1), placed.Order.Number, order.Cancellation{Lines: []order.CancelLine{one}},
		)
		require.NoError(t, err)
		half := c.order("GET", orders+"/"+placed.Order.Number, "", 200)
		require.Equal(t, "delivered", half.Items[0].Status)
		require.Equal(t, placed.Order.Lines[0].Goods[1].Content, *half.Items[0].Data, "without what was taken back")
		cancelled, err := h.Orders.Cancel(t.Context(), order.ByMerchant(1), placed.Order.Number, order.Cancellation{})
		require.NoError(t, err)
		require.Equal(t, order.StatusCancelled, cancelled.Status)
		read := c.order("GET", orders+"/"+placed.Order.Number, "", 200)
		require.Equal(t, "failed", read.Status)
		require.Equal(t, "failed", read.Items[0].Status)
		require.Nil(t, read.Items[0].Data)
		c.expect("POST", orders, fmt.Sprintf(`{"productId":%d,"quantity":1}`, day.ID), 404, unknown)
		c.expect("GET", fmt.Sprint("/api/v2/products/", day.ID), "", 404, unknown)
	})
}

func TestConfiguredLimit(t *testing.T) {
	h := doortest.SQLite(t)
	c := client{t, h.Serve(marketacc.New(h.Doors, marketacc.Config{Limit: account.RateLimit{RequestsPerMinute: 2}})).URL}
	key := []string{"X-Api-Key", "demo-poor-key"}
	for range 2 {
		status, _, _ := c.send("GET", "/api/v2/me", "", key...)
		require.Equal(t, 200, status)
	}
	c.expect("POST", orders, "{", 429, `{"error":{"code":"rate_limited","message":"too many requests"}}`, key...)
	_, _, header := c.send("GET", "/api/v2/me", "", key...)
	require.Regexp(t, `^[1-9]\d?$`, header.Get("Retry-After"))
	status, _, _ := c.send("GET", "/api/v2", "", "X-None", "")
	require.Equal(t, 200, status, "the index counts for nobody")

	poor, err := h.Accounts.FindMerchant(t.Context(), "poor")
	require.NoError(t, err)
	second := account.Key{MerchantID: poor.ID, Scope: account.ScopeMerchant}
	_, err = h.Accounts.AddKey(t.Context(), second, "second-poor-key")
	require.NoError(t, err)
	status, _, _ = c.send("GET", "/api/v2/me", "", "X-Api-Key", "second-poor-key")
	require.Equal(t, 200, status, "each key has the limit for itself")
}

// Where the key is looked for: the first place that has one decides.
func TestThreeWaysIn(t *testing.T) {
	h := doortest.SQLite(t)
	c := open(t, h)
	for _, test := range []struct {
		name    string
		query   string
		headers []string
		status  int
	}{
		{"bearer", "", []string{"Authorization", "Bearer demo-key"}, 201},
		{"bearer in any case", "", []string{"Authorization", "bEARER  demo-key "}, 201},
		{"header", "", []string{"X-Api-Key", "demo-key"}, 201},
		{"query", "?api_key=demo-key", []string{"X-None", ""}, 201},
		{"bearer before the header", "", []string{"Authorization", "Bearer demo-key", "X-Api-Key", "wrong"}, 201},
		{"header before the query", "?api_key=wrong", []string{"X-Api-Key", "demo-key"}, 201},
		{"another scheme is no key", "", []string{"Authorization", "Basic ZGVtbw==", "X-Api-Key", "demo-key"}, 201},
		{
			"a wrong bearer is not rescued", "?api_key=demo-key",
			[]string{"Authorization", "Bearer wrong", "X-Api-Key", "demo-key"},
			401,
		},
		{"an empty bearer is not rescued", "", []string{"Authorization", "Bearer", "X-Api-Key", "demo-key"}, 401},
		{"a wrong header is not rescued", "?api_key=demo-key", []string{"X-Api-Key", "wrong"}, 401},
		{"a wrong query", "?api_key=wrong", []string{"X-None", ""}, 401},
		{"an empty query", "?api_key=", []string{"X-None", ""}, 401},
		{"another letter case", "", []string{"X-Api-Key", "DEMO-KEY"}, 401},
	} {
		t.Run(test.name, func(t *testing.T) {
			status, text, header := c.send("POST", orders+test.query, `{"productId":1,"quantity":1}`, test.headers...)
			require.Equal(t, test.status, status, text)
			if status == 401 {
				require.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
			}
		})
	}
	status, _, _ := c.send("POST", orders, `{"productId":1,"quantity":1,"api_key":"demo-key"}`, "X-None", "")
	require.Equal(t, 401, status, "never in the body")
}
