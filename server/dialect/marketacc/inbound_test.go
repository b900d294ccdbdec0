package marketacc_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/marketacc"
	"orderhub/server/door/doortest"
	"orderhub/server/order"
)

// client calls the door as the partner's clients do.
type client struct {
	t    *testing.T
	base string
}

func open(t *testing.T, h *doortest.Server) client {
	t.Helper()
	return client{t, h.Serve(marketacc.New(h.Doors, marketacc.Config{})).URL}
}

func (c client) send(method, path, body string, headers ...string) (status int, answer string, header http.Header) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	if len(headers) == 0 {
		headers = []string{"Authorization", "Bearer YOUR_API_KEY"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, "application/json", response.Header.Get("Content-Type"), "%s %s", method, path)
	return response.StatusCode, string(text), response.Header
}

// expect compares an answer that is the same every time.
func (c client) expect(method, path, body string, status int, want string, headers ...string) {
	c.t.Helper()
	gotStatus, got, _ := c.send(method, path, body, headers...)
	require.Equal(c.t, status, gotStatus, "%s %s %.200s: %s", method, path, body, got)
	require.Equal(c.t, want, got, "%s %s %.200s", method, path, body)
}

type placedOrder struct {
	ID         int64   `json:"id"`
	Code       string  `json:"code"`
	Status     string  `json:"status"`
	Subtotal   float64 `json:"subtotal"`
	Discount   float64 `json:"discount"`
	Total      float64 `json:"total"`
	Balance    float64 `json:"balance"`
	Idempotent bool    `json:"idempotent"`
	Items      []struct {
		ProductID int64   `json:"productId"`
		Status    string  `json:"status"`
		Data      *string `json:"data"`
	} `json:"items"`
}

func (c client) order(method, path, body string, status int) placedOrder {
	c.t.Helper()
	got, text, _ := c.send(method, path, body)
	require.Equal(c.t, status, got, text)
	var o placedOrder
	require.NoError(c.t, json.Unmarshal([]byte(text), &o))
	return o
}

func TestOrders(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		body := `{"productId":315,"quantity":2,"coupon":"welcome10","idempotencyKey":"client-uuid"}`
		first := c.order("POST", "/api/v2/orders", body, 201)
		require.Regexp(t, `^API[A-Z0-9]{10}$`, first.Code)
		require.Equal(t, "completed", first.Status)
		require.Equal(
			t, []float64{102, 10.2, 91.8, 999908.2}, []float64{first.Subtotal, first.Discount, first.Total, first.Balance},
		)
		require.Len(t, strings.Split(*first.Items[0].Data, "\n"), 2)
		require.False(t, first.Idempotent)
		require.Empty(t, first.Items[0].Status)

		c.order("POST", "/api/v2/orders", `{"productId":1,"quantity":1}`, 201) // the balance goes on
		again := c.order("POST", "/api/v2/orders/", strings.Replace(body, "2,", "2.0, ", 1), 200)
		require.True(t, again.Idempotent)
		first.Idempotent = true
		require.Equal(t, first, again)
		for _, other := range []string{
			`{"productId":315,"quantity":3,"coupon":"welcome10","idempotencyKey":"client-uuid"}`,
			`{"productId":1,"quantity":2,"coupon":"welcome10","idempotencyKey":"client-uuid"}`,
			`{"productId":9999,"quantity":2,"idempotencyKey":"client-uuid"}`,
			`{"productId":315,"quantity":2,"idempotencyKey":"client-uuid"}`,
		} {
			c.expect(
				"POST", "/api/v2/orders", other, 400,
				`{"error":{"code":"invalid_request","message":"idempotencyKey was already used with a different `+
					`body","details":[{"field":"idempotencyKey","message":"already used for another order"}]}}`,
			)
		}

		pending := c.order("POST", "/api/v2/orders", `{"productId":4,"quantity":1}`, 201)
		require.Equal(t, "pending", pending.Status)
		require.Nil(t, pending.Items[0].Data)
		partial := c.order("POST", "/api/v2/orders", `{"productId":5,"quantity":3}`, 201)
		h.Settle(t)
		read := c.order("GET", "/api/v2/orders/"+pending.Code, "", 200)
		require.Equal(t, "failed", read.Status)
		require.Equal(t, "failed", read.Items[0].Status)
		require.Nil(t, read.Items[0].Data)
		read = c.order("GET", "/api/v2/orders/"+partial.Code, "", 200)
		require.Equal(t, "failed", read.Status)
		require.Len(t, strings.Split(*read.Items[0].Data, "\n"), 2, "what was delivered of it")

		var list struct {
			Items                            []placedOrder
			Page, PerPage, Total, TotalPages int
		}
		for path, want := range map[string]string{
			"/api/v2/orders":                              "failed failed completed completed 1 50 4 1",
			"/api/v2/orders?per_page=3&page=2":            "completed 2 3 4 2",
			"/api/v2/orders?status=completed&per_page=1":  "completed 1 1 2 2",
			"/api/v2/orders?status=pending&page=&status=": "1 50 0 0",
			"/api/v2/orders?page=9":                       "9 50 4 1",
		} {
			_, text, _ := c.send("GET", path, "")
			list.Items = nil
			require.NoError(t, json.Unmarshal([]byte(text), &list))
			var got []string
			for _, o := range list.Items {
				got = append(got, o.Status)
			}
			require.Equal(
				t, want,
				strings.TrimSpace(
					fmt.Sprint(strings.Join(got, " "), " ", list.Page, " ", list.PerPage, " ", list.Total, " ", list.TotalPages),
				), path,
			)
			require.Contains(t, text, `"items":[`)
		}
		h.Verify(t)
	})
}

