package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/app"
	"orderhub/server/demo"
	"orderhub/server/secret"
	"orderhub/server/store/pgtest"
)

// Every door says that trouble passes, in its own words and with a time to come
// back, whatever was asked and wherever the storage was missed: before the caller
// is known, after, and while nothing of it is remembered.
func TestDoorsWithoutStorage(t *testing.T) {
	pgtest.New(t) // skips where there is no PostgreSQL
	server, err := pgtest.Start(t.Context(), pgtest.Options{Durable: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, server.Stop()) })
	cfg := sqliteConfig(t)
	cfg.Database, cfg.Key, cfg.AllowLocalTargets = server.URL("postgres"), secret.Redacted(secret.GenerateKey()), true
	s := openStore(t, &cfg, app.Anything)
	require.NoError(t, s.Migrations.Up(t.Context()))
	require.NoError(t, s.Close())
	h := startDemo(t, cfg)

	all := everywhere("gone", func(string, *request) {})
	token := bursaToken(t, h)
	channel := []string{"Authorization", "Token " + demo.ChannelKey, "Channel", "Code " + demo.ChannelCode}
	merchant, reseller := []string{"X-Api-Key", demo.MerchantKey}, []string{"Authorization", "Bearer " + token}
	const code = "00000000-0000-4000-8000-000000000000"
	cancel := `{"channel_status":"Cancel"}`
	doors := map[string]struct {
		status  int
		text    string
		headers []string
		asked   []request
	}{
		"REST": {503, `"reason":"UNAVAILABLE"`, merchant, []request{
			all["REST"],
			{method: "GET", path: "/hub/v1/account"},
			{method: "GET", path: "/hub/v1/orders"},
			{method: "GET", path: "/hub/v1/orders/x"},
			{method: "POST", path: "/hub/v1/orders/x:cancel", body: "{}"},
			{method: "GET", path: "/hub/v1/webhook-endpoints"},
			{method: "GET", path: "/hub/v1/events"},
		}},
		"GameSO": {503, `"code":"SERVICE_UNAVAILABLE"`, merchant, []request{
			all["GameSO"],
			{method: "GET", path: "/v1/orders/x"},
			{method: "GET", path: "/v1/merchant-webhooks"},
			{method: "GET", path: "/v1/merchant-webhooks/1"},
			{method: "POST", path: "/v1/merchant-webhooks", body: `{"url":"http://127.0.0.1:1/","secret":"0123456789"}`},
			{method: "PATCH", path: "/v1/merchant-webhooks/1", body: `{"status":"inactive"}`},
			{method: "DELETE", path: "/v1/merchant-webhooks/1"},
		}},
		"BursaGB": {500, `"message":"Internal error."`, reseller, []request{
			all["BursaGB"],
			{
				method: "POST", path: "/Login/Customer/Api/Verify",
				body: `{"Email":"reseller@example.com","Password":"demo-password"}`,
			},
			{method: "GET", path: "/Order/detail/1"},
			{method: "POST", path: "/Order/cancel", body: `{"OrderID":1}`},
			{method: "POST", path: "/Order/customer/list", body: "{}"},
			{method: "GET", path: "/Customer/Get"},
			{method: "GET", path: "/Categories"},
			{method: "POST", path: "/Products/List", body: "{}"},
			{method: "POST", path: "/Products/Detail/2", body: "{}"},
		}},
		"marketacc": {500, `"code":"internal_error"`, merchant, []request{
			all["marketacc"],
			{method: "GET", path: "/api/v2/me"},
			{method: "GET", path: "/api/v2/categories"},
			{method: "GET", path: "/api/v2/products"},
			{method: "GET", path: "/api/v2/products/1"},
			{method: "GET", path: "/api/v2/orders"},
			{method: "GET", path: "/api/v2/orders/x"},
		}},
		"AX Cloud": {500, `"detail":"서버 장애가 발생했습니다."`, channel, []request{
			all["AX Cloud"],
			{method: "GET", path: "/v1/channel/orders/day-ticket/" + code},
			{method: "PATCH", path: "/v1/channel/orders/day-ticket/" + code, body: cancel},
			{
				method: "PATCH", path: "/v1/channel/orders/day-ticket/" + code + "/tickets/" + code,
				body: `{"status":"Traveler canceled"}`,
			},
			{method: "GET", path: "/v1/channel/products/day-ticket"},
			{method: "GET", path: "/v1/channel/inventory/day-ticket/" + parkDay},
		}},
	}
	require.NoError(t, server.Kill())
	for name, door := range doors {
		for _, r := range door.asked {
			t.Run(fmt.Sprint(name, " ", r.method, " ", r.path), func(t *testing.T) {
				response, text := h.raw(t, r.method, r.path, r.body, door.headers...)
				if response.StatusCode == http.StatusOK && strings.Contains(strings.ToLower(r.path), "product") ||
					strings.HasSuffix(strings.ToLower(r.path), "categories") {
					return // the catalogue is remembered
				}
				require.Equal(t, door.status, response.StatusCode, text)
				require.Contains(t, text, door.text)
				after, err := strconv.Atoi(response.Header.Get("Retry-After"))
				require.NoError(t, err, text)
				require.Positive(t, after)
			})
		}
	}
	require.NoError(t, server.Restart(t.Context())) // before the hub is stopped
}

// bursaToken signs the demo's reseller in.
func bursaToken(t *testing.T, h *hub) string {
	t.Helper()
	var answer struct {
		Data struct{ Token string }
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+"/Login/Customer/Api/Verify",
		strings.NewReader(`{"Email":"reseller@example.com","Password":"demo-password"}`))
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &answer), string(text))
	require.NotEmpty(t, answer.Data.Token, string(text))
	return answer.Data.Token
}
