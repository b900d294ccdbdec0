package command_test

import (
	"encoding/csv"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store/storetest"
)

// TestBusiness sees to what a shop does every day, beside a running hub and from elsewhere.
func TestBusiness(t *testing.T) {
	for name, kind := range map[string]struct {
		url       func(*testing.T) string
		args      []string
		elsewhere bool
	}{
		"sqlite":    {database, nil, false},
		"elsewhere": {database, nil, true},
		"postgres": {
			func(t *testing.T) string { return storetest.PostgresURL(t) }, []string{"--key", testKey.Reveal()}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			url := kind.url(t)
			hub := hubAt(t, url)
			beside := func(args ...string) []string { return append(append(args, "--database", url), kind.args...) }
			at := beside
			if kind.elsewhere {
				at = asAdmin(t, hub.GRPC, beside)
			}
			base := "http://" + hub.HTTP
			do(t, at("merchant", "create", "shop", "--currency", "THB")...)
			key := strings.TrimSpace(do(t, at("key", "create", "shop")...))
			do(t, at("deposit", "shop", "1000.00")...)

			seeToCatalogue(t, at)
			seeToOffers(t, at)
			do(t, at("units", "import", "CODE", file(t, "codes.txt", "first\nsecond\n"))...)
			require.Contains(t, do(t, at("units", "stock", "CODE")...), "2 units of CODE can be sold.")
			orderUntil(t, base, key, "CODE", "ORDER_STATUS_COMPLETED")
			orderUntil(t, base, key, "CODE", "ORDER_STATUS_COMPLETED")
			seeToOrders(t, at)
			seeToMoney(t, at)
			seeToReports(t, at)
			do(t, at("product", "archive", "CODE")...)
			orderUntil(t, base, key, "CODE", "PRODUCT_NOT_AVAILABLE")
			do(t, beside("verify")...)
		})
	}
}

// asAdmin is how commands are given for a hub elsewhere, with the key of a new operator.
func asAdmin(t *testing.T, address string, beside func(...string) []string) func(...string) []string {
	t.Helper()
	do(t, beside("operator", "create", "ada", "--role", "admin")...)
	key := strings.TrimSpace(do(t, beside("operator", "key", "create", "ada")...))
	return func(args ...string) []string {
		return append([]string{"--address", address, "--api-key", key}, args...)
	}
}

func seeToCatalogue(t *testing.T, at func(...string) []string) {
	t.Helper()
	do(t, at("category", "create", "codes", "Codes")...)
	require.Contains(t, do(t, at("category", "set", "codes", "--name", "E-pins")...), "codes: E-pins")
	do(t, at("product", "import", file(t, "products.csv", "sku,name,category,price,currency,source,dated\n"+
		"CODE,Code,codes,10.00,THB,stock,false\nDAY,Day ticket,codes,50.00,THB,stock,true\n"+
		"GEMS,Gems,codes,99.00,THB,provider,false\n"))...)
	require.Regexp(t, `(?m)^1 +codes +3 +E-pins$`, do(t, at("category", "list")...))
	require.Regexp(t, `(?m)^3 +GEMS +codes +THB 99\.00 +provider +- +active +Gems$`,
		do(t, at("product", "list", "--query", "gem")...))

	require.Equal(t, "Set 33 days of DAY.\n",
		do(t, at("allotment", "set", "DAY", "2027-12-01..2027-12-31=5", "2028-01-01=7", "2028-01-06=0")...))
	require.Regexp(t, `(?m)^2028-01-01 +7 +0 +0 +7$`, do(t, at("allotment", "list", "DAY", "--from", "2027-12-31")...))
	for _, wrong := range []string{"2027-02-30=5", "2027-12-02..2027-12-01=5", "2027-12-01", "2027-12-01=many"} {
		r := run(t, "", at("allotment", "set", "DAY", wrong)...)
		require.Equal(t, 2, r.code, wrong)
		require.Contains(t, r.err, "2026-12-01..2026-12-31=50", wrong)
	}

	do(t, at("coupon", "create", "welcome10", "--percent", "10", "--per-merchant", "1", "--products", "CODE")...)
	do(t, at("coupon", "set", "WELCOME10", "--max-uses", "500", "--to", "2028-01-01T00:00:00Z")...)
	require.Regexp(t, `(?m)^WELCOME10 +10 % +CODE +- +2028-01-01 00:00:00 +0 +500 +active$`,
		do(t, at("coupon", "list")...))
	require.Contains(t, do(t, at("coupon", "set", "WELCOME10", "--status", "archived")...), "archived")
	fails(t, `there is no coupon "NONE"`, at("coupon", "set", "NONE", "--max-uses", "5")...)
	fails(t, "nothing to change", at("coupon", "set", "WELCOME10")...)
	fails(t, "--percent", at("coupon", "create", "HALF", "--percent", "101")...)

	require.Equal(t, "shop orders CODE as 2, listing 1.\n",
		do(t, at("listing", "create", "shop", "2", "CODE", "--price", "9.00")...))
	require.Regexp(t, `(?m)^1 +2 +- +CODE +THB 9\.00$`, do(t, at("listing", "list", "shop")...))
	do(t, at("listing", "delete", "shop", "1")...)
	fails(t, "shop has no listing 1", at("listing", "delete", "shop", "1")...)
}

