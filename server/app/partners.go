package app

import (
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"orderhub/server/dialect/axcloud"
	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/dialect/marketacc"
	"orderhub/server/door"
	"orderhub/server/gateway"
)

// partner is the door of one partner.
type partner struct {
	path string // where its API begins, for people
	open func(a *App) door.Door
}

// partners are the doors there are, by the name of their dialect. No two of them
// claim a path.
var partners = map[string]partner{
	bursagb.Name: {"/Order/create", func(a *App) door.Door {
		return bursagb.New(a.Doors, bursagb.Config{
			TokenKeys: a.store.Keys("bursagb token"), IntegrationOff: a.config.BursaGBOff, RefusedBasketOK: a.config.BursaGBRefusedOK,
		})
	}},
	gameso.Name: {"/v1/orders", func(a *App) door.Door {
		return gameso.New(a.Doors, a.Webhooks, gameso.Config{Limit: a.config.RateLimit})
	}},
	marketacc.Name: {"/api/v2", func(a *App) door.Door { return marketacc.New(a.Doors, marketacc.Config{}) }},
	"axcloud": {"/v1/channel", func(a *App) door.Door {
		return axcloud.New(a.Doors, axcloud.Config{ChannelOptional: a.config.AXCloudKeyAlone})
	}},
}

// mounts are the doors that are open, as the gateway takes them.
func (a *App) mounts() []gateway.Mount {
	mounts := []gateway.Mount{a.newCallbacks().mount()}
	for _, name := range a.config.Doors {
		p, found := partners[name]
		if !found {
			continue
		}
		d := p.open(a)
		mounts = append(mounts, gateway.Mount{
			Name: name, Path: p.path, Matches: d.Matches,
			Handler: &watchedDoor{Door: d, log: a.log, now: a.now, metrics: a.doorMetrics},
		})
	}
	return mounts
}

// watchedDoor counts, times and logs a door's requests, and answers in its words
// when it panics.
type watchedDoor struct {
	door.Door
	log     *slog.Logger
	now     func() time.Time
	metrics *doorMetrics
}

// ServeHTTP serves one request.
func (d *watchedDoor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := d.now()
	recorder := &statusRecorder{ResponseWriter: w}
	defer func() {
		took := d.now().Sub(began)
		d.metrics.observe(d.Name(), r.Method, recorder.status, took)
		// The path may hold references and, in its query, a key: neither is logged.
		d.log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("door", d.Name()), slog.String("method", r.Method),
			slog.Int("status", recorder.status), slog.Duration("took", took), slog.String("request_id", w.Header().Get("X-Request-Id")))
	}()
	defer d.recover(recorder, r)
	d.Door.ServeHTTP(recorder, r)
}

// recover logs where a panic came from, but not with what: its value may hold
// what a caller sent.
func (d *watchedDoor) recover(w *statusRecorder, r *http.Request) {
	value := recover()
	if value == nil {
		return
	}
	panicker, ok := d.Door.(door.Panicker)
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
