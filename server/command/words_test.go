package command_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// Secrets come from files as editors save them; what nobody could send is refused.
func TestSecretsFromFiles(t *testing.T) {
	url := database(t)
	do(t, "merchant", "create", "shop", "--currency", "THB", "--database", url)
	for _, test := range []struct {
		name, text, want string
		code             int
	}{
		{"plain", "a secret code", "Set", 0},
		{"Windows", "a secret code\r\n", "Set", 0},
		{"mark of UTF-8", "\xef\xbb\xbfa secret code\r\n", "Set", 0},
		{"UTF-16", "\xff\xfea\x00 \x00s\x00", "save it as UTF-8", 1},
		{"not UTF-8", "caf\xe9 secret", "not UTF-8", 1},
		{"blank at the end", "a secret code \n", "blank", 1},
		{"mark inside", "a secret\ufeffcode", "invisible", 1},
		{"nothing", "\n", "Removed", 0},
	} {
		for _, kind := range []string{"password", "channel-code"} {
			t.Run(test.name+" "+kind, func(t *testing.T) {
				r := run(t, test.text, "merchant", "secret", "shop", kind, "--database", url)
				if r.code != test.code || !strings.Contains(r.out+r.err, test.want) {
					t.Errorf("exit code %d, %q %q; want %d, %q", r.code, r.out, r.err, test.code, test.want)
				}
			})
		}
	}
	unchanged := do(t, "merchant", "set", "shop", "--database", url)
	if !strings.Contains(unchanged, "Nothing was named") {
		t.Errorf("a change of nothing: %q", unchanged)
	}
	fails(
		t, "save it as UTF-8", "provider", "create", "topups", "sim", "--credentials",
		file(t, "c.json", "\xff\xfe{\x00}\x00"), "--database", url,
	)
}

// Every list is an object per line for programs, and nothing when it is empty.
func TestListsForPrograms(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	for _, list := range [][]string{
		{"merchant", "list"}, {"provider", "list"}, {"attempts", "list"}, {"units", "imports"},
	} {
		if text := do(t, append(at(list...), "--json")...); text != "" {
			t.Errorf("%q of nothing: %q", list, text)
		}
	}
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`{"sku":"CODE","name":"Code","category":"codes","price":"1.00","currency":"THB","source":"stock"}`))...)
	for range 2 {
		do(t, at("key", "create", "shop")...)
		do(t, at("webhook", "create", "shop", "https://a.example")...)
	}
	do(t, at("units", "import", "CODE", file(t, "a.txt", "A\nB\n"))...)
	do(t, at("units", "import", "CODE", file(t, "b.txt", "C\n"))...)
	do(t, at("provider", "create", "one", "sim")...)
	do(t, at("provider", "create", "two", "sim")...)
	for _, list := range [][]string{
		{"merchant", "list"},
		{"key", "list", "shop"},
		{"webhook", "list", "shop"},
		{"provider", "list"},
		{"units", "list", "CODE", "--limit", "2"},
		{"units", "imports"},
	} {
		text := do(t, append(at(list...), "--json")...)
		rows := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		if len(rows) != 2 {
			t.Errorf("%q: %d lines in %q, want 2", list, len(rows), text)
		}
		for _, row := range rows {
			var object map[string]any
			if err := json.Unmarshal([]byte(row), &object); err != nil || object["id"] == nil {
				t.Errorf("%q: %q is no object with an id: %v", list, row, err)
			}
		}
	}
	if rows := strings.Split(strings.TrimSpace(do(t, at("migrate", "--status", "--json")...)), "\n"); !strings.Contains(
		rows[0], `"applied":true`,
	) {
		t.Errorf("steps: %q", rows[0])
	}
}

// What a person wrote wrong is answered with what may be written, in no
// programmer's words.
func TestWordsForPeople(t *testing.T) {
	url := database(t)
	for _, test := range []struct{ args, want string }{
		{"serve --log-level loud", "must be debug, info, warn or error"},
		{"serve --shutdown-timeout soon", "must be a duration such as 20s"},
		{"serve --max-in-flight many", "must be a whole number"},
		{"key revoke shop first", "must be a whole number"},
		{"units list CODE --limit=-1", "must be a whole number from 1 to 10,000"},
		{"units list CODE --state lost", `must be one of "available","sold","void"`},
		{"webhook set shop 1 --status off", `must be one of "active","inactive"`},
		{"webhook create shop https://a.example --format xml", `must be one of "standard","gameso","bursagb"`},
		{"provider create p fax", "must be one of axcloud, bursagb, gameso, http, manual, marketacc, orderhub, sim, " +
			"stock"},
		{"simulate fax", "there are axcloud, bursagb, gameso, http, marketacc, orderhub"},
		{
			"provider sync units",
			"units cannot be compared: providers of connector stock do not say what they sell; those of axcloud, " +
				"bursagb, http, marketacc, orderhub, sim do",
		},
	} {
		args := strings.Fields(test.args)
		if args[0] != "simulate" {
			args = append(args, "--database", url)
		}
		if args[1] == "sync" {
			do(t, "provider", "create", "units", "stock", "--database", url)
		}
		r := run(t, "", args...)
		if r.code == 0 || !strings.Contains(r.err, test.want) {
			t.Errorf("orderhub %s: %d %q, want %q", test.args, r.code, r.err, test.want)
		}
		for _, odd := range []string{"slog", "2006", "strconv", "64 bit", "map[", "%!", `"",`} {
			if strings.Contains(r.err, odd) {
				t.Errorf("orderhub %s: %q speaks of %q", test.args, r.err, odd)
			}
		}
	}
}

