package gateway_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

func TestErrorsOverREST(t *testing.T) {
	h := startHub(t)
	h.Stocked("CODE", 100, 1)
	line := `{"sku": "CODE", "quantity": 1}`
	deep := strings.Repeat(`[`, 200_000)
	tests := []struct {
		name, verb, path, body string
		status                 int
		code, reason           string
		fields                 []string
	}{
		{"unknown path", "GET", "/hub/v1/nothing", "", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"no path", "GET", "/hub/v1/", "", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"outside", "GET", "/nothing", "", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"doubled slash", "POST", "/hub/v1//orders", "{}", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"dots", "GET", "/hub/v1/../v1/orders", "", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"wrong verb", "PUT", "/hub/v1/orders", line, 405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED", nil},
		{"made-up verb", "BREW", "/hub/v1/orders/x:cancel", "", 405, "UNIMPLEMENTED", "METHOD_NOT_ALLOWED", nil},
		{"not JSON", "POST", "/hub/v1/orders", `{"referenceId": `, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{"trailing data", "POST", "/hub/v1/orders", `{} {}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{"an array", "POST", "/hub/v1/orders", `[]`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{"null", "POST", "/hub/v1/orders", `null`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{"a form", "POST", "/hub/v1/orders", `referenceId=1`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{
			"nothing", "POST", "/hub/v1/orders", ``, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId", "lines"},
		},
		{
			"spaces", "POST", "/hub/v1/orders", " \n", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId", "lines"},
		},
		{
			"empty", "POST", "/hub/v1/orders", `{}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId", "lines"},
		},
		{
			"unknown field", "POST", "/hub/v1/orders", `{"reference": "x"}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"reference"},
		},
		{
			"unknown field of a line", "POST", "/hub/v1/orders",
			`{"lines": [` + line + ",\n" + ` {"sku": "é\"{", "quantty": 1}]}`,
			400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"lines[1].quantty"},
		},
		{
			"letter case", "POST", "/hub/v1/orders", `{"ReferenceID": "x"}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"ReferenceID"},
		},
		{
			"duplicate key", "POST", "/hub/v1/orders", `{"referenceId": "a", "referenceId": "b"}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"duplicate map key", "POST", "/hub/v1/orders", `{"metadata": {"a": "1", "a": "2"}}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"metadata.a"},
		},
		{
			"two names", "POST", "/hub/v1/orders", `{"referenceId": "a", "reference_id": "b"}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"reference_id"},
		},
		{
			"wrong type", "POST", "/hub/v1/orders", `{"lines": "x"}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"lines"},
		},
		{
			"number for text", "POST", "/hub/v1/orders", `{"referenceId": 5}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"text for number", "POST", "/hub/v1/orders", `{"lines": [{"quantity": "many"}]}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"lines[0].quantity"},
		},
		{
			"fraction", "POST", "/hub/v1/orders", `{"lines": [{"quantity": 1.5}]}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"lines[0].quantity"},
		},
		{
			"huge number", "POST", "/hub/v1/orders", `{"lines": [{"quantity": 1e999999999}]}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"lines[0].quantity"},
		},
		{
			"long number", "POST", "/hub/v1/orders", `{"lines": [{"quantity": ` + strings.Repeat("9", 100_000) + `}]}`, 400,
			"INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"lines[0].quantity"},
		},
		{
			"negative", "POST", "/hub/v1/orders", `{"referenceId": "x", "lines": [{"sku": "CODE", "quantity": -1}]}`, 400,
			"INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"lines[0].quantity"},
		},
		{
			"NUL", "POST", "/hub/v1/orders", `{"referenceId": "a\u0000", "lines": [` + line + `]}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"raw NUL", "POST", "/hub/v1/orders", "{\"referenceId\": \"a\x00\"}", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			nil,
		},
		{
			"invalid UTF-8", "POST", "/hub/v1/orders", "{\"referenceId\": \"\xff\", \"lines\": []}", 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"lone surrogate", "POST", "/hub/v1/orders", `{"referenceId": "\ud800", "lines": [` + line + `]}`, 400,
			"INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"lone surrogate in a name", "POST", "/hub/v1/orders", `{"a\ud800": "x"}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{`["a�"]`},
		},
		{"deep nesting", "POST", "/hub/v1/orders", deep, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{
			"deep nesting in a field", "POST", "/hub/v1/orders", `{"lines": ` + deep, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED", nil,
		},
		{
			"too large", "POST", "/hub/v1/orders", `{"referenceId": "` + strings.Repeat("x", 2<<20) + `"}`, 413,
			"INVALID_ARGUMENT", "REQUEST_TOO_LARGE", nil,
		},
		{
			"huge key", "POST", "/hub/v1/orders", `{"` + strings.Repeat("k", 1<<19) + `": 1}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{strings.Repeat("k", 200) + "…"},
		},
		{
			"unknown product", "POST", "/hub/v1/orders", `{"referenceId": "x", "lines": [{"sku": "NONE", "quantity": 1}]}`, 404,
			"NOT_FOUND", "PRODUCT_NOT_FOUND",
			[]string{"lines[0].sku"},
		},
		{
			"out of stock", "POST", "/hub/v1/orders", `{"referenceId": "x", "lines": [{"sku": "CODE", "quantity": 2}]}`, 400,
			"FAILED_PRECONDITION", "OUT_OF_STOCK",
			[]string{"lines[0].quantity"},
		},
		{
			"output-only is ignored", "POST", "/hub/v1/orders",
			`{"referenceId": "", "orderNumber": "mine", "status": "ORDER_STATUS_FAILED"}`, 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"referenceId", "lines"},
		},
		{
			"unknown enum", "POST", "/hub/v1/orders", `{"status": "GREAT"}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"status"},
		},
		{
			"bad time", "POST", "/hub/v1/orders", `{"createTime": "yesterday"}`, 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"createTime"},
		},
		{"no order", "GET", "/hub/v1/orders/ord_x", "", 404, "NOT_FOUND", "ORDER_NOT_FOUND", nil},
		{"slash in the number", "GET", "/hub/v1/orders/a%2Fb", "", 404, "NOT_FOUND", "ROUTE_NOT_FOUND", nil},
		{"NUL in the path", "GET", "/hub/v1/orders/a%00", "", 404, "NOT_FOUND", "ORDER_NOT_FOUND", nil},
		{"invalid UTF-8 in the path", "GET", "/hub/v1/orders/a%ff", "", 404, "NOT_FOUND", "ORDER_NOT_FOUND", nil},
		{
			"NUL in the path before a verb", "POST", "/hub/v1/orders/a%00:cancel", "{}", 404, "NOT_FOUND", "ORDER_NOT_FOUND",
			nil,
		},
		{"percent sign in the path", "GET", "/hub/v1/orders/100%25", "", 404, "NOT_FOUND", "ORDER_NOT_FOUND", nil},
		{"verb as %3A", "POST", "/hub/v1/orders/ord_x%3Acancel", "{}", 404, "NOT_FOUND", "ORDER_NOT_FOUND", nil},
		{
			"verb as %3a of a collection", "GET", "/hub/v1/orders%3abyReference?referenceId=none", "", 404, "NOT_FOUND",
			"ORDER_NOT_FOUND", nil,
		},
		{
			"invalid UTF-8 in the query", "GET", "/hub/v1/orders?referenceId=%ff", "", 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{
			"long number", "GET", "/hub/v1/orders/" + strings.Repeat("x", 65), "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"orderNumber"},
		},
		{
			"unknown parameter", "GET", "/hub/v1/orders?stauts=x", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"stauts"},
		},
		{
			"parameter twice", "GET", "/hub/v1/orders?pageSize=1&pageSize=2", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"pageSize"},
		},
		{
			"two names of one", "GET", "/hub/v1/orders?pageSize=1&page_size=2", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"page_size"},
		},
		{
			"parameter of the path", "GET", "/hub/v1/orders/x?orderNumber=y", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"orderNumber"},
		},
		{
			"bad enum", "GET", "/hub/v1/orders?status=GREAT", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"status"},
		},
		{
			"unknown enum number", "GET", "/hub/v1/orders?status=99", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"status"},
		},
		{
			"bad size", "GET", "/hub/v1/orders?pageSize=ten", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"pageSize"},
		},
		{
			"too many", "GET", "/hub/v1/orders?pageSize=1001", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"pageSize"},
		},
		{
			"bad token", "GET", "/hub/v1/orders?pageToken=x", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"pageToken"},
		},
		{
			"bad time", "GET", "/hub/v1/orders?createTimeFrom=2030-01-01", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"createTimeFrom"},
		},
		{"broken query", "GET", "/hub/v1/orders?referenceId=%zz", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED", nil},
		{
			"no reference", "GET", "/hub/v1/orders:byReference", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"referenceId"},
		},
		{"no delivery", "GET", "/hub/v1/webhook-deliveries/1", "", 404, "NOT_FOUND", "WEBHOOK_DELIVERY_NOT_FOUND", nil},
		{
			"no number", "GET", "/hub/v1/webhook-endpoints/x", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"endpoint"},
		},
		{
			"stream from nowhere", "GET", "/hub/v1/orders:watch?afterPosition=1-2", "", 400, "INVALID_ARGUMENT",
			"VALIDATION_FAILED",
			[]string{"afterPosition"},
		},
		{
			"feed of a bad type", "GET", "/hub/v1/events?eventTypes=Completed", "", 400, "INVALID_ARGUMENT", "VALIDATION_FAILED",
			[]string{"eventTypes[0]"},
		},
		{"operators only", "GET", "/hub/v1/merchants", "", 403, "PERMISSION_DENIED", "PERMISSION_DENIED", nil},
		{"another merchant", "GET", "/hub/v1/account?merchant=other", "", 404, "NOT_FOUND", "MERCHANT_NOT_FOUND", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := h.call(tt.verb, tt.path, tt.body, "X-Request-Id", "id-1")
			require.Equal(t, tt.status, a.Status, a.Text)
			assert.Equal(t, "application/json", a.Header.Get("Content-Type"))
			assert.Equal(t, "id-1", a.Header.Get("X-Request-Id"))
			assert.Equal(t, "id-1", a.Body["requestId"])
			assert.Equal(t, tt.code, a.Body["code"])
			assert.Equal(t, tt.reason, a.Body["reason"])
			assert.NotEmpty(t, a.Body["message"])
			assert.ElementsMatch(t, append([]string{}, tt.fields...), a.fields(), a.Text)
			assert.Less(t, len(a.Text), 2_000)
		})
	}
}

