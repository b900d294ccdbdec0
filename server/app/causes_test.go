package app_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/app"
	"orderhub/server/demo"
	"orderhub/server/money"
)

var update = flag.Bool("update", false, "write docs/doors.md anew")

const doorsDocument = "../../docs/doors.md"

// The doors in the order of the document.
var doorNames = []string{"gRPC", "REST", "GameSO", "BursaGB", "marketacc", "AX Cloud"}

// request is one call at a door. A cause that cannot arise at a door has none.
type request struct {
	method, path string
	key          string // "" for the door's usual one, "-" for none
	body         string
	contentType  string
	headers      []string // more of them, pairs of name and value
	// prepare runs right before the call, and may change it.
	prepare func(h *hub, r *request)
}

// cause is why a request is refused.
type cause struct {
	name string
	why  string
	at   map[string]request
}

// The usual callers and orders of each door.
const (
	gamesoOrder  = `{"reference_id":"%s","user_id":"u1","items":[{"sku":"%s","quantity":%s}]}`
	bursaOrder   = `{"basketData":[{"DeliverID":"%s","CustomerStoreProductID":%s,"Quantity":%s}]}`
	marketOrder  = `{"productId":%s,"quantity":%s,"idempotencyKey":"%s"}`
	hubOrderBody = `{"referenceId":"%s","lines":[{"sku":"%s","quantity":%s}]}`
	axOrder      = `{"depth_combinations":[{"channel_product_mapping_code":"%s","dc_code":"%s","quantity":%s,` +
		`"use_date":"2030-05-01",` +
		`"unit_selling_price":"1","amount_price":"1","tickets":[{"name":"A","national_code":"82","phone":"1",` +
		`"email":"a@example.com"}]}],` +
		`"order":{"channel_order_code":"%s","purchased_at":"2026-01-01T00:00:00Z","sub_total":"1","total":"1",` +
		`"status":"New","is_voucher":false,"currency":"KRW"},` +
		`"purchaser":{"is_required_more_information":false,"name":"A","national_code":"82","phone":"1",` +
		`"email":"a@example.com","extra":""},` +
		`"representative":{"name":"A","national_code":"82","phone":"1","email":"a@example.com"}}`

	parkDay, parkDayOption = "af01c7c4-1637-46fb-b289-a090a9be0397", "d96b2ed4-12c5-4fb5-ae94-4f39b11ee980"
	parkFew, parkFewOption = "0b7c1f52-6a55-4c1e-9d0c-0f6f3a1c2b02", "5f0c8a0e-3c52-4f5b-8a51-7d1d6a2e9c02"
)

func grpcOrder(reference, sku, quantity string) request {
	return request{body: fmt.Sprintf(hubOrderBody, reference, sku, quantity)}
}

func restOrder(reference, sku, quantity string) request {
	return request{method: "POST", path: "/hub/v1/orders", body: fmt.Sprintf(hubOrderBody, reference, sku, quantity)}
}

func gamesoOrderOf(reference, sku, quantity string) request {
	return request{method: "POST", path: "/v1/orders", body: fmt.Sprintf(gamesoOrder, reference, sku, quantity)}
}

func bursaOrderOf(reference, product, quantity string) request {
	return request{method: "POST", path: "/Order/create", body: fmt.Sprintf(bursaOrder, reference, product, quantity)}
}

func marketOrderOf(reference, product, quantity string) request {
	return request{method: "POST", path: "/api/v2/orders", body: fmt.Sprintf(marketOrder, product, quantity, reference)}
}

func axOrderOf(reference, mapping, option, quantity string) request {
	return request{
		method: "POST", path: "/v1/channel/orders/day-ticket",
		body: fmt.Sprintf(axOrder, mapping, option, quantity, reference),
	}
}

