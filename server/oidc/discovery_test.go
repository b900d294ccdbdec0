package oidc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/oidc"
	"orderhub/server/oidc/oidctest"
)

type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// over is a party whose calls take this way.
func over(p *oidctest.Provider, way transport, now func() time.Time) *oidc.Party {
	return party(p, func(o *oidc.Options) { o.Transport, o.Now = way, now })
}

func says(status int, body []byte) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	recorder.WriteHeader(status)
	_, _ = recorder.Write(body)
	return recorder.Result(), nil
}

// A hub starts without its provider, and finds it later. It does not ask again at once, whoever comes.
func TestProviderIsAway(t *testing.T) {
	p, now := oidctest.New(t), time.Now()
	away, calls := true, 0
	hub := over(p, func(r *http.Request) (*http.Response, error) {
		calls++
		if away {
			return says(http.StatusBadGateway, make([]byte, 1000))
		}
		return http.DefaultTransport.RoundTrip(r)
	}, func() time.Time { return now })
	for range 3 {
		_, _, err := hub.Begin(t.Context())
		require.ErrorIs(t, err, oidc.ErrAway)
		require.NotErrorIs(t, err, errs.ErrUnavailable, "which is storage")
		require.Less(t, len(err.Error()), 2000)
	}
	require.Equal(t, 1, calls)
	away, now = false, now.Add(3*time.Second)
	to, kept, err := hub.Begin(t.Context())
	require.NoError(t, err)
	answer := goTo(t, to)
	away = true
	_, err = hub.Finish(t.Context(), kept, answer)
	require.ErrorIs(t, err, oidc.ErrAway)
	away = false
	_, err = hub.Finish(t.Context(), kept, answer)
	require.NoError(t, err)

	_, _, err = over(p, func(*http.Request) (*http.Response, error) {
		return says(http.StatusOK, make([]byte, 2<<20))
	}, nil).Begin(t.Context())
	require.ErrorContains(t, err, "too large")
}

// However many come to a provider that does not answer, one call waits for it, and each of them leaves when it likes.
func TestStrangersDoNotPileUp(t *testing.T) {
	p := oidctest.New(t)
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		hub := over(p, func(r *http.Request) (*http.Response, error) {
			calls.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, nil)
		begun := time.Now()
		var all sync.WaitGroup
		arrive := func(ctx context.Context, leaves time.Duration) {
			all.Go(func() {
				_, _, err := hub.Begin(ctx)
				assert.ErrorIs(t, err, oidc.ErrAway)
				assert.Equal(t, leaves, time.Since(begun))
			})
		}
		first, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		arrive(first, time.Second)
		synctest.Wait()
		for range 100 {
			arrive(t.Context(), 10*time.Second)
		}
		all.Wait()
		require.EqualValues(t, 1, calls.Load())
		arrive(t.Context(), 10*time.Second)
		all.Wait()
		require.EqualValues(t, 1, calls.Load(), "it is remembered")
		time.Sleep(3 * time.Second) // of the bubble's clock
		arrive(t.Context(), 23*time.Second)
		all.Wait()
		require.EqualValues(t, 2, calls.Load())
	})
}

// All that one page asks of the provider has one time-out.
func TestProviderIsSlow(t *testing.T) {
	p := oidctest.New(t)
	to, kept, err := party(p, func(o *oidc.Options) { o.Keys = [][]byte{[]byte("one")} }).Begin(t.Context())
	require.NoError(t, err)
	led := goTo(t, to)
	described, today := httptest.NewRecorder(), time.Now()
	request := httptest.NewRequest(http.MethodGet, "/.well-known/openid-configuration", http.NoBody)
	p.Config.Handler.ServeHTTP(described, request)
	synctest.Test(t, func(t *testing.T) {
		var paths []string
		hub := party(p, func(o *oidc.Options) {
			o.Keys = [][]byte{[]byte("one")}
			o.Now = func() time.Time { return today } // the bubble's clock begins elsewhere
			o.Transport = transport(func(r *http.Request) (*http.Response, error) {
				paths = append(paths, r.URL.Path)
				if r.Method == http.MethodGet {
					time.Sleep(7 * time.Second) // of the bubble's clock
					return says(http.StatusOK, described.Body.Bytes())
				}
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
		})
		begun := time.Now()
		_, err := hub.Finish(t.Context(), kept, led)
		require.ErrorIs(t, err, oidc.ErrAway)
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Equal(t, []string{"/.well-known/openid-configuration", "/token"}, paths)
	})
}