func TestErrorHeaders(t *testing.T) {
	h := startHub(t)
	wrong := h.call("GET", "/hub/v1/account", "", "X-Api-Key", "wrong")
	assert.Equal(t, 401, wrong.Status)
	assert.Equal(t, "Bearer", wrong.Header.Get("WWW-Authenticate"))
	assert.Equal(t, 401, h.call("GET", "/hub/v1/account", "", "X-Api-Key", "").Status)
	watching := h.call("GET", "/hub/v1/orders:watch", "", "X-Api-Key", "wrong")
	assert.Equal(t, 401, watching.Status)
	assert.Equal(t, "Bearer", watching.Header.Get("WWW-Authenticate"))
	assert.Equal(t, "UNAUTHENTICATED", watching.Body["reason"], watching.Text)
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER ", "Bearer\t"} {
		assert.Equal(t, 200, h.call("GET", "/hub/v1/account", "", "X-Api-Key", "", "Authorization", scheme+h.shopKey).Status)
	}
	assert.Equal(t, "GET, POST", h.call("DELETE", "/hub/v1/orders", "").Header.Get("Allow"))
	assert.Equal(t, "GET, PATCH", h.call("POST", "/hub/v1/products/x", "").Header.Get("Allow"))

	limited := h.Merchant("limited", 1)
	_, err := h.Accounts.UpdateMerchant(
		context.Background(), limited.ID, account.MerchantChange{RateLimit: &account.RateLimit{RequestsPerMinute: 1}},
	)
	require.NoError(t, err)
	key := h.issueKey(limited.ID, account.ScopeMerchant)
	assert.Equal(t, 200, h.call("GET", "/hub/v1/account", "", "X-Api-Key", key).Status)
	over := h.call("GET", "/hub/v1/account", "", "X-Api-Key", key)
	assert.Equal(t, 429, over.Status)
	assert.Equal(t, "RESOURCE_EXHAUSTED", over.Body["code"])
	assert.Equal(t, "RATE_LIMITED", over.Body["reason"])
	assert.Regexp(t, "^[1-9][0-9]?$", over.Header.Get("Retry-After"))

	made := h.call("GET", "/hub/v1/account", "", "X-Request-Id", "not sane!")
	assert.Regexp(t, "^req_[0-9a-z]{26}$", made.Header.Get("X-Request-Id"))
	poor := h.call("POST", "/hub/v1/orders", `{"referenceId": "x", "lines": [{"sku": "NONE", "quantity": 1}]}`)
	assert.Equal(t, map[string]any{"lines": "1"}, poor.Body["metadata"])
}

