package gameso_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/gameso"
	"orderhub/server/door/doortest"
	"orderhub/server/webhook"
)

func TestWebhooks(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h)
		const path = "/v1/merchant-webhooks"
		status, text, _ := c.send("GET", path, "")
		require.Equal(t, "200 []", fmt.Sprint(status, " ", text))
		created, text := c.ok(
			"POST", path, `{"url":"https://hooks.kiosk-partner.example/gameso","secret":"kq7Lr0VzD2mPfY8hWb"}`,
		)
		require.Regexp(
			t,
			`^{"id":\d+,"url":"https://hooks.kiosk-partner.example/gameso","events":\["order.completed","order.failed"\],`+
				`"secret_hint":"kq7L...","status":"active","max_retries":3,"retry_delay":60,"created_at":`+anInstant+
				`,"updated_at":`+anInstant+`}$`, text,
		)
		one := fmt.Sprint(path, "/", created["id"])
		_, same := c.ok("GET", one, "")
		require.Equal(t, text, same)
		_, same = c.ok("PATCH", one, "{}")
		require.Equal(t, text, same, "nothing changed, updated_at neither")
		changed, _ := c.ok(
			"PATCH", one,
			`{"events":["order.failed"],"status":"inactive","secret":"another `+
				`secret","max_retries":0,"retry_delay":3600,"url":"http://127.0.0.1:9/x"}`,
		)
		require.Equal(t, []any{"inactive", "ano...", 0.0, 3600.0, []any{"order.failed"}, "http://127.0.0.1:9/x"},
			[]any{
				changed["status"], changed["secret_hint"], changed["max_retries"], changed["retry_delay"], changed["events"],
				changed["url"],
			})

		bad := func(body, code, message string) {
			t.Helper()
			c.refused("POST", path, body, 400, code, message)
		}
		with := func(more string) string {
			return `{"url":"https://a.example","secret":"0123456789",` + more + `}`
		}
		bad(`{}`, "BAD_REQUEST", "url is required")
		bad(`{"url":null,"secret":1}`, "BAD_REQUEST", "url is required")
		bad(`{"secret":"short","url":"http://a.example#x","events":[]}`, "VALIDATION_ERROR", "url must not have a fragment")
		bad(
			`{"retry_delay":0,"events":["order.failed","x"],"secret":"short","url":"https://a.example"}`, "VALIDATION_ERROR",
			"secret must have 10 to 255 characters",
		)
		bad(
			with(`"status":"gone","events":["order.failed","x"]`), "VALIDATION_ERROR",
			"events[1] must be one of order.completed, order.failed",
		)
		bad(with(`"status":"gone","events":[null]`), "BAD_REQUEST", "events[0] must be a string")
		bad(with(`"max_retries":-1`), "VALIDATION_ERROR", "max_retries must be at least 0")
		bad(with(`"max_retries":null`), "BAD_REQUEST", "max_retries is required")
		bad(with(`"max_retries":1.0`), "BAD_REQUEST", "max_retries must be an integer")
		bad(with(`"retry_delay":3601`), "VALIDATION_ERROR", "retry_delay must be at most 3600")
		bad(
			`{"url":"https://a.example/`+strings.Repeat("x", 2048)+`","secret":"0123456789"}`, "VALIDATION_ERROR",
			"url must have at most 2048 characters",
		)
		bad(`{"url":"https://a.example"}`, "BAD_REQUEST", "secret is required")
		bad(`{"url":5,"secret":"0123456789"}`, "BAD_REQUEST", "url must be a string")
		bad(`{"url":"nope","secret":"0123456789"}`, "VALIDATION_ERROR", "url must be an absolute URL")
		bad(`{"url":"https://a.example","secret":"short"}`, "VALIDATION_ERROR", "secret must have 10 to 255 characters")
		bad(`{"url":"https://a.example","secret":"whsec_c2VjcmV0"}`, "VALIDATION_ERROR",
			"secret must have the base64 of 24 bytes or more after whsec_")
		bad(`{"url":"https://a.example","secret":"whsec_not base64!"}`, "VALIDATION_ERROR",
			"secret must have base64 after whsec_, of the usual alphabet and padded with =")
		bad(with(`"events":[]`), "VALIDATION_ERROR", "events must have at least 1 entry")
		bad(with(`"events":["order.created"]`), "VALIDATION_ERROR", "events[0] must be one of order.completed, order.failed")
		bad(with(`"events":["order.failed","order.failed"]`), "VALIDATION_ERROR", "events[1] must not be repeated")
		bad(with(`"events":"order.failed"`), "BAD_REQUEST", "events must be an array")
		bad(with(`"status":"gone"`), "VALIDATION_ERROR", "status must be one of active, inactive")
		bad(with(`"status":null`), "BAD_REQUEST", "status is required")
		bad(with(`"max_retries":11`), "VALIDATION_ERROR", "max_retries must be at most 10")
		bad(with(`"retry_delay":0`), "VALIDATION_ERROR", "retry_delay must be at least 1")
		bad(with(`"retry_delay":"60"`), "BAD_REQUEST", "retry_delay must be an integer")
		c.refused("PATCH", one, `{"url":null}`, 400, "BAD_REQUEST", "url is required")
		c.refused("PATCH", one, `{"secret":"x"}`, 400, "VALIDATION_ERROR", "secret must have 10 to 255 characters")

		for _, id := range []string{"0", "-1", "+1", "01", "1.0", "x", "%20", "999", "99999999999999999999"} {
			c.refused("GET", path+"/"+id, "", 404, "NOT_FOUND", "Webhook not found")
		}
		c.refused("DELETE", one, "", 404, "NOT_FOUND", "Webhook not found", "X-API-Key", "demo-poor-key")
		removed, _ := c.ok("DELETE", one, "")
		require.Equal(t, created["id"], removed["id"])
		c.refused("DELETE", one, "", 404, "NOT_FOUND", "Webhook not found")

		// Those of other formats are the hub's own to show, but count.
		_, _, err := h.Webhooks.Create(
			t.Context(), webhook.Endpoint{MerchantID: 1, Format: webhook.FormatStandard, URL: "https://a.example"}, "",
		)
		require.NoError(t, err)
		byHub, _, err := h.Webhooks.Create(t.Context(), webhook.Endpoint{
			MerchantID: 1, Format: gameso.Name, URL: "https://a.example", MaxRetries: webhook.ByFormat,
		}, "kq7Lr0VzD2mPfY8hWb")
		require.NoError(t, err)
		_, text = c.ok("GET", fmt.Sprint(path, "/", byHub.ID), "")
		require.Contains(
			t, text,
			`"events":["order.completed","order.failed"],"secret_hint":"kq7L...","status":"active","max_retries":3,`+
				`"retry_delay":60,`,
		)
		for range 18 {
			c.ok("POST", path, `{"url":"https://a.example","secret":"0123456789"}`)
		}
		bad(`{"url":"https://a.example","secret":"0123456789"}`, "VALIDATION_ERROR", "at most 20 webhooks are allowed")
		_, text, _ = c.send("GET", path, "")
		var list []map[string]any
		require.NoError(t, json.Unmarshal([]byte(text), &list))
		require.Len(t, list, 19)
	})
}

// Where the installation does not allow local targets, they are refused.
func TestWebhookTargets(t *testing.T) {
	h := doortest.SQLite(t)
	strict := h.Doors
	strict.AllowLocalTargets = false
	c := client{t, h.Serve(gameso.New(strict, h.Webhooks, gameso.Config{})).URL}
	for target, problem := range map[string]string{
		"http://a.example":       "must be an absolute https URL",
		"https://127.0.0.1/x":    "must not be a private or local address",
		"https://[::ffff:a00:1]": "must not be a private or local address",
		"https://u:p@a.example":  "must not have a user name or password",
	} {
		c.refused(
			"POST", "/v1/merchant-webhooks", `{"url":"`+target+`","secret":"0123456789"}`, 400, "VALIDATION_ERROR",
			"url "+problem,
		)
	}
	c.ok("POST", "/v1/merchant-webhooks", `{"url":"https://does-not-resolve.invalid/x","secret":"0123456789"}`)
}
