package console

import (
	"encoding/base64"
	"net/http"
	"time"
	"unicode/utf8"

	"orderhub/server/session"
)

// The cookies. That of a session is the browser's to keep until it is closed; the hub says when it ends.
const (
	cookieName = "orderhub"
	// secureName is a cookie that only this very host could have set, over TLS.
	secureName = "__Host-orderhub"
	saidName   = "-said"  // after one of those, for what the next page says
	knownName  = "-known" // likewise, for what the browser is known by
)

// flashSeconds is how long what is to be said waits for the page that says it.
const flashSeconds = 60

// maxFlash is how much of it fits a cookie.
const maxFlash = 2000

func (c *Console) sentToken(r *http.Request) string { return sent(r, c.cookieOf(r)) }

// sent is what a request has of a cookie, "" for none.
func sent(r *http.Request, of *http.Cookie) string {
	cookie, err := r.Cookie(of.Name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// cookieOf is the session's cookie, which no script can read and no other site's link sends along.
func (c *Console) cookieOf(r *http.Request) *http.Cookie {
	if c.Secure(r) {
		return &http.Cookie{Name: secureName, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	}
	return &http.Cookie{Name: cookieName, Path: Path, HttpOnly: true, SameSite: http.SameSiteStrictMode}
}

func (c *Console) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	cookie := c.cookieOf(r)
	cookie.Value = token
	http.SetCookie(w, cookie)
}

func (c *Console) clearCookie(w http.ResponseWriter, r *http.Request) {
	cookie := c.cookieOf(r)
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
}

// knownOf is the cookie by which the browser is known, also after somebody has signed out.
func (c *Console) knownOf(r *http.Request) *http.Cookie {
	cookie := c.cookieOf(r)
	cookie.Name += knownName
	return cookie
}

func (c *Console) sentKnown(r *http.Request) string { return sent(r, c.knownOf(r)) }

func (c *Console) setKnown(w http.ResponseWriter, r *http.Request, name string) {
	cookie := c.knownOf(r)
	cookie.Value, cookie.MaxAge = c.Sessions.Remember(name), int(session.KnownAge/time.Second)
	http.SetCookie(w, cookie)
}

// setFlash has something said on the next page.
func (c *Console) setFlash(w http.ResponseWriter, r *http.Request, text string) {
	for len(text) > maxFlash {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	cookie := c.flashOf(r)
	cookie.Value, cookie.MaxAge = base64.RawURLEncoding.EncodeToString([]byte(text)), flashSeconds
	http.SetCookie(w, cookie)
}

// flashOf is the cookie with what the next page says.
func (c *Console) flashOf(r *http.Request) *http.Cookie {
	cookie := c.cookieOf(r)
	cookie.Name += saidName
	return cookie
}

// takeFlash is what is to be said, once.
func (c *Console) takeFlash(w http.ResponseWriter, r *http.Request) string {
	gone := c.flashOf(r)
	cookie, err := r.Cookie(gone.Name)
	if err != nil {
		return ""
	}
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	text, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(text) > maxFlash || !utf8.Valid(text) {
		return ""
	}
	return string(text)
}
