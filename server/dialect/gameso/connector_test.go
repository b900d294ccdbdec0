package gameso

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
)

func connect(t *testing.T, reply func(c outboundtest.Call) outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	p := outboundtest.Start(t, reply)
	c, err := NewConnector(
		p.Setup(`{"baseUrl": "%URL%"}`, map[string]string{"api_key": "k", "webhook_secret": "kq7Lr0VzD2mPfY8hWb"}),
	)
	require.NoError(t, err)
	return c, p
}

// orderFile is an example as one item of the purchase.
func orderFile(t *testing.T, file string, change func(o *orderWire)) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	var o orderWire
	require.NoError(t, json.Unmarshal(content, &o))
	o.Items = o.Items[:1]
	if change != nil {
		change(&o)
	}
	text, err := json.Marshal(o)
	require.NoError(t, err)
	return string(text)
}

// purchaseOf is the purchase that an example answers.
func purchaseOf(t *testing.T, body string) dialect.Purchase {
	t.Helper()
	var o orderWire
	require.NoError(t, json.Unmarshal([]byte(body), &o))
	return dialect.Purchase{
		Reference: o.ReferenceID, SKU: o.Items[0].SKU, Quantity: o.Items[0].Quantity,
		Recipient: dialect.Recipient{UserID: o.UserID},
	}
}

func TestWhatAnOrderSays(t *testing.T) {
	tests := []struct {
		file   string
		change func(o *orderWire)
		state  dialect.State
		goods  int
		code   string
	}{
		{"create_order_response_200_full.json", nil, dialect.Accepted, 0, ""},
		{"create_order_response_200_minimal.json", nil, dialect.Accepted, 0, ""},
		{"get_order_response_200_pending.json", nil, dialect.Accepted, 0, ""},
		{"get_order_response_200_processing.json", nil, dialect.Accepted, 0, ""},
		{"get_order_response_200_completed.json", nil, dialect.Delivered, 2, ""},
		{"get_order_response_200_failed.json", nil, dialect.Refused, 0, "ITEM_NOT_FOUND"},
		{"get_order_response_200_failed_partial.json", nil, dialect.Delivered, 2, "PROVIDER_ERROR"},
		{
			"get_order_response_200_completed.json", func(o *orderWire) { o.Items[0].CompletedQuantity++ }, dialect.Delivered, 3,
			"",
		},
		{
			"get_order_response_200_completed.json", func(o *orderWire) { o.Items[0].CompletedQuantity-- }, dialect.Delivered, 1,
			"",
		},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			body := orderFile(t, tt.file, tt.change)
			c, p := connect(t, func(outboundtest.Call) outboundtest.Reply { return outboundtest.Reply{Status: 200, Body: body} })
			purchase := purchaseOf(t, body)
			placed, err := c.Place(t.Context(), purchase)
			require.NoError(t, err)
			require.Equal(t, tt.state, placed.State)
			require.Len(t, placed.Goods, tt.goods)
			require.Equal(t, tt.code, placed.FailureCode)
			require.Regexp(t, "^ord_", placed.ProviderReference)
			asked, err := c.Inquire(t.Context(), purchase)
			require.NoError(t, err)
			require.Equal(t, placed, asked)
			require.Equal(t, "k", p.Calls[0].Header.Get("X-API-Key"))
			require.Equal(t, "/v1/orders/"+purchase.Reference, p.Calls[1].URL.Path)
		})
	}
}

func TestConnectorRefusals(t *testing.T) {
	tests := []struct {
		status int
		file   string
		code   string // "" for an unknown outcome
	}{
		{400, "create_order_error_400_bad_request.json", "PROVIDER_ERROR"},
		{400, "create_order_error_400_malformed_json.json", "PROVIDER_ERROR"},
		{400, "create_order_error_400_validation_error.json", "PROVIDER_ERROR"},
		{400, "create_order_error_400_invalid_sku.json", "ITEM_NOT_FOUND"},
		{401, "error_401_unauthorized.json", "PROVIDER_UNAVAILABLE"},
		{404, "error_404_unknown_route.json", "PROVIDER_ERROR"},
		{405, "error_405_method_not_allowed.json", "PROVIDER_ERROR"},
		{413, "error_413_payload_too_large.json", "PROVIDER_ERROR"},
		{503, "create_order_error_503_insufficient_balance.json", "PROVIDER_OUT_OF_FUNDS"},
		{500, "error_500_internal.json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			c, _ := connect(t, func(outboundtest.Call) outboundtest.Reply {
				return outboundtest.Reply{Status: tt.status, File: tt.file}
			})
			outcome, err := c.Place(t.Context(), dialect.Purchase{Reference: "r", SKU: "S", Quantity: 1})
			if tt.code == "" {
				require.Error(t, err)
				require.NotErrorIs(t, err, dialect.ErrNotSent)
				return
			}
			require.NoError(t, err)
			require.Equal(t, dialect.Refused, outcome.State)
			require.Equal(t, tt.code, outcome.FailureCode)
			require.NotContains(t, outcome.FailureMessage, "balance")
		})
	}
}