// A change of nothing changes nothing, a part changes that part, and a bound in
// the year 1 is a bound.
func TestPartsOfChanges(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	admin := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	shop := strings.TrimSpace(do(t, at("key", "create", "shop")...))
	do(t, at("deposit", "shop", "5.00")...)
	do(t, at("merchant", "set", "shop", "--store-name", "Shop", "--rate", "600", "--burst", "20")...)
	do(t, at("provider", "create", "half", "sim", "--rate", "600", "--burst", "20")...)
	do(t, at("webhook", "create", "shop", "https://a.example")...)
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`[{"sku":"GEM","name":"Gem","category":"gems","price":"1.00","currency":"THB","source":"provider"}]`))...)
	do(t, at("offer", "create", "GEM", "half", "A", "--cost", "1")...)
	base := hub(t, url)
	for _, test := range []struct {
		key, method, path, body string
		status                  int
		want                    string
	}{
		{admin, "PATCH", "/products/GEM", `{}`, 200, `"sku":"GEM"`},
		{admin, "PATCH", "/categories/gems", `{}`, 200, `"slug":"gems"`},
		{admin, "PATCH", "/offers/1", `{}`, 200, `"providerSku":"A"`},
		{admin, "PATCH", "/merchants/shop", `{}`, 200, `"storeName":"Shop"`},
		{admin, "PATCH", "/providers/half", `{}`, 200, `"requestsPerMinute":600,"burst":20`},
		{shop, "PATCH", "/webhook-endpoints/1", `{}`, 200, `"url":"https://a.example`},
		{
			admin, "PATCH", "/providers/half", `{"rateLimit":{"requestsPerMinute":300}}`, 200,
			`"requestsPerMinute":300,"burst":20`,
		},
		{admin, "PATCH", "/providers/half", `{"rateLimit":{"burst":7}}`, 200, `"requestsPerMinute":300,"burst":7`},
		{admin, "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"https://a.example/c"}}`, 200, `"storeName":"Shop"`},
		{admin, "PATCH", "/merchants/shop", `{"rateLimit":{"burst":7}}`, 200, `"requestsPerMinute":600,"burst":7`},
		{shop, "GET", "/orders?createTimeTo=0001-01-01T00:00:00Z", "", 400, `"field":"createTimeTo"`},
		{shop, "GET", "/account/transfers?createTimeTo=0001-01-01T00:00:00Z", "", 400, `"field":"createTimeTo"`},
		{
			shop, "POST", "/webhook-endpoints/1:replay", `{"dryRun":true,"endTime":"0001-01-01T00:00:00Z"}`, 400,
			`"field":"endTime"`,
		},
		{
			shop, "POST", "/webhook-endpoints/1:replay", `{"startTime":"2030-01-01T00:00:00Z","endTime":"2026-01-01T00:00:00Z"}`,
			400, "must be after startTime",
		},
	} {
		status, text := send(t, test.method, base+"/hub/v1"+test.path, test.key, test.body)
		// Spaces after commas and colons depend on the program's build.
		packed := strings.NewReplacer(", \"", ",\"", "\": ", "\":").Replace(text)
		if status != test.status || !strings.Contains(packed, test.want) {
			t.Errorf("%s %s %s: %d %s, want %d and %s", test.method, test.path, test.body, status, text, test.status, test.want)
		}
	}
	fails(t, "year 1", at("webhook", "replay", "shop", "1", "--to", "0001-01-01T00:00:00Z")...)
	r := run(t, "", at("webhook", "replay", "shop", "1", "--to", "soon")...)
	if r.code != 2 || !strings.Contains(r.err, "must be a time such as 2026-11-25T08:00:00Z") ||
		strings.Contains(r.err, "2006") {
		t.Errorf("a time that is none: %d %q", r.code, r.err)
	}
}
