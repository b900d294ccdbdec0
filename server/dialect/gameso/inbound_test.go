package gameso_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/dialect/gameso"
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
	return client{t, h.Serve(gameso.New(h.Doors, h.Webhooks, gameso.Config{})).URL}
}

func (c client) send(method, path, body string, headers ...string) (status int, answer string, header http.Header) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	request.Header.Set("Content-Type", "application/json")
	if len(headers) == 0 {
		headers = []string{"X-API-Key", "your_api_key_here"}
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	require.Equal(c.t, "application/json", response.Header.Get("Content-Type"))
	return response.StatusCode, string(text), response.Header
}

// refused compares an error, which is the same every time.
func (c client) refused(method, path, body string, status int, code, message string, headers ...string) {
	c.t.Helper()
	gotStatus, got, _ := c.send(method, path, body, headers...)
	require.Equal(
		c.t, fmt.Sprintf(`%d {"status":%d,"code":"%s","message":"%s"}`, status, status, code, message),
		fmt.Sprint(gotStatus, " ", got), "%.300s", body,
	)
}

func (c client) ok(method, path, body string) (answer map[string]any, text string) {
	c.t.Helper()
	status, text, _ := c.send(method, path, body)
	require.Equal(c.t, 200, status, text)
	require.NoError(c.t, json.Unmarshal([]byte(text), &answer))
	return answer, text
}

const anInstant = `"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"`

