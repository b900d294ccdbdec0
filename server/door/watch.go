package door

import (
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"orderhub/server/httpstatus"
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

func (d *watched) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := d.now()
	recorder := &httpstatus.Recorder{ResponseWriter: w}
	defer func() {
		took := d.now().Sub(began)
		d.observer.Requested(d.Name(), r.Method, recorder.Status, took)
		// The path may hold references and, in its query, a key: neither is logged.
		d.log.LogAttrs(r.Context(), slog.LevelInfo, "request",
			slog.String("door", d.Name()), slog.String("method", r.Method), slog.Int("status", recorder.Status),
			slog.Duration("took", took), slog.String("request_id", w.Header().Get("X-Request-Id")))
	}()
	defer d.recover(recorder, r)
	d.Door.ServeHTTP(recorder, r)
}

// recover logs where a panic came from, but not with what: its value may hold
// what a caller sent.
func (d *watched) recover(w *httpstatus.Recorder, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	if value == http.ErrAbortHandler || w.Status != 0 { //nolint:errorlint // what net/http compares with
		panic(value)
	}
	attrs := []slog.Attr{slog.String("door", d.Name()), slog.String("stack", string(debug.Stack()))}
	if fault, ok := value.(runtime.Error); ok {
		attrs = append(attrs, slog.String("panic", fault.Error()))
	}
	d.log.LogAttrs(r.Context(), slog.LevelError, "request panicked", attrs...)
	d.Panicked(w, r)
}
