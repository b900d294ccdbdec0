package command_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

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
	inRest := strings.NewReplacer(
		`"source":"stock"`, `"source":"PRODUCT_SOURCE_STOCK"`, `"category":"codes"`, `"category":{"slug":"codes"}`,
		"min_quantity", "minQuantity", "max_quantity", "maxQuantity", `"type":"select"`, `"type":"PRODUCT_FIELD_TYPE_SELECT"`,
	)
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
		{
			"too many options", "options", "fields",
			`[{"identifier":"a","type":"select","options":["` + strings.Join(options, `","`) + `"]}]`,
		},
	} {
		good := map[string]string{
			"sku": `"NEW"`, "name": `"New"`, "category": `"codes"`, "price": `"1.00"`, "currency": `"THB"`, "source": `"stock"`,
		}
		good[bad.key] = bad.value
		var members []string
		for _, k := range slices.Sorted(maps.Keys(good)) {
			members = append(members, fmt.Sprintf("%q:%s", k, good[k]))
		}
		row := "{" + strings.Join(members, ",") + "}"
		rules = append(
			rules,
			rule{
				bad.name, "POST", "/products", inRest.Replace(row), bad.word,
				at("product", "import", file(t, "row.json", "["+row+"]")),
			},
		)
	}
	for i := range rules {
		if rules[i].name == "category" {
			continue // in REST one that is not there is a 404
		}
		refusedBothWays(t, base, key, rules[i:i+1])
	}

	// A row that is refused leaves no category behind, and a file read twice changes nothing.
	refused := file(
		t, "refused.json", `[{"sku":"NEW","name":"","category":"left","price":"1","currency":"THB","source":"stock"}]`,
	)
	fails(t, "name", at("product", "import", "--create-categories", refused)...)
	if status, text := send(t, "GET", base+"/hub/v1/categories", key, ""); status != http.StatusOK ||
		strings.Contains(text, "left") {
		t.Errorf("categories: %d %s", status, text)
	}
	again := at("product", "import", file(t, "fields.json",
		`[{"sku":"NEW","name":"New","category":"codes","price":"1","currency":"THB","source":"stock",`+
			`"fields":[{"identifier":"a"},{"identifier":"b"}]}]`))
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

	resolve, command := "/attempts/"+id+
		":resolve", func(args ...string) []string { return at(append([]string{"attempts", "resolve", id}, args...)...) }
	refusedBothWays(t, base, admin, []rule{
		{
			"no evidence", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":""}`, "--evidence",
			command("failed", "--evidence", ""),
		},
		{
			"long evidence", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"` + strings.Repeat("ก", 501) + `"}`,
			"--evidence", command("failed", "--evidence", strings.Repeat("ก", 501)),
		},
		{
			"two lines", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"a\nb"}`, "--evidence",
			command("failed", "--evidence", "a\nb"),
		},
		{
			"no goods", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x"}`, "--goods",
			command("delivered", "--evidence", "x"),
		},
		{
			"goods of a failure", "POST", resolve, `{"action":"ATTEMPT_ACTION_FAILED","evidence":"x","goods":["A"]}`, "--goods",
			command("failed", "--evidence", "x", "--goods", file(t, "goods", "A\n")),
		},
		{
			"too many goods", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x","goods":["A","B"]}`,
			"--goods", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "A\nB\n")),
		},
		{
			"control character", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x","goods":["A\u001bB"]}`,
			"goods", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "A\x1bB\n")),
		},
		{
			"header", "POST", resolve, `{"action":"ATTEMPT_ACTION_DELIVERED","evidence":"x","goods":["Voucher Code"]}`,
			"goods", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "Voucher Code\n")),
		},
	})
	fails(t, "is JSON", command("delivered", "--evidence", "x", "--goods", file(t, "goods", "{\"code\":\"A\"}\nB\n"))...)
	fails(t, "--operator", command("failed", "--evidence", "x", "--operator", "a\nb")...)
	expectIn(t, do(t, command("failed", "--evidence", "x")...), "is refused")
}
