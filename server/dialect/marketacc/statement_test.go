package marketacc

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/money"
)

var inBaht = outboundtest.Reply{Status: 200, Body: `{"balance":1,"currency":"THB"}`}

// listed reads the statement of a day of March from what the partner answers to its first pages.
func listed(t *testing.T, day int, replies ...outboundtest.Reply) (
	all []dialect.Entry, p *outboundtest.Provider, err error,
) {
	t.Helper()
	n := 0
	c, p := connectTo(t, func(call outboundtest.Call) outboundtest.Reply {
		if call.URL.Path == "/api/v2/me" {
			return inBaht
		}
		n++
		return replies[n-1]
	})
	from := time.Date(2026, 3, day, 0, 0, 0, 0, time.UTC)
	take := func(part []dialect.Entry) error {
		all = append(all, part...)
		return nil
	}
	err = dialect.NewPartner(c).ReadStatement(t.Context(), from, from.AddDate(0, 0, 1), take)
	return all, p, err
}

// wired is a page of orders: code, hour of 14 March, status, quantity and goods.
func wired(pages int, orders ...string) outboundtest.Reply {
	items := make([]string, len(orders))
	for i, o := range orders {
		f := strings.Split(o, " ")
		items[i] = fmt.Sprintf(
			`{"id":%d,"code":"%s","status":"%s","total":30,"createdAt":"2026-03-14T%s:00:00.000Z",`+
				`"items":[{"productId":1,"quantity":%s,"data":%s}]}`, i, f[0], f[2], f[1], f[3], f[4],
		)
	}
	return outboundtest.Reply{Status: 200, Body: fmt.Sprintf(
		`{"items":[%s],"page":1,"perPage":100,"total":9,"totalPages":%d}`, strings.Join(items, ","), pages,
	)}
}

func TestReadStatement(t *testing.T) {
	thb := func(n int64) money.Sum { return money.Sum{Amount: money.Amount(n) * money.Unit, Currency: "THB"} }
	at := func(hour int) time.Time { return time.Date(2026, 3, 14, hour, 0, 0, 0, time.UTC) }
	all, p, err := listed(t, 14, outboundtest.Reply{Status: 200, File: "orders_list_response_200.json"})
	require.NoError(t, err)
	require.Equal(t, []dialect.Entry{
		{ProviderReference: "APIZ2H5YV8CKL", At: time.Date(2026, 3, 14, 12, 0, 0, 250e6, time.UTC)},
		{
			ProviderReference: "API9TB3XW6RHN", At: time.Date(2026, 3, 14, 11, 20, 41, 7e6, time.UTC),
			Says: dialect.SaysCharged, Sum: money.Sum{Amount: 360_050_000, Currency: "THB"},
		},
	}, all)
	require.Equal(t, "/api/v2/orders?page=1&per_page=100", p.Calls[1].URL.String())

	// An order that is made meanwhile moves C to the second page, and the third is not asked for: it is older.
	all, p, err = listed(t, 14,
		wired(3, `A 12 failed 1 null`, `B 11 failed 3 "x\ny"`, `C 10 completed 1 "z"`),
		wired(3, `C 10 completed 1 "z"`, `D 09 completed 1 null`), outboundtest.Reply{Status: 200, Body: `{
			"items":[{"id":1,"code":"E","status":"completed","total":1,"createdAt":"2026-03-13T23:00:00.000Z","items":[{}]}],
			"totalPages":9}`},
	)
	require.NoError(t, err)
	require.Equal(t, []dialect.Entry{
		{ProviderReference: "A", At: at(12), Says: dialect.SaysRefused},
		{ProviderReference: "B", At: at(11), Says: dialect.SaysCharged, Sum: thb(20)},
		{ProviderReference: "C", At: at(10), Says: dialect.SaysCharged, Sum: thb(30)},
		{ProviderReference: "D", At: at(9), Says: dialect.SaysCharged, Sum: thb(30)},
	}, all)
	require.Len(t, p.Calls, 4)
	all, _, err = listed(t, 13, wired(1, `A 12 failed 1 null`))
	require.NoError(t, err)
	require.Empty(t, all, "it is newer")
}

// What is long ago is found by halves, and amounts are in the currency of the account.
func TestStatementOfLongAgo(t *testing.T) {
	const pages = 1000
	last := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	account, made := `{"balance":1,"currency":"USD"}`, 0
	c, p := connectTo(t, func(call outboundtest.Call) outboundtest.Reply {
		if call.URL.Path == "/api/v2/me" {
			return outboundtest.Reply{Status: 200, Body: account}
		}
		page, err := strconv.Atoi(call.URL.Query().Get("page"))
		require.NoError(t, err)
		made = min(made+1, 10) // an order with each call at first: those before move to later pages
		at := last.Add(time.Hour * time.Duration(made-page))
		return outboundtest.Reply{Status: 200, Body: fmt.Sprintf(
			`{"items":[{"id":1,"code":"C%d","status":"completed","total":5,"createdAt":"%s","items":[{"productId":1,`+
				`"quantity":1,"data":"x"}]}],"page":1,"perPage":1,"total":1,"totalPages":%d}`,
			page-made, at.Format("2006-01-02T15:04:05.000Z"), pages,
		)}
	})
	var all []dialect.Entry
	read := func() error {
		from := last.Add(-500 * time.Hour)
		return dialect.NewPartner(c).ReadStatement(t.Context(), from, from.Add(3*time.Hour), func(e []dialect.Entry) error {
			all = append(all, e...)
			return nil
		})
	}
	require.NoError(t, read())
	require.Less(t, len(p.Calls), 25)
	require.Len(t, all, 3)
	require.Equal(t, money.Sum{Amount: 5 * money.Unit, Currency: "USD"}, all[0].Sum)
	account = `{"balance":1,"currency":"points"}`
	require.ErrorIs(t, read(), dialect.ErrMalformed)
}

// What is not as it should be is no statement: what is missing from it would pass for never bought.
func TestNoStatement(t *testing.T) {
	for name, replies := range map[string][]outboundtest.Reply{
		"not in order":   {wired(1, `A 11 failed 1 null`, `B 12 failed 1 null`)},
		"unknown status": {wired(1, `A 11 shipped 1 "x"`)},
		"an empty page":  {wired(3, `A 11 failed 1 null`), wired(3)},
		"an error page":  {{Status: 200, Body: `<html>`}},
		"no items":       {{Status: 200, Body: `{"totalPages":1}`}},
		"a fault":        {wired(2, `A 11 failed 1 null`), {Status: 500, File: "error_500.json"}},
	} {
		_, _, err := listed(t, 14, replies...)
		require.Error(t, err, name)
	}
}
