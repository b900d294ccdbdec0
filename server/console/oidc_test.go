package console_test

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/audit"
	"orderhub/server/console"
	"orderhub/server/oidc"
	"orderhub/server/oidc/oidctest"
	"orderhub/server/operator"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// single is a console with a provider at which everybody signs in once.
type single struct {
	*hub

	origin   string
	provider *oidctest.Provider
}

func startSingle(t *testing.T, store *stores.All) *single {
	t.Helper()
	h := &single{hub: startHub(t, store, false), provider: oidctest.New(t)}
	listening := httptest.NewUnstartedServer(nil)
	h.origin = "http://" + listening.Listener.Addr().String()
	o := h.options
	o.Provider = oidc.New(oidc.Options{
		Issuer: h.provider.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.Secret, Claim: operator.EmailClaim,
		Redirect: h.origin + console.ProviderBack,
	})
	pages, err := console.New(o)
	require.NoError(t, err)
	listening.Config.Handler = pages
	listening.Start()
	t.Cleanup(listening.Close)
	_, err = h.staff.Create(t.Context(), operator.New{
		Name: "ada", Roles: operator.RolesOf(operator.Admin), Login: "ada@example.com",
	})
	require.NoError(t, err)
	return h
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

// landed is where a browser came to.
type landed struct {
	at     *url.URL
	status int
	header http.Header
	body   string
}

func (h *single) get(client *http.Client, at string) landed {
	h.t.Helper()
	request, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, at, http.NoBody)
	require.NoError(h.t, err)
	answer, err := client.Do(request)
	require.NoError(h.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(h.t, err)
	return landed{answer.Request.URL, answer.StatusCode, answer.Header, string(text)}
}

// isIn reports whether the browser is past the page for signing in.
func (h *single) isIn(client *http.Client) bool {
	answer := h.get(client, h.origin+console.Path+"/account")
	return !strings.HasSuffix(answer.at.Path, "/sign-in")
}

// The way to the provider and back, in a browser that follows where it is led.
func TestSignInByProvider(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		h, client := startSingle(t, open()), newClient(t)
		outside := h.get(client, h.origin+console.Path+"/sign-in")
		require.Contains(t, outside.body, `<a href="/console/oidc">Sign in by `+strings.TrimPrefix(h.provider.URL, "http://"))
		answer := h.get(client, h.origin+console.Path+"/oidc")
		require.Equal(t, http.StatusOK, answer.status, answer.body)
		require.Equal(t, console.ProviderBack, answer.at.Path)
		require.Equal(t, "0; url=/console", answer.header.Get("Refresh"))
		require.True(t, h.isIn(client))
		entries, err := h.Store.Records.Entries(t.Context(), audit.Filter{Limit: 1})
		require.NoError(t, err)
		require.Equal(t, []string{"Session.SignInByProvider", "ada"}, []string{entries[0].Method, entries[0].Actor.Name})

		// The address that it came back with is good for nothing, neither again nor elsewhere.
		for name, other := range map[string]*http.Client{"again": client, "another browser": newClient(t)} {
			answer := h.get(other, answer.at.String())
			assert.Equal(t, http.StatusForbidden, answer.status, name)
			assert.Contains(t, answer.body, "did not ask the provider", name)
		}
		without := h.get(newClient(t), h.server.URL+console.Path+"/sign-in")
		require.NotContains(t, without.body, "/console/oidc")
	})
}

// Whoever the provider does not call an operator's login is not let in, nor is one who is led into somebody's attempt.
func TestProviderLetsNobodyElseIn(t *testing.T) {
	h := startSingle(t, storetest.SQLite(t)())
	for name, claims := range map[string]map[string]any{
		"nobody here":      {"email": "eve@example.com"},
		"an operator name": {"email": "ada"},
		"unverified":       {"email_verified": false},
		"for another hub":  {"aud": "other"},
	} {
		t.Run(name, func(t *testing.T) {
			h.provider.Claims = claims
			client := newClient(t)
			answer := h.get(client, h.origin+console.Path+"/oidc")
			require.Equal(t, http.StatusForbidden, answer.status)
			require.False(t, h.isIn(client))
		})
	}
	h.provider.Claims = map[string]any{}
	t.Run("led into another's attempt", func(t *testing.T) {
		thief := newClient(t)
		thief.CheckRedirect = func(next *http.Request, _ []*http.Request) error {
			if next.URL.Path == console.ProviderBack {
				return http.ErrUseLastResponse
			}
			return nil
		}
		led := h.get(thief, h.origin+console.Path+"/oidc")
		back := led.header.Get("Location")
		require.Contains(t, back, "code=")
		victim := newClient(t)
		begun, err := url.Parse(h.origin + console.ProviderBack)
		require.NoError(t, err)
		made := []*http.Cookie{{Name: "orderhub-attempt", Value: "a.b.c", Path: console.ProviderBack}}
		victim.Jar.SetCookies(begun, made)
		for _, to := range []string{back, h.origin + console.ProviderBack + "?state=a&code=b"} {
			before := h.provider.Exchanges()
			answer := h.get(victim, to)
			require.Equal(t, http.StatusForbidden, answer.status)
			require.Contains(t, answer.body, "did not ask the provider")
			require.Equal(t, before, h.provider.Exchanges(), "the provider is not asked")
			require.False(t, h.isIn(victim))
			victim.Jar.SetCookies(begun, made)
		}
	})
	t.Run("the provider is away", func(t *testing.T) {
		h := startSingle(t, storetest.SQLite(t)())
		h.provider.Close()
		answer := h.get(newClient(t), h.origin+console.Path+"/oidc")
		require.Equal(t, http.StatusServiceUnavailable, answer.status)
		require.Contains(t, answer.body, "cannot be asked just now")
		require.NotContains(t, h.log.String(), oidctest.Secret)
		require.Contains(t, h.log.String(), "the OpenID provider does not answer")
		require.NotContains(t, h.log.String(), "storage")
	})
}
