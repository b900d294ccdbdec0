// Package callback receives what providers tell by themselves, at
// /callbacks/{provider}. A message is checked, stored and answered; what it is
// about a job sees to.
package callback

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"orderhub/server/dialect"
	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

// Path is where messages come, followed by the name of their provider.
const Path = "/callbacks/"

// Matches reports whether a path is that of a callback.
func Matches(path string) bool { return strings.HasPrefix(path, Path) }

// Directory finds a provider by its name. fulfil.ErrProviderNotFound.
type Directory interface {
	ByName(ctx context.Context, name string) (*fulfil.Provider, dialect.Connector, error)
}

// Notices is the part of [fulfil.Store] that keeps what a provider said.
type Notices interface {
	RecordNotices(ctx context.Context, providerID int64, notices []dialect.Notice) (fresh, unknown int, err error)
}

// Options wires a Handler.
type Options struct {
	Directory Directory
	Notices   Notices
	Gate      *door.Gate
	Log       *slog.Logger
	Now       func() time.Time
	Registry  prometheus.Registerer
}

// Handler serves callbacks.
type Handler struct {
	Options

	received *prometheus.CounterVec
}

// New returns a Handler that counts in the registry.
func New(o Options) *Handler {
	h := &Handler{o, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "orderhub_provider_callbacks_total", Help: "Messages that providers sent, by what became of them.",
	}, []string{"provider", "result"})}
	o.Registry.MustRegister(h.received)
	return h
}

// ServeHTTP takes one message. Until it has proved to be a provider's, every
// answer is the same for any name, so that nobody learns which providers there
// are.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r, leave, err := h.Gate.Enter(w, r)
	if err != nil {
		tryLater(w)
		return
	}
	defer leave()
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "callbacks are posted", http.StatusMethodNotAllowed)
		return
	}
	if door.IsEncoded(r.Header) {
		http.Error(w, "the message is compressed; send it as it is", http.StatusUnsupportedMediaType)
		return
	}
	body, err := door.ReadBody(r)
	if _, full := errors.AsType[*order.RetryLaterError](err); full {
		tryLater(w)
		return
	}
	if err != nil {
		http.Error(w, "the message is too long or was cut off", http.StatusRequestEntityTooLarge)
		return
	}
	silence := time.NewTimer(refusalTime)
	defer silence.Stop()
	answer, err := h.answer(r, strings.TrimPrefix(r.URL.Path, Path), body)
	switch {
	case errors.Is(err, errNobodys):
		select {
		case <-silence.C:
		case <-r.Context().Done():
		}
		http.Error(w, errNobodys.Error(), http.StatusNotFound)
	case err != nil:
		tryLater(w)
	default:
		w.Header().Set("Content-Type", answer.ContentType)
		w.WriteHeader(answer.Status)
		_, _ = w.Write(answer.Body) // who has gone asks again
	}
}

// errNobodys: the message is not known to come from a provider, or there is no
// provider of its name.
var errNobodys = errors.New("no provider of this name has sent this message")

// refusalTime is longer than any check of a message, and how long a refusal
// takes, so that it does not tell what was checked.
const refusalTime = 50 * time.Millisecond

// answer takes the message and says what its provider is told. Errors:
// errNobodys; others are trouble that passes.
func (h *Handler) answer(r *http.Request, name string, body []byte) (dialect.Answer, error) {
	provider, connector, err := h.Directory.ByName(r.Context(), name)
	receiver := dialect.NewPartner(connector)
	switch {
	case errors.Is(err, fulfil.ErrProviderNotFound), err == nil && !receiver.Can().CallsBack:
		return dialect.Answer{}, errNobodys
	case errors.Is(err, errs.ErrUnavailable), err != nil && r.Context().Err() != nil:
		h.Log.Error("callback", "error", err)
		return dialect.Answer{}, err
	case err != nil:
		h.Log.Error("callback", "provider", name, "error", err)
		return dialect.Answer{}, errNobodys // to the sender: a provider that is set up wrongly is known by its name too
	}
	result, err := h.receive(r, provider, receiver, body)
	h.received.WithLabelValues(provider.Name, result).Inc()
	if errors.Is(err, dialect.ErrUnauthenticated) {
		return dialect.Answer{}, errNobodys
	}
	return receiver.Acknowledge(err), nil
}

func tryLater(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "try again later", http.StatusServiceUnavailable)
}

func (h *Handler) receive(
	r *http.Request, p *fulfil.Provider, receiver dialect.Partner, body []byte,
) (result string, err error) {
	notices, err := receiver.Receive(dialect.Message{Header: r.Header.Get, Body: body, ReceivedAt: h.Now()})
	if err != nil {
		h.Log.Warn("callback refused", "provider", p.Name, "error", err)
		return "refused", err
	}
	fresh, unknown, err := h.Notices.RecordNotices(r.Context(), p.ID, notices)
	switch {
	case err != nil:
		h.Log.Error("callback not stored", "provider", p.Name, "error", err)
		return "failed", err
	case unknown > 0:
		h.Log.Warn("callback about nothing that was bought", "provider", p.Name, "notices", unknown)
		return "unknown", nil
	case fresh == 0:
		return "repeated", nil
	default:
		return "taken", nil
	}
}