func seeToOffers(t *testing.T, at func(...string) []string) {
	t.Helper()
	do(t, at("provider", "create", "topups", "sim")...)
	do(t, at("offer", "create", "GEMS", "topups", "G1", "--cost", "80.00")...)
	require.Equal(t, "Changed offer 1: GEMS of topups for THB 84.00, disabled.\n",
		do(t, at("offer", "set", "1", "--cost", "84.00", "--status", "disabled")...))
	require.Regexp(t, `(?m)^1 +GEMS +topups +G1 +THB 84\.00 +THB 84\.00 +0 +disabled$`, do(t, at("offer", "list")...))
	do(t, at("offer", "delete", "1")...)
	fails(t, "there is no offer 1", at("offer", "set", "1", "--cost", "84.00")...)
}

func seeToOrders(t *testing.T, at func(...string) []string) {
	t.Helper()
	list := do(t, at("order", "list", "--merchant", "shop", "--status", "completed,failed")...)
	row := regexp.MustCompile(`(?m)^(ord_\S+) +CODE-\S+ +shop +completed +1 +THB 10\.00 +0\.00 `)
	numbers := row.FindAllStringSubmatch(list, -1)
	require.Len(t, numbers, 2, list)
	last, first := numbers[0][1], numbers[1][1]
	for _, found := range [][]string{
		{"--number", last}, {"--number", last[:20], "--product", "CODE", "--door", "hub"}, {"--status", "completed"},
	} {
		require.Contains(t, do(t, at(append([]string{"order", "list"}, found...)...)...), last, found)
	}
	require.NotContains(t, do(t, at("order", "list", "--product", "GEMS")...), last)
	goods := at("order", "goods")
	sold := run(t, " first \r\n", goods...)
	require.Equal(t, 0, sold.code, sold.err)
	require.Regexp(t, `(?m)^\d+ +CODE +delivered +`+first+` +1 +shop +2`, sold.out)
	require.Contains(t, run(t, "third\n", goods...).err, "no unit has this content")
	require.Contains(t, run(t, "\n", goods...).err, "no content")
	require.NotContains(t, do(t, at("audit", "list", "--method", "OrderService.FindGoods", "--json")...), "first")
	require.NotContains(t, do(t, at("order", "recipient", "nobody")...), last)

	var shown struct {
		OrderNumber, Status, ReferenceID, TotalAmount string
		Lines                                         []struct {
			Quantity int
			Goods    []struct{ Content string }
		}
	}
	text := do(t, at("order", "get", first, "--json")...)
	require.NoError(t, json.Unmarshal([]byte(text), &shown), text)
	require.Equal(
		t, []string{first, "completed", "10.00"}, []string{shown.OrderNumber, shown.Status, shown.TotalAmount},
	)
	require.Equal(t, 1, shown.Lines[0].Quantity)
	require.NotContains(t, text, `"first"`, "goods are shown on request only")
	require.NotContains(t, do(t, at("order", "get", shown.ReferenceID)...), "first")
	require.Regexp(t, `(?m)^1 .* delivered +- +first$`, do(t, at("order", "get", shown.ReferenceID, "--goods")...))
	require.Contains(t, do(t, at("order", "get", last, "--goods")...), "second")

	exported, err := csv.NewReader(strings.NewReader(do(t, at("order", "export", "--merchant", "shop")...))).ReadAll()
	require.NoError(t, err)
	require.Len(t, exported, 3)
	require.Equal(t, []string{"order_number", "reference_id"}, exported[0][:2])
	require.Equal(t, []string{last, first}, []string{exported[1][0], exported[2][0]})
	require.Equal(t, []string{"1", "1", "THB", "10.00", "0.00", "10.00", "0.00", ""}, exported[2][11:])
	require.Empty(t, do(t, at("order", "export", "--json", "--status", "failed")...))
	require.Equal(t, strings.Join(exported[0], ",")+"\n", do(t, at("order", "export", "--status", "failed")...))
	lines := strings.Split(strings.TrimSpace(do(t, at("order", "export", "--json")...)), "\n")
	require.Len(t, lines, 2)
	require.NoError(t, json.Unmarshal([]byte(lines[1]), &shown))
	require.Equal(t, first, shown.OrderNumber)

	fails(t, "can no longer be cancelled", at("order", "cancel", first)...)
	fails(t, `there is no order "nobodys"`, at("order", "get", "nobodys")...)
	require.Equal(t, 1, run(t, "", at("order", "cancel", first, "--tickets", "T1")...).code)
}