func TestRefusals(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		refused := func(body string, status int, want string, headers ...string) {
			t.Helper()
			c.expect("POST", "/api/v2/orders", body, status, `{"error":{"code":`+want+`}}`, headers...)
		}
		refused(`{"productId":9999,"quantity":1}`, 404, `"not_found","message":"product not found"`)
		refused(`{"productId":402,"quantity":1}`, 404, `"not_found","message":"product not found"`)
		refused(`{"productId":317,"quantity":1}`, 409, `"out_of_stock","message":"out of stock"`)
		refused(`{"productId":316,"quantity":4}`, 409, `"out_of_stock","message":"out of stock"`)
		refused(`{"productId":1,"quantity":9007199254740993}`, 409, `"out_of_stock","message":"out of stock"`)
		refused(
			`{"productId":1,"quantity":1,"coupon":"EXPIRED"}`, 400,
			`"invalid_request","message":"coupon cannot be used","details":[{"field":"coupon","message":"unknown or expired"}]`,
		)
		refused(
			`{"productId":317,"quantity":1,"coupon":"nope"}`, 400,
			`"invalid_request","message":"coupon cannot be used","details":[{"field":"coupon","message":"unknown or expired"}]`,
		)
		refused(
			`{"productId":2,"quantity":1}`, 402, `"insufficient_balance","message":"insufficient balance"`, "X-Api-Key",
			"demo-poor-key",
		)
		refused(
			`{"productId":2,"quantity":1}`, 403, `"forbidden","message":"account is banned"`, "X-Api-Key", "demo-suspended-key",
		)
		refused(
			`{"productId":2,"quantity":1}`, 403, `"forbidden","message":"IP address is not allowed"`, "X-Api-Key",
			"demo-fenced-key",
		)
		refused(`{}`, 401, `"unauthenticated","message":"missing or invalid API key"`, "X-None", "")
		refused(`{}`, 401, `"unauthenticated","message":"missing or invalid API key"`, "X-Api-Key", "demo-admin-key")
		refused(
			`{}`, 401, `"unauthenticated","message":"missing or invalid API key"`, "Authorization", "Bearer wrong", "X-Api-Key",
			"demo-key",
		)

		wrong := func(field, message string) string {
			return `"invalid_request","message":"invalid request","details":[{"field":"` + field + `","message":"` + message +
				`"}]`
		}
		const positive = "must be an integer of at least 1"
		refused(
			`{"quantity":0}`, 400,
			`"invalid_request","message":"invalid `+
				`request","details":[{"field":"productId","message":"required"},{"field":"quantity","message":"must be an `+
				`integer of at least 1"}]`,
		)
		for _, bad := range []string{
			`"315"`, `1.5`, `0`, `-1`, `true`, `[]`, `{}`, `1e300`, `1e999999999`, `9223372036854775808`,
			strings.Repeat("9", 5000),
		} {
			refused(`{"productId":`+bad+`,"quantity":1}`, 400, wrong("productId", positive))
		}
		refused(`{"productId":null,"quantity":1}`, 400, wrong("productId", "required"))
		refused(`{"productId":1,"quantity":1,"coupon":5}`, 400, wrong("coupon", "must be a string"))
		refused(
			`{"productId":1,"quantity":1,"idempotencyKey":"`+strings.Repeat("ü", 256)+`"}`, 400,
			wrong("idempotencyKey", "must have at most 255 characters, none of them a control character"),
		)
		refused(
			`{"productId":1,"quantity":1,"idempotencyKey":"a\nb"}`, 400,
			wrong("idempotencyKey", "must have at most 255 characters, none of them a control character"),
		)
		refused(
			`{"productId":1,"quantity":1,"idempotencyKey":"\ud800"}`, 400,
			wrong("idempotencyKey", "must have at most 255 characters, none of them a control character"),
		)
		refused(
			`{"productId":1,"quantity":1,"coupon":"\u0000"}`, 400,
			wrong("coupon", "must have at most 1000 characters, none of them a control character"),
		)
		for _, bad := range []string{
			``, `{`, `[]`, `null`, `"x"`, `{} {}`, "{\"productId\":\"\xff\"}", strings.Repeat(`{"a":`, 50_000),
		} {
			refused(bad, 400, `"invalid_request","message":"request body is not valid JSON"`)
		}
		refused(`{"x":"`+strings.Repeat("x", 2<<20)+`"}`, 413, `"invalid_request","message":"request body is too large"`)
		c.order(
			"POST", "/api/v2/orders",
			`{"productId":9,"productId":1.0,"quantity":1e0,"coupon":null,"idempotencyKey":"`+strings.Repeat("ü", 255)+
				`","x":[1]}`, 201,
		)

		for path, field := range map[string]string{
			"/api/v2/orders?page=0":                          `page","message":"must be at least 1`,
			"/api/v2/products?per_page=201":                  `per_page","message":"must be between 1 and 200`,
			"/api/v2/products?per_page=x":                    `per_page","message":"must be between 1 and 200`,
			"/api/v2/products?min_stock=-1":                  `min_stock","message":"must be an integer of at least 0`,
			"/api/v2/products?min_price=-1":                  `min_price","message":"must be a number of at least 0`,
			"/api/v2/products?max_price=NaN":                 `max_price","message":"must be a number of at least 0`,
			"/api/v2/products?max_price=Infinity":            `max_price","message":"must be a number of at least 0`,
			"/api/v2/products?min_stock=9223372036854775808": `min_stock","message":"must be an integer of at least 0`,
			"/api/v2/products?page=9223372036854775808":      `page","message":"must be at least 1`,
			"/api/v2/orders?page=1.5":                        `page","message":"must be at least 1`,
			"/api/v2/orders?per_page=0":                      `per_page","message":"must be between 1 and 200`,
			"/api/v2/products?min_price=1/2":                 `min_price","message":"must be a number of at least 0`,
			"/api/v2/products?min_price=0x10":                `min_price","message":"must be a number of at least 0`,
			"/api/v2/products?max_price=1e999999999":         `max_price","message":"must be a number of at least 0`,
			"/api/v2/products?max_price=-1e-9":               `max_price","message":"must be a number of at least 0`,
			"/api/v2/products?max_price=.":                   `max_price","message":"must be a number of at least 0`,
			"/api/v2/orders?status=Completed":                `status","message":"must be one of completed, pending, failed`,
			"/api/v2/orders?status=lost":                     `status","message":"must be one of completed, pending, failed`,
		} {
			c.expect(
				"GET", path, "", 400,
				`{"error":{"code":"invalid_request","message":"invalid query parameters","details":[{"field":"`+field+`"}]}}`,
			)
		}
		for _, path := range []string{"/api/v2/products?q=%00", "/api/v2/products?q=%ff", "/api/v2/products?q=%zz"} {
			c.expect("GET", path, "", 400, `{"error":{"code":"invalid_request","message":"invalid query parameters"}}`)
		}
		for _, path := range []string{
			"/api/v2/none", "/api/v2/orders/x/y", "/api/v2//orders", "/api/v2/%6fther", "/api/v2/ME", "/api/v2/me//",
		} {
			c.expect("GET", path, "", 404, `{"error":{"code":"not_found","message":"resource not found"}}`)
		}
		for _, path := range []string{"/api/v2/orders/%00", "/api/v2/orders/%ff"} {
			c.expect("GET", path, "", 404, `{"error":{"code":"not_found","message":"order not found"}}`)
		}
		c.expect("GET", "/api/v2/orders/APIXXXXXXXXXX", "", 404, `{"error":{"code":"not_found","message":"order not found"}}`)
		c.expect(
			"GET", "/api/v2/products/email-none", "", 404, `{"error":{"code":"not_found","message":"product not found"}}`,
		)
		for _, none := range []string{"99999999999999999999", "Email-2fa", "EMAIL_2FA", "315%20", "-1", "%2e%2e"} {
			c.expect("GET", "/api/v2/products/"+none, "", 404, `{"error":{"code":"not_found","message":"product not found"}}`)
		}
		c.expect("GET", "/api/v2/products/402", "", 404, `{"error":{"code":"not_found","message":"product not found"}}`)
		status, text, header := c.send("DELETE", "/api/v2/orders", "")
		require.Equal(
			t, `405 {"error":{"code":"invalid_request","message":"method not allowed"}} GET, POST`,
			fmt.Sprint(status, " ", text, " ", header.Get("Allow")),
		)
		_, _, header = c.send("GET", "/api/v2/me", "", "X-None", "")
		require.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
		for range 2000 { // two come back each second
			if status, text, header = c.send("GET", "/api/v2/me", "", "X-Api-Key", "demo-poor-key"); status != 200 {
				break
			}
		}
		require.Equal(t, `429 {"error":{"code":"rate_limited","message":"too many requests"}}`, fmt.Sprint(status, " ", text))
		require.NotEmpty(t, header.Get("Retry-After"))
		h.Verify(t)
	})
}

