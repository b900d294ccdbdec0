package outbound_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

func TestMask(t *testing.T) {
	shown := dialect.Shown{"id", "items.sku", "items.ok", "total"}
	for _, tt := range []struct{ name, body, want string }{
		{"nothing", ``, ``},
		{"known names", `{"id":"A-1","total":12.50}`, `{"id":"A-1","total":12.50}`},
		{
			"other names", `{"token":"abcdef","n":5,"yes":true,"no":null}`,
			`{"n":"‹number›","no":null,"token":"‹6 characters›","yes":"‹yes or no›"}`,
		},
		{
			"a name at another place", `{"items":[{"sku":"S","id":"secret"}],"sku":"hidden"}`,
			`{"items":[{"id":"‹6 characters›","sku":"S"}],"sku":"‹6 characters›"}`,
		},
		{"a shown name with what is no id", `{"id":"user@example.com|pass"}`, `{"id":"‹21 characters›"}`},
		{"a status of words", `{"id":"Supplier Confirm"}`, `{"id":"Supplier Confirm"}`},
		{"a shown name with very much", `{"id":"` + strings.Repeat("x", 65) + `"}`, `{"id":"‹65 characters›"}`},
		{"a name that is a value", `{"EPIN-1234":{"id":"A"}}`, `{"‹name of 9›":{"id":"‹1 characters›"}}`},
		{"a shown name below one that is hidden", `{"x":{"id":"A"}}`, `{"x":{"id":"‹1 characters›"}}`},
		{"no JSON", `user|pass`, `‹9 bytes, no JSON›`},
		{"more than one JSON", `{"id":"A"} secret`, `‹17 bytes, no JSON›`},
		{"a text alone", `"secret"`, `"‹6 characters›"`},
		{"very much", `"` + strings.Repeat("x", 70_000) + `"`, `‹70002 bytes›`},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, shown.Mask([]byte(tt.body))) })
	}

	long := shown.Mask([]byte(`{"items":[` + strings.TrimSuffix(strings.Repeat(`{"sku":"S"},`, 100), ",") + `]}`))
	require.True(t, strings.HasSuffix(long, `{"sku":"S"},"‹80 more›"]}`), long)
	var deep any = "secret"
	for range 20 {
		deep = map[string]any{"x": deep}
	}
	body, err := json.Marshal(deep)
	require.NoError(t, err)
	require.Contains(t, shown.Mask(body), "‹deeper›")
	wide := map[string]string{}
	for _, first := range "abcdefghijklmnopqrstuvwxyz" {
		for _, second := range "abcdefghijklmnopqrstuvwxyz" {
			wide[strings.Repeat(string(first)+string(second), 10)] = "x"
		}
	}
	body, err = json.Marshal(wide)
	require.NoError(t, err)
	cut := shown.Mask(body)
	require.LessOrEqual(t, len(cut), dialect.MaxExchangeBytes)
	require.True(t, strings.HasSuffix(cut, "…"))
}

// A call is recorded as what may be kept of it, whatever comes of it.
func TestCallsAreRecorded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/busy") {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"id":"7","code":"EPIN"}`)
	}))
	defer server.Close()
	client, err := (&outbound.Setup{Now: time.Now}).Client(server.URL, nil, dialect.Shown{"id"})
	require.NoError(t, err)
	recorder := &dialect.Recorder{}
	ctx := dialect.Recorded(t.Context(), recorder)
	_, err = client.Do(ctx, outbound.Request{
		Method: http.MethodPost, Path: "/v1/orders/REF-1/tickets/SECRET",
		Query:  url.Values{"api_key": {"hidden"}, "page": {"1"}},
		Header: http.Header{"X-Api-Key": {"hidden"}}, Body: []byte(`{"id":"A","user":"player"}`),
	})
	require.NoError(t, err)
	_, err = client.Do(ctx, outbound.Request{Method: http.MethodGet, Path: "/busy"})
	require.Error(t, err)
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	_, err = client.Do(stopped, outbound.Request{Method: http.MethodGet, Path: "/v1/orders"})
	require.Error(t, err)

	at := time.Now()
	kept := recorder.Of("place", "unknown", at, time.Second, &dialect.Purchase{}, &dialect.Outcome{})
	require.Len(t, kept, 3)
	for i := range kept {
		require.WithinDuration(t, at, kept[i].At, time.Minute)
		kept[i].At, kept[i].Took = time.Time{}, 0
	}
	require.Equal(t, []dialect.Exchange{
		{
			Operation: "place", Result: "unknown",
			Target: "POST /v1/orders/‹5 characters›/tickets/‹6 characters›?api_key=…&page=…", Status: "409",
			Request: `{"id":"A","user":"‹6 characters›"}`, Answer: `{"code":"‹4 characters›","id":"7"}`,
		},
		{Operation: "place", Result: "unknown", Target: "GET /busy", Error: "turned away unread, as by 429"},
		{Operation: "place", Result: "unknown", Target: "GET /v1/orders", Error: kept[2].Error},
	}, kept)
	require.Contains(t, kept[2].Error, "canceled")
}

// What got through all the same is found by the purchase itself.
func TestSecretsOfThePurchaseAreWithheld(t *testing.T) {
	recorder := &dialect.Recorder{}
	for range 7 {
		recorder.Add(dialect.Exchange{Request: `{"id":"player-4711"}`, Answer: `{"id":"CODE-12345"}`, Target: "GET /x"})
	}
	kept := recorder.Of("place", "delivered", time.Now(), 0, &dialect.Purchase{
		Recipient: dialect.Recipient{UserID: "player-4711", ServerID: "x"},
	}, &dialect.Outcome{Goods: []dialect.Goods{{Content: "CODE-12345"}}})
	require.Len(t, kept, dialect.MostExchanges)
	for _, e := range kept {
		require.Equal(t, []string{dialect.Withheld, dialect.Withheld, "GET /x"}, []string{e.Request, e.Answer, e.Target})
	}
	var nobody *dialect.Recorder
	nobody.Add(dialect.Exchange{}) // of whom nobody asked
}
