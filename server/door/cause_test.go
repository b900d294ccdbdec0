package door_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/password"
	"orderhub/server/webhook"
)

// Each error of the domain has one cause, however often it is wrapped, and when
// to repeat where that helps.
func TestCauses(t *testing.T) {
	words := &door.Words{
		Body: func(e *door.Refusal) any { return e.Message }, Challenge: "Bearer",
		Answers: map[door.Cause]door.Answer{door.Unforeseen: door.Say(500, "", "fault")},
	}
	for _, tt := range []struct {
		err   error
		cause door.Cause
		after time.Duration
	}{
		{door.ErrNoRoute, door.NoRoute, 0},
		{&door.MethodError{Method: "PUT"}, door.MethodNotAllowed, 0},
		{account.ErrUnauthenticated, door.Unauthenticated, 0},
		{account.ErrBadCredentials, door.BadCredentials, 0},
		{account.ErrSuspended, door.Suspended, 0},
		{order.ErrMerchantSuspended, door.Suspended, 0},
		{account.ErrAddressNotAllowed, door.AddressNotAllowed, 0},
		{door.ErrBodyTooLarge, door.BodyTooLarge, 0},
		{door.ErrBodyEncoded, door.BodyEncoded, 0},
		{door.ErrBodyBroken, door.BodyBroken, 0},
		{door.ErrMalformed, door.Malformed, 0},
		{errs.Invalid("a", "is bad"), door.InvalidField, 0},
		{order.ErrNotFound, door.OrderNotFound, 0},
		{webhook.ErrEndpointNotFound, door.EndpointNotFound, 0},
		{&webhook.TooManyError{}, door.TooManyEndpoints, 0},
		{&order.LinesError{Problems: []order.LineProblem{{SKU: "A"}}}, door.LinesRefused, 0},
		{&order.CouponError{}, door.CouponRefused, 0},
		{&order.DuplicateReferenceError{}, door.Duplicate, 0},
		{&order.InsufficientBalanceError{}, door.InsufficientBalance, 0},
		{&order.TooManyUnitsError{}, door.TooManyUnits, 0},
		{&order.TotalTooLargeError{}, door.TotalTooLarge, 0},
		{&order.PriceChangedError{}, door.PriceChanged, 0},
		{order.ErrNotCancellable, door.NotCancellable, 0},
		{&account.RateLimitedError{RetryAfter: 3 * time.Second}, door.RateLimited, 3 * time.Second},
		{&password.LockedError{RetryAfter: time.Minute}, door.Locked, time.Minute},
		{&order.RetryLaterError{Err: order.ErrOverloaded, After: time.Millisecond}, door.Overloaded, time.Second},
		{&order.RetryLaterError{Err: &order.LinesBusyError{}, After: 2 * time.Second}, door.Busy, 2 * time.Second},
		{&order.RetryLaterError{Err: order.ErrShuttingDown}, door.Busy, time.Second},
		{errs.ErrUnavailable, door.Unavailable, time.Second},
		{context.DeadlineExceeded, door.Unavailable, time.Second},
		{context.Canceled, door.Unavailable, time.Second},
		{errors.New("the disk is on fire"), door.Unforeseen, 0},
	} {
		t.Run(tt.err.Error(), func(t *testing.T) {
			wrapped := fmt.Errorf("doing it: %w", tt.err)
			require.Equal(t, tt.cause, door.CauseOf(wrapped))
			require.Nil(t, words.Of(wrapped), "a cause without an answer is a fault")
			words.Answers[tt.cause] = door.Say(499, "CODE", "text")
			e := words.Of(wrapped)
			delete(words.Answers, tt.cause)
			if tt.cause == door.Unforeseen {
				require.Nil(t, e)
				return
			}
			require.Equal(t, &door.Refusal{Status: 499, Code: "CODE", Message: "text", RetryAfter: tt.after}, e)
		})
	}
}

// What a partner has worded itself is told as it is, and a refusal that many share
// is never written to.
func TestWords(t *testing.T) {
	shared := &door.Refusal{Status: 429, Message: "later"}
	words := &door.Words{
		Body: func(e *door.Refusal) any { return e.Message }, Challenge: "Bearer",
		Answers: map[door.Cause]door.Answer{door.Busy: func(error) *door.Refusal { return shared }},
	}
	require.Same(t, shared, words.Of(fmt.Errorf("x: %w", shared)))
	later := words.Of(&order.RetryLaterError{Err: order.ErrBusy, After: time.Minute})
	require.Equal(t, time.Minute, later.RetryAfter)
	require.Zero(t, shared.RetryAfter)

	w := httptest.NewRecorder()
	words.Refuse(w, &door.Refusal{Status: http.StatusUnauthorized, Message: "who?", RetryAfter: 1500 * time.Millisecond})
	require.Equal(t, 401, w.Code)
	require.Equal(t, `"who?"`, w.Body.String())
	require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
	require.Equal(t, "2", w.Header().Get("Retry-After"))
}

func TestCredentials(t *testing.T) {
	h := http.Header{}
	for _, value := range []string{"Bearer a", "bearer\tb ", "Basic c", "TOKEN d", "Bearer", ""} {
		h.Add("Authorization", value)
	}
	require.Equal(t, []string{"a", "b", ""}, door.BearerKeys(h))
	require.Equal(t, []string{"a", "b", "d", ""}, door.Credentials(h, "Authorization", "token", "bearer"))
	require.Equal(t, []string{"a", "b"}, door.Given(door.BearerKeys(h)))
	require.Empty(t, door.Credentials(h, "Channel", "code"))
}
