package command_test

import (
	"testing"
)

func TestPriceLists(t *testing.T) {
	url := database(t)
	at := func(args ...string) []string { return append(args, "--database", url) }
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source\nCODE,Code,codes,10.00,THB,stock\nGEM,Gem,gems,20.00,THB,provider\n"))...)
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	rules := file(t, "rules.json", `[{"base": "PRICE_BASE_LIST", "percent": "-5", "category": "codes"},
		{"base": "PRICE_BASE_COST", "percent": "12"}]`)
	expectIn(t, do(t, at("price", "create", "resellers", "--currency", "THB", "--rules", rules)...), "a draft")
	preview := do(t, at("price", "preview", "resellers")...)
	expectIn(t, preview, "9.50")
	expectIn(t, preview, "no_cost")
	fails(t, "has problems with products", at("price", "activate", "resellers")...)
	expectIn(t, do(t, at("price", "give", "shop", "resellers")...), "shop has price list resellers.")
	expectIn(t, do(t, at("price", "activate", "resellers", "--accept-problems")...), "is active, for 1 merchant.")
	one := file(t, "one.json", `[{"base": "PRICE_BASE_LIST", "amount": "-0.50"}]`)
	expectIn(t, do(t, at("price", "preview", "resellers", "--rules", one)...), "19.50")
	expectIn(t, do(t, at("price", "set", "resellers", "--rules", one)...), "now version 3")
	expectIn(t, do(t, at("price", "show", "resellers")...), `"shop"`)
	expectIn(t, do(t, at("price", "list")...), "resellers")
	expectIn(t, do(t, at("price", "archive", "resellers")...), "is archived")
	expectIn(t, do(t, at("price", "give", "shop")...), "shop has no price list.")
	fails(t, "there is no price list", at("price", "show", "none")...)
	fails(t, "must be a JSON array", at("price", "set", "resellers", "--rules", file(t, "bad.json", "{}"))...)
	unknown := file(t, "bad.json", `[{"x": 1}]`)
	fails(t, "has something that no rule has", at("price", "set", "resellers", "--rules", unknown)...)
	do(t, at("verify")...)
}
