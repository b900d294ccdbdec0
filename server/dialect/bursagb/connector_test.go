package bursagb

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/money"
)

var connectorCredentials = map[string]string{
	"email": "e@example.com", "password": "p", "api_key": "example-callback-key",
}

// signedIn answers the sign-in and leaves the rest to reply.
func signedIn(reply func(c outboundtest.Call) outboundtest.Reply) func(c outboundtest.Call) outboundtest.Reply {
	return func(c outboundtest.Call) outboundtest.Reply {
		if c.URL.Path == "/Login/Customer/Api/Verify" {
			return outboundtest.Reply{
				Status: 200, Body: `{"data":{"Token":"t","Expiration":"2026-11-25T13:00:00Z"},"success":true,"message":"OK"}`,
			}
		}
		return reply(c)
	}
}

func connect(t *testing.T, reply func(c outboundtest.Call) outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	p := outboundtest.Start(t, signedIn(reply))
	c, err := NewConnector(
		p.Setup(`{"baseUrl": "%URL%", "notifyUrl": "https://hub.example/callbacks/b"}`, connectorCredentials),
	)
	require.NoError(t, err)
	return c, p
}

func answers(r outboundtest.Reply) func(outboundtest.Call) outboundtest.Reply {
	return func(outboundtest.Call) outboundtest.Reply { return r }
}

var bought = dialect.Purchase{Reference: "ref-1", SKU: "1290", Quantity: 2, Currency: "TRY"}

func TestPlaceCreates(t *testing.T) {
	c, p := connect(t, answers(outboundtest.Reply{
		Status: 200,
		Body: `{"data":{"OrderID":7,"details":[{"DeliverID":"ref-1","OrderDetailID":9,"Quantity":2,"Price":1.50}],` +
			`"items":null},"success":true,"message":"OK"}`,
	}))
	outcome, err := c.Place(t.Context(), bought)
	require.NoError(t, err)
	require.Equal(t, dialect.Outcome{
		State: dialect.Accepted, ProviderReference: "7/9", Charged: money.Sum{Amount: 3_000_000, Currency: "TRY"},
	}, outcome)
	require.True(t, c.Idempotent())
	require.Equal(t, "Bearer t", p.Calls[1].Header.Get("Authorization"))
	require.JSONEq(
		t,
		`{"basketData":[{"DeliverID":"ref-1","CustomerStoreProductID":1290,"Quantity":2}],`+
			`"NotifyURL":"https://hub.example/callbacks/b"}`,
		p.Calls[1].Content,
	)
	_, err = c.Place(t.Context(), bought)
	require.NoError(t, err)
	require.Equal(t, p.Calls[1].Content, p.Calls[2].Content, "the same request, with the same token")
}

