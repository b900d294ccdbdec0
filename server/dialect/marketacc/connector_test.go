package marketacc

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
)

func connect(t *testing.T, reply outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	return connectTo(t, func(outboundtest.Call) outboundtest.Reply { return reply })
}

func connectTo(t *testing.T, reply func(outboundtest.Call) outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	p := outboundtest.Start(t, reply)
	c, err := NewConnector(p.Setup(`{"baseUrl": "%URL%"}`, map[string]string{"api_key": "k"}))
	require.NoError(t, err)
	return c, p
}

// purchaseOf is the purchase that an example answers.
func purchaseOf(t *testing.T, file string) dialect.Purchase {
	t.Helper()
	content, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	var o orderWire
	require.NoError(t, json.Unmarshal(content, &o))
	return dialect.Purchase{
		Reference: "ref-1", ProviderReference: o.Code, SKU: strconv.FormatInt(o.Items[0].ProductID, 10),
		Quantity: o.Items[0].Quantity,
	}
}

func TestWhatAnOrderSays(t *testing.T) {
	tests := []struct {
		file  string
		state dialect.State
		goods int
	}{
		{"order_create_response_201_minimal.json", dialect.Delivered, 1},
		{"order_create_response_201_full.json", dialect.Delivered, 2},
		{"order_create_response_200_replay.json", dialect.Delivered, 2},
		{"order_create_response_201_pending.json", dialect.Accepted, 0},
		{"order_response_200_completed.json", dialect.Delivered, 2},
		{"order_response_200_pending.json", dialect.Accepted, 0},
		{"order_response_200_failed.json", dialect.Refused, 0},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			p := purchaseOf(t, tt.file)
			c, calls := connect(t, outboundtest.Reply{Status: 200, File: tt.file})
			placed, err := c.Place(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, tt.state, placed.State)
			require.Len(t, placed.Goods, tt.goods)
			require.Equal(t, p.ProviderReference, placed.ProviderReference)
			asked, err := c.Inquire(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, placed, asked)
			require.JSONEq(
				t, `{"productId":`+p.SKU+`,"quantity":`+strconv.FormatInt(p.Quantity, 10)+`,"idempotencyKey":"ref-1"}`,
				calls.Calls[0].Content,
			)
			require.Equal(t, "Bearer k", calls.Calls[0].Header.Get("Authorization"))
			require.Equal(t, "/api/v2/orders/"+p.ProviderReference, calls.Calls[1].URL.Path)
			p.Quantity++
			_, err = c.Inquire(t.Context(), p)
			require.ErrorIs(t, err, dialect.ErrMalformed, "another quantity")
		})
	}
}

func TestConnectorRefusals(t *testing.T) {
	tests := []struct {
		status int
		file   string
		code   string // "" for an unknown outcome
	}{
		{400, "error_400_coupon.json", "PROVIDER_ERROR"},
		{400, "error_400_malformed_json.json", "PROVIDER_ERROR"},
		{400, "error_400_missing_and_type.json", "PROVIDER_ERROR"},
		{400, "error_400_idempotency_key_reused.json", ""},
		{401, "error_401.json", "PROVIDER_UNAVAILABLE"},
		{402, "error_402.json", "PROVIDER_OUT_OF_FUNDS"},
		{403, "error_403_banned.json", "PROVIDER_UNAVAILABLE"},
		{403, "error_403_ip.json", "PROVIDER_UNAVAILABLE"},
		{404, "error_404_product.json", "ITEM_NOT_FOUND"},
		{409, "error_409.json", "OUT_OF_STOCK"},
		{500, "error_500.json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			c, _ := connect(t, outboundtest.Reply{Status: tt.status, File: tt.file})
			outcome, err := c.Place(t.Context(), dialect.Purchase{Reference: "r", SKU: "1", Quantity: 1})
			if tt.code == "" {
				require.Error(t, err)
				require.NotErrorIs(t, err, dialect.ErrNotSent)
				return
			}
			require.NoError(t, err)
			require.Equal(t, dialect.Refused, outcome.State)
			require.Equal(t, tt.code, outcome.FailureCode)
		})
	}
	c, _ := connect(
		t, outboundtest.Reply{Status: 429, File: "error_429.json", Header: map[string]string{"Retry-After": "2"}},
	)
	_, err := c.Place(t.Context(), dialect.Purchase{Reference: "r", SKU: "1", Quantity: 1})
	var busy *dialect.BusyError
	require.ErrorAs(t, err, &busy)
	require.Equal(t, 2*time.Second, busy.After)
	_, err = c.Place(t.Context(), dialect.Purchase{Reference: "r", SKU: "slug"})
	require.ErrorIs(t, err, dialect.ErrNotSent)
	_, err = c.Inquire(t.Context(), dialect.Purchase{Reference: "r"})
	require.ErrorIs(t, err, dialect.ErrNotAskable)
}

func TestListItems(t *testing.T) {
	c, _ := connect(t, outboundtest.Reply{Status: 200, File: "products_list_response_200_past_last_page.json"})
	_, err := outboundtest.Listed(t.Context(), c)
	require.ErrorIs(t, err, dialect.ErrMalformed, "a page past the last is not the first")
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		page := c.URL.Query().Get("page")
		return outboundtest.Reply{
			Status: 200,
			Body: `{"items":[{"id":` + page +
				`,"name":"n","slug":"s","categorySlug":"c","price":10.2,"stock":3,"sold":0,"format":""}],` +
				`"page":` + page + `,"perPage":200,"total":2,"totalPages":2}`,
		}
	})
	c, err = NewConnector(p.Setup(`{"baseUrl": "%URL%"}`, map[string]string{"api_key": "k"}))
	require.NoError(t, err)
	items, err := outboundtest.Listed(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []dialect.Item{
		{SKU: "1", Name: "n", Category: "c", Cost: 10_200_000, Currency: "THB", Stock: 3, Available: true},
		{SKU: "2", Name: "n", Category: "c", Cost: 10_200_000, Currency: "THB", Stock: 3, Available: true},
	}, items)
}

// A list that is not read to its end is none: what is missing from it would pass for gone.
func TestListsThatAreNone(t *testing.T) {
	const item = `{"id":1,"name":"n","slug":"s","categorySlug":"c","price":10.2,"stock":3,"sold":0,"format":""}`
	for name, second := range map[string]string{
		"an error page":          `<html>Sorry</html>`,
		"an error in JSON":       `{"error":{"code":"BUSY"}}`,
		"nothing":                `null`,
		"an empty page too soon": `{"items":[],"page":2,"perPage":200,"total":3,"totalPages":3}`,
		"a price that is none":   `{"items":[{"id":2,"price":"cheap"}],"page":2,"totalPages":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connectTo(t, func(c outboundtest.Call) outboundtest.Reply {
				if c.URL.Query().Get("page") == "1" {
					return outboundtest.Reply{Status: 200, Body: `{"items":[` + item + `],"page":1,"total":3,"totalPages":3}`}
				}
				return outboundtest.Reply{Status: 200, Body: second}
			})
			_, err := outboundtest.Listed(t.Context(), c)
			require.ErrorIs(t, err, dialect.ErrMalformed)
		})
	}
	c, p := connectTo(t, func(outboundtest.Call) outboundtest.Reply {
		return outboundtest.Reply{Status: 200, Body: `{"items":[` + item + `],"page":1,"total":9,"totalPages":9000000}`}
	})
	_, err := outboundtest.Listed(t.Context(), c)
	require.ErrorIs(t, err, dialect.ErrEndless)
	require.Len(t, p.Calls, mostPages)
}
