package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/oidc"
	"orderhub/server/oidc/oidctest"
	"orderhub/server/operator"
)

const back = "https://hub.example/console/oidc/back"

// attempt is one that a test changes.
type attempt struct{ State, Nonce, Verifier *string }

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
	to, kept, err := hub.Begin(t.Context())
	require.NoError(t, err)
	hub.Changed(kept, func(_, _, verifier *string) { require.NotContains(t, to, *verifier) })
	led := goTo(t, to)
	who, err := hub.Finish(t.Context(), kept, led)
	require.NoError(t, err)
	require.Equal(t, operator.Claimed{Claim: operator.EmailClaim, Value: "Ada@Example.com"}, who)
	_, err = hub.Finish(t.Context(), kept, led)
	require.ErrorIs(t, err, oidc.ErrRefused, "the code was used")

	p.Claims["preferred_username"] = "ada"
	hub = party(p, func(o *oidc.Options) { o.Claim = "preferred_username" })
	to, kept, err = hub.Begin(t.Context())
	require.NoError(t, err)
	who, err = hub.Finish(t.Context(), kept, goTo(t, to))
	require.NoError(t, err)
	require.Equal(t, operator.Claimed{Claim: "preferred_username", Value: "ada"}, who)
}

// notBelieved is what may be wrong with the provider's answer to this browser's attempt.
var notBelieved = []struct {
	name   string
	change func(p *oidctest.Provider, a *attempt, answer url.Values)
}{
	{"another state", func(_ *oidctest.Provider, a *attempt, _ url.Values) { *a.State = "other" }},
	{"no state", func(_ *oidctest.Provider, _ *attempt, answer url.Values) { answer.Del("state") }},
	{"another verifier", func(_ *oidctest.Provider, a *attempt, _ url.Values) {
		*a.Verifier = strings.Repeat("x", 43)
	}},
	{"another nonce", func(_ *oidctest.Provider, a *attempt, _ url.Values) { *a.Nonce = "other" }},
	{"no code", func(_ *oidctest.Provider, _ *attempt, answer url.Values) { answer.Del("code") }},
	{"an error", func(_ *oidctest.Provider, _ *attempt, answer url.Values) { answer.Set("error", "access_denied") }},
	{"another issuer", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["iss"] = "https://evil.example"
	}},
	{"another audience", func(p *oidctest.Provider, _ *attempt, _ url.Values) { p.Claims["aud"] = "other" }},
	{"several audiences", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["aud"] = []string{oidctest.ClientID, "other"}
	}},
	{"several audiences, of another party", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["aud"], p.Claims["azp"] = []string{oidctest.ClientID, "other"}, "other"
	}},
	{"another party", func(p *oidctest.Provider, _ *attempt, _ url.Values) { p.Claims["azp"] = "other" }},
	{"a party that is no text", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["azp"] = []string{oidctest.ClientID}
	}},
	{"issued ahead", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["iat"] = time.Now().Add(2 * time.Minute).Unix()
	}},
	{"expired", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["exp"] = time.Now().Add(-time.Hour).Unix()
	}},
	{"another key", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}},
	{"unverified", func(p *oidctest.Provider, _ *attempt, _ url.Values) { p.Claims["email_verified"] = false }},
	{"not said to be verified", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["email_verified"] = nil
	}},
	{"no claim", func(p *oidctest.Provider, _ *attempt, _ url.Values) { p.Claims["email"] = "" }},
	{"no text", func(p *oidctest.Provider, _ *attempt, _ url.Values) {
		p.Claims["email"] = []string{"ada@example.com"}
	}},
}

// What is not the provider's answer to this browser's attempt lets nobody in.
func TestProviderIsNotBelieved(t *testing.T) {
	for _, test := range notBelieved {
		t.Run(test.name, func(t *testing.T) {
			p := oidctest.New(t)
			hub := party(p, nil)
			to, kept, err := hub.Begin(t.Context())
			require.NoError(t, err)
			answer := goTo(t, to)
			kept = hub.Changed(kept, func(state, nonce, verifier *string) {
				test.change(p, &attempt{state, nonce, verifier}, answer)
			})
			who, err := hub.Finish(t.Context(), kept, answer)
			require.ErrorIs(t, err, oidc.ErrRefused)
			require.Empty(t, who)
			require.NotContains(t, err.Error(), oidctest.Secret)
		})
	}
}

