package command_test

import (
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
				`{"name":"other","connector":"gameso","settings":` + settings + `,"credentials":` + credentials + `}`, "--credentials",
				at("provider", "create", "other", "gameso", "--settings", settings, "--credentials", file(t, "bad.json", credentials)),
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
