package jsonhttp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound/outboundtest"
	"orderhub/server/webhook/standard"
)

const (
	askSecret  = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyByZXF1ZXN0cw=="
	nextSecret = "whsec_dGhlIG5leHQgc2VjcmV0IG9mIHJlcXVlc3Rz"
	tellSecret = "whsec_YSBzZWNyZXQgdGhhdCBzaWducyBjYWxsYmFja3M="
)

func connect(t *testing.T, reply func(c outboundtest.Call) outboundtest.Reply) (*Connector, *outboundtest.Provider) {
	t.Helper()
	p := outboundtest.Start(t, reply)
	c, err := NewConnector(p.Setup(`{"baseUrl": "%URL%/shop"}`, map[string]string{
		"api_key": "k", "request_secret": nextSecret + ", " + askSecret, "callback_secret": tellSecret,
	}))
	require.NoError(t, err)
	return c, p
}

func answering(status int, body string) func(outboundtest.Call) outboundtest.Reply {
	return func(outboundtest.Call) outboundtest.Reply { return outboundtest.Reply{Status: status, Body: body} }
}

var purchase = dialect.Purchase{
	Reference: "att_1", SKU: "GIFT_10", Quantity: 2, UnitCost: 8_500_000, Currency: "THB",
	PriceCurrency: "THB", UnitPrice: 12_000_000, Recipient: dialect.Recipient{UserID: "player"},
	Fields: map[string]string{"zone": "7"}, SubmittedAt: outboundtest.Now, Private: json.RawMessage(`{"phone":"1"}`),
}

// What is said to a supplier is all that is documented, and signed with each secret.
func TestWhatIsAsked(t *testing.T) {
	c, p := connect(t, answering(200, `{"reference":"att_1","quantity":2,"status":"accepted","checkAfterSeconds":7}`))
	outcome, err := c.Place(t.Context(), purchase)
	require.NoError(t, err)
	require.Equal(t, dialect.Outcome{State: dialect.Accepted, CheckAfter: 7 * time.Second}, outcome)
	call := p.Calls[0]
	require.Equal(t, "POST /shop", call.Method+" "+call.URL.Path)
	require.JSONEq(t, `{"type":"place","reference":"att_1","sku":"GIFT_10","quantity":2,"recipient":{"userId":"player"},
		"fields":{"zone":"7"},"unitCost":"8.50","currency":"THB","placedAt":"2026-11-25T12:00:00Z"}`, call.Content)
	require.Equal(t, "att_1", call.Header.Get("Idempotency-Key"))
	require.Equal(t, "Bearer k", call.Header.Get("Authorization"))
	for _, secret := range []string{askSecret, nextSecret} {
		require.NoError(t, standard.Verify(secret, call.Header.Get, []byte(call.Content), outboundtest.Now))
	}
	require.ErrorIs(t, standard.Verify(tellSecret, call.Header.Get, []byte(call.Content), outboundtest.Now),
		standard.ErrSignature)
	_, err = c.Inquire(t.Context(), purchase)
	require.NoError(t, err)
	require.JSONEq(t, `{"type":"lookup","reference":"att_1"}`, p.Calls[1].Content)
	require.NotEqual(t, call.Header.Get(HeaderID), p.Calls[1].Header.Get(HeaderID))
	require.Empty(t, p.Calls[1].Header.Get("Idempotency-Key"))
}

