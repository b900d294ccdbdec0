package marketacc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
)

// Every error that the hub may return has its answer, wrapped or not; those of
// which there is an example answer like it.
func TestRefusalOf(t *testing.T) {
	line := func(reason order.LineReason) error {
		return &order.LinesError{Problems: []order.LineProblem{{SKU: "secret-sku", Reason: reason}}}
	}
	for _, test := range []struct {
		err        error
		status     int
		example    string // in testdata; "" for none
		code       string // where there is no example
		retryAfter string
	}{
		{err: account.ErrUnauthenticated, status: 401, example: "error_401"},
		{err: account.ErrSuspended, status: 403, example: "error_403_banned"},
		{err: order.ErrMerchantSuspended, status: 403, example: "error_403_banned"},
		{err: account.ErrAddressNotAllowed, status: 403, example: "error_403_ip"},
		{
			err: &account.RateLimitedError{RetryAfter: 1500 * time.Millisecond}, status: 429, example: "error_429",
			retryAfter: "2",
		},
		{
			err: &order.RetryLaterError{Err: order.ErrOverloaded, After: time.Second}, status: 429, example: "error_429",
			retryAfter: "1",
		},
		{
			err: &order.RetryLaterError{Err: order.ErrContended, After: 3 * time.Second}, status: 500, example: "error_500",
			retryAfter: "3",
		},
		{
			err: &order.RetryLaterError{Err: order.ErrShuttingDown, After: time.Second}, status: 500, example: "error_500",
			retryAfter: "1",
		},
		{err: errs.ErrUnavailable, status: 500, example: "error_500", retryAfter: "1"},
		{err: context.DeadlineExceeded, status: 500, example: "error_500", retryAfter: "1"},
		{err: context.Canceled, status: 500, example: "error_500", retryAfter: "1"},
		{err: line(order.ReasonProductNotFound), status: 404, example: "error_404_product"},
		{err: line(order.ReasonProductNotAvailable), status: 404, example: "error_404_product"},
		{err: line(order.ReasonFieldInvalid), status: 404, example: "error_404_product"},
		{err: line(order.ReasonDateNotAvailable), status: 404, example: "error_404_product"},
		{err: line(order.ReasonOutOfStock), status: 409, example: "error_409"},
		{err: line(order.ReasonQuantityNotAllowed), status: 409, example: "error_409"},
		{err: &order.PriceChangedError{Currency: "THB"}, status: 409, example: "error_409"},
		{err: errs.Invalid("lines[0].quantity", "makes an amount too large to handle"), status: 409, example: "error_409"},
		{err: errs.Invalid("coupon", "is too long"), status: 400, example: "error_400_coupon"},
		{err: &order.CouponError{Code: "secret", Cause: order.CouponExpired}, status: 400, example: "error_400_coupon"},
		{err: errs.Invalid("reference_id", "is too long"), status: 400, code: codeInvalid},
		{err: &order.DuplicateReferenceError{Reference: "secret"}, status: 400, example: "error_400_idempotency_key_reused"},
		{err: &order.InsufficientBalanceError{Currency: "THB", Missing: 1}, status: 402, example: "error_402"},
		{err: order.ErrNotFound, status: 404, example: "error_404_order"},
		{err: door.ErrMalformed, status: 400, example: "error_400_malformed_json"},
		{err: door.ErrBodyBroken, status: 400, code: codeInvalid},
		{err: door.ErrBodyTooLarge, status: 413, code: codeInvalid},
	} {
		t.Run(fmt.Sprint(test.status, " ", test.err), func(t *testing.T) {
			e := words.Of(fmt.Errorf("placing: %w", test.err))
			require.NotNil(t, e)
			w := httptest.NewRecorder()
			words.Refuse(w, e)
			require.Equal(t, test.status, w.Code)
			require.Equal(t, test.retryAfter, w.Header().Get("Retry-After"))
			require.NotContains(t, w.Body.String(), "secret")
			if test.example != "" {
				example, err := os.ReadFile("testdata/" + test.example + ".json")
				require.NoError(t, err)
				require.JSONEq(t, string(example), w.Body.String())
				return
			}
			var body errorWire
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &body))
			require.Equal(t, test.code, body.Error.Code)
		})
	}
	require.Nil(t, words.Of(errors.New("nobody foresaw it")))
}

func TestPanicked(t *testing.T) {
	w := httptest.NewRecorder()
	New(door.Services{}, Config{}).Panicked(w, nil)
	example, err := os.ReadFile("testdata/error_500.json")
	require.NoError(t, err)
	require.Equal(t, 500, w.Code)
	require.JSONEq(t, string(example), w.Body.String())
}

func TestMatches(t *testing.T) {
	d := New(door.Services{}, Config{})
	require.Equal(t, account.RateLimit{RequestsPerMinute: 120, PerKey: true}, d.limit)
	for path, want := range map[string]bool{
		"/api/v2": true, "/api/v2/": true, "/api/v2/orders/x": true, "/api/v2/none": true, "/api/v20": false, "/api": false,
		"/API/v2": false, "/": false,
	} {
		require.Equal(t, want, d.Matches(path), path)
	}
}
