package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/operator"
)

func TestHeaders(t *testing.T) {
	h := startSQLite(t)
	viewer := h.browser("vera", operator.Viewer)
	for _, path := range []string{
		"/console/sign-in", "/console/orders", "/console/orders.csv", "/console/none", "/console/assets/console.css",
		"/console/orders/ord_none", "/console/join",
	} {
		head := viewer.get(path).Header
		require.Equal(
			t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
				"form-action 'self'; frame-ancestors 'none'; base-uri 'none'", head.Get("Content-Security-Policy"), path,
		)
		require.Equal(t, "nosniff", head.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", head.Get("Referrer-Policy"), path)
		require.Equal(t, "no-store", head.Get("Cache-Control"), path)
	}
	page := viewer.get("/console/orders").body
	for _, inline := range []string{" style=", "<style", " onclick=", "javascript:"} {
		require.NotContains(t, page, inline)
	}
	file := h.stranger().get(srcOf(t, page))
	require.Equal(t, http.StatusOK, file.StatusCode)
	require.Equal(t, "public, max-age=31536000, immutable", file.Header.Get("Cache-Control"))
}

// srcOf is the script of a page.
func srcOf(t *testing.T, page string) string {
	t.Helper()
	_, rest, found := strings.Cut(page, `<script src="`)
	require.True(t, found)
	src, _, _ := strings.Cut(rest, `"`)
	return src
}

func TestCookie(t *testing.T) {
	h := startSQLite(t)
	h.operator("vera", operator.Viewer)
	b := h.stranger()
	b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer := b.post("/console/sign-in", url.Values{"name": {"vera"}, "password": {passwordOf("vera")}})
	require.Equal(t, http.StatusSeeOther, answer.StatusCode)
	cookies := answer.Cookies()
	require.Len(t, cookies, 2)
	for i, name := range []string{"orderhub", "orderhub-known"} {
		require.Equal(t, name, cookies[i].Name)
		require.Equal(t, "/console", cookies[i].Path)
		require.True(t, cookies[i].HttpOnly)
		require.Equal(t, http.SameSiteStrictMode, cookies[i].SameSite)
	}
	require.NotContains(t, answer.Header.Get("Location"), cookies[0].Value)
	require.NotContains(t, h.log.String(), cookies[0].Value)
}

// What another site's page posts is refused before anything is looked at, for the form to sign in too.
func TestPostsOfOtherSites(t *testing.T) {
	h := startSQLite(t)
	o := h.parked("r-1")
	support := h.browser("sam", operator.Support)
	ids := valuesOf(support.get("/console/attempts").body, "attempt")
	for path, form := range map[string]url.Values{
		"/console/attempts/resolve":                {"attempt": ids, "action": {"failed"}, "evidence": {"x"}},
		"/console/attempts/" + ids[0] + "/resolve": {"action": {"failed"}, "evidence": {"x"}},
		"/console/orders/" + o.Number + "/cancel":  nil,
		"/console/orders/" + o.Number + "/goods":   nil,
		"/console/sign-in":                         {"name": {"sam"}, "password": {passwordOf("sam")}},
		"/console/sign-out":                        nil,
	} {
		for _, site := range []string{"cross-site", "same-site"} {
			require.Equal(t, http.StatusForbidden, support.do(support.form(path, form, site)).StatusCode, path)
		}
		old := support.form(path, form, "") // a browser that does not say
		old.Header.Del("Sec-Fetch-Site")
		old.Header.Set("Origin", "https://evil.example")
		require.Equal(t, http.StatusForbidden, support.do(old).StatusCode, path)
	}
	require.Equal(t, ids, valuesOf(support.get("/console/attempts").body, "attempt"))
}

// Nothing is changed, and nothing shown, for who has no session, whatever is asked for.
func TestNobody(t *testing.T) {
	h := startSQLite(t)
	o := h.parked("r-1")
	for _, path := range []string{
		"/console", "/console/", "/console/orders", "/console/orders/" + o.Number, "/console/orders.csv", "/console/attempts",
		"/console/account", "/console/none", "/console/second-factor",
	} {
		answer := h.stranger().get(path)
		require.Equal(t, "/console/sign-in", answer.Request.URL.Path, path)
		require.NotContains(t, answer.body, o.Number+"</a>")
	}
	for _, path := range []string{
		"/console/orders/" + o.Number + "/cancel", "/console/orders/" + o.Number + "/goods", "/console/attempts/resolve",
		"/console/account/revoke", "/console/account/password",
	} {
		answer := h.stranger().post(path, url.Values{"attempt": {"1"}, "action": {"failed"}, "evidence": {"x"}})
		require.Equal(t, "/console/sign-in", answer.Request.URL.Path, path)
	}
	support := h.browser("sam", operator.Support)
	require.Len(t, valuesOf(support.get("/console/attempts").body, "attempt"), 1)
	for _, path := range []string{"/console/orders/" + o.Number + "/cancel", "/console/attempts/resolve"} {
		require.Equal(t, http.StatusNotFound, support.get(path).StatusCode, "changes are posted")
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	h := startSQLite(t)
	h.operator("vera", operator.Viewer)
	for next, want := range map[string]string{
		"/console/attempts?status=parked": "/console/attempts?status=parked", "https://evil.example/": "/console",
		"//evil.example/console/": "/console", `/console/\evil.example`: "/console", "/console/../docs": "/console",
		"/docs": "/console", "": "/console", "/console//evil.example": "/console",
	} {
		b := h.stranger()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		answer := b.post("/console/sign-in", url.Values{
			"name": {"vera"}, "password": {passwordOf("vera")}, "next": {next},
		})
		require.Equal(t, want, answer.Header.Get("Location"), next)
	}
}

// A form that is sent when the session has ended is not lost sight of: its page is where signing in leads.
func TestFormSentWithoutSession(t *testing.T) {
	h := startSQLite(t)
	finance := h.browser("fay", operator.Finance)
	finance.post("/console/sign-out", nil)
	const at, said = "/console/merchants/shop", "You were signed out before this was sent: nothing was done."
	asked := finance.post(at+"/deposit?from=here", url.Values{"amount": {"1"}, "reference": {"BANK-1"}})
	require.Equal(t, "/console/sign-in", asked.Request.URL.Path)
	require.Contains(t, asked.body, said)
	form := url.Values{
		"name": {"fay"}, "password": {"wrong"}, "next": {hidden(t, asked.body, "next")},
		"unsent": {hidden(t, asked.body, "unsent")},
	}
	wrong := finance.post("/console/sign-in", form)
	require.Equal(t, http.StatusForbidden, wrong.StatusCode)
	require.Equal(t, "yes", hidden(t, wrong.body, "unsent"), "also after a mistake")
	form.Set("password", passwordOf("fay"))
	back := finance.post("/console/sign-in", form)
	require.Equal(t, at+"?from=here", back.Request.URL.RequestURI())
	require.Contains(t, back.body, `role="status">`+said)
	require.Contains(t, back.body, `100,000.00 <abbr>THB</abbr>`)
	require.NotContains(t, h.stranger().get(at).body, said, "nothing was sent")
	require.NotContains(t, h.stranger().post("/console/sign-out", nil).body, said)
}

func TestFormsAreBounded(t *testing.T) {
	h := startSQLite(t)
	support := h.browser("sam", operator.Support)
	large := support.post("/console/attempts/resolve", url.Values{"evidence": {strings.Repeat("x", 2<<20)}})
	require.Equal(t, http.StatusRequestEntityTooLarge, large.StatusCode)
}

// What a merchant can set stands on a page as text.
func TestStoredMarkup(t *testing.T) {
	eachHub(t, func(t *testing.T, h *hub) {
		const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`
		h.Stocked("CODE", 10, 5)
		o := h.place(evil, "CODE", 1)
		support := h.browser("sam", operator.Support)
		for _, path := range []string{
			"/console/orders", "/console/orders/" + o.Number, "/console/orders?q=" + url.QueryEscape(evil),
			"/console/orders?merchant=" + url.QueryEscape(evil), "/console/attempts?provider=" + url.QueryEscape(evil),
			"/console/sign-in?next=" + url.QueryEscape(evil), "/console/" + url.PathEscape(evil),
		} {
			page := support.get(path).body
			require.NotContains(t, page, "<script>", path)
			require.NotContains(t, page, "<img", path)
		}
		require.Contains(t, support.get("/console/orders").body, "&lt;script&gt;")
	})
}
