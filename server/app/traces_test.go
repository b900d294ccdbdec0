package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/tracing/tracingtest"
)

// caller is a caller's own span.
type caller struct{ trace, span string }

func newCaller(n int) caller {
	return caller{fmt.Sprintf("%032x", 0xabc0+n), fmt.Sprintf("%016x", 0xdef0+n)}
}

func (c caller) traceparent() string { return "00-" + c.trace + "-" + c.span + "-01" }

// placeOverGRPC orders one unit as the caller and returns the order's number.
func (c caller) placeOverGRPC(t *testing.T, h *hub, reference, sku string) string {
	t.Helper()
	ctx := metadata.AppendToOutgoingContext(withKey(t.Context(), thb), "traceparent", c.traceparent())
	placed, err := h.orders().CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: reference, Lines: []*orderhubv1.OrderLine{{Sku: sku, Quantity: 1}},
		Recipient: &orderhubv1.Recipient{UserId: recipient},
	}})
	require.NoError(t, err)
	return placed.GetOrder().GetOrderNumber()
}

// postAs sends a request as the caller and returns the answer.
func (c caller) postAs(t *testing.T, h *hub, path string, body map[string]any) string {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.base+path, bytes.NewReader(text))
	require.NoError(t, err)
	request.Header.Set("X-API-Key", thb)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("traceparent", c.traceparent())
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s", answer)
	return string(answer)
}

// recipient is of nobody's business but the order's.
const recipient = "player-4711-of-the-order"

func (c caller) placeOverREST(t *testing.T, h *hub, reference, sku string) string {
	t.Helper()
	var placed orderJSON
	body := newOrder(sku, 1, map[string]any{
		"referenceId": reference, "recipient": map[string]any{"userId": recipient},
	})
	require.NoError(t, json.Unmarshal([]byte(c.postAs(t, h, "/hub/v1/orders", body)), &placed))
	return placed.OrderNumber
}

// Each caller's trace goes on in the call and in the batch that its order was
// committed in, which is linked with all of them.
func TestTracesOfCalls(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			h := startDemo(t, database.new(t))

			overGRPC, overREST, atDoor := newCaller(1), newCaller(2), newCaller(3)
			number := overGRPC.placeOverGRPC(t, h, "traced-1", "EMAIL_BASIC")
			call := collector.Await(overGRPC.trace, createOrder)
			require.Equal(t, overGRPC.span, call.Parent())
			require.Equal(t, "demo", call.Attr("orderhub.merchant"))
			isCommitted(t, collector, overGRPC, call, number)

			number = overREST.placeOverREST(t, h, "traced-2", "EMAIL_BASIC")
			request := collector.Await(overREST.trace, "POST hub")
			require.Equal(t, overREST.span, request.Parent())
			call = collector.Await(overREST.trace, createOrder)
			require.Equal(t, request.ID(), call.Parent())
			isCommitted(t, collector, overREST, call, number)

			atDoor.postAs(t, h, "/v1/orders", map[string]any{
				"reference_id": "traced-3", "user_id": recipient,
				"items": []any{map[string]any{"sku": "EMAIL_BASIC", "quantity": 1}},
			})
			request = collector.Await(atDoor.trace, "POST gameso")
			require.Equal(t, atDoor.span, request.Parent())
			isCommitted(t, collector, atDoor, request, "")

			if database.name == "postgres" {
				require.Contains(t, collector.Text(), "db.query.text")
			}
			hasNoSecrets(t, collector, h.final(thb, number).Lines[0].Goods[0].Content)
		})
	}
}

// isCommitted checks the span of an order's commit below the one given, and that
// of the batch.
func isCommitted(t *testing.T, collector *tracingtest.Collector, by caller, above tracingtest.Span, number string) {
	t.Helper()
	commit := collector.Await(by.trace, "commit order")
	require.Equal(t, above.ID(), commit.Parent())
	if number != "" {
		require.Equal(t, number, commit.Attr("orderhub.order"))
	}
	require.Equal(t, "completed", commit.Attr("orderhub.status"))
	require.Len(t, commit.GetLinks(), 1)
	for _, span := range collector.Spans() {
		if span.GetName() == "commit batch" && span.LinksTo(by.trace, above.ID()) {
			require.Empty(t, span.Parent(), "a batch belongs to no caller alone")
			require.True(t, commit.LinksTo(span.TraceID(), span.ID()))
			return
		}
	}
	t.Fatalf("no batch is linked with %s of trace %s", above.GetName(), by.trace)
}

// hasNoSecrets fails the test for what no span may have.
func hasNoSecrets(t *testing.T, collector *tracingtest.Collector, more ...string) {
	t.Helper()
	text := collector.Text()
	require.NotEmpty(t, text)
	for _, secret := range append(more, thb, recipient, "@outlook.com") {
		require.False(t, strings.Contains(text, secret), "%q is in a span", secret)
	}
}

// A refused call is told by its reason alone.
func TestTracesOfRefusals(t *testing.T) {
	collector := tracingtest.Start(t)
	h := startDemo(t, sqliteConfig(t))
	by := newCaller(4)
	ctx := metadata.AppendToOutgoingContext(withKey(t.Context(), thb), "traceparent", by.traceparent())
	_, err := h.orders().CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
		ReferenceId: "traced-4", Lines: []*orderhubv1.OrderLine{{Sku: "NO_SUCH_SKU", Quantity: 1}},
	}})
	require.Error(t, err)
	call := collector.Await(by.trace, createOrder)
	require.NotEmpty(t, call.Attr("orderhub.reason"))
	require.Empty(t, call.GetStatus().GetMessage())
	require.NotContains(t, collector.Text(), "NO_SUCH_SKU")
}

// Without a word of the environment, or with one against it, nothing is sent.
func TestNothingIsTracedUnasked(t *testing.T) {
	collector := tracingtest.Listen(t)
	for name, value := range map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "a=b", "OTEL_SDK_DISABLED": "true"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			if name == "OTEL_SDK_DISABLED" {
				t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
			}
			h := startDemo(t, sqliteConfig(t))
			newCaller(5).placeOverREST(t, h, "traced-5", "EMAIL_BASIC")
			require.NoError(t, h.stop())
			require.Empty(t, collector.Spans())
		})
	}
}
