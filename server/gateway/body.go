package gateway

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"orderhub/server/admission"
	"orderhub/server/api"
	"orderhub/server/door"
)

// How long the rest of a body that was refused is waited for, and how much of one
// that is too large is dropped, so that its sender sees why: many read no answer
// while they cannot write.
const (
	unreadTime  = time.Second
	unreadBytes = 8 << 20
)

// receive reads the whole body of who may send one, and says when what it takes
// may be forgotten. When it is not ok it has answered.
func (g *gateway) receive(w *trackedWriter, r *http.Request) (body []byte, leave func(), ok bool) {
	verb := r.Method
	if verb == http.MethodHead {
		verb = http.MethodGet
	}
	called := routeOf(g.routes, verb, plainPath(r.URL).EscapedPath())
	if called == nil { // whoever asks is told that there is nothing, whatever comes of the body
		g.endWith(w)
		return nil, func() {}, true
	}
	if r.URL.Path == watchPath && r.Header.Get(api.TicketHeader) != "" && r.ContentLength == 0 {
		return nil, func() {}, true // whose ticket it is the call finds out
	}
	visit, err := g.admit(r)
	if err != nil {
		g.refuseBody(w, r, err)
		return nil, nil, false
	}
	reserve := func(int64) error { return nil }
	leave = func() {}
	if visit != nil {
		leave = visit.Leave
		reserve = func(n int64) error { return g.entrance.Reserve(r.Context(), visit, n) }
	}
	control := http.NewResponseController(w)
	// It fails only where there is no connection.
	_ = control.SetReadDeadline(time.Now().Add(api.RequestTime(called.method)))
	body, err = readBody(r, int64(api.MaxRequestBytes(called.method)), reserve)
	if err != nil {
		leave()
		g.refuseBody(w, r, err)
		return nil, nil, false
	}
	_ = control.SetReadDeadline(time.Time{}) // reading on notices that the caller has gone
	return body, leave, true
}

func (g *gateway) admit(r *http.Request) (*admission.Visit, error) {
	if g.entrance == nil {
		return nil, nil
	}
	return g.entrance.Admit(r.Context(), r.Header.Values("X-Api-Key"), r.Header.Values("Authorization"))
}

// readBody makes room before it reads: for all of a body that says how long it
// is, else for what has come.
func readBody(r *http.Request, limit int64, reserve func(int64) error) ([]byte, error) {
	if door.IsEncoded(r.Header) {
		return nil, door.ErrBodyEncoded
	}
	body, err := admission.ReadBody(r.Body, r.ContentLength, limit, reserve)
	if errors.Is(err, admission.ErrTooLarge) {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	return body, err
}

// endWith ends the connection with the answer: nobody has read what comes before
// the next request.
func (*gateway) endWith(w *trackedWriter) {
	w.Header().Set("Connection", "close")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(unreadTime))
}

// refuseBody answers a request whose body was not read to its end. The
// connection ends with it.
func (g *gateway) refuseBody(w *trackedWriter, r *http.Request, err error) {
	g.endWith(w)
	if s, ok := status.FromError(err); ok {
		if p, ours := fromStatus(s); ours {
			g.refuse(w, r, p)
			return
		}
	}
	tooLarge, isTooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case errors.Is(err, door.ErrBodyEncoded):
		w.Header().Set("Accept-Encoding", "identity")
		g.refuse(w, r, problem{
			httpStatus: http.StatusUnsupportedMediaType, code: codes.InvalidArgument, reason: "ENCODING_NOT_SUPPORTED",
			message: "the body is compressed or otherwise encoded; send it as it is",
		})
	case isTooLarge:
		_, _ = io.CopyN(io.Discard, r.Body, unreadBytes) // or until its time is over
		g.refuse(w, r, problem{
			httpStatus: http.StatusRequestEntityTooLarge, code: codes.InvalidArgument, reason: "REQUEST_TOO_LARGE",
			message: fmt.Sprintf("the body is over %d bytes", tooLarge.Limit),
		})
	case errors.Is(err, os.ErrDeadlineExceeded):
		g.refuse(w, r, problem{
			httpStatus: http.StatusRequestTimeout, code: codes.DeadlineExceeded, reason: "REQUEST_TOO_SLOW",
			message: "the body did not arrive in time",
		})
	default:
		g.refuse(w, r, problem{
			code: codes.InvalidArgument, reason: reasonInvalid, message: "the body could not be read to its end",
		})
	}
}