func TestCatalogueAndAccount(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		index, err := os.ReadFile("testdata/root_response_200.json")
		require.NoError(t, err)
		status, text, _ := c.send("GET", "/api/v2/", "", "X-None", "")
		require.Equal(t, 200, status)
		require.JSONEq(t, string(index), text)
		c.expect(
			"GET", "/api/v2/categories", "", 200,
			`{"items":[{"id":1,"slug":"hotmail-outlook","name":"Hotmail - `+
				`Outlook","productCount":4},{"id":2,"slug":"game-topup","name":"Game top-up","productCount":6}],"total":2}`,
		)
		c.order("POST", "/api/v2/orders", `{"productId":1,"quantity":3}`, 201)
		_, text, _ = c.send("GET", "/api/v2/me?api_key=demo-key", "", "X-None", "")
		require.Regexp(
			t,
			`^{"id":1,"username":"demo","email":"demo@example.com","balance":999969.4,"currency":"THB",`+
				`"totalDeposit":1000000,"totalSpent":30.6,"points":3,"orderCount":1,"role":"user",`+
				`"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"}$`, text,
		)
		_, text, _ = c.send("GET", "/api/v2/products/email-basic", "")
		require.Regexp(
			t,
			`^{"id":1,"name":"Outlook e-mail, `+
				`basic","slug":"email-basic","category":{"slug":"hotmail-outlook","name":"Hotmail - `+
				`Outlook"},"price":10.2,"stock":4997,"sold":3,"description":"","format":"user\|pass\|2fa","createdAt":"[^"]+"}$`,
			text,
		)
		for query, want := range map[string]string{
			"?category=hotmail-outlook&min_stock=1&max_price=51.00": "1,315", "?q=OUTLOOK&min_price=51": "315,316",
			"?q=email": "", "?category=none": "",
			"?min_price=100&max_price=1": "", "?per_page=2&page=2": "3,4", "?page=99": "",
			"?category=&q=&per_page=200":        "1,2,3,4,5,6,7,315,316,317",
			"?min_price=10.2&max_price=10.2000": "1", "?min_price=10.2001&max_price=30": "317",
			"?min_price=1e2&max_price=1.2E2": "2,4,5,6,7,316", "?max_price=1e99&q=aged": "316", "?min_price=1e99": "",
			"?min_price=1e-99&max_price=-0":  "",
			"?min_stock=9223372036854775807": "", "?page=9223372036854775807&per_page=200": "", "?category=Gold": "",
			"?q=%C3%A9": "",
		} {
			_, text, _ := c.send("GET", "/api/v2/products"+query, "")
			var list struct{ Items []struct{ ID int64 } }
			require.NoError(t, json.Unmarshal([]byte(text), &list))
			var ids []string
			for _, p := range list.Items {
				ids = append(ids, fmt.Sprint(p.ID))
			}
			require.Equal(t, want, strings.Join(ids, ","), query)
		}
		c.expect(
			"GET", "/api/v2/products?page=6&per_page=2", "", 200, `{"items":[],"page":6,"perPage":2,"total":10,"totalPages":5}`,
		)
		c.expect(
			"GET", "/api/v2/orders?page=9223372036854775807", "", 200,
			`{"items":[],"page":9223372036854775807,"perPage":50,"total":1,"totalPages":1}`,
		)
		for _, same := range []string{"315", "000315", "email-2fa", "%65mail-2fa"} {
			_, text, _ := c.send("GET", "/api/v2/products/"+same, "")
			require.Contains(t, text, `{"id":315,`, same)
		}
		c.expect(
			"GET", "/api/v2/products?q=nothing-is-called-so", "", 200,
			`{"items":[],"page":1,"perPage":50,"total":0,"totalPages":0}`,
		)
	})
}

// Fifty who ask at once with one key get one order.
func TestOneKeyAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		var created, replayed atomic.Int64
		var running sync.WaitGroup
		for range 50 {
			running.Go(func() {
				switch status, _, _ := c.send(
					"POST", "/api/v2/orders", `{"productId":316,"quantity":1,"idempotencyKey":"one"}`,
				); status {
				case 201:
					created.Add(1)
				case 200:
					replayed.Add(1)
				}
			})
		}
		running.Wait()
		require.Equal(t, []int64{1, 49}, []int64{created.Load(), replayed.Load()})
		count, err := h.Orders.Count(t.Context(), order.ByMerchant(1), order.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 1, count)
		h.Verify(t)
	})
}
