package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// Over TLS the session is in a cookie that no other host can have set, and a plain one counts for nothing.
func TestCookieOverTLS(t *testing.T) {
	h := startSQLite(t)
	h.operator("vera", operator.Viewer)
	h.secure.Store(true)
	b := h.stranger()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer := b.post("/console/sign-in", url.Values{"name": {"vera"}, "password": {passwordOf("vera")}})
	require.Len(t, answer.Cookies(), 2)
	cookie, known := answer.Cookies()[0], answer.Cookies()[1]
	require.Equal(t, "__Host-orderhub-known", known.Name)
	require.True(t, known.Secure && known.HttpOnly)
	require.Equal(t, "__Host-orderhub", cookie.Name)
	require.Equal(t, "/", cookie.Path)
	require.Empty(t, cookie.Domain)
	require.True(t, cookie.Secure)
	require.True(t, cookie.HttpOnly)
	require.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	for name, status := range map[string]int{"__Host-orderhub": http.StatusOK, "orderhub": http.StatusSeeOther} {
		other := h.stranger()
		other.client.CheckRedirect = b.client.CheckRedirect
		request := other.request("/console/orders")
		request.AddCookie(&http.Cookie{Name: name, Value: cookie.Value})
		require.Equal(t, status, other.do(request).StatusCode, name)
	}
}

// A session is its browser's and its address's.
func TestStolenCookie(t *testing.T) {
	h := startSQLite(t)
	viewer := h.browser("vera", operator.Viewer)
	at, err := url.Parse(h.server.URL + "/console")
	require.NoError(t, err)
	cookies := viewer.client.Jar.Cookies(at)
	require.Equal(t, []string{"orderhub", "orderhub-known"}, []string{cookies[0].Name, cookies[1].Name})
	thief := h.stranger()
	request := thief.request("/console/orders")
	request.AddCookie(cookies[0])
	require.Equal(t, "/console/orders", thief.do(request).Request.URL.Path, "it is the same browser")
	request = thief.request("/console/orders")
	request.AddCookie(cookies[0])
	request.Header.Set("User-Agent", "another")
	require.Equal(t, "/console/sign-in", thief.do(request).Request.URL.Path)
	// What one signs out of is over for whoever has its token.
	viewer.post("/console/sign-out", nil)
	request = thief.request("/console/orders")
	request.AddCookie(cookies[0])
	require.Equal(t, "/console/sign-in", thief.do(request).Request.URL.Path)
}