// everywhere changes one good order of every door. Most doors' references are
// those of the merchant's orders, so each has its own.
func everywhere(reference string, change func(door string, r *request)) map[string]request {
	all := map[string]request{
		"gRPC": grpcOrder(reference+"-grpc", "EMAIL_BASIC", "1"), "REST": restOrder(reference+"-rest", "EMAIL_BASIC", "1"),
		"GameSO":    gamesoOrderOf(reference+"-gameso", "EMAIL_BASIC", "1"),
		"BursaGB":   bursaOrderOf(reference+"-bursagb", "2", "1"),
		"marketacc": marketOrderOf(reference+"-marketacc", "1", "1"),
		"AX Cloud":  axOrderOf(reference+"-axcloud", parkDay, parkDayOption, "1"),
	}
	for name, r := range all {
		change(name, &r)
		all[name] = r
	}
	return all
}

// overHTTP leaves gRPC out.
func overHTTP(all map[string]request) map[string]request {
	delete(all, "gRPC")
	return all
}

func causes() []cause {
	return []cause{
		{"unknown product", "No such product, or none that this merchant may buy.", map[string]request{
			"gRPC": grpcOrder("c1", "NONE", "1"), "REST": restOrder("c1", "NONE", "1"),
			"GameSO":  gamesoOrderOf("c1", "NONE", "1"),
			"BursaGB": bursaOrderOf("c1", "999", "1"), "marketacc": marketOrderOf("c1", "999", "1"),
			"AX Cloud": axOrderOf("c1", parkDay, parkFewOption, "1"),
		}},
		{"out of stock", "The product has too few units.", map[string]request{
			"gRPC": grpcOrder("c2", "EMAIL_GONE", "1"), "REST": restOrder("c2", "EMAIL_GONE", "1"),
			"GameSO":  gamesoOrderOf("c2", "EMAIL_GONE", "1"),
			"BursaGB": bursaOrderOf("c2", "3", "1"), "marketacc": marketOrderOf("c2", "317", "1"),
			"AX Cloud": axOrderOf("c2", parkFew, parkFewOption, "6"),
		}},
		{"too little money", "Balance and credit limit do not cover the order.", map[string]request{
			"gRPC":      with(grpcOrder("c3", "DIAMOND_100", "1"), demo.PoorKey),
			"REST":      with(restOrder("c3", "DIAMOND_100", "1"), demo.PoorKey),
			"GameSO":    with(gamesoOrderOf("c3", "DIAMOND_100", "1"), demo.PoorKey),
			"BursaGB":   {method: "POST", path: "/Order/create", body: dearBasket()},
			"marketacc": with(marketOrderOf("c3", "2", "1"), demo.PoorKey),
			"AX Cloud":  with(axOrderOf("c3", "9d1f2c3a-7e44-4a5b-9c0d-1a2b3c4d5e01", parkDayOption, "2"), "api_key_two"),
		}},
		{"total too large", "An order may cost 1,000,000,000 of its currency (`--max-order-total`).", map[string]request{
			"gRPC": {body: dearOrder}, "REST": {method: "POST", path: "/hub/v1/orders", body: dearOrder},
		}},
		{"too many units", "An order may have 10,000 units of stock and tickets (`--max-order-units`).", map[string]request{
			"AX Cloud": axOrderOf("c19", parkDay, parkDayOption, "10001"),
		}},
		{"quantity that the product does not allow", "The product has bounds of its own.", map[string]request{
			"BursaGB": bursaOrderOf("c4", "2", "51"),
		}},
		{"value of a customer field missing", "The product asks for it.", map[string]request{
			"gRPC":    with(grpcOrder("c5", "GOLD_10", "1"), demo.ResellerKey),
			"REST":    with(restOrder("c5", "GOLD_10", "1"), demo.ResellerKey),
			"BursaGB": bursaOrderOf("c5", "1", "1"),
		}},
		{"price changed", "Between reading the catalogue and booking.", map[string]request{
			"gRPC": {body: `{"referenceId":"c6","lines":[{"sku":"EMAIL_BASIC","quantity":1}],"expectedTotalAmount":"1.00"}`},
			"REST": {
				method: "POST", path: "/hub/v1/orders",
				body: `{"referenceId":"c6","lines":[{"sku":"EMAIL_BASIC","quantity":1}],"expectedTotalAmount":"1.00"}`,
			},
			"BursaGB": prepared(bursaOrderOf("c6", "2", "1"), changePrice),
		}},
		{"coupon that cannot be used", "Unknown, over, used up, or not for this order.", map[string]request{
			"gRPC": {body: `{"referenceId":"c7","lines":[{"sku":"EMAIL_BASIC","quantity":1}],"coupon":"EXPIRED"}`},
			"REST": {
				method: "POST", path: "/hub/v1/orders",
				body: `{"referenceId":"c7","lines":[{"sku":"EMAIL_BASIC","quantity":1}],"coupon":"EXPIRED"}`,
			},
			"marketacc": {method: "POST", path: "/api/v2/orders", body: `{"productId":1,"quantity":1,"coupon":"EXPIRED"}`},
		}},
		{
			"used reference, other content", "The reference belongs to an order that differs.",
			everywhere("used", func(name string, r *request) {
				r.body = strings.NewReplacer(`"quantity":1`, `"quantity":2`, `"Quantity":1`, `"Quantity":2`).Replace(r.body)
			}),
		},
		{"used reference, same content", "A retry: nothing is bought twice.", everywhere("used", func(string, *request) {})},
		{"no key", "No credentials at all.", everywhere("c8", func(_ string, r *request) { r.key = "-" })},
		{
			"wrong key", "Credentials that nobody has.",
			everywhere("c8", func(_ string, r *request) { r.key = "nobody-has-this-key" }),
		},
		{
			"two keys", "The request carries two keys, each somebody's.",
			overHTTP(everywhere("c8", func(name string, r *request) {
				r.headers = []string{"X-API-Key", demo.ResellerKey}
				if name == "BursaGB" {
					r.headers[1] = demo.MerchantKey
				}
			})),
		},
		{"suspended", "The merchant is suspended.", everywhere("c9", func(name string, r *request) {
			r.key = map[string]string{"BursaGB": "demo-reseller-suspended-key"}[name]
			if r.key == "" {
				r.key = demo.SuspendedKey
			}
		})},
		{
			"wrong address", "The caller's address is not on the merchant's allowlist.",
			everywhere("c10", func(_ string, r *request) { r.key = demo.FencedKey }),
		},
		{
			"key that only reads", "The key is good, and of a scope that does not order.",
			everywhere("c21", func(name string, r *request) { r.key = narrowKey(name, account.ScopeRead) }),
		},
		{
			"rate limited", "Too many requests; come back as Retry-After says.",
			everywhere("c11", func(_ string, r *request) { r.key = "limited-key" }),
		},
		{
			"malformed JSON", "The body is not JSON.",
			overHTTP(everywhere("c12", func(_ string, r *request) { r.body = `{"a":` })),
		},
		{"NUL in a text", "Or half of a surrogate pair: no value that a field can have.", map[string]request{
			"REST": restOrder(`c20\u0000`, "EMAIL_BASIC", "1"), "GameSO": gamesoOrderOf(`c20\ud800`, "EMAIL_BASIC", "1"),
			"BursaGB":   bursaOrderOf(`c20\u0000`, "2", "1"),
			"marketacc": marketOrderOf(`c20\ud800`, "1", "1"), "AX Cloud": axOrderOf(`c20\u0000`, parkDay, parkDayOption, "1"),
		}},
		{"required value missing", "An empty object.", everywhere("c13", func(_ string, r *request) { r.body = `{}` })},
		{"wrong type", "A text where a number belongs.", overHTTP(everywhere("c14", func(_ string, r *request) {
			r.body = strings.NewReplacer(`"quantity":1`, `"quantity":"x"`, `"Quantity":1`, `"Quantity":"x"`).Replace(r.body)
		}))},
		{"quantity of nothing", "A quantity below one.", everywhere("c15", func(_ string, r *request) {
			r.body = strings.NewReplacer(`"quantity":1`, `"quantity":0`, `"Quantity":1`, `"Quantity":0`).Replace(r.body)
		})},
		{"body too large", "Over 1 MiB.", overHTTP(everywhere("c16", func(_ string, r *request) {
			r.body = `{"x":"` + strings.Repeat("x", 5<<20) + `"}`
		}))},
		{
			"compressed body", "Or encoded otherwise, by its Content-Encoding.",
			overHTTP(everywhere("c19", func(_ string, r *request) {
				r.headers = []string{"Content-Encoding", "gzip"}
			})),
		},
		{
			"wrong content type", "Not JSON by its own words.",
			overHTTP(everywhere("c17", func(_ string, r *request) { r.contentType = "text/plain" })),
		},
		{
			"wrong method", "The path exists, not with this verb.",
			overHTTP(everywhere("c18", func(_ string, r *request) { r.method = "PUT" })),
		},
		{"unknown path", "Nothing is there.", map[string]request{
			"REST": {method: "GET", path: "/hub/v1/none"}, "GameSO": {method: "GET", path: "/v1/none"},
			"BursaGB":   {method: "GET", path: "/Order/none/none"},
			"marketacc": {method: "GET", path: "/api/v2/none"}, "AX Cloud": {method: "GET", path: "/v1/channel/none"},
		}},
		{"unclean path", "With empty or dotted segments. Nothing is redirected.", map[string]request{
			"REST": {method: "GET", path: "/hub/v1//orders"}, "GameSO": {method: "GET", path: "/v1/x/../orders"},
			"BursaGB":   {method: "GET", path: "/Order//create"},
			"marketacc": {method: "GET", path: "/api/v2/./me"},
			"AX Cloud":  {method: "GET", path: "/v1/channel//orders/day-ticket"},
		}},
		{"unknown order", "No such order of this merchant.", map[string]request{
			"REST": {method: "GET", path: "/hub/v1/orders/ord_none"}, "GameSO": {method: "GET", path: "/v1/orders/none"},
			"BursaGB":   {method: "GET", path: "/Order/detail/999999"},
			"marketacc": {method: "GET", path: "/api/v2/orders/API0000000000"},
			"AX Cloud":  {method: "GET", path: "/v1/channel/orders/day-ticket/00000000-0000-4000-8000-000000000000"},
		}},
		{
			"erased order", "An order whose customer was erased (`orderhub erase`).",
			overHTTP(everywhere("erased", func(name string, r *request) {
				r.prepare = func(h *hub, r *request) { eraseOrder(h, name, r) }
			})),
		},
	}
}