func TestOrders(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		body := `{"reference_id":"ref_abc123","user_id":"user_001","server_id":"server_th01","character_id":"",` +
			`"items":[{"sku":"DIAMOND_100","quantity":5},{"sku":"EMAIL_BASIC"}],"unknown":1}`
		created, text := c.ok("POST", "/v1/orders", body)
		require.Regexp(
			t,
			`^{"order_number":"ord_[A-Za-z0-9]{16}","reference_id":"ref_abc123","user_id":"user_001",`+
				`"server_id":"server_th01","character_id":null,"status":"pending",`+
				`"subtotal_amount":"510.20","discount_amount":"0.00","total_amount":"510.20","source_type":"api",`+
				`"created_by":{"id":0,"name":"API"},"created_at":`+anInstant+`,"updated_at":`+anInstant+`,`+
				`"failure_code":null,"failure_message":null,"items":\[`+
				`{"sku":"DIAMOND_100","quantity":5,"completed_quantity":0,"failed_quantity":0,"status":"pending",`+
				`"subtotal_amount":"500.00","discount_amount":"0.00","total_amount":"500.00","failure_code":null,`+
				`"failure_message":null},`+
				`{"sku":"EMAIL_BASIC","quantity":1,"completed_quantity":0,"failed_quantity":0,"status":"pending",`+
				`"subtotal_amount":"10.20","discount_amount":"0.00","total_amount":"10.20","failure_code":null,`+
				`"failure_message":null}\]}$`, text,
		)
		require.Equal(t, created["created_at"], created["updated_at"])
		c.refused("POST", "/v1/orders", body, 409, "DUPLICATE_REFERENCE", "reference_id already exists")
		c.refused(
			"POST", "/v1/orders", strings.Replace(body, "5}", "6}", 1), 409, "DUPLICATE_REFERENCE",
			"reference_id already exists",
		)
		c.refused(
			"POST", "/v1/orders", strings.Replace(body, "DIAMOND_100", "GONE", 1), 409, "DUPLICATE_REFERENCE",
			"reference_id already exists",
		)
		c.refused(
			"POST", "/v1/orders", strings.Replace(body, "DIAMOND_100", strings.Repeat("x", 255), 1), 409, "DUPLICATE_REFERENCE",
			"reference_id already exists",
		)
		c.refused(
			"POST", "/v1/orders", strings.Replace(body, "DIAMOND_100", "EMAIL_GONE", 1), 409, "DUPLICATE_REFERENCE",
			"reference_id already exists",
		)

		c.ok(
			"POST", "/v1/orders",
			`{"reference_id":"a/b `+
				`c%","user_id":"u","items":[{"sku":"DIAMOND_FAIL","quantity":null},{"sku":"DIAMOND_PARTIAL","quantity":3}]}`,
		)
		instock, _ := c.ok(
			"POST", "/v1/orders", `{"reference_id":"in stock","user_id":"u","items":[{"sku":"EMAIL_BASIC","quantity":2}]}`,
		)
		require.Equal(t, "pending", instock["status"], "as it was accepted")
		h.Settle(t)
		read, _ := c.ok("GET", "/v1/orders/in%20stock", "")
		require.Equal(t, "completed", read["status"])
		read, _ = c.ok("GET", "/v1/orders/ref_abc123", "")
		require.Equal(t, "completed", read["status"])
		require.Equal(t, created["order_number"], read["order_number"])
		require.Greater(t, read["updated_at"], read["created_at"])
		_, text = c.ok("GET", "/v1/orders/"+url.PathEscape("a/b c%"), "")
		require.Contains(t, text, `"status":"failed"`)
		require.Contains(
			t, text, `"failure_code":"ITEM_NOT_FOUND","failure_message":"Product SKU not found in provider system","items"`,
		)
		require.Contains(
			t, text,
			`{"sku":"DIAMOND_FAIL","quantity":1,"completed_quantity":0,"failed_quantity":1,"status":"failed",`+
				`"subtotal_amount":"100.00","discount_amount":"0.00","total_amount":"100.00","failure_code":"ITEM_NOT_FOUND"`,
		)
		require.Contains(
			t, text,
			`{"sku":"DIAMOND_PARTIAL","quantity":3,"completed_quantity":2,"failed_quantity":1,"status":"failed",`+
				`"subtotal_amount":"300.00"`,
		)
		require.Contains(t, text, `"failure_code":"PROVIDER_ERROR"`)

		c.refused("GET", "/v1/orders/"+created["order_number"].(string), "", 404, "NOT_FOUND", "Order not found")
		c.refused("GET", "/v1/orders/ref_abc123", "", 404, "NOT_FOUND", "Order not found", "X-API-Key", "demo-poor-key")
		c.refused("GET", "/v1/orders/ref_abc123", "", 401, "UNAUTHORIZED", "Invalid or missing API key", "X-None", "")
		status, _, _ := c.send("GET", "/v1/orders/ref_abc123", "", "Authorization", "bearer demo-key")
		require.Equal(t, 200, status)
		h.Verify(t)
	})
}

