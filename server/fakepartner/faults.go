package fakepartner

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"

	"orderhub/server/clock"
	"orderhub/server/dialect/sim"
	"orderhub/server/door"
)

const (
	maxBodyBytes = 2 << 20
	// longestSilence is how long a call that is not answered is held.
	longestSilence = 2 * time.Minute
	idleToDoor     = 64 // connections kept for the next calls
)

// faults stands in front of a partner's door and makes calls go wrong.
type faults struct {
	wire Wire
	pick *sim.Picker
	door http.Handler
	log  *slog.Logger

	mu       sync.Mutex
	reversed map[string]bool // what paths name orders by that were taken back
}

func newFaults(wire Wire, script *Script, door http.Handler, log *slog.Logger) *faults {
	return &faults{
		wire: wire, pick: sim.NewPicker(&script.Config), door: door, log: log, reversed: make(map[string]bool),
	}
}

// proxy passes calls on to the hub's doors.
func proxy(hub string, log *slog.Logger) http.Handler {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: hub})
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = idleToDoor
	proxy.Transport = transport
	proxy.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	return proxy
}

// reverse makes an order show as taken back; names are what paths may call it.
func (f *faults) reverse(names ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range names {
		f.reversed[name] = true
	}
}

func (f *faults) isReversed(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.reversed[name]
}

// ServeHTTP serves one request of the partner's client.
func (f *faults) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	if err != nil {
		return // who sends too much, or leaves, gets no answer
	}
	op, reference, skus := f.wire.Request(r.Method, r.URL.Path, body)
	fault := f.pick.Pick(op, reference, skus)
	if fault == nil {
		if op == sim.Inquire && f.isReversed(reference) {
			f.tampered(w, r, body, sim.Reversed)
			return
		}
		f.forward(w, r, body)
		return
	}
	f.log.Info("fault", "on", string(op), "do", string(fault.Do))
	switch fault.Do {
	case sim.TimeoutBefore:
		hold(r)
	case sim.TimeoutAfter:
		f.answer(r, body)
		hold(r)
	case sim.StatusBefore:
		refuse(w, f.wire.Words(), fault)
	case sim.StatusAfter:
		f.answer(r, body)
		refuse(w, f.wire.Words(), fault)
	case sim.Malformed:
		answer := f.answer(r, body)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()[:answer.Body.Len()/2])
	case sim.Slow:
		answer := f.answer(r, body)
		if clock.Sleep(r.Context(), time.Duration(fault.DelayMS)*time.Millisecond) == nil {
			replay(w, answer, answer.Body.Bytes())
		}
	default:
		f.tampered(w, r, body, fault.Do)
	}
}

// refuse answers with the fault's status, as the door does when the hub is at fault for it.
func refuse(w http.ResponseWriter, words *door.Words, fault *sim.Fault) {
	cause := door.Unforeseen
	switch fault.StatusOr() {
	case http.StatusTooManyRequests:
		cause = door.RateLimited
	case http.StatusServiceUnavailable:
		cause = door.Unavailable
	}
	e := *words.Answers[cause](nil)
	e.Status, e.RetryAfter = fault.StatusOr(), time.Duration(fault.RetryAfterSeconds)*time.Second
	words.Refuse(w, &e)
}

// forward lets the door answer. It does so to the end, whoever waits for it.
func (f *faults) forward(w http.ResponseWriter, r *http.Request, body []byte) {
	inner := r.Clone(context.WithoutCancel(r.Context()))
	inner.Body, inner.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	f.door.ServeHTTP(w, inner)
}

func (f *faults) answer(r *http.Request, body []byte) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	f.forward(answer, r, body)
	return answer
}

func (f *faults) tampered(w http.ResponseWriter, r *http.Request, body []byte, how sim.Effect) {
	answer := f.answer(r, body)
	text := answer.Body.Bytes()
	if answer.Code < http.StatusMultipleChoices {
		if changed, ok := f.wire.Tamper(how, text); ok {
			text = changed
		}
	}
	replay(w, answer, text)
}

func replay(w http.ResponseWriter, answer *httptest.ResponseRecorder, body []byte) {
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(body) // who has gone is not told
}

// hold leaves a call without an answer until its caller gives up, and then breaks
// the connection off.
func hold(r *http.Request) {
	_ = clock.Sleep(r.Context(), longestSilence)
	panic(http.ErrAbortHandler)
}
