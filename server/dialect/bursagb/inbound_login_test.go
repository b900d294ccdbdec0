package bursagb_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/admission"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/door"
	"orderhub/server/door/doortest"
)

func TestLogin(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		c.token = ""
		const path = "/Login/Customer/Api/Verify"
		data := c.ok("POST", path, `{"Email":"Reseller@example.com","Password":"demo-password","callbackData":"login-7"}`)
		require.Regexp(
			t,
			`^{"Token":"[^"]+","Expiration":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ","callbackData":"login-7",`+
				`"customerApiKey":"demo-reseller-key"}$`, data,
		)
		data = c.ok(
			"POST", strings.ToLower(path), `{"EMAIL":"reseller@example.com","password":"demo-password"}`, "h-region-code", "XX",
		)
		require.Contains(t, data, `"callbackData":null`)
		var login struct{ Token string }
		require.NoError(t, json.Unmarshal([]byte(data), &login))
		c.token = login.Token
		require.Equal(
			t, `{"firstName":"Demo Store","lastName":"","email":"reseller@example.com","balance":50000.00,"currencyCode":"TRY"}`,
			c.ok("GET", "/Customer/Get", ""),
		)

		const wrong = "Invalid email or password."
		for _, body := range []string{
			`{"Email":"reseller@example.com","Password":"nope"}`, `{"Email":"nobody@example.com","Password":"demo-password"}`,
			`{"Email":"demo@example.com","Password":"demo-password"}`,
			`{"Email":"suspended@example.com","Password":"demo-password"}`,
			`{"Email":"reseller@example.com","Password":"` + strings.Repeat("x", 5000) + `"}`,
			`{"Email":"` + strings.Repeat("x", 30<<10) + `@example.com","Password":"demo-password"}`,
		} {
			c.refused("POST", path, body, 400, wrong)
		}
		c.refused("POST", path, `{"Password":"x"}`, 400, "Email is required.")
		c.refused("POST", path, `{"Email":5,"Password":"x"}`, 400, "Email must be a string.")
		c.refused("POST", path, ``, 400, "The request body is not valid JSON.")
		for range 10 {
			c.refused("POST", path, `{"Email":"locked@example.com","Password":"nope"}`, 400, wrong)
		}
		c.refused("POST", path, `{"Email":"Locked@example.com","Password":"nope"}`, 429, "Too many requests.")

		fenced := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		_, err := h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{IPAllowlist: &fenced})
		require.NoError(t, err)
		c.refused("POST", path, `{"Email":"reseller@example.com","Password":"demo-password"}`, 400, wrong)
		fenced = nil
		_, err = h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{IPAllowlist: &fenced})
		require.NoError(t, err)

		off := open(t, h, bursagb.Config{IntegrationOff: true})
		off.ok("POST", path, `{"Email":"reseller@example.com","Password":"demo-password"}`)
		off.refused("GET", "/Customer/Get", "", 404, "API access is switched off.")
		off.token = "wrong"
		off.refused("GET", "/Customer/Get", "", 401, "Unauthorized.")
	})
}

// Signing in takes none of the hub's places.
func TestLoginWhileFull(t *testing.T) {
	h := doortest.SQLite(t)
	control, err := admission.New(admission.Options{Calls: 1})
	require.NoError(t, err)
	taken, err := control.Enter(t.Context(), netip.MustParseAddr("192.0.2.2"))
	require.NoError(t, err)
	defer taken.Leave()
	crowded := h.Doors
	crowded.Gate = door.NewGate(nil, full{control})
	c := client{t: t, base: h.Serve(bursagb.New(crowded, bursagb.Config{TokenKeys: keys})).URL}
	c.ok("POST", "/Login/Customer/Api/Verify", `{"Email":"reseller@example.com","Password":"demo-password"}`)
	c.refused("GET", "/Customer/Get", "", 429, "Too many requests.")
}

// What is sent to sign in is short: nobody knows yet who sends it.
func TestLoginIsShort(t *testing.T) {
	h := doortest.SQLite(t)
	c := open(t, h, bursagb.Config{})
	c.token = ""
	const path = "/Login/Customer/Api/Verify"
	long := `{"Email":"reseller@example.com","Password":"demo-password","callbackData":"` +
		strings.Repeat(`\u00e7`, 1000) + `"}`
	c.ok("POST", path, long)
	c.refused("POST", path, long+strings.Repeat(" ", 32<<10), 400, "The request body is too large.")
}

