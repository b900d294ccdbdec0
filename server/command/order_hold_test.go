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

	given := regexp.MustCompile(`ord_\w+`).FindString(
		do(t, shop("order", "hold", "CODE", "--reference", "B", "--user", "player-7")...),
	)
	require.Contains(t, run(t, "", beside("order", "recipient", "player-7")...).err, given)
	require.Contains(t, do(t, beside("erase", "--user", "player-7")...), "forget its customer:\n"+given)
	require.Contains(t, do(t, beside("order", "release", given)...), "is released")
	for _, reference := range []string{"C", "D"} {
		do(t, shop("order", "hold", "CODE", "--reference", reference)...)
		require.Contains(t, do(t, beside("order", "release", "--all")...), "Released 1 hold.")
		require.Contains(t, do(t, beside("order", "release", "--all", "--merchant", "shop")...), "Released 0 holds.")
	}
	do(t, shop("order", "hold", "CODE", "--reference", "H")...)
	holding := run(t, "", shop("statement", "shop")...)
	require.Regexp(t, `shop has THB [\d.,]+ now, may spend THB [\d.,]+, and THB 10\.00 is held\.`, holding.err)
	do(t, beside("order", "release", "--all")...)
	require.Contains(t, run(t, "", beside("statement", "shop")...).err, "THB 0.00 is held.")
	dear := run(t, "", shop("order", "hold", "CODE", "--reference", "F", "--expected-total", "9.99")...)
	require.Equal(t, 1, dear.code)
	require.Contains(t, dear.err, "10.00")
	nowhere := run(t, "", shop("order", "hold", "CODE", "--reference", "G", "--notify-url", "nowhere")...)
	require.Contains(t, nowhere.err, "--notify-url")
	all := shop("order", "hold", "CODE", "--reference", "E", "--user", "player-8", "--server", "eu-1",
		"--character", "mage", "--expected-total", "10.00", "--notify-url", "https://shop.example/in",
		"--metadata", "shelf=4")
	kept := do(t, all...)
	number = regexp.MustCompile(`ord_\w+`).FindString(kept)
	do(t, shop("order", "confirm", number)...)
	shown := do(t, beside("order", "get", number, "--json")...)
	for _, want := range []string{
		`"player-8"`, `"eu-1"`, `"mage"`, `"10.00"`, `"https://shop.example/in"`, `"shelf": "4"`,
	} {
		require.Contains(t, shown, want)
	}
	require.Equal(t, 2, run(t, "", beside("order", "release", given, "--all")...).code)
	require.Equal(t, 2, run(t, "", beside("order", "release")...).code)
	require.Contains(t, do(t, beside("statement", "shop", "--kind", "hold")...), given)
	late := run(t, "", shop("order", "confirm", given)...)
	require.Equal(t, 1, late.code)
	require.Contains(t, late.err, "is released")
	require.Contains(t, run(t, "", "order", "confirm", given).err, "needs --address")
}
