package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/password"
)

const (
	horse      = "correct horse"
	eventually = time.Minute
	tick       = 5 * time.Millisecond
)

// one is a store with one merchant.
type one struct {
	account.Store

	merchant account.Merchant
	hash     string
	asked    atomic.Int64
	guesses  map[string][]time.Time
	mu       sync.Mutex
	wait     chan struct{} // closed when questions may be answered; nil for at once
}

func (s *one) SetCredentials(_ context.Context, _ int64, c account.Credentials) error {
	s.hash = *c.PasswordHash
	return nil
}

func (s *one) MerchantByEmail(_ context.Context, email string) (account.Merchant, string, error) {
	s.asked.Add(1)
	if s.wait != nil {
		<-s.wait
	}
	if email != s.merchant.Email {
		return account.Merchant{}, "", account.ErrMerchantNotFound
	}
	return s.merchant, s.hash, nil
}

func (s *one) CountGuess(_ context.Context, email string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	counted, _, err := password.CountGuess(s.guesses[email], now)
	if err != nil {
		return time.Time{}, err
	}
	s.guesses[email] = counted
	return now, nil
}

func (s *one) UncountGuess(_ context.Context, email string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guesses[email] = slices.DeleteFunc(s.guesses[email], at.Equal)
	return nil
}

func newOne(t *testing.T) (*one, *account.Service) {
	t.Helper()
	s := &one{
		merchant: account.Merchant{ID: 7, Email: "a@example.com", Status: account.StatusActive},
		guesses:  map[string][]time.Time{},
	}
	service := account.NewService(s, s)
	require.NoError(t, service.SetPassword(t.Context(), 7, horse))
	return s, service
}

func TestLogin(t *testing.T) {
	s, service := newOne(t)
	s.merchant.IPAllowlist = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	near, far := netip.MustParseAddr("::ffff:192.0.2.7"), netip.MustParseAddr("198.51.100.7")
	for _, test := range []struct {
		name string
		in   account.SignIn
		want error
	}{
		{"right", account.SignIn{Email: "A@Example.com", Password: horse, Address: near}, nil},
		{
			"wrong password",
			account.SignIn{Email: "a@example.com", Password: "other", Address: near},
			account.ErrBadCredentials,
		},
		{
			"unknown address",
			account.SignIn{Email: "b@example.com", Password: horse, Address: near},
			account.ErrBadCredentials,
		},
		{
			"from elsewhere",
			account.SignIn{Email: "a@example.com", Password: horse, Address: far},
			account.ErrBadCredentials,
		},
		{"from nowhere", account.SignIn{Email: "a@example.com", Password: horse}, account.ErrBadCredentials},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := service.Login(t.Context(), test.in)
			require.ErrorIs(t, err, test.want)
			require.Equal(t, test.want == nil, m.ID == 7)
		})
	}
}

// What can be nobody's costs nothing and leaves nothing behind.
func TestLoginOfNobody(t *testing.T) {
	s, service := newOne(t)
	for name, in := range map[string]account.SignIn{
		"long e-mail":       {Email: strings.Repeat("a", 243) + "@example.com", Password: horse},
		"long password":     {Email: "a@example.com", Password: strings.Repeat("x", 1025)},
		"no e-mail":         {Password: horse},
		"not UTF-8":         {Email: "a\xff@example.com", Password: horse},
		"control in e-mail": {Email: "a\x00@example.com", Password: horse},
	} {
		t.Run(name, func(t *testing.T) {
			for range 11 {
				_, err := service.Login(t.Context(), in)
				require.ErrorIs(t, err, account.ErrBadCredentials)
			}
		})
	}
	require.Zero(t, s.asked.Load())

	big := strings.Repeat("a", 1<<20)
	before := heap()
	for i := range 500 {
		_, err := service.Login(t.Context(), account.SignIn{Email: fmt.Sprint(i, big, "@example.com"), Password: horse})
		require.ErrorIs(t, err, account.ErrBadCredentials)
	}
	require.Less(t, heap()-before, int64(16<<20), "bytes kept of 500 e-mail addresses of 1 MiB")
	_, err := service.Login(t.Context(), account.SignIn{Email: "a@example.com", Password: horse})
	require.NoError(t, err, "nothing of it counts against anybody")
}

func heap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Of 400 guesses at once ten are judged, as of 400 in turn.
func TestLoginsAtOnce(t *testing.T) {
	s, service := newOne(t)
	var judged, locked atomic.Int64
	var running sync.WaitGroup
	for i := range 400 {
		running.Go(func() {
			_, err := service.Login(t.Context(), account.SignIn{
				Email:    "a@example.com",
				Password: fmt.Sprint("wrong", i),
			})
			if _, ok := errors.AsType[*password.LockedError](err); ok {
				locked.Add(1)
			} else if errors.Is(err, account.ErrBadCredentials) {
				judged.Add(1)
			}
		})
	}
	running.Wait()
	require.EqualValues(t, 10, judged.Load())
	require.EqualValues(t, 390, locked.Load())
	require.EqualValues(t, 10, s.asked.Load())
}

// One address fills only its share of the queue, and who leaves it is gone.
func TestLoginQueue(t *testing.T) {
	s, service := newOne(t)
	s.wait = make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var busy, left atomic.Int64
	for i := range 100 {
		running.Go(func() {
			_, err := service.Login(ctx, account.SignIn{
				Email: fmt.Sprint(i, "@example.com"), Password: "wrong", Address: netip.MustParseAddr("2001:db8::").
					Next(),
			})
			if _, ok := errors.AsType[*account.RateLimitedError](err); ok {
				busy.Add(1)
			} else if errors.Is(err, context.Canceled) {
				left.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return busy.Load() == 84 }, eventually, tick,
		"all but 16 are told to come back")
	other := make(chan error, 1)
	go func() {
		_, err := service.Login(
			t.Context(), account.SignIn{
				Email: "a@example.com", Password: horse,
				Address: netip.MustParseAddr("192.0.2.1"),
			},
		)
		other <- err
	}()
	leave()
	require.Eventually(t, func() bool { return left.Load() >= 14 }, eventually, tick, "who has gone waits no longer")
	close(s.wait)
	require.NoError(t, <-other)
	running.Wait()
}
