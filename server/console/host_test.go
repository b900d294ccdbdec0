package console_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/console"
	"orderhub/server/operator"
)

// Where it is said under which names the console is, it is under no other, and links that are given to others have the
// first of them, whatever name a request had.
func TestHosts(t *testing.T) {
	h := startSQLite(t)
	h.options.Origins = []string{"https://hub.example", "http://hub.internal:8443"}
	pages, err := console.New(h.options)
	require.NoError(t, err)
	h.server.Config.Handler = pages
	ask := func(host, path string) answer {
		request := h.stranger().request(path)
		request.Host = host
		return h.stranger().do(request)
	}
	for _, host := range []string{
		"hub.example", "HUB.example.", "hub.example:443", "hub.internal:8443", "localhost", "localhost:8080",
		"a.localhost", "127.0.0.1:8080", "[::1]:8080", "127.9.9.9",
	} {
		require.Equal(t, http.StatusOK, ask(host, "/console/sign-in").StatusCode, host)
	}
	for _, host := range []string{
		"evil.example", "hub.example:8443", "hub.internal", "hub.example.evil.example", "xhub.example", "192.0.2.7:8080",
		"localhost.evil.example",
	} {
		refused := ask(host, "/console/sign-in")
		require.Equal(t, http.StatusMisdirectedRequest, refused.StatusCode, host)
		require.Contains(t, refused.body, `<a href="https://hub.example/console">https://hub.example/console</a>`)
		require.NotContains(t, refused.body, host)
		require.NotContains(t, refused.body, "<form")
	}
	style := ask("evil.example", "/console/assets/none.css")
	require.Equal(t, http.StatusNotFound, style.StatusCode, "of the page's own files, which are nobody's")

	ada := h.browser("ada", operator.Admin)
	_, err = h.staff.Create(t.Context(), operator.New{Name: "eve", Roles: operator.RolesOf(operator.Viewer)})
	require.NoError(t, err)
	at := "/console/operators/eve"
	made := ada.post(at+"/invite", url.Values{"seen": {seenOf(t, ada.get(at).body, at+"/invite")}})
	require.Contains(t, made.body, "https://hub.example/console/join#")
}
