package command_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file of orders is placed once however often it is sent, whether its rows have references or not.
func TestPlaceAFile(t *testing.T) {
	address, beside, at := elsewhere(t)
	do(t, beside("merchant", "create", "shop", "--currency", "THB")...)
	do(t, beside("deposit", "shop", "100.00", "--reference", "first")...)
	key := strings.TrimSpace(do(t, beside("key", "create", "shop")...))
	key = key[strings.LastIndexAny(key, " \n")+1:]
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source\nCODE,Code,codes,10.00,THB,stock\n"))...)
	do(t, at("units", "import", "CODE", file(t, "codes.txt", "a\nb\nc\nd\ne\nf\ng\nh\n"))...)
	shop := func(args ...string) []string { return append(args, "--address", address, "--api-key", key) }

	orders := file(
		t, "orders.csv", "reference,sku,quantity,metadata.till\nA,CODE,1,7\nA,CODE,1,\n,CODE,1,\nB,NOTHING,1,\n",
	)
	first := run(t, "", shop("order", "place", orders)...)
	require.Equal(t, 1, first.code)
	require.Contains(t, first.err, "2 orders placed or there already, 1 refused.")
	require.NotContains(t, first.err, "before this run")
	rows := strings.Split(strings.TrimSpace(first.out), "\n")
	require.Len(t, rows, 4)
	require.Regexp(t, `^2,A,ord_\w+,completed,20.00,THB,,$`, rows[1])
	require.Regexp(t, `^4,csv-[0-9a-f]{20}-1,ord_\w+,completed,10.00,THB,,$`, rows[2])
	require.Regexp(t, `^5,B,,refused,,,PRODUCT_NOT_FOUND,`, rows[3])
	again := run(t, "", shop("order", "place", orders)...)
	require.Equal(t, first.out, again.out, "nothing is placed twice")
	require.Contains(t, again.err, "2 of them were placed before this run.")
	more := file(t, "more.csv", "quantity,sku\n1,CODE\n1,CODE\n")
	placed := strings.Split(do(t, shop("order", "place", more)...), "\n")
	number := strings.Split(rows[2], ",")[2]
	require.Contains(t, placed[1], number, "an equal row, wherever it stands, is the same order")
	require.Regexp(t, `^3,csv-[0-9a-f]{20}-2,ord_\w+,completed,`, placed[2], "one more is another")
	require.Contains(t, run(t, "sku,quantity\nCODE,1\n", shop("order", "place", "-")...).out, number)
	later := run(t, "sku,quantity\nCODE,1\n", shop("order", "place", "-", "--series", "next month")...)
	require.Zero(t, later.code)
	require.NotContains(t, later.out, number)

	told := do(t, beside("order", "reference", "B", "--merchant", "shop")...)
	require.Contains(t, told, "Reference B of shop: refused; no order was placed.")
	require.Contains(t, told, "PRODUCT_NOT_FOUND")
	require.Contains(t, do(t, beside("order", "reference", "A", "--merchant", "shop")...), "order ord_")
	require.Contains(t, do(t, beside("order", "reference", "C", "--merchant", "shop", "--json")...), "not_seen")

	all := file(t, "all.csv", "reference,sku,quantity\nX,CODE,3\nY,CODE,3\n")
	atomic := run(t, "", shop("order", "place", all, "--atomic")...)
	require.Equal(t, 1, atomic.code)
	require.Contains(t, atomic.err, "orders[1].lines[0].quantity out of stock")
	require.Contains(t, do(t, beside("order", "reference", "X", "--merchant", "shop")...), "not seen")

	do(t, beside("merchant", "set", "shop", "--rate", "1", "--burst", "2")...)
	wide := file(t, "wide.csv", "reference,sku,quantity\nP,CODE,1\nQ,CODE,1\nR,CODE,1\n")
	require.Eventually(t, func() bool { // the hub knows of the limit in a moment
		return strings.Contains(run(t, "", shop("order", "place", wide, "--atomic")...).err, "at most 2 entries to be atomic")
	}, patience, pause)
	do(t, beside("merchant", "set", "shop", "--rate", "0")...)

	for name, wrong := range map[string]struct{ text, says string }{
		"an unknown column": {"sku,quantity,colour\nCODE,1,red\n", `column "colour" is not known`},
		"no quantity":       {"sku\nCODE\n", "sku and quantity are needed"},
		"a bad quantity":    {"sku,quantity\nCODE,many\n", "line 2: quantity must be a whole number"},
		"nothing":           {"", "the file is empty"},
		"two recipients": {
			"reference,sku,quantity,user_id\nM,CODE,1,alice\nM,CODE,1,bob\n", "line 3: user_id is another one than in line 2",
		},
		"two tills":   {"reference,sku,quantity,metadata.till\nM,CODE,1,7\nM,CODE,1,8\n", "line 3: metadata.till is another"},
		"a bad quote": {"reference,sku,quantity\nM,CODE,1\nM\"x,CODE,1\n", `bare "`},
	} {
		t.Run(name, func(t *testing.T) {
			fails(t, wrong.says, shop("order", "place", file(t, "wrong.csv", wrong.text))...)
		})
	}
	require.Contains(t, do(t, beside("order", "reference", "M", "--merchant", "shop")...), "not seen")
	fails(t, "needs --address", "order", "place", orders)
}
