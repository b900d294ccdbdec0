package console

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"

	"orderhub/server/admission"
	"orderhub/server/api"
	"orderhub/server/session"
)

// request is a request of somebody who is signed in. Calls of the contract with its context are the operator's.
type request struct {
	*http.Request
	clients

	console *Console
	w       http.ResponseWriter
	session session.Session
	token   string
	number  int64    // that the page has in its path; 0 for none
	problem *problem // why the act failed whose page is shown again; nil for none
}

// browserOf is where a request is from, as a session is bound to it.
func (c *Console) browserOf(r *http.Request) session.Browser {
	return session.Browser{Address: c.addressOf(r), UserAgent: r.UserAgent()}
}

func (c *Console) addressOf(r *http.Request) netip.Addr {
	return c.Entrance.Address(r.RemoteAddr, r.Header.Values(forwarded))
}

// signedIn serves who has a session that may do everything its operator may, and leads everybody else to where they
// become that.
func (c *Console) signedIn(serve func(r *request)) http.HandlerFunc {
	return c.inSession(func(r *request) {
		if r.session.Stage != session.Whole {
			r.redirect(Path + secondFactorPath)
			return
		}
		serve(r)
	})
}

// inSession serves who has a session, of whatever stage.
func (c *Console) inSession(serve func(r *request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := c.sentToken(r)
		if token == "" {
			c.askBeforeAct(w, r)
			return
		}
		s, err := c.Sessions.Find(r.Context(), token, c.browserOf(r))
		switch {
		case errors.Is(err, session.ErrNoSession):
			// The cookie stays: another answer may have replaced it meanwhile.
			c.askBeforeAct(w, r)
			return
		case err != nil:
			c.fault(w, r, err)
			return
		}
		visit, _ := visitOf(r)
		if err := visit.Identify(r.Context(), -s.OperatorID); err != nil {
			turnAway(w, err)
			return
		}
		// All that a post changes is one act of the record.
		ctx := metadata.AppendToOutgoingContext(r.Context(), "x-request-id", requestID(r))
		r = r.WithContext(api.WithSession(ctx, token, r.UserAgent()))
		serve(&request{Request: r, clients: c.clients, console: c, w: w, session: s, token: token})
	}
}

// unsent is said after signing in again to whoever sent a form without a session.
const unsent = "You were signed out before this was sent: nothing was done."

// askToSignIn leads to the page for it, and back to the page where somebody was. What was posted is not posted again.
func (c *Console) askToSignIn(w http.ResponseWriter, r *http.Request) {
	c.leadToSignIn(w, r, url.Values{})
}

// askBeforeAct is for whoever has no session, so that nothing that they posted was begun.
func (c *Console) askBeforeAct(w http.ResponseWriter, r *http.Request) {
	query := url.Values{}
	if r.Method == http.MethodPost && ownPathOf(r) != Path { // signing out is no loss
		query.Set("unsent", "yes")
	}
	c.leadToSignIn(w, r, query)
}

func (c *Console) leadToSignIn(w http.ResponseWriter, r *http.Request, query url.Values) {
	next := ownPathOf(r)
	if strings.TrimSuffix(next, "/") != Path {
		if r.URL.RawQuery != "" {
			next += "?" + r.URL.RawQuery
		}
		query.Set("next", next)
	}
	to := Path + signInPath
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ownPath is the way back to a page of the console, "" for whatever is none: nobody is led elsewhere.
func ownPath(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.ContainsAny(next, "\\\r\n") ||
		!strings.HasPrefix(u.Path, Path+"/") || strings.Contains(u.Path, "//") || strings.Contains(u.Path, "..") {
		return ""
	}
	return next
}

const (
	// maxSmallForm is the most that is read of a form of a few short fields.
	maxSmallForm = 16 << 10
	// formTime is how long a form may take to arrive, and fileTime one with a file.
	formTime = 10 * time.Second
	fileTime = time.Minute
)

// maxRest is how much beyond its bound is still taken of a form that is too large, and thrown away.
const maxRest = 8 << 20

// timed bounds how long a page takes, with all its calls. Files have no such bound, but each part of one.
func timed(serve http.HandlerFunc) http.HandlerFunc { return within(pageTime, serve) }

func within(d time.Duration, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer cancel()
		serve(w, r.WithContext(ctx))
	}
}

// receiving reads the form of a post of who is signed in.
func receiving(most int64, serve func(r *request)) func(r *request) {
	most = cmp.Or(most, maxFormBytes)
	return func(r *request) {
		if receive(r.w, r.Request, most) {
			serve(r)
		}
	}
}

// receivingOutside reads the small form of a post of who is not signed in.
func (c *Console) receivingOutside(serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if receive(w, r, maxSmallForm) {
			serve(w, r)
		}
	}
}

// receive reads a form of at most so many bytes, in room that others then do not get. While it arrives, and afterwards,
// the request takes no place: the calls of the contract have places of their own. When it cannot, it has answered.
func receive(w http.ResponseWriter, r *http.Request, most int64) bool {
	visit, _ := visitOf(r)
	visit.Wait()
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(arrival(most))) // it fails only where there is no connection
	body, err := visit.ReadOf(r.Context(), r.Body, r.ContentLength, most)
	if _, full := errors.AsType[*admission.FullError](err); full {
		turnAway(w, err)
		return false
	}
	if err != nil {
		// A browser that is cut off while it still sends does not show why.
		_, _ = io.CopyN(io.Discard, r.Body, most+maxRest)
		w.Header().Set("Connection", "close")
		http.Error(w, "This form is too large, or was cut off.", http.StatusRequestEntityTooLarge)
		return false
	}
	_ = control.SetReadDeadline(time.Time{}) // reading on notices that the browser has gone
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := parseForm(r, len(body), most); err != nil {
		http.Error(w, "This form cannot be read.", http.StatusBadRequest)
		return false
	}
	return true
}

