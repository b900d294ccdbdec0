package command_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A merchant holds and confirms from the shell, and an operator releases.
func TestHoldFromTheShell(t *testing.T) {
	address, beside, at := elsewhere(t)
	do(t, beside("merchant", "create", "shop", "--currency", "THB")...)
	do(t, beside("deposit", "shop", "100.00", "--reference", "first")...)
	key := strings.TrimSpace(do(t, beside("key", "create", "shop")...))
	key = key[strings.LastIndexAny(key, " \n")+1:]
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source\nCODE,Code,codes,10.00,THB,stock\n"))...)
	do(t, at("units", "import", "CODE", file(t, "codes.txt", "a\nb\nc\n"))...)
	shop := func(args ...string) []string { return append(args, "--address", address, "--api-key", key) }

	held := do(t, shop("order", "hold", "CODE=2", "--reference", "A", "--for", "30m")...)
	require.Regexp(t, `^Hold ord_\w+ of shop is held: THB 20.00, expires `, held)
	number := regexp.MustCompile(`ord_\w+`).FindString(held)
	require.Contains(t, do(t, beside("order", "holds", "--merchant", "shop")...), number)
	require.Contains(t, do(t, beside("order", "reference", "A", "--merchant", "shop")...), "held as "+number)
	require.Contains(t, do(t, shop("order", "extend", number, "--for", "1h")...), "is held")
	require.Contains(t, do(t, shop("order", "confirm", number)...), "Order "+number+" of shop is completed.")
	require.NotContains(t, do(t, beside("order", "holds")...), number)
	require.Contains(t, do(t, beside("order", "holds", "--all", "--json")...), "confirmed")

	given := regexp.MustCompile(`ord_\w+`).FindString(do(t, shop("order", "hold", "CODE", "--reference", "B")...))
	require.Contains(t, do(t, beside("order", "release", given)...), "is released")
	late := run(t, "", shop("order", "confirm", given)...)
	require.Equal(t, 1, late.code)
	require.Contains(t, late.err, "is released")
	require.Contains(t, run(t, "", "order", "confirm", given).err, "needs --address")
}