// dearOrder is worth more than any order may be.
const dearOrder = `{"referenceId":"c20","lines":[{"sku":"DIAMOND_500","quantity":1000000},{"sku":"DIAMOND_500",` +
	`"quantity":1000000},` +
	`{"sku":"DIAMOND_500","quantity":1000000}]}`

// dearBasket is worth more than its customer has.
func dearBasket() string {
	line := `{"DeliverID":"c3","CustomerStoreProductID":1,"Quantity":1000,"RequireData":[{"ProductRequireID":1,` +
		`"Value":"12341234"}]}`
	return `{"basketData":[` + strings.Join([]string{line, line, line}, ",") + `]}`
}

func with(r request, key string) request {
	r.key = key
	return r
}

func prepared(r request, prepare func(h *hub, r *request)) request {
	r.prepare = prepare
	return r
}

// changePrice does what another process would: this hub has not noticed yet.
func changePrice(h *hub, _ *request) {
	s := openStore(h.tb, h.cfg, app.Current)
	defer s.Close()
	snapshot, err := s.Products.LoadSnapshot(context.Background())
	require.NoError(h.tb, err)
	p := *snapshot.ProductBySKU("EPIN_25")
	p.Price, p.Version = p.Price+money.Unit, 0
	_, err = s.Products.UpdateProduct(context.Background(), p)
	require.NoError(h.tb, err)
}

