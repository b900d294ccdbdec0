package door

import (
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"
)

// Observer is told of every request at a door.
type Observer interface {
	Requested(door, method string, status int, took time.Duration)
}

// Watch is a door whose requests are counted, timed and logged, and answered in
// its words when it panics.
func Watch(d Door, log *slog.Logger, now func() time.Time, observer Observer) http.Handler {
	return &watched{Door: d, log: log, now: now, observer: observer}
}

type watched struct {
	Door
	log      *slog.Logger
	now      func() time.Time
	observer Observer
}

// ServeHTTP serves one request.
func (d *watched) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := d.now()
	recorder := &statusRecorder{ResponseWriter: w}
	defer func() {
		took := d.now().Sub(began)
		d.observer.Requested(d.Name(), r.Method, recorder.status, took)
		// The path may hold references and, in its query, a key: neither is logged.
		d.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("door", d.Name()), slog.String("method", r.Method), slog.Int("status", recorder.status),
			slog.Duration("took", took), slog.String("request_id", w.Header().Get("X-Request-Id")))
	}()
	defer d.recover(recorder, r)
	d.Door.ServeHTTP(recorder, r)
}

// recover logs where a panic came from, but not with what: its value may hold
// what a caller sent.
func (d *watched) recover(w *statusRecorder, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	panicker, ok := d.Door.(Panicker)
	if value == http.ErrAbortHandler || w.status != 0 || !ok { //nolint:errorlint // what net/http compares with
		panic(value)
	}
	attrs := []slog.Attr{slog.String("door", d.Name()), slog.String("stack", string(debug.Stack()))}
	if fault, ok := value.(runtime.Error); ok {
		attrs = append(attrs, slog.String("panic", fault.Error()))
	}
	d.log.LogAttrs(r.Context(), slog.LevelError, "request panicked", attrs...)
	panicker.Panicked(w, r)
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter
	status int // 0 before the answer begins
}

// WriteHeader begins the answer.
func (w *statusRecorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write goes on with the answer.
func (w *statusRecorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *statusRecorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
