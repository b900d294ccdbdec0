package account_test

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/password"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// signing runs body with a merchant and what starts processes on its database.
func signing(t *testing.T, body func(t *testing.T, clock *sharedClock, start func() *account.Service)) {
	t.Helper()
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, url string) {
		clock := &sharedClock{}
		clock.at.Store(noon.UnixMicro())
		start := func() *account.Service {
			s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer(), Now: clock.now})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, s.Close()) })
			return account.NewService(s.Accounts, s.Guesses)
		}
		accounts := start()
		m, err := accounts.CreateMerchant(
			t.Context(), account.NewMerchant{Name: "m", Email: "a@example.com", Currency: "USD"},
		)
		require.NoError(t, err)
		require.NoError(t, accounts.SetPassword(t.Context(), m.ID, horse))
		body(t, clock, start)
	})
}

// sharedClock is one that only a test moves, for all processes.
type sharedClock struct{ at atomic.Int64 }

func (c *sharedClock) now() time.Time { return time.UnixMicro(c.at.Load()) }

// tryTimes signs in so often at each of the processes at once, and counts what came of it.
func tryTimes(t *testing.T, n int, email, secret string, processes ...*account.Service) (judged, locked, in int64) {
	t.Helper()
	var judgedOnes, lockedOnes, inOnes atomic.Int64
	var running sync.WaitGroup
	for p, process := range processes {
		for i := range n {
			running.Go(func() {
				from := netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", p*100+i))
				_, err := process.Login(t.Context(), account.SignIn{Email: email, Password: secret, Address: from})
				_, isLocked := errors.AsType[*password.LockedError](err)
				switch {
				case err == nil:
					inOnes.Add(1)
				case isLocked:
					lockedOnes.Add(1)
				case errors.Is(err, account.ErrBadCredentials):
					judgedOnes.Add(1)
				default:
					t.Error(err)
				}
			})
		}
	}
	running.Wait()
	return judgedOnes.Load(), lockedOnes.Load(), inOnes.Load()
}

// TestLockOutIsShared: three processes judge as many guesses as one does, of an address
// that is a merchant's and of one that is nobody's.
func TestLockOutIsShared(t *testing.T) {
	signing(t, func(t *testing.T, clock *sharedClock, start func() *account.Service) {
		processes := []*account.Service{start(), start(), start()}
		for _, email := range []string{"a@example.com", "nobody@example.com"} {
			judged, locked, _ := tryTimes(t, 15, email, "wrong", processes...)
			require.EqualValues(t, 10, judged, "what one process judges")
			require.EqualValues(t, 35, locked)
		}
		right := account.SignIn{Email: "A@example.com", Password: horse}
		_, err := start().Login(t.Context(), right)
		locked, ok := errors.AsType[*password.LockedError](err)
		require.True(t, ok, "a restart unlocks nobody: %v", err)
		require.Equal(t, 15*time.Minute, locked.RetryAfter)

		clock.at.Add((15 * time.Minute).Microseconds())
		_, err = start().Login(t.Context(), right)
		require.NoError(t, err)
	})
}

// TestRightPasswordsDoNotCount, however many sign in one after the other.
func TestRightPasswordsDoNotCount(t *testing.T) {
	signing(t, func(t *testing.T, _ *sharedClock, start func() *account.Service) {
		processes := []*account.Service{start(), start(), start()}
		for i := range 4 {
			_, _, in := tryTimes(t, 1, "a@example.com", horse, processes...)
			require.EqualValues(t, 3, in, "round %d", i)
		}
		judged, _, _ := tryTimes(t, 4, "a@example.com", "wrong", processes...)
		require.EqualValues(t, 10, judged)
	})
}
