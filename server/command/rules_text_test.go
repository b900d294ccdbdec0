package command_test

import (
	"strconv"
	"strings"
	"testing"
)

// Secrets that are new are held to the standard of webhooks wherever they come in.
func TestSameRulesForSecrets(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	admin := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	settings := `{"baseUrl":"https://a.example"}`
	do(t, at("provider", "create", "topups", "gameso", "--settings", settings,
		"--credentials", file(t, "good.json", `{"api_key":"k","webhook_secret":"0123456789"}`))...)
	base := hub(t, url)
	for _, bad := range []string{"short", "WHSEC_abc", "WHSEC_abcdefghijklmnop", "whsec_c2VjcmV0", "whsec_AAECAwQF"} {
		body := `{"callbackKey":"` + bad + `"}`
		if status, text := send(t, "POST", base+"/hub/v1/merchants/shop:setCredentials", admin, body); status != 400 ||
			!strings.Contains(text, `"callbackKey"`) {
			t.Errorf("callback key %s over REST: %d %s", bad, status, text)
		}
		r := run(t, bad+"\n", at("merchant", "secret", "shop", "callback-key")...)
		if r.code == 0 || !strings.Contains(r.err, "the callback key must have") {
			t.Errorf("callback key %s: exit code %d, %s", bad, r.code, r.err)
		}
		credentials := `{"api_key":"k","webhook_secret":"` + bad + `"}`
		refusedBothWays(t, base, admin, []rule{
			{
				bad + " of a provider", "PATCH", "/providers/topups", `{"credentials":` + credentials + `}`, "--credentials",
				at("provider", "set", "topups", "--credentials", file(t, "bad.json", credentials)),
			},
			{
				bad + " of a new provider", "POST", "/providers",
				`{"name":"other","connector":"gameso","settings":` + settings + `,"credentials":` + credentials + `}`,
				"--credentials", at("provider", "create", "other", "gameso", "--settings", settings,
					"--credentials", file(t, "bad.json", credentials)),
			},
		})
	}
	if r := run(t, "0123456789\n", at("merchant", "secret", "shop", "callback-key")...); r.code != 0 {
		t.Errorf("a good callback key: %s", r.err)
	}
	if r := run(t, "\n", at("merchant", "secret", "shop", "callback-key")...); r.code != 0 {
		t.Errorf("no callback key: %s", r.err)
	}
}

// What cannot be seen is kept out of texts that people read, wherever they come in.
func TestSameRulesForTexts(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	admin := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source\nCODE,Code,codes,1,THB,stock\n"))...)
	base := hub(t, url)
	for name, hidden := range map[string]string{
		"zero width": "\u200b", "direction": "\u202e", "mark": "\ufeff", "escape": "\x1b",
	} {
		bad := "a" + hidden + "b"
		quoted := strconv.Quote(bad)
		if hidden == "\x1b" {
			quoted = `"a\u001bb"`
		}
		row := `{"sku":"NEW","name":` + quoted + `,"category":{"slug":"codes"},"price":"1","currency":"THB",` +
			`"source":"PRODUCT_SOURCE_STOCK"}`
		refusedBothWays(t, base, admin, []rule{
			{
				name + " in a reason", "POST", "/merchants/shop:adjust", `{"amount":"1","reason":` + quoted + `}`, "--reason",
				at("adjust", "shop", "1", "--reason", bad),
			},
			{
				name + " in a description", "POST", "/merchants/shop:deposit", `{"amount":"1","description":` + quoted + `}`,
				"--description", at("deposit", "shop", "1", "--description", bad),
			},
			{
				name + " in a label", "POST", "/merchants/shop/keys", `{"label":` + quoted + `}`, "--label",
				at("key", "create", "shop", "--label", bad),
			},
			{
				name + " in a store's name", "PATCH", "/merchants/shop", `{"settings":{"storeName":` + quoted + `}}`,
				"--store-name", at("merchant", "set", "shop", "--store-name", bad),
			},
			{
				name + " in a note", "POST", "/webhook-endpoints",
				`{"merchant":"shop","url":"https://a.example","description":` + quoted + `}`, "--description",
				at("webhook", "create", "shop", "https://a.example", "--description", bad),
			},
			{
				name + " in a product", "POST", "/products", row, "name", at("product", "import",
					file(t, "products.csv", "sku,name,category,price,currency,source\nNEW,"+bad+",codes,1,THB,stock\n")),
			},
		})
		for what, body := range map[string]string{
			"/categories":          `{"slug":"new","name":"New","description":` + quoted + `}`,
			"/orders/ord_x:cancel": `{"reason":` + quoted + `}`,
		} {
			if status, text := send(t, "POST", base+"/hub/v1"+what, admin, body); status != 400 {
				t.Errorf("%s in %s: %d %s", name, what, status, text)
			}
		}
	}
	if status, text := send(t, "POST", base+"/hub/v1/categories", admin,
		`{"slug":"new","name":"New","description":"first\nsecond"}`); status != 200 {
		t.Errorf("a description of two lines: %d %s", status, text)
	}
}

// An address whose host DNS cannot have is refused wherever one is set.
func TestSameRulesForHosts(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	admin := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	shop := strings.TrimSpace(do(t, at("key", "create", "shop")...))
	base := hub(t, url)
	for _, host := range []string{
		"x..example", "-x.example", "x-.example", strings.Repeat("a", 64) + ".example", "[fe80::1%25eth0]",
	} {
		address := "https://" + host + "/x"
		settings := `{"baseUrl":"` + address + `"}`
		credentials := file(t, "c.json", `{"api_key":"k"}`)
		refusedBothWays(t, base, admin, []rule{
			{
				host + " of an endpoint", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"` + address + `"}`, "url",
				at("webhook", "create", "shop", address),
			},
			{
				host + " of a merchant", "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"` + address + `"}}`,
				"--callback-url", at("merchant", "set", "shop", "--callback-url", address),
			},
			{
				host + " of a provider", "POST", "/providers",
				`{"name":"other","connector":"gameso","settings":` + settings + `,"credentials":{"api_key":"k"}}`, "baseUrl",
				at("provider", "create", "other", "gameso", "--settings", settings, "--credentials", credentials),
			},
		})
		for path, body := range map[string]string{
			"/hub/v1/orders":        `{"referenceId":"x","notifyUrl":"` + address + `","lines":[{"sku":"CODE","quantity":1}]}`,
			"/v1/merchant-webhooks": `{"url":"` + address + `","secret":"0123456789"}`,
		} {
			if status, text := send(t, "POST", base+path, shop, body); status != 400 || !strings.Contains(text, "host's name") {
				t.Errorf("%s at %s: %d %s", host, path, status, text)
			}
		}
	}
}