// A token ends with the credentials that it was given for.
func TestTokensEnd(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		signIn := func(password string) client {
			t.Helper()
			anyone := c
			anyone.token = ""
			var login struct{ Token string }
			data := anyone.ok("POST", "/Login/Customer/Api/Verify", `{"Email":"reseller@example.com","Password":"`+password+`"}`)
			require.NoError(t, json.Unmarshal([]byte(data), &login))
			known := c
			known.token = login.Token
			known.ok("GET", "/Customer/Get", "")
			return known
		}
		ends := func(known client, status int) {
			t.Helper()
			require.Eventually(t, func() bool {
				got, _, _ := known.send("GET", "/Customer/Get", "")
				return got == status
			}, time.Minute, 50*time.Millisecond)
		}
		set := func(password string) {
			t.Helper()
			require.NoError(t, h.Accounts.SetPassword(t.Context(), resellerID, password))
		}
		first, second := signIn("demo-password"), signIn("demo-password")
		set("another password")
		third := signIn("another password") // at once, whatever is remembered of the merchant
		ends(first, 401)
		ends(second, 401)

		suspended, active := account.StatusSuspended, account.StatusActive
		_, err := h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		ends(third, 403)
		ends(first, 403)
		_, err = h.Accounts.UpdateMerchant(t.Context(), resellerID, account.MerchantChange{Status: &active})
		require.NoError(t, err)
		ends(third, 200)

		set("")
		ends(third, 401)
		set("a third password")
		fourth := signIn("a third password")
		keys, err := h.Accounts.ListKeys(t.Context(), resellerID)
		require.NoError(t, err)
		for _, key := range keys {
			_, err := h.Accounts.RevokeKey(t.Context(), resellerID, key.ID)
			require.NoError(t, err)
		}
		ends(fourth, 401)
		signIn("a third password")
	})
}

func TestWhoAndWhere(t *testing.T) {
	doortest.Run(t, func(t *testing.T, h *doortest.Server) {
		c := open(t, h, bursagb.Config{})
		c.refused("GET", "/Order/detail/999999", "", 404, "Order detail not found.")
		c.refused("GET", "/Order/detail/x", "", 404, "Order detail not found.")
		c.refused("GET", "/Order/detail/0", "", 400, "orderDetailID must be at least 1.")
		c.refused("POST", "/Order/cancel", `{"OrderID":999999}`, 404, "Order not found.")
		for _, body := range []string{`{}`, `{"OrderID":1,"OrderDetailID":1}`, `{"OrderID":null}`} {
			c.refused("POST", "/Order/cancel", body, 400, "Exactly one of OrderDetailID and OrderID is required.")
		}
		c.refused("POST", "/Order/customer/list", `{"pageSize":101}`, 400, "pageSize must be at most 100.")
		c.refused("POST", "/Order/customer/list", `{"page":0}`, 400, "page must be at least 1.")
		c.refused("GET", "/order", "", 404, "Not found.")
		c.refused("GET", "/Products/none", "", 404, "Not found.")
		status, text, header := c.send("GET", "/ORDER/create", "")
		require.Equal(
			t, `405 {"data":null,"success":false,"message":"Method not allowed."} POST`,
			fmt.Sprint(status, " ", text, " ", header.Get("Allow")),
		)
		c.refused("GET", "/Customer/Get", "", 403, "Forbidden.", "Authorization", "Bearer demo-reseller-suspended-key")
		c.refused("GET", "/Customer/Get", "", 403, "Forbidden.", "Authorization", "Bearer demo-fenced-key")
		for _, key := range []string{"wrong", "a.b.c", "demo-admin-key", ""} {
			c.refused("GET", "/Customer/Get", "", 401, "Unauthorized.", "Authorization", "Bearer "+key)
		}
		_, _, header = c.send("GET", "/Customer/Get", "", "Authorization", "Basic x")
		require.Equal(t, "Bearer", header.Get("WWW-Authenticate"))
		c.ok("GET", "/Customer/Get", "", "Authorization", "", "X-API-Key", "demo-reseller-key")
		poor, err := h.Accounts.FindMerchant(t.Context(), "poor")
		require.NoError(t, err)
		_, err = h.Accounts.UpdateMerchant(
			t.Context(), poor.ID, account.MerchantChange{RateLimit: &account.RateLimit{RequestsPerMinute: 1}},
		)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			status, text, header = c.send("GET", "/Customer/Get", "", "Authorization", "Bearer demo-poor-key")
			return status != http.StatusOK
		}, time.Minute, time.Millisecond)
		require.Equal(t, `429 {"data":null,"success":false,"message":"Too many requests."}`, fmt.Sprint(status, " ", text))
		require.NotEmpty(t, header.Get("Retry-After"))
	})
}
