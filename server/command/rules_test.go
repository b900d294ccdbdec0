package command_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
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
		{
			"e-mail", "POST", "/merchants", `{"name":"m","currency":"THB","email":"a@@x"}`, "--email",
			at("merchant", "create", "m", "--currency", "THB", "--email", "a@@x"),
		},
		{
			"name", "POST", "/merchants", `{"name":"M","currency":"THB"}`, "name",
			at("merchant", "create", "M", "--currency", "THB"),
		},
		{
			"rate", "POST", "/merchants", `{"name":"m","currency":"THB","rateLimit":{"requestsPerMinute":1000001}}`, "--rate",
			at("merchant", "create", "m", "--currency", "THB", "--rate", "1000001"),
		},
		{
			"credit", "POST", "/merchants", `{"name":"m","currency":"THB","creditLimit":"1000000000000"}`, "credit",
			at("merchant", "create", "m", "--currency", "THB", "--credit-limit", "1000000000000"),
		},
		{
			"allowlist", "POST", "/merchants",
			`{"name":"m","currency":"THB","ipAllowlist":["` + strings.Join(crowd, `","`) + `"]}`, "--allow must",
			at("merchant", "create", "m", "--currency", "THB", "--allow", strings.Join(crowd, ",")),
		},
		{
			"address twice", "POST", "/merchants", `{"name":"m","currency":"THB","ipAllowlist":["192.0.2.1","192.0.2.1"]}`,
			"--allow must", at("merchant", "create", "m", "--currency", "THB", "--allow", "192.0.2.1,192.0.2.1"),
		},
		{
			"store", "PATCH", "/merchants/shop", `{"settings":{"storeName":"a\nb"}}`, "--store-name",
			at("merchant", "set", "shop", "--store-name", "a\nb"),
		},
		{
			"callback", "PATCH", "/merchants/shop", `{"settings":{"callbackUrl":"javascript:alert(1)"}}`, "--callback-url",
			at("merchant", "set", "shop", "--callback-url", "javascript:alert(1)"),
		},
		{
			"default address", "PATCH", "/merchants/shop", `{"settings":{"defaultBillingAddressId":7}}`, "--default-address",
			at("merchant", "set", "shop", "--default-address", "7"),
		},
		{
			"burst", "PATCH", "/merchants/shop", `{"rateLimit":{"burst":-1}}`, "--burst",
			at("merchant", "set", "shop", "--burst=-1"),
		},
		{
			"low balance", "PATCH", "/merchants/shop", `{"lowBalance":"1000000000000.00"}`, "--low-balance",
			at("merchant", "set", "shop", "--low-balance", "1000000000000.00"),
		},
		{
			"label", "POST", "/merchants/shop/keys", `{"label":"a\u001bb"}`, "--label",
			at("key", "create", "shop", "--label", "a\x1bb"),
		},
		{
			"description", "POST", "/merchants/shop:deposit", `{"amount":"1.00","description":"a\nb"}`, "--description",
			at("deposit", "shop", "1.00", "--description", "a\nb"),
		},
		{
			"reference", "POST", "/merchants/shop:deposit", `{"amount":"1.00","reference":"` + long + `"}`, "--reference",
			at("deposit", "shop", "1.00", "--reference", long),
		},
		{
			"amount", "POST", "/merchants/shop:deposit", `{"amount":"1000000000000.00"}`, "amount",
			at("deposit", "shop", "1000000000000.00"),
		},
		{
			"adjustment", "POST", "/merchants/shop:adjust", `{"amount":"0","reason":"x"}`, "amount",
			at("adjust", "shop", "0", "--reason", "x"),
		},
		{
			"reason", "POST", "/merchants/shop:adjust", `{"amount":"1","reason":"a\nb"}`, "--reason",
			at("adjust", "shop", "1", "--reason", "a\nb"),
		},
		{
			"provider", "POST", "/providers", `{"name":"Upper","connector":"sim"}`, "name",
			at("provider", "create", "Upper", "sim"),
		},
		{
			"connector", "POST", "/providers", `{"name":"other","connector":"fax"}`, "connector",
			at("provider", "create", "other", "fax"),
		},
		{
			"settings", "POST", "/providers",
			`{"name":"other","connector":"sim","settings":{"x":"` + strings.Repeat("x", 64<<10) + `"}}`, "--settings",
			at("provider", "create", "other", "sim", "--settings", `{"x":"`+strings.Repeat("x", 64<<10)+`"}`),
		},
		{
			"no settings", "POST", "/providers", `{"name":"other","connector":"sim","settings":[]}`, "--settings",
			at("provider", "create", "other", "sim", "--settings", "[]"),
		},
		{
			"credentials", "PATCH", "/providers/topups", `{"credentials":{"key":"` + deep + `"}}`, "--credentials",
			at("provider", "set", "topups", "--credentials", file(t, "c.json", `{"key":"`+deep+`"}`)),
		},
		{
			"nameless credential", "PATCH", "/providers/topups", `{"credentials":{"":"x"}}`, "--credentials",
			at("provider", "set", "topups", "--credentials", file(t, "c.json", `{"":"x"}`)),
		},
		{
			"time-out", "PATCH", "/providers/topups", `{"timeout":"31s"}`, "--timeout",
			at("provider", "set", "topups", "--timeout", "31s"),
		},
		{
			"horizon", "PATCH", "/providers/topups", `{"horizon":"1s"}`, "--horizon",
			at("provider", "set", "topups", "--horizon", "1s"),
		},
		{
			"part of a second", "PATCH", "/providers/topups", `{"horizon":"61.5s"}`, "--horizon",
			at("provider", "set", "topups", "--horizon", "61.5s"),
		},
		{
			"provider's rate", "PATCH", "/providers/topups", `{"rateLimit":{"requestsPerMinute":-1}}`, "--rate",
			at("provider", "set", "topups", "--rate=-1"),
		},
		{
			"concurrency", "PATCH", "/providers/topups", `{"maxConcurrency":-1}`, "--concurrency",
			at("provider", "set", "topups", "--concurrency=-1"),
		},
		{
			"offer for stock", "POST", "/offers", `{"product":"CODE","provider":"topups","providerSku":"A"}`, "product",
			at("offer", "create", "CODE", "topups", "A", "--cost", "1"),
		},
		{
			"offer's SKU", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"a\nb"}`, "SKU",
			at("offer", "create", "GEM", "topups", "a\nb", "--cost", "1"),
		},
		{
			"cost", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","cost":"1000000000000"}`,
			"--cost", at("offer", "create", "GEM", "topups", "A", "--cost", "1000000000000"),
		},
		{
			"currency", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","currency":"DEM"}`,
			"--currency", at("offer", "create", "GEM", "topups", "A", "--cost", "1", "--currency", "DEM"),
		},
		{
			"priority", "POST", "/offers", `{"product":"GEM","provider":"topups","providerSku":"A","priority":-1}`, "--priority",
			at("offer", "create", "GEM", "topups", "A", "--cost", "1", "--priority=-1"),
		},
		{
			"address", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example:99999"}`, "url",
			at("webhook", "create", "shop", "https://a.example:99999"),
		},
		{
			"note", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example","description":"a\nb"}`,
			"--description", at("webhook", "create", "shop", "https://a.example", "--description", "a\nb"),
		},
		{
			"events", "POST", "/webhook-endpoints", `{"merchant":"shop","url":"https://a.example","eventTypes":["foo.bar"]}`,
			"--events", at("webhook", "create", "shop", "https://a.example", "--events", "foo.bar"),
		},
		{
			"events of a change", "PATCH", "/webhook-endpoints/1?merchant=shop", `{"eventTypes":["foo.bar"]}`, "--events",
			at("webhook", "set", "shop", "1", "--events", "foo.bar"),
		},
		{
			"events of a replay", "POST", "/webhook-endpoints/1:replay",
			`{"merchant":"shop","dryRun":true,"eventTypes":["foo.bar"]}`, "--events",
			at("webhook", "replay", "shop", "1", "--events", "foo.bar"),
		},
		{
			"rate of a replay", "POST", "/webhook-endpoints/1:replay",
			`{"merchant":"shop","dryRun":true,"eventsPerSecond":1001}`, "--per-second",
			at("webhook", "replay", "shop", "1", "--per-second", "1001"),
		},
	})

	// Characters count, not bytes.
	do(t, at("deposit", "shop", "1.00", "--reference", strings.Repeat("ก", 255))...)
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
