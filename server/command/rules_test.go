package command_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// What REST refuses, the command line refuses: one bad value for each rule, both ways.
func TestSameRules(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	key := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`[{"sku":"CODE","name":"Code","category":"codes","price":"1.00","currency":"THB","source":"stock"},`+
			`{"sku":"GEM","name":"Gem","category":"codes","price":"1.00","currency":"THB","source":"provider"}]`))...)
	do(t, at("provider", "create", "topups", "sim")...)
	base := hub(t, url)

	long := strings.Repeat("ก", 256)
	for _, test := range []struct {
		name, method, path, body, field string
		args                            []string
	}{
		{"e-mail", "POST", "/merchants", `{"name":"m","currency":"THB","email":"a@@x"}`, "email", at("merchant", "create", "m", "--currency", "THB", "--email", "a@@x")},
		{"name", "POST", "/merchants", `{"name":"M","currency":"THB"}`, "name", at("merchant", "create", "M", "--currency", "THB")},
		{"rate", "POST", "/merchants", `{"name":"m","currency":"THB","rateLimit":{"requestsPerMinute":1000001}}`, "rate_limit", at("merchant", "create", "m", "--currency", "THB", "--rate", "1000001")},
		{"credit", "POST", "/merchants", `{"name":"m","currency":"THB","creditLimit":"1000000000000"}`, "credit", at("merchant", "create", "m", "--currency", "THB", "--credit-limit", "1000000000000")},
		{"store", "PATCH", "/merchants/shop", `{"settings":{"storeName":"a\nb"}}`, "store_name", at("merchant", "set", "shop", "--store-name", "a\nb")},
		{"callback", "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"javascript:alert(1)"}}`, "callback_url", at("merchant", "set", "shop", "--callback-url", "javascript:alert(1)")},
		{"burst", "PATCH", "/merchants/shop", `{"rateLimit":{"burst":-1}}`, "rate_limit.burst", at("merchant", "set", "shop", "--burst=-1")},
		{"label", "POST", "/merchants/shop/keys", `{"label":"a\u001bb"}`, "label", at("key", "create", "shop", "--label", "a\x1bb")},
		{"description", "POST", "/merchants/shop:deposit", `{"amount":"1.00","description":"a\nb"}`, "description", at("deposit", "shop", "1.00", "--description", "a\nb")},
		{"reference", "POST", "/merchants/shop:deposit", `{"amount":"1.00","reference":"` + long + `"}`, "reference", at("deposit", "shop", "1.00", "--reference", long)},
		{"amount", "POST", "/merchants/shop:deposit", `{"amount":"1000000000000.00"}`, "amount", at("deposit", "shop", "1000000000000.00")},
		{"provider", "POST", "/providers", `{"name":"Upper","connector":"sim"}`, "name", at("provider", "create", "Upper", "sim")},
		{"time-out", "PATCH", "/providers/topups", `{"timeout":"31s"}`, "timeout", at("provider", "set", "topups", "--timeout", "31s")},
		{"horizon", "PATCH", "/providers/topups", `{"horizon":"1s"}`, "horizon", at("provider", "set", "topups", "--horizon", "1s")},
		{"concurrency", "PATCH", "/providers/topups", `{"maxConcurrency":-1}`, "max_concurrency", at("provider", "set", "topups", "--concurrency=-1")},
		{"offer for stock", "POST", "/offers", `{"product":"CODE","provider":"topups","providerSku":"A"}`, "product", at("offer", "create", "CODE", "topups", "A", "--cost", "1")},
		{"offer's SKU", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"a\nb"}`, "provider_sku", at("offer", "create", "GEM", "topups", "a\nb", "--cost", "1")},
		{"priority", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","priority":-1}`, "priority", at("offer", "create", "GEM", "topups", "A", "--cost", "1", "--priority=-1")},
		{"events", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example","eventTypes":["foo.bar"]}`, "event_types", at("webhook", "create", "shop", "https://a.example", "--events", "foo.bar")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if status, text := send(t, test.method, base+"/hub/v1"+test.path, key, test.body); status != http.StatusBadRequest {
				t.Errorf("REST: %d %s, want 400", status, text)
			}
			fails(t, test.field, test.args...)
		})
	}

	// Characters count, not bytes.
	do(t, at("deposit", "shop", "1.00", "--reference", strings.Repeat("ก", 255))...)
}

func send(t *testing.T, method, address, key, body string) (status int, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-API-Key", key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(answer)
}

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
	fails(t, "save it as UTF-8", "provider", "create", "topups", "sim", "--credentials", file(t, "c.json", "\xff\xfe{\x00}\x00"), "--database", url)
	for _, list := range [][]string{{"provider", "list"}, {"attempts", "list"}, {"webhook", "deliveries", "shop"}} {
		if text := do(t, append(list, "--json", "--database", url)...); strings.TrimSpace(text) != "[]" {
			t.Errorf("%q: %q", list, text)
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
		{admin, "PATCH", "/providers/half", `{"rateLimit":{"requestsPerMinute":300}}`, 200, `"requestsPerMinute":300,"burst":20`},
		{admin, "PATCH", "/providers/half", `{"rateLimit":{"burst":7}}`, 200, `"requestsPerMinute":300,"burst":7`},
		{admin, "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"https://a.example/c"}}`, 200, `"storeName":"Shop"`},
		{admin, "PATCH", "/merchants/shop", `{"rateLimit":{"burst":7}}`, 200, `"requestsPerMinute":600,"burst":7`},
		{shop, "GET", "/orders?createTimeTo=0001-01-01T00:00:00Z", "", 400, `"field":"createTimeTo"`},
		{shop, "GET", "/account/transfers?createTimeTo=0001-01-01T00:00:00Z", "", 400, `"field":"createTimeTo"`},
		{shop, "POST", "/webhook-endpoints/1:replay", `{"dryRun":true,"endTime":"0001-01-01T00:00:00Z"}`, 400, `"field":"endTime"`},
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
	if r.code != 2 || !strings.Contains(r.err, "must be a time such as 2026-11-25T08:00:00Z") || strings.Contains(r.err, "2006") {
		t.Errorf("a time that is none: %d %q", r.code, r.err)
	}
}
