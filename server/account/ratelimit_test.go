package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

// admitted is how many of n requests at once come in by the key.
func admitted(t *testing.T, a *account.Authenticator, n int, key string, limit account.RateLimit) (in int) {
	t.Helper()
	for range n {
		_, err := a.AuthenticateWithin(t.Context(), account.KeyCredential(key), near, limit)
		if err == nil {
			in++
			continue
		}
		_, limited := errors.AsType[*account.RateLimitedError](err)
		require.True(t, limited, "%v", err)
	}
	return in
}

func TestWhoseLimitHolds(t *testing.T) {
	door := account.RateLimit{RequestsPerMinute: 60, Burst: 3}
	for _, test := range []struct {
		name string
		key  string
		own  account.RateLimit
		door account.RateLimit
		in   int // of ten at once
	}{
		{"the door's", "one", account.RateLimit{RequestsPerMinute: account.DoorDefault}, door, 3},
		{"the merchant's own", "one", account.RateLimit{RequestsPerMinute: 60, Burst: 5}, door, 5},
		{"the merchant's own, lower", "one", account.RateLimit{RequestsPerMinute: 2}, door, 2},
		{"none, of the merchant", "one", account.RateLimit{}, door, 10},
		{"none, of the door", "one", account.RateLimit{RequestsPerMinute: account.DoorDefault}, account.RateLimit{}, 10},
		{"as many as in a minute", "one", account.RateLimit{RequestsPerMinute: 7}, door, 7},
		{"no door's for an operator", "admin", account.RateLimit{RequestsPerMinute: account.DoorDefault}, door, 10},
		{"an operator's own", "admin", account.RateLimit{RequestsPerMinute: 60, Burst: 4}, door, 4},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, _ := keyed(t)
			for _, m := range l.merchants {
				m.RateLimit = test.own
			}
			a := account.NewAuthenticator(l, (&stopped{noon}).now)
			require.Equal(t, test.in, admitted(t, a, 10, test.key, test.door))
		})
	}
}

// stopped is a clock that only a test moves.
type stopped struct{ at time.Time }

func (c *stopped) now() time.Time { return c.at }

func TestRefusedRequestTakesNothing(t *testing.T) {
	l, _ := keyed(t)
	clock := &stopped{noon}
	a := account.NewAuthenticator(l, clock.now)
	limit := account.RateLimit{RequestsPerMinute: 60, Burst: 2}
	require.Equal(t, 2, admitted(t, a, 2, "one", limit))
	for range 5 {
		_, err := a.AuthenticateWithin(t.Context(), account.KeyCredential("one"), near, limit)
		limited, ok := errors.AsType[*account.RateLimitedError](err)
		require.True(t, ok, "%v", err)
		require.Equal(t, time.Second, limited.RetryAfter)
	}
	clock.at = clock.at.Add(time.Second - time.Millisecond)
	require.Zero(t, admitted(t, a, 1, "one", limit))
	clock.at = clock.at.Add(time.Millisecond)
	require.Equal(t, 1, admitted(t, a, 2, "one", limit), "a second later there is room for one")
	clock.at = clock.at.Add(time.Hour)
	require.Equal(t, 2, admitted(t, a, 9, "one", limit), "it does not save up more than its burst")
}

func TestKeysShareALimitUnlessEachHasItsOwn(t *testing.T) {
	limit := account.RateLimit{RequestsPerMinute: 60, Burst: 3}
	for perKey, rest := range map[bool]int{false: 0, true: 3} {
		l, _ := keyed(t)
		a := account.NewAuthenticator(l, (&stopped{noon}).now)
		limit.PerKey = perKey
		require.Equal(t, 3, admitted(t, a, 5, "one", limit))
		require.Equal(t, rest, admitted(t, a, 5, "two", limit), "each key for itself: %t", perKey)
	}
}

func TestRefusedAndIdentifiedDoNotCount(t *testing.T) {
	l, _ := keyed(t)
	a := account.NewAuthenticator(l, (&stopped{noon}).now)
	limit := account.RateLimit{RequestsPerMinute: 60, Burst: 2}
	for range 10 {
		_, err := a.Identify(t.Context(), account.KeyCredential("one"), near)
		require.NoError(t, err)
		_, err = a.One(t.Context(), keys("one", "three"))
		require.NoError(t, err)
	}
	require.Equal(t, 2, admitted(t, a, 5, "one", limit))
}
