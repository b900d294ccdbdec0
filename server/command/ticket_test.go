package command_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A venue that is offline has all tickets of its day, or hears that there are more, and says afterwards when each was
// used.
func TestTicketsOfADay(t *testing.T) {
	address, beside, at := elsewhere(t)
	do(t, beside("merchant", "create", "shop", "--currency", "THB")...)
	do(t, beside("deposit", "shop", "100.00", "--reference", "first")...)
	key := strings.TrimSpace(do(t, beside("key", "create", "shop")...))
	key = key[strings.LastIndexAny(key, " \n")+1:]
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,dated\nDAY,Day,days,10.00,THB,stock,true\n"))...)
	today := time.Now().UTC().Format(time.DateOnly)
	do(t, at("allotment", "set", "DAY", today+"=5")...)
	do(t, "order", "place", file(t, "orders.csv", "sku,quantity,use_date\nDAY,3,"+today+"\n"), "--address", address,
		"--api-key", key)

	list := at("ticket", "list", "DAY", today, "--json")
	all := run(t, "", list...)
	require.Empty(t, all.err)
	lines := strings.Split(strings.TrimSpace(all.out), "\n")
	require.Len(t, lines, 3)
	require.Empty(t, run(t, "", append(list, "--limit", "3")...).err)
	some := run(t, "", append(list, "--limit", "2")...)
	require.Zero(t, some.code)
	require.Len(t, strings.Split(strings.TrimSpace(some.out), "\n"), 2)
	require.Contains(t, some.err, "There are more")
	require.Regexp(t, "(?m)^DAY +TICKETS +SOLD +HELD +LEFT\n"+today+" +5 +3 +0 +2$",
		do(t, at("allotment", "list", "DAY")...))

	var ticket struct{ TicketCode string }
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &ticket))
	redeem := at("ticket", "redeem", ticket.TicketCode, "--place", "Gate 2", "--at")
	fails(t, "must not be before the ticket was delivered", append(redeem, "2026-01-02T03:04:05Z")...)
	when := time.Now().UTC().Truncate(time.Second)
	require.Contains(t, do(t, append(redeem, when.Format(time.RFC3339))...), "at "+when.Format(time.DateTime))
}
