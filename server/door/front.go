package door

import (
	"errors"
	"log/slog"
	"net/http"

	"orderhub/server/account"
)

// Front is what a request passes before a partner's own code: a place among what
// is at work, a route, a caller who is known. What goes wrong, there or in the
// partner's code, it answers in the partner's words.
type Front struct {
	hub    *Services
	name   string
	words  *Words
	caller func(r *http.Request) (account.Principal, error)
	router Router
}

// NewFront makes a front for the dialect of that name. Caller finds out who a
// request comes from; see [Gate.ByKey].
func NewFront(h *Services, name string, words *Words, caller func(*http.Request) (account.Principal, error)) *Front {
	return &Front{hub: h, name: name, words: words, caller: caller}
}

// Handler answers a caller who is known; its error becomes a refusal.
type Handler func(w http.ResponseWriter, r *http.Request, p Params, caller *account.Principal) error

// Route serves requests by r, and refuses what it has no route for.
func (f *Front) Route(r Router) {
	if f.router = r; r.Refuse == nil {
		f.router.Refuse = f.Explain
	}
}

func (f *Front) Name() string { return f.name }

// ServeHTTP serves one request, while the hub has a place for it.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.Enter(w, r, f.router.ServeHTTP) }

// ServeOutside serves one request that gets no place by itself: its route has to
// [Front.Enter].
func (f *Front) ServeOutside(w http.ResponseWriter, r *http.Request) { f.router.ServeHTTP(w, r) }

// Enter serves a request while the hub has a place for it.
func (f *Front) Enter(w http.ResponseWriter, r *http.Request, serve http.HandlerFunc) {
	r, leave, err := f.hub.Gate.Enter(w, r)
	if err != nil {
		f.Explain(w, r, err)
		return
	}
	defer leave()
	serve(&answering{w, leave}, r)
}

// answering leaves as the answer begins: how long it is read is not the hub's work.
type answering struct {
	http.ResponseWriter
	leave func()
}

func (a *answering) WriteHeader(status int) {
	a.leave()
	a.ResponseWriter.WriteHeader(status)
}

// Write begins the answer, or goes on with it.
func (a *answering) Write(b []byte) (int, error) {
	a.leave()
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (a *answering) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Known lets in who is known and has the right, before anything of the request's body
// is read.
func (f *Front) Known(right account.Right, serve Handler) func(http.ResponseWriter, *http.Request, Params) {
	return f.Anybody(func(w http.ResponseWriter, r *http.Request, p Params, caller *account.Principal) error {
		if err := caller.May(right); err != nil {
			return err
		}
		return serve(w, r, p, caller)
	})
}

// Anybody lets in who is known, for answers that are the same for every key.
func (f *Front) Anybody(serve Handler) func(http.ResponseWriter, *http.Request, Params) {
	return func(w http.ResponseWriter, r *http.Request, p Params) {
		caller, err := f.caller(r)
		if err == nil {
			err = serve(w, r, p, &caller)
		}
		if err != nil {
			f.Explain(w, r, err)
		}
	}
}

// Explain answers with the refusal for err. What nobody foresaw is logged, as is
// what the hub needs and does not have.
func (f *Front) Explain(w http.ResponseWriter, r *http.Request, err error) {
	if e, ok := errors.AsType[*MethodError](err); ok {
		w.Header().Set("Allow", e.Allow)
	}
	refusal := f.words.Of(err)
	switch {
	case refusal == nil:
		f.log(w, r, slog.LevelError, "request failed", err)
		refusal = f.words.Fault()
	case CauseOf(err) == Unavailable && r.Context().Err() == nil:
		f.log(w, r, slog.LevelWarn, "request unavailable", err)
	}
	f.words.Refuse(w, refusal)
}

func (f *Front) log(w http.ResponseWriter, r *http.Request, level slog.Level, message string, err error) {
	f.hub.Log.LogAttrs(r.Context(), level, message, slog.String("door", f.name),
		slog.String("request_id", w.Header().Get("X-Request-Id")), slog.Any("error", err))
}

// Panicked answers for a fault of the hub.
func (f *Front) Panicked(w http.ResponseWriter, _ *http.Request) { f.words.Refuse(w, f.words.Fault()) }
