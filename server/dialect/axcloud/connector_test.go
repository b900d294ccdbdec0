package axcloud

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
)

func connect(t *testing.T, reply func(c outboundtest.Call) outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	p := outboundtest.Start(t, reply)
	c, err := NewConnector(p.Setup(
		`{"baseUrl": "%URL%", "purchaser": {"name": "Hub", "nationalCode": "82", "phone": "0100000000", "email": `+
			`"hub@example.com"}}`,
		map[string]string{"api_key": "k", "channel_code": "c"}))
	require.NoError(t, err)
	return c, p
}

func answers(r outboundtest.Reply) func(outboundtest.Call) outboundtest.Reply {
	return func(outboundtest.Call) outboundtest.Reply { return r }
}

// created is the example's purchase.
var created = dialect.Purchase{
	Reference: "KT-20260418-000731", SKU: "5b1d6c0e-2f7a-4c39-9d54-8a0e3f61b7c2/0e7f3a96-5c48-4d1b-8b2f-91d6e4a07c35",
	Quantity: 2, UseDate: "2026-05-09",
	UnitPrice: 18000_000_000, PriceCurrency: "KRW", SubmittedAt: time.Date(2026, 4, 18, 2, 11, 40, 0, time.UTC),
}

func TestPlaceHoldsTheTickets(t *testing.T) {
	c, p := connect(t, answers(outboundtest.Reply{Status: 201, File: "create_order_response_201.json"}))
	outcome, err := c.Place(t.Context(), created)
	require.NoError(t, err)
	require.Equal(t, dialect.Outcome{
		State: dialect.Accepted, ProviderReference: "e1c7a2d4-6b90-4f58-a3e2-5d0c7f9b8146",
		Goods: []dialect.Goods{
			{Content: "3a8d1f60-b4c7-4e29-8f15-c6d2e0a79b34"}, {Content: "d70c5e82-9a1f-4b63-92e4-1f8b3d6c0a57"},
		},
	}, outcome)
	require.Equal(t, "Token k", p.Calls[0].Header.Get("Authorization"))
	require.Equal(t, "Code c", p.Calls[0].Header.Get("Channel"))
	var sent map[string]any
	require.NoError(t, json.Unmarshal([]byte(p.Calls[0].Content), &sent))
	order := sent["order"].(map[string]any)
	require.Equal(t, "36000.00000", order["total"])
	require.Equal(t, "2026-04-18 02:11:40", order["purchased_at"])
	_, err = c.Place(t.Context(), created)
	require.NoError(t, err)
	require.Equal(t, p.Calls[0].Content, p.Calls[1].Content, "the same on every repetition")
}

func TestPeopleOfTheOwnDoor(t *testing.T) {
	private, err := os.ReadFile("testdata/create_order_request.json")
	require.NoError(t, err)
	p := created
	p.Door, p.Private = name, json.RawMessage(`{"request": `+string(private)+`}`)
	c, calls := connect(t, answers(outboundtest.Reply{Status: 201, File: "create_order_response_201.json"}))
	_, err = c.Place(t.Context(), p)
	require.NoError(t, err)
	var want, got struct {
		Purchaser      purchaser `json:"purchaser"`
		Representative traveler  `json:"representative"`
	}
	require.NoError(t, json.Unmarshal(private, &want))
	require.NoError(t, json.Unmarshal([]byte(calls.Calls[0].Content), &got))
	require.Equal(t, want, got)
	require.NotEqual(t, "Hub", got.Purchaser.Name)
}