// TestCauses provokes every cause at every door and compares the answers with
// docs/doors.md.
func TestCauses(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			cfg := database.new(t)
			h := startDemo(t, cfg)
			h.cfg = &cfg
			prepareCauses(t, h)
			got := describeCauses(t, h)
			if *update && database.name == "sqlite" {
				require.NoError(t, os.WriteFile(doorsDocument, []byte(got), 0o644))
			}
			want, err := os.ReadFile(doorsDocument)
			require.NoError(t, err)
			require.Equal(t, string(want), got, "run with -update, then read the difference")
			h.verify(&cfg)
		})
	}
}

// prepareCauses uses the reference "used" at every door, and makes a merchant
// that may come once.
func prepareCauses(t *testing.T, h *hub) {
	t.Helper()
	for name, r := range everywhere("used", func(string, *request) {}) {
		status, _, body := h.ask(t, name, r)
		require.Contains(t, []int{http.StatusOK, http.StatusCreated}, status, "%s: %s", name, body)
	}
	m, err := h.Accounts.CreateMerchant(t.Context(), account.NewMerchant{
		Name: "limited", Currency: "KRW", RateLimit: account.RateLimit{RequestsPerMinute: 1, Burst: 1},
	})
	require.NoError(t, err)
	_, err = h.Accounts.AddKey(t.Context(), account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}, "limited-key")
	require.NoError(t, err)
	require.NoError(t, h.Accounts.SetChannelCode(t.Context(), m.ID, demo.ChannelCode))
	h.call(http.MethodGet, "limited-key", "/hub/v1/account", nil, nil)
	addNarrowKeys(t, h)
	sellChecked(t, h)
}

