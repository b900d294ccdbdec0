package command_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// rule is one bad value, as REST and the command line are given it.
type rule struct {
	name, method, path, body string
	word                     string // of the command line's answer
	args                     []string
}

// refusedBothWays tries bad values of which nothing may be kept.
func refusedBothWays(t *testing.T, base, key string, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if status, text := send(t, r.method, base+"/hub/v1"+r.path, key, r.body); status != http.StatusBadRequest {
				t.Errorf("REST: %d %s, want 400", status, text)
			}
			fails(t, r.word, r.args...)
		})
	}
}

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
	do(t, at("webhook", "create", "shop", "https://a.example")...)
	base := hub(t, url)

	long, deep := strings.Repeat("ก", 256), strings.Repeat("x", 4097)
	crowd := make([]string, 101)
	for i := range crowd {
		crowd[i] = fmt.Sprintf("192.0.2.%d", i)
	}
	refusedBothWays(t, base, key, []rule{
		{"e-mail", "POST", "/merchants", `{"name":"m","currency":"THB","email":"a@@x"}`, "--email", at("merchant", "create", "m", "--currency", "THB", "--email", "a@@x")},
		{"name", "POST", "/merchants", `{"name":"M","currency":"THB"}`, "name", at("merchant", "create", "M", "--currency", "THB")},
		{"rate", "POST", "/merchants", `{"name":"m","currency":"THB","rateLimit":{"requestsPerMinute":1000001}}`, "--rate", at("merchant", "create", "m", "--currency", "THB", "--rate", "1000001")},
		{"credit", "POST", "/merchants", `{"name":"m","currency":"THB","creditLimit":"1000000000000"}`, "credit", at("merchant", "create", "m", "--currency", "THB", "--credit-limit", "1000000000000")},
		{"allowlist", "POST", "/merchants", `{"name":"m","currency":"THB","ipAllowlist":["` + strings.Join(crowd, `","`) + `"]}`, "--allow must", at("merchant", "create", "m", "--currency", "THB", "--allow", strings.Join(crowd, ","))},
		{"address twice", "POST", "/merchants", `{"name":"m","currency":"THB","ipAllowlist":["192.0.2.1","192.0.2.1"]}`, "--allow must", at("merchant", "create", "m", "--currency", "THB", "--allow", "192.0.2.1,192.0.2.1")},
		{"store", "PATCH", "/merchants/shop", `{"settings":{"storeName":"a\nb"}}`, "--store-name", at("merchant", "set", "shop", "--store-name", "a\nb")},
		{"callback", "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"javascript:alert(1)"}}`, "--callback-url", at("merchant", "set", "shop", "--callback-url", "javascript:alert(1)")},
		{"default address", "PATCH", "/merchants/shop", `{"settings":{"defaultBillingAddressId":7}}`, "--default-address", at("merchant", "set", "shop", "--default-address", "7")},
		{"burst", "PATCH", "/merchants/shop", `{"rateLimit":{"burst":-1}}`, "--burst", at("merchant", "set", "shop", "--burst=-1")},
		{"low balance", "PATCH", "/merchants/shop", `{"lowBalance":"1000000000000.00"}`, "--low-balance", at("merchant", "set", "shop", "--low-balance", "1000000000000.00")},
		{"label", "POST", "/merchants/shop/keys", `{"label":"a\u001bb"}`, "--label", at("key", "create", "shop", "--label", "a\x1bb")},
		{"description", "POST", "/merchants/shop:deposit", `{"amount":"1.00","description":"a\nb"}`, "--description", at("deposit", "shop", "1.00", "--description", "a\nb")},
		{"reference", "POST", "/merchants/shop:deposit", `{"amount":"1.00","reference":"` + long + `"}`, "--reference", at("deposit", "shop", "1.00", "--reference", long)},
		{"amount", "POST", "/merchants/shop:deposit", `{"amount":"1000000000000.00"}`, "amount", at("deposit", "shop", "1000000000000.00")},
		{"adjustment", "POST", "/merchants/shop:adjust", `{"amount":"0","reason":"x"}`, "amount", at("adjust", "shop", "0", "--reason", "x")},
		{"reason", "POST", "/merchants/shop:adjust", `{"amount":"1","reason":"a\nb"}`, "--reason", at("adjust", "shop", "1", "--reason", "a\nb")},
		{"provider", "POST", "/providers", `{"name":"Upper","connector":"sim"}`, "name", at("provider", "create", "Upper", "sim")},
		{"connector", "POST", "/providers", `{"name":"other","connector":"fax"}`, "connector", at("provider", "create", "other", "fax")},
		{"settings", "POST", "/providers", `{"name":"other","connector":"sim","settings":{"x":"` + strings.Repeat("x", 64<<10) + `"}}`, "--settings", at("provider", "create", "other", "sim", "--settings", `{"x":"`+strings.Repeat("x", 64<<10)+`"}`)},
		{"no settings", "POST", "/providers", `{"name":"other","connector":"sim","settings":[]}`, "--settings", at("provider", "create", "other", "sim", "--settings", "[]")},
		{"credentials", "PATCH", "/providers/topups", `{"credentials":{"key":"` + deep + `"}}`, "--credentials", at("provider", "set", "topups", "--credentials", file(t, "c.json", `{"key":"`+deep+`"}`))},
		{"nameless credential", "PATCH", "/providers/topups", `{"credentials":{"":"x"}}`, "--credentials", at("provider", "set", "topups", "--credentials", file(t, "c.json", `{"":"x"}`))},
		{"time-out", "PATCH", "/providers/topups", `{"timeout":"31s"}`, "--timeout", at("provider", "set", "topups", "--timeout", "31s")},
		{"horizon", "PATCH", "/providers/topups", `{"horizon":"1s"}`, "--horizon", at("provider", "set", "topups", "--horizon", "1s")},
		{"part of a second", "PATCH", "/providers/topups", `{"horizon":"61.5s"}`, "--horizon", at("provider", "set", "topups", "--horizon", "61.5s")},
		{"provider's rate", "PATCH", "/providers/topups", `{"rateLimit":{"requestsPerMinute":-1}}`, "--rate", at("provider", "set", "topups", "--rate=-1")},
		{"concurrency", "PATCH", "/providers/topups", `{"maxConcurrency":-1}`, "--concurrency", at("provider", "set", "topups", "--concurrency=-1")},
		{"offer for stock", "POST", "/offers", `{"product":"CODE","provider":"topups","providerSku":"A"}`, "product", at("offer", "create", "CODE", "topups", "A", "--cost", "1")},
		{"offer's SKU", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"a\nb"}`, "SKU", at("offer", "create", "GEM", "topups", "a\nb", "--cost", "1")},
		{"cost", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","cost":"1000000000000"}`, "--cost", at("offer", "create", "GEM", "topups", "A", "--cost", "1000000000000")},
		{"currency", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","currency":"DEM"}`, "--currency", at("offer", "create", "GEM", "topups", "A", "--cost", "1", "--currency", "DEM")},
		{"priority", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","priority":-1}`, "--priority", at("offer", "create", "GEM", "topups", "A", "--cost", "1", "--priority=-1")},
		{"address", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example:99999"}`, "url", at("webhook", "create", "shop", "https://a.example:99999")},
		{"note", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example","description":"a\nb"}`, "--description", at("webhook", "create", "shop", "https://a.example", "--description", "a\nb")},
		{"events", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example","eventTypes":["foo.bar"]}`, "--events", at("webhook", "create", "shop", "https://a.example", "--events", "foo.bar")},
		{"events of a change", "PATCH", "/webhook-endpoints/1?merchant=shop", `{"eventTypes":["foo.bar"]}`, "--events", at("webhook", "set", "shop", "1", "--events", "foo.bar")},
		{"events of a replay", "POST", "/webhook-endpoints/1:replay", `{"merchant":"shop","dryRun":true,"eventTypes":["foo.bar"]}`, "--events", at("webhook", "replay", "shop", "1", "--events", "foo.bar")},
		{"rate of a replay", "POST", "/webhook-endpoints/1:replay", `{"merchant":"shop","dryRun":true,"eventsPerSecond":1001}`, "--per-second", at("webhook", "replay", "shop", "1", "--per-second", "1001")},
	})

	// Characters count, not bytes.
	do(t, at("deposit", "shop", "1.00", "--reference", strings.Repeat("ก", 255))...)
}

// What a product may be is one rule, whether it comes alone or in a file.
func TestSameRulesForProducts(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "ops", "--operator")...)
	key := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`{"sku":"CODE","name":"Code","category":"codes","price":"1.00","currency":"THB","source":"stock"}`))...)
	base := hub(t, url)

	options := make([]string, 501)
	for i := range options {
		options[i] = fmt.Sprint(i)
	}
	many := strings.TrimSuffix(strings.Repeat(`{"identifier":"x"},`, 51), ",")
	inRest := strings.NewReplacer(`"source":"stock"`, `"source":"PRODUCT_SOURCE_STOCK"`, `"category":"codes"`, `"category":{"slug":"codes"}`,
		"min_quantity", "minQuantity", "max_quantity", "maxQuantity", `"type":"select"`, `"type":"PRODUCT_FIELD_TYPE_SELECT"`)
	var rules []rule
	for _, bad := range []struct{ name, word, key, value string }{
		{"sku", "sku", "sku", `"a b"`},
		{"slug", "slug", "slug", `"A"`},
		{"no name", "name", "name", `""`},
		{"control in the name", "name", "name", `"a\u001bb"`},
		{"long name", "name", "name", `"` + strings.Repeat("ก", 201) + `"`},
		{"long description", "description", "description", `"` + strings.Repeat("ก", 10_001) + `"`},
		{"format", "format", "format", `"` + strings.Repeat("ก", 201) + `"`},
		{"no price", "price", "price", `""`},
		{"negative price", "price", "price", `"-1"`},
		{"decimals", "price", "price", `"1.001"`},
		{"13 digits", "price", "price", `"1000000000000"`},
		{"currency", "currency", "currency", `"DEM"`},
		{"source", "source", "source", `"air"`},
		{"category", "category", "category", `"none"`},
		{"least", "min_quantity", "min_quantity", `1000001`},
		{"most", "max_quantity", "max_quantity", `1000001`},
		{"most below least", "min_quantity", "max_quantity", `1,"min_quantity":2`},
		{"too many fields", "fields", "fields", "[" + many + "]"},
		{"field without a name", "identifier", "fields", `[{"identifier":""}]`},
		{"field twice", "identifier", "fields", `[{"identifier":"a"},{"identifier":"A"}]`},
		{"numbers of fields", "fields[1].id", "fields", `[{"id":1,"identifier":"a"},{"id":1,"identifier":"b"}]`},
		{"control in a title", "title", "fields", `[{"identifier":"a","title":"a\u001bb"}]`},
		{"length of a field", "maxLength", "fields", `[{"identifier":"a","maxLength":1001}]`},
		{"lengths of a field", "below min", "fields", `[{"identifier":"a","minLength":3,"maxLength":2}]`},
		{"select without options", "options", "fields", `[{"identifier":"a","type":"select"}]`},
		{"text with options", "options", "fields", `[{"identifier":"a","options":["x"]}]`},
		{"option twice", "options", "fields", `[{"identifier":"a","type":"select","options":["x","x"]}]`},
		{"too many options", "options", "fields", `[{"identifier":"a","type":"select","options":["` + strings.Join(options, `","`) + `"]}]`},
	} {
		good := map[string]string{"sku": `"NEW"`, "name": `"New"`, "category": `"codes"`, "price": `"1.00"`, "currency": `"THB"`, "source": `"stock"`}
		good[bad.key] = bad.value
		var members []string
		for _, k := range slices.Sorted(maps.Keys(good)) {
			members = append(members, fmt.Sprintf("%q:%s", k, good[k]))
		}
		row := "{" + strings.Join(members, ",") + "}"
		rules = append(rules, rule{bad.name, "POST", "/products", inRest.Replace(row), bad.word, at("product", "import", file(t, "row.json", "["+row+"]"))})
	}
	for i := range rules {
		if rules[i].name == "category" {
			continue // in REST one that is not there is a 404
		}
		refusedBothWays(t, base, key, rules[i:i+1])
	}

	// A row that is refused leaves no category behind, and a file read twice changes nothing.
	refused := file(t, "refused.json", `[{"sku":"NEW","name":"","category":"left","price":"1","currency":"THB","source":"stock"}]`)
	fails(t, "name", at("product", "import", "--create-categories", refused)...)
	if status, text := send(t, "GET", base+"/hub/v1/categories", key, ""); status != http.StatusOK || strings.Contains(text, "left") {
		t.Errorf("categories: %d %s", status, text)
	}
	again := at("product", "import", file(t, "fields.json",
		`[{"sku":"NEW","name":"New","category":"codes","price":"1","currency":"THB","source":"stock","fields":[{"identifier":"a"},{"identifier":"b"}]}]`))
	do(t, again...)
	if text := do(t, again...); !strings.Contains(text, "1 unchanged") {
		t.Errorf("the same file again: %q", text)
	}
}

