package command_test

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/app"
	"orderhub/server/command"
	"orderhub/server/config"
	"orderhub/server/session"
)

// watched are all lists that can be watched: with what they are asked for, and what they print after moveAll that they
// did not before.
var watched = map[string]struct {
	args []string
	want string
}{
	"merchant list":         {nil, "newcomer"},
	"key list":              {[]string{"shop"}, "till-9"},
	"operator list":         {nil, "zoe"},
	"operator key list":     {[]string{"ada"}, "laptop-9"},
	"operator session list": {[]string{"ada"}, "2001:db8::/64"},
	"audit list":            {nil, "merchant newcomer"},
	"event list":            {[]string{"--product", "EMPTY"}, "stock.low"},
	"event endpoint list":   {nil, "https://pager.example/late"},

	"event endpoint deliveries": {nil, "stock.low"},
	"provider reconciliations":  {nil, "may.csv"},

	"purchase list":      {nil, "G9"},
	"claim list":         {nil, "not working"},
	"supply list":        {nil, "undone"},
	"supply show":        {[]string{"1"}, "undone"},
	"supply proposals":   {nil, "Thing B"},
	"approval list":      {nil, "deposit"},
	"statement":          {[]string{"shop"}, "-99.00"},
	"category list":      {nil, "late-codes"},
	"product list":       {nil, "LATE"},
	"listing list":       {[]string{"shop"}, "THEIRS"},
	"coupon list":        {nil, "TEN9"},
	"price list":         {nil, "friends"},
	"units list":         {[]string{"CODE"}, "void"},
	"units imports":      {[]string{"CODE"}, "more.txt"},
	"units stock":        {[]string{"CODE"}, "3 units"},
	"allotment list":     {[]string{"DAY", "--from", "2027-12-01"}, "2027-12-24"},
	"ticket list":        {[]string{"DAY", "2027-12-24"}, "delivered"},
	"provider list":      {nil, "another"},
	"provider figures":   {nil, "another"},
	"offer list":         {nil, "G10"},
	"rate list":          {nil, "USD/THB"},
	"attempts list":      {nil, "G9"},
	"order list":         {nil, "ord_"},
	"order holds":        {nil, "basket-9"},
	"finding list":       {nil, "T-9"},
	"webhook list":       {[]string{"shop"}, "https://shop.example/late"},
	"webhook deliveries": {[]string{"shop"}, "order.created"},
	"webhook figures":    {[]string{"shop"}, "shop"},
	"report today":       {nil, "another"},
}

// TestWatchEveryList watches every list that can be while things move: each prints what is new, as text and as JSON.
func TestWatchEveryList(t *testing.T) {
	can := command.WithFlag("watch")
	for name := range watched {
		require.Contains(t, can, name)
	}
	require.Len(t, can, len(watched), "each list that can be watched is tried")
	for _, words := range command.Every() {
		if words[len(words)-1] == "list" {
			assert.Contains(t, can, strings.Join(words, " "), "a list can be watched")
		}
	}

	url := database(t)
	addresses := hubAt(t, url, func(cfg *config.Config) { cfg.ApproveAbove = []string{"10000 THB"} })
	beside := func(args ...string) []string { return append(args, "--database", url) }
	at := asAdmin(t, addresses.GRPC, beside)
	key := readyToMove(t, at)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	outs, ended := map[string]*lockedBuffer{}, make(chan int)
	for name, list := range watched {
		out := &lockedBuffer{}
		outs[name] = out
		args := at(slices.Concat(strings.Fields(name), list.args, []string{"--watch"})...)
		go func() {
			ended <- command.Run(ctx, args, command.Streams{In: strings.NewReader(""), Out: out, Err: t.Output()})
		}()
	}
	for name := range watched {
		require.Eventually(t, func() bool { return outs[name].String() != "" }, patience, pause, name)
	}
	for name, list := range watched {
		require.NotContains(t, outs[name].String(), list.want, name)
	}
	moveAll(t, url, "http://"+addresses.HTTP, key, at)
	do(t, "order", "hold", "CODE", "--reference", "basket-9", "--address", addresses.GRPC, "--api-key", key)
	for name, list := range watched {
		assert.Eventually(t, func() bool { return strings.Contains(outs[name].String(), list.want) }, patience, pause,
			name)
	}
	cancel()
	for range watched {
		assert.Zero(t, <-ended)
	}
	for name := range watched {
		columns, _, _ := strings.Cut(outs[name].String(), "\n")
		assert.Equal(t, 1, strings.Count(outs[name].String(), columns+"\n"), "%s: a row is printed once", name)
	}
}