// arrival is how long a form of at most so many bytes may take to arrive.
func arrival(most int64) time.Duration {
	if most > maxFormBytes {
		return fileTime
	}
	return formTime
}

var errNoForm = errors.New("not a form")

// parseForm reads the fields. A form of which some are lost is none: what is missing would be taken for nothing.
func parseForm(r *http.Request, size int, most int64) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case size == 0:
		return r.ParseForm()
	case err != nil:
		return err
	case kind == "multipart/form-data":
		return r.ParseMultipartForm(most)
	case kind == "application/x-www-form-urlencoded":
		return r.ParseForm()
	default:
		return errNoForm
	}
}

// redirect leads to another page, which is then asked for.
func (r *request) redirect(to string) { http.Redirect(r.w, r.Request, to, http.StatusSeeOther) }

// showPage shows a page to who may see it.
func (c *Console) showPage(r *request, p *page) {
	if !r.may(p.needs) {
		r.problem = nil
		c.showProblem(r, forbidden())
		return
	}
	if !r.readNumber(p) {
		c.showProblem(r, notFound())
		return
	}
	data, err := p.show(r)
	if elsewhere, ok := errors.AsType[*moved](err); ok {
		r.redirect(Path + elsewhere.to)
		return
	}
	if err != nil {
		c.showProblem(r, r.explain(err))
		return
	}
	status := http.StatusOK
	if r.problem != nil {
		status = r.problem.Status
	}
	c.render(r, p.file, status, data)
}

// readNumber reads the number in the path of a page that has one; false where that is none.
func (r *request) readNumber(p *page) bool {
	if p.number == "" {
		return true
	}
	var err error
	r.number, err = strconv.ParseInt(r.PathValue(p.number), 10, 64)
	return err == nil && r.number > 0
}

// moved is what a page returns that leads to another one.
type moved struct{ to string } // below [Path]

func (m *moved) Error() string { return "moved to " + m.to }

// doAct does what was posted. Who lacks the role is told so by the contract, too: here nothing is even asked.
func (c *Console) doAct(r *request, p *page, a *act) {
	if !r.may(p.needs) || !r.may(a.needs) {
		c.showProblem(r, forbidden())
		return
	}
	if !r.readNumber(p) {
		c.showProblem(r, notFound())
		return
	}
	result, err := a.do(r)
	switch {
	case err != nil:
		r.problem = r.explain(err)
		if r.problem.SignIn {
			c.askToSignIn(r.w, r.Request)
			return
		}
		c.showPage(r, p)
	case result.file != "":
		c.render(r, result.file, http.StatusOK, result.data)
	default:
		if result.say != "" {
			c.setFlash(r.w, r.Request, result.say)
		}
		to := Path + result.to
		if result.to == "" {
			to = ownPathOf(r.Request)
		}
		r.redirect(to)
	}
}

// download sends a list as a file. When it breaks off, the connection does: half a list must not look whole. It takes
// no place, however long it is read; the calls of the contract have places of their own.
func (c *Console) download(r *request, d *download) {
	if !r.may(d.needs) {
		c.showProblem(r, forbidden())
		return
	}
	giveBack(r.Request)
	w := &fileWriter{
		w: r.w, control: http.NewResponseController(r.w), pace: newPace(time.Now), name: d.file,
		kind: cmp.Or(d.kind, "text/csv; charset=utf-8"),
	}
	err := d.write(r, w)
	switch {
	case err == nil:
	case w.begun:
		c.Log.LogAttrs(
			r.Context(), slog.LevelWarn, "a download broke off", slog.String("file", w.name), slog.Any("error", err),
		)
		panic(http.ErrAbortHandler)
	case d.page != nil && r.wrongFilter(err) == nil:
		c.showPage(r, d.page)
	default:
		c.showProblem(r, r.explain(err))
	}
}

// fileWriter begins the answer with the first part of the file, and gives its reader time as it is read.
type fileWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	pace    *pace
	name    string
	kind    string
	begun   bool
}

func (w *fileWriter) Write(b []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.w.Header().Set("Content-Type", w.kind)
		w.w.Header().Set("Content-Disposition", `attachment; filename="`+w.name+`"`)
	}
	return w.pace.write(b, w.control.SetWriteDeadline, w.w.Write)
}

func (r *request) explain(err error) *problem {
	p := explain(err)
	if p.Status >= http.StatusInternalServerError && p.Reason == "" {
		r.console.logFault(r.Request, err)
	}
	return p
}

func (c *Console) logFault(r *http.Request, err error) {
	c.Log.LogAttrs(r.Context(), slog.LevelError, "console failed",
		slog.String("request_id", requestID(r)), slog.String("path", r.Pattern), slog.Any("error", err))
}

// requestID is that which the gateway gave the request.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); api.SaneRequestID(id) {
		return id
	}
	return ""
}