// What an operator may say of a parked attempt is one rule too.
func TestSameRulesForAttempts(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	do(t, at("merchant", "create", "ops", "--operator")...)
	admin := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	shop := strings.TrimSpace(do(t, at("key", "create", "shop")...))
	do(t, at("deposit", "shop", "5.00")...)
	do(t, at("product", "import", "--create-categories", file(t, "products.json",
		`{"sku":"GEM","name":"Gem","category":"gems","price":"1.00","currency":"THB","source":"provider"}`))...)
	do(t, at("provider", "create", "parks", "sim", "--timeout", "0.5s", "--settings",
		`{"notAskable":true,"notIdempotent":true,"faults":[{"on":"place","do":"timeout_after"}]}`)...)
	do(t, at("offer", "create", "GEM", "parks", "A", "--cost", "1")...)
	base := hub(t, url)
	order(t, base, shop, "parks-1", "GEM")
	id := parked(t, at)

	resolve, command := "/attempts/"+id+":resolve", func(args ...string) []string { return at(append([]string{"attempts", "resolve", id}, args...)...) }
	refusedBothWays(t, base, admin, []rule{
		{"no evidence", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":""}`, "--evidence", command("failed", "--evidence", "")},
		{"long evidence", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"` + strings.Repeat("ก", 501) + `"}`, "--evidence", command("failed", "--evidence", strings.Repeat("ก", 501))},
		{"two lines", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"a\nb"}`, "--evidence", command("failed", "--evidence", "a\nb")},
		{"no goods", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x"}`, "--goods", command("delivered", "--evidence", "x")},
		{"goods of a failure", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"x","goods":["A"]}`, "--goods", command("failed", "--evidence", "x", "--goods", file(t, "goods", "A\n"))},
		{"too many goods", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x","goods":["A","B"]}`, "--goods", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "A\nB\n"))},
		{"control character", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x","goods":["A\u001bB"]}`, "goods", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "A\x1bB\n"))},
	})
	fails(t, "--operator", command("failed", "--evidence", "x", "--operator", "a\nb")...)
	expectIn(t, do(t, command("failed", "--evidence", "x")...), "is refused")
}

// parked waits for an attempt that waits for an operator, and returns its id.
func parked(t *testing.T, at func(...string) []string) string {
	t.Helper()
	id := regexp.MustCompile(`"id":\s*(\d+)`)
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if found := id.FindStringSubmatch(do(t, at("attempts", "list", "--parked", "--json")...)); found != nil {
			return found[1]
		}
	}
	t.Fatal("no attempt is parked")
	return ""
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
}

// Every list is an object per line for programs, and nothing when it is empty.
func TestListsForPrograms(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	for _, list := range [][]string{{"merchant", "list"}, {"provider", "list"}, {"attempts", "list"}, {"units", "imports"}} {
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
	if rows := strings.Split(strings.TrimSpace(do(t, at("migrate", "--status", "--json")...)), "\n"); !strings.Contains(rows[0], `"applied":true`) {
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
		{"provider create p fax", "must be one of axcloud, bursagb, gameso, marketacc, orderhub, sim, stock"},
		{"simulate fax", "there are axcloud, bursagb, gameso, marketacc, orderhub"},
		{"provider sync units", "units cannot be compared: providers of connector stock do not say what they sell; those of axcloud, bursagb, marketacc, orderhub, sim do"},
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
