package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/oidc"
	"orderhub/server/oidc/oidctest"
	"orderhub/server/operator"
)

const back = "https://hub.example/console/oidc/back"

func party(p *oidctest.Provider, change func(*oidc.Options)) *oidc.Party {
	o := oidc.Options{
		Issuer: p.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.Secret, Redirect: back, Claim: operator.EmailClaim,
	}
	if change != nil {
		change(&o)
	}
	return oidc.New(o)
}

// goTo goes where the provider is, and returns what it leads back with.
func goTo(t *testing.T, to string) url.Values {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, http.NoBody)
	require.NoError(t, err)
	answer, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusFound, answer.StatusCode)
	led, cut := strings.CutPrefix(answer.Header.Get("Location"), back+"?")
	require.True(t, cut)
	values, err := url.ParseQuery(led)
	require.NoError(t, err)
	return values
}

func TestProviderSaysWho(t *testing.T) {
	p := oidctest.New(t)
	hub := party(p, nil)
	to, attempt, err := hub.Begin(t.Context())
	require.NoError(t, err)
	kept, ok := oidc.ParseAttempt(attempt.String())
	require.True(t, ok)
	require.Equal(t, attempt, kept)
	require.NotContains(t, to, attempt.Verifier)
	led := goTo(t, to)
	who, err := hub.Finish(t.Context(), kept, led)
	require.NoError(t, err)
	require.Equal(t, operator.Claimed{Claim: operator.EmailClaim, Value: "Ada@Example.com"}, who)
	_, err = hub.Finish(t.Context(), kept, led)
	require.ErrorIs(t, err, oidc.ErrRefused, "the code was used")

	p.Claims["preferred_username"] = "ada"
	hub = party(p, func(o *oidc.Options) { o.Claim = "preferred_username" })
	to, attempt, err = hub.Begin(t.Context())
	require.NoError(t, err)
	who, err = hub.Finish(t.Context(), attempt, goTo(t, to))
	require.NoError(t, err)
	require.Equal(t, operator.Claimed{Claim: "preferred_username", Value: "ada"}, who)
}

// What is not the provider's answer to this browser's attempt lets nobody in.
func TestProviderIsNotBelieved(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for _, test := range []struct {
		name   string
		change func(p *oidctest.Provider, a *oidc.Attempt, answer url.Values)
	}{
		{"another state", func(_ *oidctest.Provider, a *oidc.Attempt, _ url.Values) { a.State = "other" }},
		{"no state", func(_ *oidctest.Provider, _ *oidc.Attempt, answer url.Values) { answer.Del("state") }},
		{"another verifier", func(_ *oidctest.Provider, a *oidc.Attempt, _ url.Values) {
			a.Verifier = strings.Repeat("x", 43)
		}},
		{"another nonce", func(_ *oidctest.Provider, a *oidc.Attempt, _ url.Values) { a.Nonce = "other" }},
		{"no code", func(_ *oidctest.Provider, _ *oidc.Attempt, answer url.Values) { answer.Del("code") }},
		{"an error", func(_ *oidctest.Provider, _ *oidc.Attempt, answer url.Values) { answer.Set("error", "access_denied") }},
		{"another issuer", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) {
			p.Claims["iss"] = "https://evil.example"
		}},
		{"another audience", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) { p.Claims["aud"] = "other" }},
		{"expired", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) {
			p.Claims["exp"] = time.Now().Add(-time.Hour).Unix()
		}},
		{"another key", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) { p.Key = other }},
		{"unverified", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) { p.Claims["email_verified"] = false }},
		{"not said to be verified", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) {
			p.Claims["email_verified"] = nil
		}},
		{"no claim", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) { p.Claims["email"] = "" }},
		{"no text", func(p *oidctest.Provider, _ *oidc.Attempt, _ url.Values) {
			p.Claims["email"] = []string{"ada@example.com"}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := oidctest.New(t)
			hub := party(p, nil)
			to, attempt, err := hub.Begin(t.Context())
			require.NoError(t, err)
			answer := goTo(t, to)
			test.change(p, &attempt, answer)
			who, err := hub.Finish(t.Context(), attempt, answer)
			require.ErrorIs(t, err, oidc.ErrRefused)
			require.Empty(t, who)
			require.NotContains(t, err.Error(), oidctest.Secret)
		})
	}
}

// A hub starts without its provider, and finds it later.
func TestProviderIsAway(t *testing.T) {
	p := oidctest.New(t)
	away := true
	between := transport(func(r *http.Request) (*http.Response, error) {
		if away {
			recorder := httptest.NewRecorder()
			recorder.WriteHeader(http.StatusBadGateway)
			return recorder.Result(), nil
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	hub := party(p, func(o *oidc.Options) { o.Transport = between })
	_, _, err := hub.Begin(t.Context())
	require.ErrorIs(t, err, errs.ErrUnavailable)
	away = false
	to, attempt, err := hub.Begin(t.Context())
	require.NoError(t, err)
	answer := goTo(t, to)
	away = true
	_, err = hub.Finish(t.Context(), attempt, answer)
	require.Error(t, err)
	away = false
	_, err = hub.Finish(t.Context(), attempt, answer)
	require.NoError(t, err)

	endless := transport(func(r *http.Request) (*http.Response, error) {
		answer := httptest.NewRecorder()
		_, _ = answer.Write(make([]byte, 2<<20))
		return answer.Result(), nil
	})
	_, _, err = party(p, func(o *oidc.Options) { o.Transport = endless }).Begin(t.Context())
	require.ErrorContains(t, err, "too large")
}

type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
