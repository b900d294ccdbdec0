package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
)

var varyingParts = regexp.MustCompile(
	`ord_[0-9A-Za-z]{16,` +
		`26}|API[0-9A-Z]{10}|req_[0-9a-z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}` +
		`|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|(EPIN|SIM)-[A-Z0-9]{12,16}|user\d{5}@example\.com[^"]*`,
)

// How much of a body is shown: enough to recognise it, or all of an order of a few units.
const shortBody, wholeBody = 600, 3000

// varying hides what differs from call to call, and ends long bodies.
func varying(body string, most int) string {
	var compact bytes.Buffer
	if json.Compact(&compact, []byte(body)) == nil {
		body = compact.String() // protojson puts in spaces at random
	}
	body = varyingParts.ReplaceAllString(body, "…")
	body = regexp.MustCompile(`"(id|unit|OrderID|OrderDetailID)":"?\d+"?`).ReplaceAllString(body, `"$1":…`)
	body = regexp.MustCompile(`"(useDate|use_date)":"20[0-2]\d-\d\d-\d\d"`).ReplaceAllString(body, `"$1":"…"`)
	body = regexp.MustCompile(`"balance":[0-9.]+`).ReplaceAllString(body, `"balance":…`)
	if len(body) > most {
		body = body[:most] + " …"
	}
	return body
}

// ask sends the request as the door's clients do. Of gRPC, headers is the code
// and the reason.
func (h *hub) ask(t testing.TB, name string, r request) (status int, headers, body string) {
	t.Helper()
	key := r.key
	if key == "" {
		key = map[string]string{"BursaGB": demo.ResellerKey, "AX Cloud": demo.ChannelKey}[name]
	}
	if key == "" {
		key = demo.MerchantKey
	}
	if name == "gRPC" {
		return h.askGRPC(t, key, r)
	}
	q, err := http.NewRequestWithContext(t.Context(), r.method, h.base+r.path, bytes.NewReader([]byte(r.body)))
	require.NoError(t, err)
	q.Header.Set("Content-Type", "application/json")
	if r.contentType != "" {
		q.Header.Set("Content-Type", r.contentType)
	}
	for i := 0; i < len(r.headers); i += 2 {
		q.Header.Add(r.headers[i], r.headers[i+1])
	}
	switch {
	case key == "-":
	case name == "AX Cloud":
		q.Header.Set("Authorization", "Token "+key)
		code := demo.ChannelCode
		if key == "api_key_two" {
			code = "code_two"
		}
		q.Header.Set("Channel", "Code "+code)
	case name == "BursaGB", name == "marketacc":
		q.Header.Set("Authorization", "Bearer "+key)
	default:
		q.Header.Add("X-API-Key", key)
	}
	response, err := http.DefaultClient.Do(q)
	require.NoError(t, err, "%s %s", r.method, r.path)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Contains(t, response.Header.Get("Content-Type"), "application/json", "%s %s", name, text)
	var shown []string
	for _, header := range []string{"Allow", "WWW-Authenticate", "Retry-After"} {
		if value := response.Header.Get(header); value != "" {
			if header == "Retry-After" {
				value = "…"
			}
			shown = append(shown, header+": "+value)
		}
	}
	return response.StatusCode, strings.Join(shown, "; "), strings.TrimSpace(string(text))
}

func (h *hub) askGRPC(t testing.TB, key string, r request) (int, string, string) {
	t.Helper()
	ctx := t.Context()
	if key != "-" {
		ctx = withKey(ctx, key)
	}
	var sent struct {
		ReferenceID         string `json:"referenceId"`
		Coupon              string `json:"coupon"`
		ExpectedTotalAmount string `json:"expectedTotalAmount"`
		Recipient           struct {
			UserID string `json:"userId"`
		} `json:"recipient"`
		Lines []struct {
			SKU      string `json:"sku"`
			Quantity int32  `json:"quantity"`
		} `json:"lines"`
	}
	require.NoError(t, json.Unmarshal([]byte(r.body), &sent))
	o := &orderhubv1.Order{
		ReferenceId: sent.ReferenceID, Coupon: sent.Coupon, ExpectedTotalAmount: sent.ExpectedTotalAmount,
		Recipient: &orderhubv1.Recipient{UserId: sent.Recipient.UserID},
	}
	for _, l := range sent.Lines {
		o.Lines = append(o.Lines, &orderhubv1.OrderLine{Sku: l.SKU, Quantity: l.Quantity})
	}
	_, err := orderhubv1.NewOrderServiceClient(h.grpc()).CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: o})
	s := status.Convert(err)
	for _, detail := range s.Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return http.StatusOK, fmt.Sprintf("%s %s", s.Code(), info.GetReason()), s.Message()
		}
	}
	return http.StatusOK, s.Code().String(), s.Message()
}

// eraseOrder places the order of a request and erases it; the request becomes one for that order.
func eraseOrder(h *hub, name string, r *request) {
	h.tb.Helper()
	readAfter(h, name, r, func(number string) {
		erase := "/hub/v1/orders/" + number + ":erase"
		require.Equal(h.tb, http.StatusOK, h.call(http.MethodPost, demo.OperatorKey, erase, map[string]any{}, nil))
	})
}

// readAfter places an order, does something with it when it is final, and makes the request one that reads it.
func readAfter(h *hub, name string, r *request, do func(number string)) {
	h.tb.Helper()
	status, _, body := h.ask(h.tb, name, *r)
	require.Contains(h.tb, []int{http.StatusOK, http.StatusCreated}, status, "%s: %s", name, body)
	var list struct{ Orders []orderJSON }
	require.Equal(h.tb, http.StatusOK, h.call(http.MethodGet, demo.OperatorKey, "/hub/v1/orders?pageSize=1", nil, &list))
	number := list.Orders[0].OrderNumber
	h.final(demo.OperatorKey, number)
	do(number)

	read := orderAt[name]
	identifier := read.identifier.FindStringSubmatch(body)
	require.NotNil(h.tb, identifier, "%s: %s", name, body)
	*r = request{method: http.MethodGet, path: read.path + identifier[1]}
}

// orderAt is what each door asks for an order by, as it answers a new one, and where it shows it.
var orderAt = map[string]struct {
	identifier *regexp.Regexp
	path       string
}{
	"REST":      {regexp.MustCompile(`"orderNumber":\s*"([^"]+)"`), "/hub/v1/orders/"},
	"GameSO":    {regexp.MustCompile(`"reference_id":"([^"]+)"`), "/v1/orders/"},
	"BursaGB":   {regexp.MustCompile(`"OrderDetailID":(\d+)`), "/Order/detail/"},
	"marketacc": {regexp.MustCompile(`"(API[0-9A-Z]{10})"`), "/api/v2/orders/"},
	"AX Cloud":  {regexp.MustCompile(`"ax_order_code":"([^"]+)"`), "/v1/channel/orders/day-ticket/"},
}