func TestRefusals(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		post := func(body string, status int, code, message string, headers ...string) {
			t.Helper()
			c.refused("POST", "/v1/orders", body, status, code, message, headers...)
		}
		item := func(fields string) string { return `{"reference_id":"r","user_id":"u","items":[{` + fields + `}]}` }
		post(`{"user_id":"u"}`, 400, "BAD_REQUEST", "reference_id is required")
		post(`{"reference_id":"","user_id":"u"}`, 400, "BAD_REQUEST", "reference_id is required")
		post(`{"reference_id":5}`, 400, "BAD_REQUEST", "reference_id must be a string")
		post(`{"reference_id":"`+strings.Repeat("x", 256)+`"}`, 400, "BAD_REQUEST", "user_id is required")
		post(`{"reference_id":"r","user_id":"u"}`, 400, "BAD_REQUEST", "items is required")
		post(`{"reference_id":"r","user_id":"u","items":{}}`, 400, "BAD_REQUEST", "items must be an array")
		post(`{"reference_id":"r","user_id":"u","items":[]}`, 400, "VALIDATION_ERROR", "items must have at least 1 entry")
		post(`{"reference_id":"r","user_id":"u","items":[1]}`, 400, "BAD_REQUEST", "items[0] must be an object")
		post(
			`{"reference_id":"r","user_id":"u","items":[`+strings.Repeat(`{"sku":"x"},`, 100)+`{"sku":"x"}]}`, 400,
			"VALIDATION_ERROR", "items must have at most 100 entries",
		)
		post(item(`"quantity":1`), 400, "BAD_REQUEST", "items[0].sku is required")
		for _, quantity := range []string{`"2"`, `2.0`, `2.5`, `1e2`, `true`, `[]`} {
			post(item(`"sku":"DIAMOND_100","quantity":`+quantity), 400, "BAD_REQUEST", "items[0].quantity must be an integer")
		}
		for _, quantity := range []string{`0`, `-1`, `-99999999999999999999`} {
			post(
				item(`"sku":"DIAMOND_100","quantity":`+quantity), 400, "VALIDATION_ERROR", "items[0].quantity must be at least 1",
			)
		}
		for _, quantity := range []string{`10001`, `99999999999999999999`} {
			post(
				item(`"sku":"DIAMOND_100","quantity":`+quantity), 400, "VALIDATION_ERROR",
				"items[0].quantity must be at most 10000",
			)
		}
		post(
			`{"reference_id":"a\tb","user_id":"u","items":[{"sku":"DIAMOND_100"}]}`, 400, "VALIDATION_ERROR",
			"reference_id must not contain control characters",
		)
		post(
			`{"reference_id":"r","user_id":"u","items":[{"sku":"DIAMOND_100"}],"server_id":1}`, 400, "BAD_REQUEST",
			"server_id must be a string",
		)
		post(item(`"sku":"NONE"`), 400, "INVALID_SKU", "Unknown SKU: NONE")
		post(item(`"sku":"EPIN_25"`), 400, "INVALID_SKU", "Unknown SKU: EPIN_25")
		post(item(`"sku":"PARK_DAY"`), 400, "INVALID_SKU", "Unknown SKU: PARK_DAY")
		post(item(`"sku":"`+strings.Repeat("x", 200)+`"`), 400, "INVALID_SKU", "Unknown SKU: "+strings.Repeat("x", 200))
		post(
			`{"reference_id":"r","user_id":"u","items":[{"sku":"NONE"},{"sku":"`+strings.Repeat("ü", 255)+`"}]}`, 400,
			"INVALID_SKU", "Unknown SKU: NONE",
		)
		post(
			item(`"sku":"`+strings.Repeat("x", 256)+`"`), 400, "VALIDATION_ERROR",
			"items[0].sku must have at most 255 characters",
		)
		post(item(`"sku":"EMAIL_GONE"`), 400, "VALIDATION_ERROR", "Out of stock: EMAIL_GONE")
		post(
			item(`"sku":"DIAMOND_100"`), 503, "SERVICE_UNAVAILABLE", "Insufficient wallet balance", "X-API-Key", "demo-poor-key",
		)
		for _, key := range []string{"demo-suspended-key", "demo-fenced-key", "demo-admin-key", "wrong", ""} {
			post(item(`"sku":"DIAMOND_100"`), 401, "UNAUTHORIZED", "Invalid or missing API key", "X-API-Key", key)
		}
		for _, body := range []string{
			``, `{`, `nope`, `{} {}`, "{\"user_id\":\"\xff\"}", strings.Repeat("[", 100_000), `{"a":1,}`,
		} {
			post(body, 400, "BAD_REQUEST", "request body is not valid JSON")
		}
		for _, half := range []string{`\u0000`, `\ud800`} {
			post(
				strings.Replace(item(`"sku":"DIAMOND_100"`), `"user_id":"u`, `"user_id":"u`+half, 1), 400, "VALIDATION_ERROR",
				"user_id must not contain control characters",
			)
			post(item(`"sku":"`+half+`"`), 400, "VALIDATION_ERROR", "items[0].sku must not contain control characters")
		}
		for _, body := range []string{`[]`, `null`, `"x"`, `1`} {
			post(body, 400, "BAD_REQUEST", "request body must be an object")
		}
		post(`{"x":"`+strings.Repeat("x", 2<<20)+`"}`, 413, "PAYLOAD_TOO_LARGE", "Request body exceeds 1048576 bytes")
		post(
			item(`"sku":"DIAMOND_100"`), 400, "BAD_REQUEST", "Content-Type must be application/json", "X-API-Key", "demo-key",
			"Content-Type", "text/plain",
		)
		for _, media := range []string{"text/json", "application/jsonp", "application", "x;application/json"} {
			post(
				item(`"sku":"DIAMOND_100"`), 400, "BAD_REQUEST", "Content-Type must be application/json", "X-API-Key", "demo-key",
				"Content-Type", media,
			)
		}
		for _, media := range []string{"Application/JSON", "application/json;charset=utf-8", "application/json; what ever"} {
			post(`{`, 400, "BAD_REQUEST", "request body is not valid JSON", "X-API-Key", "demo-key", "Content-Type", media)
		}
		for _, path := range []string{
			"/v1", "/v1/", "/v1/none", "/v1/orders/", "/v1/orders/a/b", "/v1//orders", "/v1/Orders",
		} {
			c.refused("GET", path, "", 404, "NOT_FOUND", "Resource not found")
		}
		for _, path := range []string{"/v1/orders/%00", "/v1/orders/%ff"} {
			c.refused("GET", path, "", 404, "NOT_FOUND", "Order not found")
		}
		status, text, header := c.send("PUT", "/v1/orders", "")
		require.Equal(
			t, `405 {"status":405,"code":"METHOD_NOT_ALLOWED","message":"Method not allowed"} POST`,
			fmt.Sprint(status, " ", text, " ", header.Get("Allow")),
		)

		status, _, header = c.send("GET", "/v1/orders/"+strings.Repeat("x", 300), "")
		require.Equal(t, "404 ", fmt.Sprint(status, " ", header.Get("Allow")))
		status, _, header = c.send("POST", "/v1/merchant-webhooks/1", "")
		require.Equal(t, "405 DELETE, GET, PATCH", fmt.Sprint(status, " ", header.Get("Allow")))

		// None of these used the reference up.
		c.ok("POST", "/v1/orders", `{"reference_id":"r","reference_id":"r","user_id":"u","items":[{"sku":"DIAMOND_100"}]}`)
		h.Verify(t)
	})
}

