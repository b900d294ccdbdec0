package console_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

// begun posts the head of a form and none of its body.
func (h *hub) begun(path string, length int) net.Conn {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	require.NoError(h.t, err)
	h.t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\n\r\n", path, h.server.Listener.Addr(), length)
	require.NoError(h.t, err)
	return conn
}

// Who is not signed in holds no room and no place by forms that never come.
func TestStrangersHoldNothing(t *testing.T) {
	h := startSQLite(t)
	vera := h.browser("vera", operator.Viewer)
	for _, form := range []struct {
		path   string
		length int
		times  int
	}{
		// Each is more than there is of room for requests, or of places for calls at work.
		{"/console/catalogue/products/CODE/units/import", 16 << 20, 8},
		{"/console/attempts/resolve", 1 << 20, 64},
		{"/console/sign-in", 10, 600},
	} {
		for range form.times {
			h.begun(form.path, form.length)
		}
		sam := h.stranger().post("/console/sign-in", url.Values{"name": {"vera"}, "password": {passwordOf("vera")}})
		require.Equal(t, http.StatusOK, sam.StatusCode, form.path)
		require.Equal(t, "/console/orders", vera.get("/console/orders").Request.URL.Path, form.path)
	}
}

// A form of which a part cannot be read changes nothing: what is missing would be taken for nothing.
func TestBrokenForms(t *testing.T) {
	h := startSQLite(t)
	fay := h.browser("fay", operator.Finance)
	at := "/console/merchants/shop/low"
	require.Equal(t, http.StatusOK, fay.post(at, url.Values{"lowBalance": {"77.00"}}).StatusCode)
	for _, test := range []struct{ kind, body string }{
		{"application/x-www-form-urlencoded", "lowBalance=5%zz"},
		{"application/x-www-form-urlencoded", "lowBalance=50;x"},
		{"application/x-www-form-urlencoded", "lowBalance=50" + strings.Repeat("&x=1", 10_001)},
		{"text/plain", "lowBalance=50"},
		{"application/json", `{"lowBalance":"50"}`},
		{"multipart/form-data; boundary=x", "lowBalance=50"},
		{"", "lowBalance=50"},
	} {
		request := fay.form(at, nil, "same-origin")
		request.Header.Set("Content-Type", test.kind)
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(test.body)), int64(len(test.body))
		require.Equal(t, http.StatusBadRequest, fay.do(request).StatusCode, test)
		require.Contains(t, fay.get("/console/merchants/shop").body, "77.00", test)
	}
}

// Signing in again ends the session that the browser had, and an answer to a token of before leaves the new one alone.
func TestSignInTakesThePlace(t *testing.T) {
	h := startSQLite(t)
	vera := h.browser("vera", operator.Viewer)
	at, err := url.Parse(h.server.URL + "/console")
	require.NoError(t, err)
	former := vera.client.Jar.Cookies(at)
	vera.post("/console/sign-in", url.Values{"name": {"vera"}, "password": {passwordOf("vera")}})
	require.NotEqual(t, former, vera.client.Jar.Cookies(at))

	old := h.stranger()
	old.client.Jar.SetCookies(at, former)
	answer := old.get("/console/orders")
	require.Equal(t, "/console/sign-in", answer.Request.URL.Path)
	require.Equal(t, former[0].Value, old.client.Jar.Cookies(at)[0].Value, "no answer takes a cookie away")
	require.Equal(t, "/console/orders", vera.get("/console/orders").Request.URL.Path)
}

// A browser in which an operator has signed in before is let in while strangers keep its name locked.
func TestKnownBrowserWhileLocked(t *testing.T) {
	h := startSQLite(t)
	vera := h.browser("vera", operator.Viewer)
	vera.post("/console/sign-out", url.Values{})
	require.Equal(t, "/console/sign-in", vera.get("/console/orders").Request.URL.Path)
	for range 10 {
		h.stranger().post("/console/sign-in", url.Values{"name": {"vera"}, "password": {"wrong"}})
	}
	right := url.Values{"name": {"vera"}, "password": {passwordOf("vera")}}
	require.Equal(t, http.StatusTooManyRequests, h.stranger().post("/console/sign-in", right).StatusCode)
	require.Equal(t, http.StatusOK, vera.post("/console/sign-in", right).StatusCode)
	require.Equal(t, "/console/orders", vera.get("/console/orders").Request.URL.Path)
}