func TestBodyThatGrowsTooLarge(t *testing.T) {
	h := startHub(t)
	request, err := http.NewRequestWithContext(
		context.Background(), "POST", h.url+"/hub/v1/orders", io.LimitReader(endless{}, 8<<20),
	)
	require.NoError(t, err)
	request.Header.Set("X-Api-Key", h.shopKey)
	recorder := httptest.NewRecorder()
	request.RemoteAddr, request.ContentLength = "192.0.2.1:1", -1
	h.handler.ServeHTTP(recorder, request) // its length is not known before
	assert.Equal(t, 413, recorder.Code)
	assert.Contains(t, recorder.Body.String(), "REQUEST_TOO_LARGE")
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// What net/http answers itself is not in our form, but never the hub's fault.
func TestRawRequests(t *testing.T) {
	h := startHub(t)
	for name, raw := range map[string]string{
		"bad escape":   "GET /hub/v1/orders/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
		"huge headers": "GET /hub/v1/orders HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 64<<10) + "\r\n\r\n",
		"asterisk":     "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"cut body":     "POST /hub/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
			require.NoError(t, err)
			defer conn.Close()
			_, _ = fmt.Fprint(conn, raw)
			_ = conn.(*net.TCPConn).CloseWrite()
			response, err := http.ReadResponse(bufio.NewReader(conn), nil)
			require.NoError(t, err)
			defer response.Body.Close()
			assert.Less(t, response.StatusCode, 500)
		})
	}
}
