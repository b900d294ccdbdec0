package command_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A file says of a product what REST says: what partners need to know, how long it may wait, whether it is on sale.
func TestProductImportColumns(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("merchant", "create", "ops", "--operator")...)
	key := strings.TrimSpace(do(t, at("key", "create", "ops")...))
	base := hub(t, url)
	products := func(content, want string) {
		t.Helper()
		expectIn(t, do(t, at("product", "import", "--create-categories", file(t, "products", content))...), want)
	}
	// shows waits until the hub has seen the change.
	shows := func(sku, gone string, wanted ...string) {
		t.Helper()
		text := ""
		require.Eventually(t, func() bool {
			_, text = send(t, "GET", base+"/hub/v1/products/"+sku, key, "")
			missing := func(want string) bool { return !strings.Contains(text, want) }
			return !slices.ContainsFunc(wanted, missing) && (gone == "" || missing(gone))
		}, time.Minute, 50*time.Millisecond, "%s %q", sku, wanted)
	}
	const csv = "sku,name,category,price,currency,source,attributes,fulfil_within,status\n" +
		"GEM,Gem,gems,1.00,THB,provider,\"{\"\"axcloud.product_code\"\": \"\"P1\"\"}\",3600,archived\n"
	products(csv, "1 created")
	shows("GEM", "", `"axcloud.product_code":"P1"`, `"fulfilWithin":"3600s"`, "CATALOG_STATUS_ARCHIVED")
	products(csv, "1 unchanged")
	products("sku,price\nGEM,2.00\n", "1 changed")
	shows("GEM", "", `"axcloud.product_code":"P1"`, `"fulfilWithin":"3600s"`, "CATALOG_STATUS_ARCHIVED")
	json := `{"sku":"GEM","status":"active","fulfil_within":"60s","attributes":{"axcloud.product_code":"P2"}}` + "\n" +
		`{"sku":"GOLD","name":"Gold","category":"gems","price":1,"currency":"THB","source":"provider","fulfil_within":5}`
	products(json, "1 created, 1 changed")
	products(json, "2 unchanged")
	shows("GEM", "", `"axcloud.product_code":"P2"`, `"fulfilWithin":"60s"`, "CATALOG_STATUS_ACTIVE")
	shows("GOLD", "", `"fulfilWithin":"5s"`)
	products(`{"sku":"GEM","attributes":{},"fulfil_within":null,"status":null}`, "1 changed")
	shows("GEM", "axcloud", "CATALOG_STATUS_ACTIVE")
	for content, word := range map[string]string{
		"sku,fulfil_within\nGEM,1.5s\n":                            `"fulfil_within" is not a time`,
		"sku,fulfil_within\nGEM,-1\n":                              `"fulfil_within" is not a time`,
		"sku,fulfil_within\nGEM,604801\n":                          "fulfil_within must be whole seconds",
		"sku,status\nGEM,sold\n":                                   "status must be",
		"sku,attributes\nGEM,x\n":                                  `"attributes" is not a JSON object of texts`,
		`{"sku":"GEM","attributes":{"axcloud.product_code":1}}`:    `"attributes" is not a JSON object of texts`,
		`{"sku":"GEM","attributes":{"axcloud.product_code":null}}`: `"attributes" is not a JSON object of texts`,
		`{"sku":"GEM","attributes":{"code":"x"}}`:                  "attributes",
		`{"sku":"GEM","name":{"a":"x"}}`:                           "wrong type",
	} {
		fails(t, word, at("product", "import", file(t, "products", content))...)
	}
}