func TestBusyAndUnknown(t *testing.T) {
	for name, reply := range map[string]outboundtest.Reply{
		"429": {Status: 429, File: "error_429_too_many_requests.json", Header: map[string]string{"Retry-After": "3"}},
		"503 outage": {
			Status: 503, File: "create_order_error_503_system.json", Header: map[string]string{"Retry-After": "3"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connect(t, func(outboundtest.Call) outboundtest.Reply { return reply })
			_, err := c.Place(t.Context(), dialect.Purchase{Reference: "r"})
			var busy *dialect.BusyError
			require.ErrorAs(t, err, &busy)
			require.Equal(t, 3*time.Second, busy.After)
		})
	}
	for name, reply := range map[string]outboundtest.Reply{
		"truncated":       {Status: 200, Body: `{"order_number": "ord_`},
		"not JSON":        {Status: 502, Body: "<html>"},
		"another order":   {Status: 200, File: "get_order_response_200_completed.json"},
		"a 404 of a host": {Status: 404, Body: "nginx"},
		"a redirect":      {Status: 302, Body: "{}"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connect(t, func(outboundtest.Call) outboundtest.Reply { return reply })
			for _, ask := range []func(dialect.Purchase) (dialect.Outcome, error){
				func(p dialect.Purchase) (dialect.Outcome, error) { return c.Place(t.Context(), p) },
				func(p dialect.Purchase) (dialect.Outcome, error) { return c.Inquire(t.Context(), p) },
			} {
				_, err := ask(dialect.Purchase{Reference: "r", SKU: "S", Quantity: 1})
				require.Error(t, err)
				require.NotErrorIs(t, err, dialect.ErrNotSent)
			}
		})
	}
}

func TestDuplicateIsLookedUp(t *testing.T) {
	body := orderFile(t, "get_order_response_200_completed.json", nil)
	c, p := connect(t, func(c outboundtest.Call) outboundtest.Reply {
		if c.Method == http.MethodPost {
			return outboundtest.Reply{Status: 409, File: "create_order_error_409_duplicate_reference.json"}
		}
		return outboundtest.Reply{Status: 200, Body: body}
	})
	outcome, err := c.Place(t.Context(), purchaseOf(t, body))
	require.NoError(t, err)
	require.Equal(t, dialect.Delivered, outcome.State)
	require.Len(t, p.Calls, 2)
	require.False(t, c.Idempotent())
}

func TestNotReceived(t *testing.T) {
	c, _ := connect(t, func(outboundtest.Call) outboundtest.Reply {
		return outboundtest.Reply{Status: 404, File: "get_order_error_404.json"}
	})
	outcome, err := c.Inquire(t.Context(), dialect.Purchase{Reference: "r"})
	require.NoError(t, err)
	require.Equal(t, dialect.CodeNotReceived, outcome.FailureCode)
}

func TestSetup(t *testing.T) {
	p := outboundtest.Start(t, nil)
	for settings, credentials := range map[string]map[string]string{
		`{"baseUrl": "%URL%"}`:             nil,
		`{}`:                               {"api_key": "k"},
		`{"baseUrl": "%URL%", "speed": 1}`: {"api_key": "k"},
	} {
		_, err := NewConnector(p.Setup(settings, credentials))
		require.Error(t, err, settings)
	}
}

// The vectors of the sheet, and what must not pass for one.
func TestReceive(t *testing.T) {
	content, err := os.ReadFile("testdata/webhook_signature_vectors.json")
	require.NoError(t, err)
	var file struct {
		Vectors []struct {
			Secret    string `json:"secret"`
			Timestamp string `json:"timestamp_header"`
			Body      string `json:"body"`
			Signature string `json:"signature_header"`
		} `json:"vectors"`
	}
	require.NoError(t, json.Unmarshal(content, &file))
	c, _ := connect(t, nil)
	vector := file.Vectors[0]
	message := func(change func(header map[string]string, m *dialect.Message)) dialect.Message {
		header := map[string]string{"X-Webhook-Timestamp": vector.Timestamp, "X-Webhook-Signature": vector.Signature}
		m := dialect.Message{
			Header: func(name string) string { return header[name] }, Body: []byte(vector.Body),
			ReceivedAt: time.Unix(1773030100, 0),
		}
		if change != nil {
			change(header, &m)
		}
		return m
	}
	notices, err := c.Receive(message(nil))
	require.NoError(t, err)
	require.Equal(t, []dialect.Notice{{
		ID: "order.completed ord_b7Qk2ZsYx0LmT4ec 1773030091", Reference: "KIOSK-7741-000193",
		ProviderReference: "ord_b7Qk2ZsYx0LmT4ec",
	}}, notices)
	for name, change := range map[string]func(header map[string]string, m *dialect.Message){
		"no signature": func(header map[string]string, _ *dialect.Message) { delete(header, "X-Webhook-Signature") },
		"another time": func(header map[string]string, _ *dialect.Message) { header["X-Webhook-Timestamp"] = "1773030093" },
		"another body": func(_ map[string]string, m *dialect.Message) {
			m.Body = []byte(strings.Replace(vector.Body, "1", "2", 1))
		},
		"too late":        func(_ map[string]string, m *dialect.Message) { m.ReceivedAt = time.Unix(1773030092+301, 0) },
		"from the future": func(_ map[string]string, m *dialect.Message) { m.ReceivedAt = time.Unix(1773030092-301, 0) },
	} {
		_, err := c.Receive(message(change))
		require.ErrorIs(t, err, dialect.ErrUnauthenticated, name)
	}
	require.Equal(
		t, file.Vectors[1].Signature, SignatureSettings{}.Headers(file.Vectors[1].Secret, "d", "e", time.Unix(1773030091, 0),
			[]byte(file.Vectors[1].Body)).Get("X-Webhook-Signature"),
	)
	require.Equal(t, http.StatusOK, c.Acknowledge(nil).Status)
}