func TestConnectorRefusals(t *testing.T) {
	tests := []struct {
		status int
		file   string
		code   string // "" for an unknown outcome
	}{
		{400, "create_order_error_400_balance.json", "PROVIDER_OUT_OF_FUNDS"},
		{400, "create_order_error_400_billing_address.json", "PROVIDER_UNAVAILABLE"},
		{400, "create_order_error_400_lines.json", "OUT_OF_STOCK"},
		{200, "create_order_error_400_lines.json", "OUT_OF_STOCK"},
		{400, "create_order_error_400_malformed_json.json", "PROVIDER_ERROR"},
		{400, "create_order_error_400_validation.json", "PROVIDER_ERROR"},
		{401, "error_401.json", "PROVIDER_UNAVAILABLE"},
		{403, "error_403.json", "PROVIDER_UNAVAILABLE"},
		{404, "error_404_disabled.json", "PROVIDER_UNAVAILABLE"},
		{500, "error_500.json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			c, _ := connect(t, answers(outboundtest.Reply{Status: tt.status, File: tt.file}))
			outcome, err := c.Place(t.Context(), bought)
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
}

func TestBusyAndUnknown(t *testing.T) {
	c, _ := connect(
		t, answers(outboundtest.Reply{Status: 429, File: "error_429.json", Header: map[string]string{"Retry-After": "2"}}),
	)
	_, err := c.Place(t.Context(), bought)
	var busy *dialect.BusyError
	require.ErrorAs(t, err, &busy)
	require.Equal(t, 2*time.Second, busy.After)
	for name, reply := range map[string]outboundtest.Reply{
		"truncated":    {Status: 200, Body: `{"data":{"OrderID":`},
		"no details":   {Status: 200, Body: `{"data":{"OrderID":7,"details":[],"items":null},"success":true,"message":"OK"}`},
		"another line": {Status: 200, File: "create_order_response_200.json"},
		"a host's 502": {Status: 502, Body: "<html>"},
	} {
		c, _ := connect(t, answers(reply))
		_, err := c.Place(t.Context(), bought)
		require.Error(t, err, name)
		require.NotErrorIs(t, err, dialect.ErrNotSent, name)
	}
}

func TestUsedDeliverIDIsSearched(t *testing.T) {
	c, _ := connect(t, func(c outboundtest.Call) outboundtest.Reply {
		switch c.URL.Path {
		case "/Order/create":
			return outboundtest.Reply{Status: 400, File: "create_order_error_400_duplicate_deliverid.json"}
		case "/Order/customer/list":
			return outboundtest.Reply{
				Status: 200,
				Body: `{"data":[{"OrderID":7,"CreatedAt":"2026-11-25T11:00:00Z","details":[{"DeliverID":"ref-1",` +
					`"OrderDetailID":9,"Quantity":2,"Price":1.50,"Status":2}]}],"success":true,"message":"OK"}`,
			}
		default:
			return outboundtest.Reply{
				Status: 200,
				Body: `{"data":{"DeliverID":"ref-1","OrderDetailID":9,"Status":2,"DeliveryData":null,"DeliveryNote":null},` +
					`"success":true,"message":"OK"}`,
			}
		}
	})
	outcome, err := c.Place(t.Context(), bought)
	require.NoError(t, err)
	require.Equal(t, dialect.Outcome{State: dialect.Accepted, ProviderReference: "7/9"}, outcome)
}

func TestInquire(t *testing.T) {
	tests := []struct {
		file     string
		quantity int64
		state    dialect.State
		goods    int
	}{
		{"order_detail_response_200_processing.json", 2, dialect.Accepted, 0},
		{"order_detail_response_200_delivered_codes.json", 2, dialect.Delivered, 2},
		{"order_detail_response_200_delivered_note.json", 3, dialect.Delivered, 3},
		{"order_detail_response_200_cancelled.json", 1, dialect.Refused, 0},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			content, err := os.ReadFile("testdata/" + tt.file)
			require.NoError(t, err)
			var example envelope[deliveryWire]
			require.NoError(t, json.Unmarshal(content, &example))
			c, p := connect(t, answers(outboundtest.Reply{Status: 200, File: tt.file}))
			outcome, err := c.Inquire(
				t.Context(), dialect.Purchase{Reference: example.Data.DeliverID, Quantity: tt.quantity, ProviderReference: "7/9"},
			)
			require.NoError(t, err)
			require.Equal(t, tt.state, outcome.State)
			require.Len(t, outcome.Goods, tt.goods)
			require.Equal(t, "/Order/detail/9", p.Calls[1].URL.Path)
		})
	}
	c, _ := connect(t, answers(outboundtest.Reply{Status: 404, File: "order_detail_error_404.json"}))
	_, err := c.Inquire(t.Context(), dialect.Purchase{Reference: "ref-1", ProviderReference: "7/9"})
	require.Error(t, err, "an order that was accepted cannot be unknown")
	_, err = c.Inquire(t.Context(), bought)
	require.ErrorIs(t, err, dialect.ErrNotAskable)
}

func TestCancel(t *testing.T) {
	p := dialect.Purchase{Reference: "ref-1", Quantity: 1, ProviderReference: "7/9"}
	c, calls := connect(t, answers(outboundtest.Reply{Status: 200, File: "order_cancel_response_200.json"}))
	outcome, err := c.Cancel(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, dialect.Cancelled, outcome.State)
	require.JSONEq(t, `{"OrderDetailID": 9}`, calls.Calls[1].Content)
	c, _ = connect(t, func(c outboundtest.Call) outboundtest.Reply {
		if c.Method == http.MethodPost {
			return outboundtest.Reply{Status: 400, File: "order_cancel_error_400.json"}
		}
		return outboundtest.Reply{
			Status: 200,
			Body: `{"data":{"DeliverID":"ref-1","OrderDetailID":9,"Status":1,"DeliveryData":["c"],"DeliveryNote":null},` +
				`"success":true,"message":"OK"}`,
		}
	})
	outcome, err = c.Cancel(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, dialect.Delivered, outcome.State)
}

