package console

import (
	"errors"
	"net/http"
	"time"

	"orderhub/server/errs"
	"orderhub/server/password"
	"orderhub/server/session"
)

const (
	signInPath       = "/sign-in"
	joinPath         = "/join"
	secondFactorPath = "/second-factor"
)

// routeSignIn adds the pages of who is not signed in yet.
func (c *Console) routeSignIn(mux *http.ServeMux) {
	mux.HandleFunc("GET "+Path+signInPath, timed(c.showSignIn))
	mux.HandleFunc("POST "+Path+signInPath, timed(c.receivingOutside(c.signIn)))
	mux.HandleFunc("GET "+Path+joinPath, timed(c.showJoin))
	mux.HandleFunc("POST "+Path+joinPath, timed(c.receivingOutside(c.join)))
	mux.HandleFunc("GET "+Path+secondFactorPath, timed(c.inSession(c.showSecondFactor)))
	mux.HandleFunc("POST "+Path+secondFactorPath, timed(c.inSession(receiving(maxSmallForm, c.confirmSecondFactor))))
	mux.HandleFunc("POST "+Path+"/sign-out", timed(c.inSession(receiving(maxSmallForm, c.signOut))))
}

func (c *Console) showSignIn(w http.ResponseWriter, r *http.Request) {
	c.renderOutside(w, r, "sign-in", http.StatusOK, nil)
}

func (c *Console) signIn(w http.ResponseWriter, r *http.Request) {
	s, token, err := c.Sessions.SignIn(r.Context(), session.SignIn{
		Name: r.PostFormValue("name"), Password: r.PostFormValue("password"), Code: digits(r.PostFormValue("code")),
		Known: c.sentKnown(r), Browser: c.browserOf(r),
	})
	if err != nil {
		c.refuse(w, r, "sign-in", err)
		return
	}
	c.enter(w, r, s, token)
}

func (c *Console) showJoin(w http.ResponseWriter, r *http.Request) {
	c.renderOutside(w, r, "join", http.StatusOK, nil)
}

func (c *Console) join(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("password") != r.PostFormValue("again") {
		c.refuse(w, r, "join", &fieldError{"again", "This is not the password above."})
		return
	}
	s, token, err := c.Sessions.Join(
		r.Context(), r.PostFormValue("invitation"), r.PostFormValue("password"), c.browserOf(r),
	)
	if err != nil {
		c.refuse(w, r, "join", err)
		return
	}
	c.enter(w, r, s, token)
}

// enter begins a session in the browser and leads to where somebody wanted to go.
func (c *Console) enter(w http.ResponseWriter, r *http.Request, s session.Session, token string) {
	c.endFormer(r, s)
	c.setCookie(w, r, token)
	c.setKnown(w, r, s.Name)
	to := ownPath(r.PostFormValue("next"))
	switch {
	case s.Stage != session.Whole:
		to = Path + secondFactorPath
	case to == "":
		to = Path
	case r.PostFormValue("unsent") != "":
		c.setFlash(w, r, unsent)
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// endFormer ends the session that the browser had, which would go on for nobody. One that cannot be ended now ends by
// itself.
func (c *Console) endFormer(r *http.Request, now session.Session) {
	token := c.sentToken(r)
	if token == "" {
		return
	}
	former, err := c.Sessions.Find(r.Context(), token, c.browserOf(r))
	if err == nil && former.ID != now.ID {
		err = c.Sessions.SignOut(r.Context(), former)
	}
	if err != nil && !errors.Is(err, session.ErrNoSession) {
		c.Log.WarnContext(r.Context(), "a session that is replaced could not be ended", "error", err)
	}
}

// enrolment is what it takes to set up the second factor.
type enrolment struct {
	Code   *qrCode
	Secret string // in base32, for typing
}

func (c *Console) showSecondFactor(r *request) {
	uri, secret, err := c.Sessions.BeginSecondFactor(r.Context(), r.session)
	if err != nil {
		c.showProblem(r, c.refusal(r.Request, err))
		return
	}
	code, err := drawQR(uri)
	if err != nil {
		c.showProblem(r, r.explain(err))
		return
	}
	status := http.StatusOK
	if r.problem != nil {
		status = r.problem.Status
	}
	c.render(r, "second-factor", status, enrolment{Code: code, Secret: secret})
}

func (c *Console) confirmSecondFactor(r *request) {
	s, token, err := c.Sessions.ConfirmSecondFactor(r.Context(), r.session, digits(r.PostFormValue("code")))
	if err != nil {
		r.problem = c.refusal(r.Request, err)
		c.showSecondFactor(r)
		return
	}
	c.enter(r.w, r.Request, s, token)
}

func (c *Console) signOut(r *request) {
	if err := c.Sessions.SignOut(r.Context(), r.session); err != nil {
		c.showProblem(r, r.explain(err))
		return
	}
	c.clearCookie(r.w, r.Request)
	r.redirect(Path + signInPath)
}

// refuse shows the form again with why it was refused.
func (c *Console) refuse(w http.ResponseWriter, r *http.Request, file string, err error) {
	p := c.refusal(r, err)
	setRetry(w, p.Retry)
	c.renderOutside(w, r, file, p.Status, p)
}

// refusal is why nobody was let in. It says no more than package session does.
func (c *Console) refusal(r *http.Request, err error) *problem {
	if locked, ok := errors.AsType[*password.LockedError](err); ok {
		return &problem{
			Status: http.StatusTooManyRequests, Retry: locked.RetryAfter,
			Text: "Too many attempts. Try again in " + locked.RetryAfter.Round(time.Second).String() + ".",
		}
	}
	if busy, ok := errors.AsType[*password.BusyError](err); ok {
		return &problem{Status: http.StatusServiceUnavailable, Retry: busy.RetryAfter, Text: sentence(err.Error())}
	}
	if bad, ok := errors.AsType[*errs.InvalidError](err); ok {
		p := &problem{Status: http.StatusBadRequest, Text: "This password cannot be taken.", Fields: map[string]string{}}
		for _, v := range bad.Violations {
			p.Fields[v.Field] = sentence(v.Message)
		}
		return p
	}
	switch {
	case errors.Is(err, session.ErrNoSession):
		return &problem{Status: http.StatusForbidden, Text: sentence(err.Error()), SignIn: true}
	case errors.Is(err, session.ErrHasSecondFactor):
		return &problem{Status: http.StatusConflict, Text: sentence(err.Error())}
	case errors.Is(err, session.ErrInvitation):
		return &problem{Status: http.StatusForbidden, Text: sentence(session.ErrInvitation.Error())}
	case errors.Is(err, session.ErrRefused):
		return &problem{Status: http.StatusForbidden, Text: sentence(err.Error())}
	}
	p := explain(err)
	if p.Status >= http.StatusInternalServerError {
		c.logFault(r, err)
	}
	return p
}

// digits are those of a code, which apps show in groups.
func digits(code string) string {
	only := make([]byte, 0, len(code))
	for _, b := range []byte(code) {
		if b != ' ' && b != '-' {
			only = append(only, b)
		}
	}
	return string(only)
}