// describeCauses is the document.
func describeCauses(t *testing.T, h *hub) string {
	t.Helper()
	var out strings.Builder
	out.WriteString(
		"<!-- Written by `go test ./server/app -run TestCauses -update`, and checked by every run of it. -->\n" +
			"# What each door says\n\nFor each cause the status, and the body to the letter; what differs from call to call " +
			"is written as `…`. " +
			"A cause that cannot arise at a door is left out there.\n\n" +
			"What a door costs beside the hub's own contract: `go test ./server/app -run '^$' -bench Doors -benchtime 1x`; " +
			"the ratio should stay below 1.3.\n\n" +
			"No door but the hub's own contract speaks of [holds](holds.md). What is held is not for sale at any of them, and " +
			"its order shows once it is confirmed.\n",
	)
	describe(t, h, &out, causes(), shortBody)
	describe(t, h, &out, claimCauses(), wholeBody)
	describe(t, h, &out, recipientCauses(), shortBody)
	return out.String()
}

// describe writes what the doors answer, of each body so many characters.
func describe(t *testing.T, h *hub, out io.Writer, causes []cause, most int) {
	t.Helper()
	for _, c := range causes {
		fmt.Fprintf(
			out, "\n## %s\n\n%s\n\n| door | status | headers | body |\n|---|---|---|---|\n",
			strings.ToUpper(c.name[:1])+c.name[1:], c.why,
		)
		for _, name := range doorNames {
			r, ok := c.at[name]
			if !ok {
				continue
			}
			if r.prepare != nil {
				r.prepare(h, &r)
			}
			status, headers, body := h.ask(t, name, r)
			require.NotEqual(t, http.StatusInternalServerError, status, "%s at %s: %s", c.name, name, body)
			text := fmt.Sprint(status)
			if name == "gRPC" {
				text = headers
				headers = ""
			}
			shown := strings.ReplaceAll(varying(body, most), "|", "\\|")
			fmt.Fprintf(out, "| %s | %s | %s | `%s` |\n", name, text, headers, shown)
		}
	}
}
