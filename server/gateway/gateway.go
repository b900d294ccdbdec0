// Package gateway is the hub's HTTP side: the contract orderhub.v1 as REST under
// /hub/v1/, its documentation, the health pages, and the place where the doors
// of partners are mounted. It owns how requests and errors look in JSON; every
// call goes on to package api, through the same interceptors as over gRPC.
package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"orderhub/server/api"
	"orderhub/server/door"
	"orderhub/server/ident"
)

const (
	// hubPath is where the contract is served.
	hubPath = "/hub/v1/"
	// maxBodyBytes bounds what any request may send.
	maxBodyBytes = 4 << 20
)

const requestIDHeader = "X-Request-Id"

// Options wires a gateway.
type Options struct {
	API   grpc.ClientConnInterface        // to the services, within this process
	Ready func(ctx context.Context) error // why requests should go elsewhere; nil is always ready
	// TurnAway says that there is no room for a request, and when its caller may
	// come back. Nil lets everything in.
	TurnAway func(ctx context.Context) (after time.Duration, away bool)
	// CORSOrigins are those whose pages may call the contract from a browser.
	CORSOrigins []string
	Log         *slog.Logger
	OpenAPI     []byte  // nil for the document of this build
	Mounts      []Mount // the doors of partners
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
	if o.OpenAPI == nil {
		o.OpenAPI = document
	}
	g := &gateway{log: o.Log, ids: ident.New(nil, nil), turnAway: o.TurnAway, routes: contractRoutes()}
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
	turnAway func(ctx context.Context) (after time.Duration, away bool)
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
	tracked := &trackedWriter{ResponseWriter: w}
	defer g.recover(tracked, r)
	r.Body = http.MaxBytesReader(w, r.Body, maxBodyBytes)
	if strings.HasPrefix(r.URL.Path, hubPath) {
		g.contract.ServeHTTP(tracked, r)
		return
	}
	g.root.ServeHTTP(tracked, r)
}

// serveHub reads the body before anything else, so that one that is too large
// or broken off is not mistaken for bad JSON.
func (g *gateway) serveHub(w *trackedWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // goods and balances
	if g.turnAway != nil {
		if after, away := g.turnAway(r.Context()); away {
			writeProblem(w, r, problem{
				code: codes.ResourceExhausted, reason: "OVERLOADED", message: "too many calls at once", retryAfter: after,
			})
			return
		}
	}
	body, err := readBody(r)
	if errors.Is(err, door.ErrBodyEncoded) {
		w.Header().Set("Accept-Encoding", "identity")
		g.refuse(w, r, problem{
			httpStatus: http.StatusUnsupportedMediaType, code: codes.InvalidArgument, reason: "ENCODING_NOT_SUPPORTED",
			message: "the body is compressed or otherwise encoded; send it as it is",
		})
		return
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		g.refuse(w, r, problem{
			httpStatus: http.StatusRequestEntityTooLarge, code: codes.InvalidArgument, reason: "REQUEST_TOO_LARGE",
			message: fmt.Sprintf("the body is over %d bytes", tooLarge.Limit),
		})
		return
	}
	if err != nil {
		g.refuse(w, r, problem{code: codes.InvalidArgument, reason: reasonInvalid, message: "the body could not be read to its end"})
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	takeTicket(r)
	resume(r)
	chooseForm(r)
	ctx, cancel := context.WithCancel(api.WithHTTPPeer(r.Context(), r.RemoteAddr, r.Header.Values("X-Forwarded-For")))
	defer cancel()
	ctx = context.WithValue(ctx, exchangeKey{}, exchange{w, r})
	call := r.WithContext(ctx)
	call.URL = plainPath(r.URL)
	if r.Method == http.MethodHead {
		// The server leaves the body out; a stream would have no end.
		call.Method, w.onStart = http.MethodGet, cancel
	}
	g.hub.ServeHTTP(w, call)
}

func readBody(r *http.Request) ([]byte, error) {
	if door.IsEncoded(r.Header) {
		return nil, door.ErrBodyEncoded
	}
	if r.ContentLength > maxBodyBytes {
		return nil, &http.MaxBytesError{Limit: maxBodyBytes}
	}
	return io.ReadAll(r.Body)
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
	g.refuse(w, r, problem{code: codes.Internal, reason: "INTERNAL", message: "a fault of the hub; its log has the cause under the request id"})
}

// exchange is a request with its answer; a stream's errors find it in their
// context.
type exchange struct {
	w *trackedWriter
	r *http.Request
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
