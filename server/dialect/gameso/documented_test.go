package gameso_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/door/doortest"
)

// The documented requests get the documented answers, to the letter but for
// numbers and times.
func TestDocumentedExchanges(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		const orders, webhooks = "/v1/orders", "/v1/merchant-webhooks"
		exchange := func(method, path, request string, status int, response string, headers ...string) {
			t.Helper()
			body := ""
			if request != "" {
				body = example(t, request)
			}
			gotStatus, got, _ := c.send(method, path, body, headers...)
			// The page shows eight characters of a secret that may have ten; the door four.
			documented := strings.ReplaceAll(example(t, response), "kq7Lr0Vz...", "kq7L...")
			require.Equal(t, fmt.Sprint(status, " ", steady(documented)), fmt.Sprint(gotStatus, " ", steady(got)))
		}
		noKey, poor := []string{"X-None", ""}, []string{"X-API-Key", "demo-poor-key"}
		exchange("POST", orders, "seed_create_order_request", 401, "seed_create_order_error_401", noKey...)
		exchange("POST", orders, "seed_create_order_request", 503, "seed_create_order_error_503", poor...)
		exchange("POST", orders, "seed_create_order_request", 200, "seed_create_order_response_200")
		exchange("POST", orders, "seed_create_order_request", 409, "create_order_error_409_duplicate_reference")
		exchange("GET", orders+"/ref_abc123", "", 401, "seed_get_order_error_401", noKey...)
		exchange("GET", orders+"/ref_abc124", "", 404, "seed_get_order_error_404")
		h.Settle(t)
		exchange("GET", orders+"/ref_abc123", "", 200, "seed_get_order_response_200")
		status, text, _ := c.send("POST", orders, example(t, "seed_create_order_request_two_lines"))
		require.Equal(t, 200, status)
		require.Contains(
			t, text,
			`"server_id":"TH01","character_id":null,"status":"pending","subtotal_amount":"750.00","discount_amount":"0.00",`+
				`"total_amount":"750.00"`,
		)

		exchange("GET", webhooks, "", 200, "merchant_webhooks_list_empty_response_200")
		exchange("POST", webhooks, "merchant_webhooks_create_request_minimal", 200, "merchant_webhooks_create_response_200")
		exchange("POST", webhooks, "merchant_webhooks_create_request", 200, "merchant_webhooks_create_response_200")
		var all []struct{ ID int64 }
		_, text, _ = c.send("GET", webhooks, "")
		require.NoError(t, json.Unmarshal([]byte(text), &all))
		one := fmt.Sprint(webhooks, "/", all[0].ID)
		exchange("GET", one, "", 200, "merchant_webhooks_get_response_200")
		exchange("PATCH", one, "merchant_webhooks_patch_request", 200, "merchant_webhooks_patch_response_200")
		exchange("DELETE", one, "", 200, "merchant_webhooks_delete_response_200")
		exchange("DELETE", one, "", 404, "merchant_webhooks_error_404")

		exchange("GET", "/v1/none", "", 404, "error_404_unknown_route")
		exchange("DELETE", orders, "", 405, "error_405_method_not_allowed")
		h.Verify(t)
	})
}

// example is a file of testdata without its blanks.
func example(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, content))
	return compact.String()
}

var varying = regexp.MustCompile(
	`"order_number":"ord_[A-Za-z0-9]+"|"(created|updated)_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"|^\{"id":\d+`,
)

// steady is an answer without what differs from call to call.
func steady(answer string) string { return varying.ReplaceAllString(answer, "…") }