func TestWhatAnOrderSays(t *testing.T) {
	const head = `{"reference":"att_1","orderId":"o-9","quantity":2,`
	for name, tt := range map[string]struct {
		body  string
		state dialect.State // 0: nothing is proved
		goods int
		code  string
	}{
		"delivered": {
			head + `"status":"delivered","goods":[{"content":"A"},{"content":""}]}`, dialect.Delivered, 2, "",
		},
		"in part": {head + `"status":"delivered","goods":[{"content":"A"}]}`, dialect.Delivered, 1, "PROVIDER_ERROR"},
		"in part, why": {
			head + `"status":"delivered","goods":[{"content":"A"}],"reason":"GONE"}`, dialect.Delivered, 1, "GONE",
		},
		"too many": {
			head + `"status":"delivered","goods":[{"content":"A"},{"content":"B"},{"content":"C"}]}`, dialect.Delivered, 3, "",
		},
		"refused": {
			head + `"status":"refused","reason":"NO_SUCH_PLAYER","message":"m"}`, dialect.Refused, 0, "NO_SUCH_PLAYER",
		},
		"refused, no why": {head + `"status":"refused"}`, dialect.Refused, 0, "PROVIDER_ERROR"},
		"cancelled":       {head + `"status":"cancelled"}`, dialect.Cancelled, 0, ""},

		"delivered nothing":  {head + `"status":"delivered","goods":[]}`, 0, 0, ""},
		"refused with goods": {head + `"status":"refused","goods":[{"content":"A"}]}`, 0, 0, ""},
		"no content":         {head + `"status":"delivered","goods":[{"content":"A"},{"code":"B"}]}`, 0, 0, ""},
		"unknown status":     {head + `"status":"shipped"}`, 0, 0, ""},
		"another reference":  {`{"reference":"att_2","quantity":2,"status":"refused"}`, 0, 0, ""},
		"another quantity":   {`{"reference":"att_1","quantity":1,"status":"refused"}`, 0, 0, ""},
		"an error, kindly":   {`{"error":{"code":"out_of_stock"}}`, 0, 0, ""},
		"an error page":      {`<html>Bad gateway</html>`, 0, 0, ""},
		"null":               {`null`, 0, 0, ""},
		"nothing":            {``, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connect(t, answering(200, tt.body))
			for _, ask := range []func() (dialect.Outcome, error){
				func() (dialect.Outcome, error) { return c.Place(t.Context(), purchase) },
				func() (dialect.Outcome, error) { return c.Inquire(t.Context(), purchase) },
				func() (dialect.Outcome, error) { return c.Cancel(t.Context(), purchase) },
			} {
				outcome, err := ask()
				if tt.state == 0 {
					require.ErrorIs(t, err, dialect.ErrMalformed)
					require.NotErrorIs(t, err, dialect.ErrNotSent)
					continue
				}
				require.NoError(t, err)
				require.Equal(t, tt.state, outcome.State)
				require.Len(t, outcome.Goods, tt.goods)
				require.Equal(t, tt.code, outcome.FailureCode)
				require.Equal(t, "o-9", outcome.ProviderReference)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		code   string // "" for an unknown outcome
	}{
		{401, `{"error":{"code":"unauthenticated"}}`, dialect.CodeProviderUnavailable},
		{402, `{"error":{"code":"out_of_funds"}}`, dialect.CodeOutOfFunds},
		{404, `{"error":{"code":"item_not_found"}}`, "ITEM_NOT_FOUND"},
		{409, `{"error":{"code":"out_of_stock"}}`, "OUT_OF_STOCK"},
		{400, `{"error":{"code":"invalid_request","message":"m"}}`, dialect.CodeProviderError},
		{409, `{"error":{"code":"reference_conflict"}}`, ""},
		{404, `{"error":{"code":"not_found"}}`, ""},
		{404, `not found`, ""},
		{401, `{"message":"Unauthorized"}`, ""},
		{500, `{"error":{"code":"out_of_stock"}}`, ""},
		{503, `{"error":{"code":"unavailable"}}`, ""},
		{301, ``, ""},
	} {
		t.Run(fmt.Sprint(tt.status, tt.body), func(t *testing.T) {
			c, _ := connect(t, answering(tt.status, tt.body))
			outcome, err := c.Place(t.Context(), purchase)
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

func TestBusy(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusServiceUnavailable} {
		c, _ := connect(t, func(outboundtest.Call) outboundtest.Reply {
			return outboundtest.Reply{Status: status, Header: map[string]string{"Retry-After": "4"}}
		})
		_, err := c.Place(t.Context(), purchase)
		var busy *dialect.BusyError
		require.ErrorAs(t, err, &busy)
		require.Equal(t, 4*time.Second, busy.After)
	}
}

// Only the contract's own answer proves that a purchase never arrived.
func TestNotReceived(t *testing.T) {
	c, _ := connect(t, answering(404, `{"error":{"code":"not_found"}}`))
	outcome, err := c.Inquire(t.Context(), purchase)
	require.NoError(t, err)
	require.Equal(t, dialect.CodeNotReceived, outcome.FailureCode)
	c, _ = connect(t, answering(404, `{"message":"no route"}`))
	_, err = c.Inquire(t.Context(), purchase)
	require.Error(t, err)
	c, _ = connect(t, answering(400, `{"error":{"code":"not_supported"}}`))
	_, err = c.Cancel(t.Context(), purchase)
	require.ErrorIs(t, err, dialect.ErrNotCancellable)
}

func message(body string, header http.Header) dialect.Message {
	return dialect.Message{Header: header.Get, Body: []byte(body), ReceivedAt: outboundtest.Now}
}

func TestCallbacks(t *testing.T) {
	c, _ := connect(t, nil)
	header, body := Callback(tellSecret, "msg_1", "att_1", outboundtest.Now)
	notices, err := c.Receive(message(string(body), header))
	require.NoError(t, err)
	require.Equal(t, []dialect.Notice{{ID: "msg_1", Reference: "att_1"}}, notices)
	require.Equal(t, 200, c.Acknowledge(nil).Status)

	_, err = c.Receive(message(string(body)+" ", header))
	require.ErrorIs(t, err, dialect.ErrUnauthenticated)
	for name, secret := range map[string]string{
		"the hub's own": askSecret, "nobody's": "whsec_bm9ib2R5J3Mgc2VjcmV0IGF0IGFsbA==",
	} {
		t.Run(name, func(t *testing.T) {
			header, body := Callback(secret, "msg_1", "att_1", outboundtest.Now)
			_, err := c.Receive(message(string(body), header))
			require.ErrorIs(t, err, dialect.ErrUnauthenticated)
		})
	}
	header, body = Callback(tellSecret, "msg_1", "att_1", outboundtest.Now.Add(-6*time.Minute))
	_, err = c.Receive(message(string(body), header))
	require.ErrorIs(t, err, dialect.ErrUnauthenticated)
	header, body = Callback(tellSecret, "msg_1", "", outboundtest.Now)
	_, err = c.Receive(message(string(body), header))
	require.ErrorIs(t, err, dialect.ErrMalformed)
	require.Equal(t, 400, c.Acknowledge(err).Status)
	require.Equal(t, 503, c.Acknowledge(http.ErrServerClosed).Status)
}

// A supplier that tells nothing by itself has no secret for it, and nobody may
// speak for it.
func TestNoCallbackSecret(t *testing.T) {
	p := outboundtest.Start(t, nil)
	c, err := NewConnector(p.Setup(`{"baseUrl": "%URL%"}`, map[string]string{"request_secret": askSecret}))
	require.NoError(t, err)
	header, body := Callback("", "msg_1", "att_1", outboundtest.Now)
	_, err = c.Receive(message(string(body), header))
	require.ErrorIs(t, err, dialect.ErrUnauthenticated)
}

func TestCredentials(t *testing.T) {
	for name, tt := range map[string]struct {
		credentials map[string]string
		problem     string
	}{
		"none":    {nil, `the provider needs the credential "request_secret"`},
		"no form": {map[string]string{"request_secret": "secret"}, "request_secret must begin with whsec_"},
		"short":   {map[string]string{"request_secret": "whsec_c2hvcnQ="}, "request_secret must have the base64 of"},
		"too many": {
			map[string]string{"request_secret": strings.Repeat(askSecret+" ", 6)}, "request_secret must be at most 5 secrets",
		},
		"the same": {
			map[string]string{"request_secret": askSecret, "callback_secret": tellSecret + " " + askSecret},
			"must not have a secret in common",
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := outboundtest.Start(t, nil)
			_, err := NewConnector(p.Setup(`{"baseUrl": "%URL%"}`, tt.credentials))
			require.ErrorContains(t, err, tt.problem)
			require.NotContains(t, err.Error(), "whsec_c2h", "a secret")
		})
	}
}

func TestList(t *testing.T) {
	pages := map[string]string{
		"": `{"items":[{"sku":"B","name":"b","cost":"8.50","currency":"THB","stock":0},{"sku":"C"}],"nextCursor":"2"}`,
		"2": `{"items":[{"sku":"A","cost":"1.00","currency":"THB","stock":3},
			{"sku":"D","stock":3,"available":false}]}`,
	}
	c, _ := connect(t, func(c outboundtest.Call) outboundtest.Reply {
		var call Call
		require.NoError(t, json.Unmarshal([]byte(c.Content), &call))
		return outboundtest.Reply{Status: 200, Body: pages[call.Cursor]}
	})
	items, err := outboundtest.Listed(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []dialect.Item{
		{SKU: "B", Name: "b", Cost: 8_500_000, Currency: "THB"},
		{SKU: "C", Stock: -1, Available: true},
		{SKU: "A", Cost: 1_000_000, Currency: "THB", Stock: 3, Available: true},
		{SKU: "D", Stock: 3},
	}, items)
	for name, page := range map[string]string{
		"no end":         `{"items":[{"sku":"A"}],"nextCursor":"2"}`,
		"an error page":  `<html>`,
		"no items":       `{"products":[]}`,
		"bad cost":       `{"items":[{"sku":"A","cost":"8,50","currency":"THB"}]}`,
		"negative":       `{"items":[{"sku":"A","cost":"-1.00","currency":"THB"}]}`,
		"bad currency":   `{"items":[{"sku":"A","cost":"1.00","currency":"XXX"}]}`,
		"a cost alone":   `{"items":[{"sku":"A","cost":"1.00"}]}`,
		"a number":       `{"items":[{"sku":"A","cost":1.5,"currency":"THB"}]}`,
		"goods for list": `{"reference":"a"}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := connect(t, answering(200, page))
			_, err := outboundtest.Listed(t.Context(), c)
			require.ErrorIs(t, err, dialect.ErrMalformed)
		})
	}
}
