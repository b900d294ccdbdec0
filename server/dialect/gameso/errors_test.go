package gameso

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// Each error of the hub becomes one of the partner's documented answers, to the
// letter.
func TestRefusals(t *testing.T) {
	line := func(reason order.LineReason, sku string) error {
		return &order.LinesError{
			Problems: []order.LineProblem{{Index: 1, SKU: sku, Reason: reason, Message: "the quantity must be from 1 to 50"}},
		}
	}
	for _, tt := range []struct {
		err     error
		example string // of testdata, or the answer itself
		retry   string
	}{
		{account.ErrUnauthenticated, "error_401_unauthorized", ""},
		{account.ErrSuspended, "error_401_unauthorized", ""},
		{account.ErrAddressNotAllowed, "error_401_unauthorized", ""},
		{order.ErrMerchantSuspended, "seed_create_order_error_401", ""},
		{&account.RateLimitedError{RetryAfter: 1500 * time.Millisecond}, "error_429_too_many_requests", "2"},
		{door.ErrBodyTooLarge, "error_413_payload_too_large", ""},
		{door.ErrBodyBroken, "create_order_error_400_malformed_json", ""},
		{door.ErrMalformed, "create_order_error_400_malformed_json", ""},
		{line(order.ReasonProductNotFound, "GEMS_61"), "create_order_error_400_invalid_sku", ""},
		{line(order.ReasonProductNotAvailable, "GEMS_61"), "create_order_error_400_invalid_sku", ""},
		{line(order.ReasonFieldInvalid, "GEMS_61"), "create_order_error_400_invalid_sku", ""},
		{line(order.ReasonDateNotAvailable, "GEMS_61"), "create_order_error_400_invalid_sku", ""},
		{line(order.ReasonOutOfStock, "X"), `{"status":400,"code":"VALIDATION_ERROR","message":"Out of stock: X"}`, ""},
		{
			line(order.ReasonQuantityNotAllowed, "X"),
			`{"status":400,"code":"VALIDATION_ERROR","message":"items[1].quantity must be from 1 to 50"}`, "",
		},
		{
			errs.Invalid("lines[0].quantity", "is bad"),
			`{"status":400,"code":"VALIDATION_ERROR","message":"items[0].quantity is bad"}`, "",
		},
		{
			errs.Invalid("recipient.user_id", "is bad"), `{"status":400,"code":"VALIDATION_ERROR","message":"user_id is bad"}`,
			"",
		},
		{
			errs.Invalid("event_types[1]", "is bad"), `{"status":400,"code":"VALIDATION_ERROR","message":"events[1] is bad"}`,
			"",
		},
		{&order.DuplicateReferenceError{Reference: "x"}, "create_order_error_409_duplicate_reference", ""},
		{&order.InsufficientBalanceError{Currency: "THB"}, "seed_create_order_error_503", ""},
		{&order.RetryLaterError{Err: order.ErrOverloaded, After: 3 * time.Second}, "create_order_error_503_system", "3"},
		{&order.RetryLaterError{Err: order.ErrShuttingDown}, "create_order_error_503_system", "1"},
		{errs.ErrUnavailable, "create_order_error_503_system", "1"},
		{context.DeadlineExceeded, "create_order_error_503_system", "1"},
		{context.Canceled, "create_order_error_503_system", "1"},
		{order.ErrNotFound, "get_order_error_404", ""},
		{webhook.ErrEndpointNotFound, "merchant_webhooks_error_404", ""},
		{
			&webhook.TooManyError{Most: 20},
			`{"status":400,"code":"VALIDATION_ERROR","message":"at most 20 webhooks are allowed"}`, "",
		},
		{errors.New("the disk is on fire"), "error_500_internal", ""},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			d := New(door.Services{Log: slog.New(slog.DiscardHandler)}, nil, Config{})
			w := httptest.NewRecorder()
			d.Explain(w, httptest.NewRequest(http.MethodGet, "/v1/orders/x", nil), fmt.Errorf("doing it: %w", tt.err))
			require.Equal(t, exampleOf(t, tt.example), w.Body.String())
			require.Equal(t, tt.retry, w.Header().Get("Retry-After"))
			require.Equal(t, "application/json", w.Header().Get("Content-Type"))
			var body errorWire
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			require.Equal(t, body.Status, w.Code)
		})
	}
}

func TestPanicked(t *testing.T) {
	w := httptest.NewRecorder()
	New(door.Services{}, nil, Config{}).Panicked(w, nil)
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Equal(t, exampleOf(t, "error_500_internal"), w.Body.String())
}

// exampleOf is a documented answer as it goes over the wire.
func exampleOf(t *testing.T, name string) string {
	t.Helper()
	if name[0] == '{' {
		return name
	}
	content, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(t, err)
	var compact bytes.Buffer
	require.NoError(t, json.Compact(&compact, content))
	return compact.String()
}

func TestMatches(t *testing.T) {
	d := New(door.Services{}, nil, Config{})
	for path, want := range map[string]bool{
		"/v1": true, "/v1/": true, "/v1/orders": true, "/v1/orders/x": true, "/v1/merchant-webhooks": true, "/v1/none": true,
		"/v1/channels":       true,
		"/v1/channel/orders": false, "/v1/channel/": false, "/": false, "/v2/orders": false, "/v11/orders": false,
		"/V1/orders": false, "/hub/v1/orders": false,
	} {
		require.Equal(t, want, d.Matches(path), path)
	}
}