// readyToMove makes what has to be there for things to move, and returns a merchant's key.
func readyToMove(t *testing.T, at func(...string) []string) (key string) {
	t.Helper()
	do(t, at("merchant", "create", "shop", "--currency", "THB")...)
	key = strings.TrimSpace(do(t, at("key", "create", "shop")...))
	do(t, at("deposit", "shop", "1000.00")...)
	do(t, at("product", "import", "--create-categories", file(t, "products.csv",
		"sku,name,category,price,currency,source,dated,low_stock\nCODE,Code,codes,10.00,THB,stock,false,5\n"+
			"DAY,Day ticket,codes,50.00,THB,stock,true,\nEMPTY,Empty,codes,1.00,THB,stock,false,\n"+
			"GEMS,Gems,codes,99.00,THB,provider,false,\n"))...)
	do(t, at("units", "import", "CODE", file(t, "codes.txt", "1st\n2nd\n3rd\n4th\n5th\n"))...)
	do(t, at("provider", "create", "people", "manual")...)
	do(t, at("offer", "create", "GEMS", "people", "G9", "--cost", "80.00")...)
	do(t, at("provider", "create", "topups", "sim", "--settings",
		`{"items":[{"sku":"A","name":"Thing A","cost":"82.00","currency":"THB"}]}`)...)
	do(t, at("offer", "create", "GEMS", "topups", "A", "--cost", "81.00", "--priority", "5")...)
	do(t, at("supply", "policy", "topups", "--new", "propose")...)
	do(t, at("supply", "run", "topups")...)
	return key
}

// moveAll has something happen to every list.
func moveAll(t *testing.T, url, base, key string, at func(...string) []string) {
	t.Helper()
	for _, args := range [][]string{
		{"supply", "undo", "1"},
		{
			"provider", "set", "topups", "--settings",
			`{"items":[{"sku":"A","name":"Thing A","cost":"82.00","currency":"THB"},` +
				`{"sku":"B","name":"Thing B","cost":"6.00","currency":"THB"}]}`,
		},
		{"merchant", "create", "newcomer", "--currency", "THB"},
		{"key", "create", "shop", "--label", "till-9"},
		{"operator", "create", "zoe", "--role", "viewer"},
		{"operator", "key", "create", "ada", "--label", "laptop-9"},
		{"category", "create", "late-codes", "Late codes"},
		{"listing", "create", "shop", "THEIRS", "CODE"},
		{"coupon", "create", "TEN9", "--percent", "10"},
		{"price", "create", "friends", "--currency", "THB"},
		{"allotment", "set", "DAY", "2027-12-24=5"},
		{"provider", "create", "another", "sim"},
		{"offer", "create", "GEMS", "another", "G10", "--cost", "85.00", "--priority", "9"},
		{"rate", "set", "USD/THB", "33.5"},
		{"webhook", "create", "shop", "https://shop.example/late"},
		{"event", "endpoint", "create", "https://pager.example/late"},
		{"units", "void", "5"},
		{"product", "import", file(t, "late.csv", ""+
			"sku,name,category,price,currency,source,low_stock\n"+
			"LATE,Late,codes,1.00,THB,stock,\nEMPTY,Empty,codes,1.00,THB,stock,5\n")},
	} {
		do(t, at(args...)...)
	}
	require.Eventually(t, func() bool { // what was set is noticed soon
		return strings.Contains(do(t, at("supply", "run", "topups")...), "1 proposed")
	}, patience, pause)
	require.Contains(t, run(t, "", at("deposit", "shop", "50000.00", "--reference", "wire-9")...).err, "approval 1")
	require.Equal(t, "ORDER_STATUS_PENDING", order(t, base, key, "gems-9", "GEMS").Status)
	ticket := orderLine(t, base, key, "day-9", `{"sku":"DAY","quantity":1,"useDate":"2027-12-24"}`)
	require.Equal(t, "ORDER_STATUS_COMPLETED", ticket.Status)
	bought := orderUntil(t, base, key, "CODE", "ORDER_STATUS_COMPLETED")
	do(t, at("claim", "create", bought.OrderNumber, "--reason", "not_working")...)
	signIn(t, url, strings.TrimSpace(do(t, at("operator", "invite", "ada")...)))
	do(t, at("units", "import", "CODE", file(t, "more.txt", "6th\n"))...)
	statement := file(t, "may.csv", "no,at,sum\nT-9,2026-05-02,82.50\n")
	mapping := file(t, "topups.json", `{"columns": {"provider_reference": "no", "time": "at", "amount": "sum"},
		"time_layout": "YYYY-MM-DD", "currency": "THB"}`)
	compared := run(t, "", at("provider", "reconcile", "topups", statement, "--mapping", mapping)...)
	require.Equal(t, 3, compared.code, compared.err)
}

// signIn takes an invitation up, beside the hub.
func signIn(t *testing.T, url, invitation string) {
	t.Helper()
	cfg := config.Default()
	cfg.Database = url
	s, err := app.OpenStore(t.Context(), &cfg, app.Current, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	sessions := session.NewService(session.Options{
		Store: s.Sessions, Guesses: s.Guesses, Log: slog.New(slog.DiscardHandler),
	})
	_, _, err = sessions.Join(
		t.Context(), invitation, "correct horse battery", session.Browser{Address: netip.MustParseAddr("2001:db8::7")},
	)
	require.NoError(t, err)
	require.NoError(t, s.Close())
}
