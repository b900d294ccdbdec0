// Package gateway is the hub's HTTP side: the contract orderhub.v1 as REST under
// /hub/v1/, its documentation, the health pages, and the place where the doors
// of partners are mounted. It owns how requests and errors look in JSON; every
// call goes on to package api, through the same interceptors as over gRPC.
package gateway

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"orderhub/server/admission"
	"orderhub/server/api"
	"orderhub/server/ident"
)

const (
	// Path is where the contract is served.
	Path = "/hub/v1/"
	// maxBodyBytes bounds what any request may send; most may send less.
	maxBodyBytes = 16 << 20
)

const requestIDHeader = "X-Request-Id"

// Options wires a gateway.
type Options struct {
	API      grpc.ClientConnInterface        // to the services, within this process
	Ready    func(ctx context.Context) error // why requests should go elsewhere; nil is always ready
	Entrance Entrance                        // asked before a body is read; nil lets everything in
	// CORSOrigins are those whose pages may call the contract from a browser.
	CORSOrigins []string
	// OverTLS reports whether the client of a request speaks TLS; nil for never.
	OverTLS func(r *http.Request) bool
	Log     *slog.Logger
	Mounts  []Mount // the doors of partners
}

// Entrance is the part of [api.Server] that says who may send a body to the
// contract. Errors are statuses.
type Entrance interface {
	// Admit checks the key of a request, given as the values of X-API-Key and of
	// Authorization. The visit has to be left.
	Admit(ctx context.Context, apiKeys, authorizations []string) (*admission.Visit, error)
	// Reserve makes room for n more bytes of the visit's body.
	Reserve(ctx context.Context, visit *admission.Visit, n int64) error
}

// Mount is a door of its own beside the contract. Its requests have passed the
// gateway's limits and carry an X-Request-Id that is safe to log; errors are in
// the door's own format.
type Mount struct {
	Name    string // as the index at / shows it
	Path    string // where its API begins, as the index shows it
	Handler http.Handler
	Matches func(path string) bool // whether a path is the door's
}

// New serves everything there is over HTTP. A path that several mounts match
// belongs to the first of them.
func New(o Options) http.Handler {
	g := &gateway{log: o.Log, ids: ident.New(nil, nil), entrance: o.Entrance, overTLS: o.OverTLS, routes: contractRoutes()}
	if g.overTLS == nil {
		g.overTLS = func(*http.Request) bool { return false }
	}
	g.hub = g.newHub(o.API)
	g.contract = crossOrigin(o.CORSOrigins, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.serveHub(w.(*trackedWriter), r) // which ServeHTTP made
	}))
	g.root = g.newRoot(o)
	return g
}

type gateway struct {
	log      *slog.Logger
	ids      *ident.Generator
	entrance Entrance
	overTLS  func(r *http.Request) bool
	contract http.Handler // serves hub within its limits
	hub      http.Handler // the contract
	root     http.Handler // everything else
	routes   []route
}

// ServeHTTP gives every request an id and its limits. The contract's paths are
// not cleaned up: a path that is not exactly right is unknown.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := r.Header.Get(requestIDHeader)
	if !api.SaneRequestID(id) {
		id = g.ids.RequestID()
		r.Header.Set(requestIDHeader, id)
	}
	w.Header().Set(requestIDHeader, id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if g.overTLS(r) {
		insistOnTLS(w, r)
	}
	tracked := &trackedWriter{ResponseWriter: w}
	defer g.recover(tracked, r)
	r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	if strings.HasPrefix(r.URL.Path, Path) {
		g.contract.ServeHTTP(tracked, r)
		return
	}
	g.root.ServeHTTP(tracked, r)
}

// serveHub reads the body before anything else, so that one that is too large
// or broken off is not mistaken for bad JSON; but only of a caller with a key.
func (g *gateway) serveHub(w *trackedWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // goods and balances
	moveTicket(r)
	resume(r)
	chooseForm(r)
	untab(r)
	ctx, cancel := context.WithCancel(api.WithHTTPPeer(r.Context(), r))
	defer cancel()
	ex := &exchange{w: w, r: r}
	ctx = context.WithValue(ctx, exchangeKey{}, ex)
	call := r.WithContext(ctx) // the server looks at its own when the answer is written
	if r.ContentLength != 0 {
		body, leave, ok := g.receive(w, call)
		if !ok {
			return
		}
		defer leave()
		ex.body = body
		call.Body, call.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	call.URL = plainPath(r.URL)
	if r.Method == http.MethodHead {
		// The server leaves the body out; a stream would have no end.
		call.Method, w.onStart = http.MethodGet, cancel
	}
	nameFile(w, call)
	g.hub.ServeHTTP(w, call)
	if ex.broken {
		panic(http.ErrAbortHandler) // the way to break a connection off
	}
}

// recover answers for a handler that panicked, and logs where but not with what.
func (g *gateway) recover(w *trackedWriter, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(value) // the way to break a connection off
	}
	g.log.LogAttrs(r.Context(), slog.LevelError, "request panicked",
		slog.String("request_id", r.Header.Get(requestIDHeader)), slog.String("stack", string(debug.Stack())))
	if w.started {
		panic(http.ErrAbortHandler) // half an answer must not look whole
	}
	g.refuse(w, r, problem{
		code: codes.Internal, reason: "INTERNAL", message: "a fault of the hub; its log has the cause under the request id",
	})
}

// exchange is a request with its answer; errors find it in their context.
type exchange struct {
	w    *trackedWriter
	r    *http.Request
	body []byte // of the request

	broken bool // the answer failed on the way and must not look whole
}

type exchangeKey struct{}

// trackedWriter knows whether the answer has begun, and can be ended before the
// handler is done with it.
type trackedWriter struct {
	http.ResponseWriter
	started, ended bool
	onStart        func() // called when the answer begins; may be nil
}

func (w *trackedWriter) start() {
	if !w.started && w.onStart != nil {
		defer w.onStart()
	}
	w.started = true
}

// WriteHeader begins the answer.
func (w *trackedWriter) WriteHeader(status int) {
	if w.ended {
		return
	}
	w.start()
	w.ResponseWriter.WriteHeader(status)
}

// Write goes on with the answer.
func (w *trackedWriter) Write(b []byte) (int, error) {
	if w.ended {
		return len(b), nil
	}
	w.start()
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *trackedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
