package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"orderhub/server/oidc"
	"orderhub/server/operator"
	"orderhub/server/session"
)

const (
	providerPath = "/oidc"
	// ProviderBack is where an OpenID provider leads back to.
	ProviderBack = Path + providerPath + "/back"
)

// The cookie of who has left for the provider. It comes along when the provider leads back, as the session's would not.
const (
	attemptName       = "orderhub-attempt"
	secureAttemptName = "__Host-orderhub-attempt"
)

// Provider is an OpenID provider that says who somebody is.
type Provider interface {
	Name() string
	Begin(ctx context.Context) (to, kept string, err error)
	Finish(ctx context.Context, kept string, answer url.Values) (who operator.Claimed, err error)
}

func (c *Console) routeProvider(mux *http.ServeMux) {
	if c.Provider != nil {
		mux.HandleFunc("GET "+Path+providerPath, timed(c.leaveForProvider))
		mux.HandleFunc("GET "+ProviderBack, timed(c.backFromProvider))
	}
}

// providerName is what the link to the provider says, "" where there is none.
func (c *Console) providerName() string {
	if c.Provider == nil {
		return ""
	}
	return c.Provider.Name()
}

func (c *Console) leaveForProvider(w http.ResponseWriter, r *http.Request) {
	to, kept, err := c.Provider.Begin(r.Context())
	if err != nil {
		c.refuseByProvider(w, r, err)
		return
	}
	cookie := c.attemptCookie(r)
	cookie.Value, cookie.MaxAge = kept, int(oidc.AttemptAge/time.Second)
	http.SetCookie(w, cookie)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (c *Console) attemptCookie(r *http.Request) *http.Cookie {
	if c.Secure(r) {
		return &http.Cookie{
			Name: secureAttemptName, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		}
	}
	return &http.Cookie{Name: attemptName, Path: ProviderBack, HttpOnly: true, SameSite: http.SameSiteLaxMode}
}

func (c *Console) backFromProvider(w http.ResponseWriter, r *http.Request) {
	token, err := c.signInByProvider(r)
	cookie := c.attemptCookie(r)
	cookie.MaxAge = -1
	http.SetCookie(w, cookie)
	if err != nil {
		c.refuseByProvider(w, r, err)
		return
	}
	c.setCookie(w, r, token)
	// The browser was led here by another site, so that a redirect would go without the session's cookie.
	w.Header().Set("Refresh", "0; url="+Path)
	c.renderOutside(w, r, "oidc", http.StatusOK, nil)
}

func (c *Console) signInByProvider(r *http.Request) (token string, err error) {
	kept, err := r.Cookie(c.attemptCookie(r).Name)
	if err != nil {
		return "", oidc.ErrNoAttempt
	}
	who, err := c.Provider.Finish(r.Context(), kept.Value, r.URL.Query())
	if err != nil {
		return "", err
	}
	_, token, err = c.Sessions.SignInByProvider(r.Context(), who, c.browserOf(r))
	if errors.Is(err, session.ErrRefused) {
		err = errNoOperator
	}
	return token, err
}

var errNoOperator = errors.New("nobody here has the login that the provider knows you by; an admin can set it")

// refuseByProvider shows the page for signing in with why the provider's way led nowhere. The log says more.
func (c *Console) refuseByProvider(w http.ResponseWriter, r *http.Request, err error) {
	c.Log.WarnContext(
		r.Context(), "an operator could not sign in by the provider", "error", err, "address", c.addressOf(r).String(),
	)
	var p *problem
	for _, known := range []error{oidc.ErrNoAttempt, errNoOperator, oidc.ErrRefused} {
		if errors.Is(err, known) {
			p = &problem{Status: http.StatusForbidden, Text: sentence(known.Error())}
		}
	}
	if errors.Is(err, oidc.ErrAway) {
		p = &problem{
			Status: http.StatusServiceUnavailable, Text: "The provider cannot be asked just now. Try again in a moment.",
		}
	}
	if p == nil {
		p = explain(err)
	}
	c.renderOutside(w, r, "sign-in", p.Status, p)
}