func TestRateLimit(t *testing.T) {
	h := doortest.SQLite(t)
	limited := gameso.New(h.Doors, h.Webhooks, gameso.Config{Limit: account.RateLimit{RequestsPerMinute: 1}})
	c := client{t, h.Serve(limited).URL}
	c.refused("GET", "/v1/orders/x", "", 404, "NOT_FOUND", "Order not found", "X-API-Key", "demo-poor-key")
	c.refused("GET", "/v1/orders/x", "", 429, "TOO_MANY_REQUESTS", "Rate limit exceeded", "X-API-Key", "demo-poor-key")
}

// Fifty who ask at once with one reference get one order.
func TestOneReferenceAtOnce(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		var created, refused atomic.Int64
		var running sync.WaitGroup
		for range 50 {
			running.Go(func() {
				switch status, _, _ := c.send(
					"POST", "/v1/orders", `{"reference_id":"one","user_id":"u","items":[{"sku":"EMAIL_RARE"}]}`,
				); status {
				case 200:
					created.Add(1)
				case 409:
					refused.Add(1)
				}
			})
		}
		running.Wait()
		require.Equal(t, []int64{1, 49}, []int64{created.Load(), refused.Load()})
		count, err := h.Orders.Count(t.Context(), order.ByMerchant(1), order.Filter{})
		require.NoError(t, err)
		require.EqualValues(t, 1, count)
		h.Verify(t)
	})
}