func seeToMoney(t *testing.T, at func(...string) []string) {
	t.Helper()
	deposits := do(t, at("statement", "shop", "--kind", "deposit")...)
	require.Regexp(t, `(?m)^1 .* deposit +THB 1000\.00 +1000\.00 `, deposits)
	rows := strings.Split(strings.TrimSpace(do(t, at("statement", "shop", "--json")...)), "\n")
	require.Len(t, rows, 3)
	var newest struct {
		ID                         int
		Kind, Amount, BalanceAfter string
	}
	require.NoError(t, json.Unmarshal([]byte(rows[0]), &newest), rows[0])
	require.Equal(t, []string{"charge", "-10.00", "980.00"}, []string{newest.Kind, newest.Amount, newest.BalanceAfter})
	require.Positive(t, newest.ID)
	fails(t, `there is no merchant "nobody"`, at("statement", "nobody")...)
	require.Regexp(
		t, `(?s)^STATEMENT OF THE WALLET OF shop\nuntil before .* at first .* 0\.00\n.* at last .* 0\.00\n`,
		do(t, at("statement", "shop", "--as", "text", "--to", "2026-01-01T00:00:00Z")...), "nothing had moved",
	)
	fails(t, "--to must be a minute ago", at("statement", "shop", "--as", "html", "--to", "2099-01-01T00:00:00Z")...)
	fails(t, "of all movements", at("statement", "shop", "--as", "html", "--kind", "deposit")...)
	fails(t, `there is no merchant "nobody"`, at("statement", "nobody", "--as", "html")...)
}

func seeToReports(t *testing.T, at func(...string) []string) {
	t.Helper()
	today := do(t, at("report", "today", "--low-stock", "5")...)
	require.Regexp(t, `(?m)^all +2 +0 +0 +`, today)
	require.Regexp(t, `(?m)^low stock +1 +CODE: 0$`, today)
	require.Regexp(t, `(?m)^topups +active +0 +`, today)
	var overview struct {
		Day struct {
			Total struct{ Orders int }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(do(t, at("report", "today", "--json")...)), &overview))
	require.Equal(t, 2, overview.Day.Total.Orders)
	require.Regexp(t, `(?m)^topups +active +0 +`, do(t, at("provider", "figures")...))
	require.Len(t, strings.Split(do(t, at("provider", "figures", "topups", "--hours")...), "\n"), 26)
	do(t, at("webhook", "create", "shop", "https://shop.example/hook")...)
	require.Regexp(t, `(?m)^\d+ +shop +\d+ +0 +0 +\d+ +- +- +- +-$`, do(t, at("webhook", "figures", "shop")...))
	require.Contains(t, do(t, at("statement", "shop", "--at", "2026-01-01T00:00:00Z")...), "had THB 0.00.")
}