// A token may have further audiences where the hub is the party it was made for, and a clock may be a little ahead.
func TestTokenForSeveral(t *testing.T) {
	p := oidctest.New(t)
	p.Claims["aud"], p.Claims["azp"] = []string{"other", oidctest.ClientID}, oidctest.ClientID
	p.Claims["iat"] = time.Now().Add(30 * time.Second).Unix()
	hub := party(p, nil)
	to, kept, err := hub.Begin(t.Context())
	require.NoError(t, err)
	_, err = hub.Finish(t.Context(), kept, goTo(t, to))
	require.NoError(t, err)
}

// What the hub did not begin, or too long ago, leads to no call with its secret.
func TestOnlyItsOwnAttemptsAreFinished(t *testing.T) {
	p, now, keys := oidctest.New(t), time.Now(), [][]byte{[]byte("one")}
	process := func(keys ...[]byte) *oidc.Party {
		return party(p, func(o *oidc.Options) { o.Keys, o.Now = keys, func() time.Time { return now } })
	}
	hub := process(keys...)
	to, kept, err := hub.Begin(t.Context())
	require.NoError(t, err)
	led := goTo(t, to)
	content, signature, cut := strings.Cut(kept, ".")
	require.True(t, cut)
	_, other, err := hub.Begin(t.Context())
	require.NoError(t, err)
	for name, forged := range map[string]string{
		"none": "", "made up": "a.b.c", "without signature": content, "with an empty one": content + ".",
		"another's signature": content + "." + strings.SplitN(other, ".", 2)[1],
		"another's content":   strings.SplitN(other, ".", 2)[0] + "." + signature,
		"endless":             strings.Repeat("a", 1<<20) + "." + signature,
	} {
		_, err := hub.Finish(t.Context(), forged, url.Values{"state": {"a"}, "code": {led.Get("code")}})
		require.ErrorIs(t, err, oidc.ErrNoAttempt, name)
	}
	_, err = process([]byte("two")).Finish(t.Context(), kept, led)
	require.ErrorIs(t, err, oidc.ErrNoAttempt, "of another hub")
	_, err = process().Finish(t.Context(), kept, led)
	require.ErrorIs(t, err, oidc.ErrNoAttempt, "of a hub without keys")
	for _, off := range []time.Duration{oidc.AttemptAge, -61 * time.Second} {
		now = now.Add(off)
		_, err = hub.Finish(t.Context(), kept, led)
		require.ErrorIs(t, err, oidc.ErrNoAttempt, off)
		now = now.Add(-off)
	}
	require.Zero(t, p.Exchanges())
	now = now.Add(oidc.AttemptAge - time.Second)
	p.Claims["exp"] = now.Add(time.Minute).Unix()
	_, err = process([]byte("two"), keys[0]).Finish(t.Context(), kept, led)
	require.NoError(t, err, "another process, which has another key by now")
}

// The provider is told the secret once, in a way that it knows.
func TestSecretIsSaidOnce(t *testing.T) {
	for name, methods := range map[string][]string{
		"not said": nil, "header": {"client_secret_basic"}, "form": {"private_key_jwt", "client_secret_post"},
		"both": {"client_secret_post", "client_secret_basic"},
	} {
		t.Run(name, func(t *testing.T) {
			p := oidctest.New(t)
			p.Methods = methods
			hub := party(p, nil)
			to, kept, err := hub.Begin(t.Context())
			require.NoError(t, err)
			led := goTo(t, to)
			_, err = hub.Finish(t.Context(), kept, led)
			require.NoError(t, err)
			require.Equal(t, 1, p.Exchanges())
			led.Set("code", "other")
			_, err = hub.Finish(t.Context(), kept, led)
			require.ErrorIs(t, err, oidc.ErrRefused)
			require.Equal(t, 2, p.Exchanges(), "a refusal is one")
		})
	}
}