func TestConnectorRefusals(t *testing.T) {
	tests := []struct {
		status int
		file   string
		code   string // "" for an unknown outcome
	}{
		{400, "error_400_duplicate_channel_order_code.json", ""},
		{400, "error_400_inventory_short.json", "OUT_OF_STOCK"},
		{400, "error_400_malformed_json.json", "PROVIDER_ERROR"},
		{400, "error_400_missing_top_level.json", "PROVIDER_ERROR"},
		{400, "error_400_nested.json", "PROVIDER_ERROR"},
		{400, "error_400_null_list.json", "PROVIDER_ERROR"},
		{400, "error_400_too_many_tickets.json", "PROVIDER_ERROR"},
		{403, "error_403.json", "PROVIDER_UNAVAILABLE"},
		{404, "error_404.json", "ITEM_NOT_FOUND"},
		{405, "error_405.json", "PROVIDER_ERROR"},
		{415, "error_415.json", "PROVIDER_ERROR"},
		{500, "error_500.json", ""},
		{200, "get_order_response_200_new.json", ""},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			c, _ := connect(t, answers(outboundtest.Reply{Status: tt.status, File: tt.file}))
			outcome, err := c.Place(t.Context(), created)
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
		t, answers(outboundtest.Reply{Status: 429, File: "error_429.json", Header: map[string]string{"Retry-After": "2"}}),
	)
	_, err := c.Place(t.Context(), created)
	var busy *dialect.BusyError
	require.ErrorAs(t, err, &busy)
	dollars := created
	dollars.PriceCurrency = "THB"
	_, err = c.Place(t.Context(), dollars)
	require.ErrorIs(t, err, dialect.ErrNotSent, "a currency that the partner does not take")
}

func TestInquire(t *testing.T) {
	held := []dialect.Goods{{Content: "a"}, {Content: "b"}}
	for file, state := range map[string]dialect.State{
		"get_order_response_200_new.json":       dialect.Accepted,
		"get_order_response_200_confirmed.json": dialect.Delivered,
		"get_order_response_200_rejected.json":  dialect.Refused,
	} {
		content, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		var example answer[[]orderState]
		require.NoError(t, json.Unmarshal(content, &example))
		c, _ := connect(t, answers(outboundtest.Reply{Status: 200, File: file}))
		p := dialect.Purchase{
			Reference: example.Data[0].ChannelOrderCode, ProviderReference: example.Data[0].AXOrderCode, Quantity: 2, Held: held,
		}
		outcome, err := c.Inquire(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, state, outcome.State)
		if state == dialect.Delivered {
			require.Equal(t, held, outcome.Goods)
			p.Held = nil
			_, err = c.Inquire(t.Context(), p)
			require.ErrorIs(t, err, dialect.ErrNotAskable, "creating it again tells the codes")
		}
		if state == dialect.Refused {
			require.Equal(t, example.Data[0].Comment, outcome.FailureMessage)
		}
	}
	c, _ := connect(t, nil)
	_, err := c.Inquire(t.Context(), created)
	require.ErrorIs(t, err, dialect.ErrNotAskable)
}

func TestTakingBack(t *testing.T) {
	p := dialect.Purchase{ProviderReference: "ax-1", Quantity: 2}
	c, calls := connect(t, func(c outboundtest.Call) outboundtest.Reply {
		if c.URL.Path == ordersPath+"/ax-1" {
			return outboundtest.Reply{Status: 200, File: "cancel_order_response_200.json"}
		}
		return outboundtest.Reply{Status: 200, File: "cancel_ticket_response_200.json"}
	})
	outcome, err := c.Cancel(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, dialect.Cancelled, outcome.State)
	require.NoError(t, c.CancelTickets(t.Context(), p, nil))
	require.NoError(t, c.CancelTickets(t.Context(), p, []dialect.Goods{{TicketCode: "ours", Content: "theirs"}}))
	require.Equal(t, ordersPath+"/ax-1/tickets/theirs", calls.Calls[2].URL.Path)
	require.Equal(t, http.MethodPatch, calls.Calls[2].Method)
	require.JSONEq(t, `{"status": "Traveler canceled"}`, calls.Calls[2].Content)
	require.Error(t, c.CancelTickets(t.Context(), p, []dialect.Goods{{TicketCode: "ours"}}), "not confirmed yet")
	c, _ = connect(t, answers(outboundtest.Reply{Status: 400, File: "error_400_status.json"}))
	require.ErrorIs(
		t, c.CancelTickets(t.Context(), p, []dialect.Goods{{TicketCode: "ours", Content: "theirs"}}),
		dialect.ErrNotCancellable,
	)
}