func TestTokenIsRenewed(t *testing.T) {
	tokens, good := 0, ""
	p := outboundtest.Start(t, func(c outboundtest.Call) outboundtest.Reply {
		if c.URL.Path == "/Login/Customer/Api/Verify" {
			tokens++
			good = "token-" + strings.Repeat("x", tokens)
			return outboundtest.Reply{
				Status: 200,
				Body:   `{"data":{"Token":"` + good + `","Expiration":"2026-11-25T13:00:00Z"},"success":true,"message":"OK"}`,
			}
		}
		if c.Header.Get("Authorization") != "Bearer "+good {
			return outboundtest.Reply{Status: 401, File: "error_401.json"}
		}
		return outboundtest.Reply{Status: 200, File: "order_cancel_response_200.json"}
	})
	now := outboundtest.Now
	setup := p.Setup(`{"baseUrl": "%URL%"}`, connectorCredentials)
	setup.Now = func() time.Time { return now }
	c, err := NewConnector(setup)
	require.NoError(t, err)
	cancel := func() {
		t.Helper()
		_, err := c.Cancel(t.Context(), dialect.Purchase{ProviderReference: "7/9"})
		require.NoError(t, err)
	}
	cancel()
	cancel()
	require.Equal(t, 1, tokens, "kept")
	good = "another"
	cancel()
	require.Equal(t, 2, tokens, "renewed when it is not taken")
	now = now.Add(time.Hour)
	cancel()
	require.Equal(t, 3, tokens, "renewed before it ends")
}

func TestSignInFails(t *testing.T) {
	p := outboundtest.Start(t, answers(outboundtest.Reply{Status: 400, File: "generate_token_error_400.json"}))
	c, err := NewConnector(p.Setup(`{"baseUrl": "%URL%"}`, connectorCredentials))
	require.NoError(t, err)
	_, err = c.Place(t.Context(), bought)
	require.ErrorIs(t, err, dialect.ErrNotSent)
}

func TestListItemsAndFields(t *testing.T) {
	c, p := connect(t, func(c outboundtest.Call) outboundtest.Reply {
		switch c.URL.Path {
		case "/Customer/Get":
			return outboundtest.Reply{Status: 200, File: "account_details_response_200.json"}
		case "/Products/List":
			return outboundtest.Reply{Status: 200, File: "products_list_response_200.json"}
		default:
			return outboundtest.Reply{Status: 400, File: "create_order_error_400_lines.json"}
		}
	})
	items, err := outboundtest.Listed(t.Context(), c)
	require.NoError(t, err)
	require.NotEmpty(t, items)
	for _, i := range items {
		require.NotEmpty(t, i.Name)
		require.NotEmpty(t, i.Currency)
		require.Positive(t, int64(i.Cost))
	}
	var listed []productWire
	require.NoError(t, c.listProducts(t.Context(), func(part []productWire) error {
		listed = append(listed, part...)
		return nil
	}))
	for i := range listed {
		if len(listed[i].RequireData) == 0 {
			continue
		}
		f := listed[i].RequireData[0]
		data, err := c.requireData(t.Context(), listed[i].CustomerStoreProductID,
			&dialect.Purchase{Fields: map[string]string{strings.ToUpper(f.Identifier): "v", "other": "x"}})
		require.NoError(t, err)
		require.Equal(t, []requireWire{{ProductRequireID: f.ProductRequireID, Identifier: f.Identifier, Value: "v"}}, data)
	}
	require.NotEmpty(t, p.Calls)
}

func TestReceive(t *testing.T) {
	c, _ := connect(t, nil)
	for _, file := range []string{
		"callback_status_0_cancelled.json", "callback_status_1_delivered_codes.json", "callback_status_1_delivered_note.json",
		"callback_status_2_processing.json", "callback_status_3_removed.json",
	} {
		body, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		message := func(key string) dialect.Message {
			return dialect.Message{
				Header: func(name string) string { return map[string]string{"Apikey": key}[name] }, Body: body,
				ReceivedAt: outboundtest.Now,
			}
		}
		notices, err := c.Receive(message("example-callback-key"))
		require.NoError(t, err)
		var d deliveryWire
		require.NoError(t, json.Unmarshal(body, &d))
		require.Equal(t, d.DeliverID, notices[0].Reference)
		for _, key := range []string{"", "wrong"} {
			_, err = c.Receive(message(key))
			require.ErrorIs(t, err, dialect.ErrUnauthenticated)
		}
	}
	want, err := os.ReadFile("testdata/callback_ack_200.json")
	require.NoError(t, err)
	require.JSONEq(t, string(want), string(c.Acknowledge(nil).Body))
}
