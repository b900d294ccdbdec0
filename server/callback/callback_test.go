package callback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"orderhub/server/admission"
	"orderhub/server/callback"
	"orderhub/server/dialect"
	"orderhub/server/door"
	"orderhub/server/errs"
	"orderhub/server/fulfil"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// talker is a connector whose provider signs with "right" in a header of its own.
type talker struct {
	dialect.Connector

	heard dialect.Message
	err   error // of a message that is the provider's
}

func (*talker) Idempotent() bool { return true }

func (c *talker) Receive(m dialect.Message) ([]dialect.Notice, error) {
	if m.Header("X-Signature") != "right" {
		return nil, dialect.ErrUnauthenticated
	}
	c.heard = m
	return []dialect.Notice{{ID: "n-1", Reference: "r-1"}}, c.err
}

func (*talker) Acknowledge(err error) dialect.Answer {
	if err != nil {
		return dialect.Answer{Status: http.StatusUnprocessableEntity, ContentType: "text/x-no", Body: []byte("no")}
	}
	return dialect.Answer{Status: http.StatusAccepted, ContentType: "text/x-yes", Body: []byte("yes")}
}

// mute is a connector whose provider does not call.
type mute struct{ dialect.Connector }

func (mute) Idempotent() bool { return true }

// hub is what a handler stands in front of.
type hub struct {
	connectors     map[string]dialect.Connector
	trouble        error // in finding any provider
	fresh, unknown int
	failed         error // in storing
	stored         []dialect.Notice
	control        *admission.Control
	registry       *prometheus.Registry
	log            bytes.Buffer
	found          func() // called when a provider was found
}

func (h *hub) ByName(_ context.Context, name string) (*fulfil.Provider, dialect.Connector, error) {
	connector, known := h.connectors[name]
	switch {
	case h.trouble != nil:
		return nil, nil, h.trouble
	case !known:
		return nil, nil, fulfil.ErrProviderNotFound
	case connector == nil:
		return nil, nil, errors.New("its settings are wrong")
	}
	if h.found != nil {
		h.found()
	}
	return &fulfil.Provider{ID: 7, Name: name}, connector, nil
}

func (h *hub) RecordNotices(_ context.Context, providerID int64, notices []dialect.Notice) (int, int, error) {
	if providerID != 7 {
		return 0, 0, errors.New("another provider's")
	}
	if h.failed == nil {
		h.stored = append(h.stored, notices...)
	}
	return h.fresh, h.unknown, h.failed
}

func (*hub) Address(string, []string) netip.Addr { return netip.MustParseAddr("192.0.2.1") }

func (h *hub) Admission() *admission.Control { return h.control }

func newHub(t *testing.T) (*hub, *callback.Handler) {
	t.Helper()
	control, err := admission.New(admission.Options{Calls: 4})
	require.NoError(t, err)
	h := &hub{
		connectors: map[string]dialect.Connector{"talker": &talker{}, "mute": mute{}, "broken": nil},
		fresh:      1, control: control, registry: prometheus.NewRegistry(),
	}
	return h, callback.New(callback.Options{
		Directory: h, Notices: h, Gate: door.NewGate(nil, h), Log: slog.New(slog.NewTextHandler(&h.log, nil)),
		Now: func() time.Time { return noon }, Registry: h.registry,
	})
}

// post sends a message to the provider of the name, over the network.
func post(t *testing.T, handler http.Handler, name, body string, header http.Header) answer {
	t.Helper()
	return send(t, handler, http.MethodPost, name, body, header)
}

// answer is what a provider is told.
type answer struct {
	status int
	header http.Header
	text   string
}

func send(t *testing.T, handler http.Handler, method, name, body string, header http.Header) answer {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), method, server.URL+callback.Path+name, strings.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	response, err := server.Client().Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return answer{response.StatusCode, response.Header, string(text)}
}

func signed() http.Header { return http.Header{"X-Signature": {"right"}} }

// counted is what was counted, as "provider result" by how often.
func (h *hub) counted(t *testing.T) map[string]float64 {
	t.Helper()
	families, err := h.registry.Gather()
	require.NoError(t, err)
	counts := map[string]float64{}
	for _, family := range families {
		require.Equal(t, "orderhub_provider_callbacks_total", family.GetName())
		for _, metric := range family.GetMetric() {
			labels := metric.GetLabel()
			counts[labels[0].GetValue()+" "+labels[1].GetValue()] = metric.GetCounter().GetValue()
		}
	}
	return counts
}

// A provider is answered in its own words, by what became of its message.
func TestMessageOfAProvider(t *testing.T) {
	for _, test := range []struct {
		result string
		edit   func(h *hub, c *talker)
		status int
		body   string
		stored int
	}{
		{"taken", func(*hub, *talker) {}, http.StatusAccepted, "yes", 1},
		{"repeated", func(h *hub, _ *talker) { h.fresh = 0 }, http.StatusAccepted, "yes", 1},
		{"unknown", func(h *hub, _ *talker) { h.fresh, h.unknown = 1, 1 }, http.StatusAccepted, "yes", 1},
		{
			"refused", func(_ *hub, c *talker) { c.err = dialect.ErrMalformed },
			http.StatusUnprocessableEntity, "no", 0,
		},
		{"failed", func(h *hub, _ *talker) { h.failed = errs.ErrUnavailable }, http.StatusUnprocessableEntity, "no", 0},
	} {
		t.Run(test.result, func(t *testing.T) {
			h, handler := newHub(t)
			c := &talker{}
			h.connectors["talker"] = c
			test.edit(h, c)
			got := post(t, handler, "talker", "secret content", signed())
			require.Equal(t, test.status, got.status)
			require.Equal(t, "text/x-"+test.body, got.header.Get("Content-Type"))
			require.Equal(t, test.body, got.text)
			require.Len(t, h.stored, test.stored)
			require.Equal(t, map[string]float64{"talker " + test.result: 1}, h.counted(t))
			require.Equal(t, "secret content", string(c.heard.Body))
			require.Equal(t, noon, c.heard.ReceivedAt)
			require.NotContains(t, h.log.String(), "secret content")
			require.NotContains(t, h.log.String(), "right", "what it is signed with")
		})
	}
}

// Whoever is no provider learns nothing from an answer, nor from how long it takes.
func TestStrangersLearnNothing(t *testing.T) {
	var answers []string
	for _, name := range []string{"talker", "mute", "broken", "nobody", "", "talker/more", "%0a"} {
		h, handler := newHub(t)
		start := time.Now()
		got := post(t, handler, name, "{}", nil)
		require.GreaterOrEqual(t, time.Since(start), 50*time.Millisecond, name)
		got.header.Del("Date")
		var text bytes.Buffer
		require.NoError(t, got.header.Write(&text))
		answers = append(answers, fmt.Sprint(got.status, text.String(), got.text))
		require.Empty(t, h.stored, name)
	}
	require.Contains(t, answers[0], "404")
	for _, answer := range answers {
		require.Equal(t, answers[0], answer)
	}
}

func TestStrangersMakeNoMetrics(t *testing.T) {
	h, handler := newHub(t)
	for _, name := range []string{"talker", "talker", "nobody", "", "ghost", "mute", "broken"} {
		post(t, handler, name, "{}", nil)
	}
	require.Equal(t, map[string]float64{"talker refused": 2}, h.counted(t))
	problems, err := testutil.GatherAndLint(h.registry)
	require.NoError(t, err)
	require.Empty(t, problems)
}

// What is trouble of the hub is no refusal: the provider sends it again.
func TestTroubleThatPasses(t *testing.T) {
	h, handler := newHub(t)
	h.trouble = errs.ErrUnavailable
	got := post(t, handler, "talker", "{}", signed())
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Equal(t, "5", got.header.Get("Retry-After"))
	require.Empty(t, h.counted(t))

	h, handler = newHub(t)
	for range 3 { // of four places one network gets three
		taken, err := h.control.Enter(t.Context(), h.Address("", nil))
		require.NoError(t, err)
		defer taken.Leave()
	}
	got = post(t, handler, "talker", "{}", signed())
	require.Equal(t, http.StatusServiceUnavailable, got.status)
	require.Equal(t, "5", got.header.Get("Retry-After"))
	require.Empty(t, h.stored)
}

func TestPlaceIsGivenBack(t *testing.T) {
	h, handler := newHub(t)
	for range 5 { // more than there are places
		got := post(t, handler, "talker", "{}", signed())
		require.Equal(t, http.StatusAccepted, got.status)
	}
	require.Nil(t, h.control.Full(t.Context()))
}

func TestFormOfMessages(t *testing.T) {
	const most = door.MaxBodyBytes
	compressed := signed()
	compressed.Set("Content-Encoding", "gzip")
	for _, test := range []struct {
		name, method string
		size         int
		header       http.Header
		status       int
	}{
		{"as long as may be", http.MethodPost, most, signed(), http.StatusAccepted},
		{"longer", http.MethodPost, most + 1, signed(), http.StatusRequestEntityTooLarge},
		{"compressed", http.MethodPost, 1, compressed, http.StatusUnsupportedMediaType},
		{"not posted", http.MethodGet, 0, signed(), http.StatusMethodNotAllowed},
		{"put", http.MethodPut, 1, signed(), http.StatusMethodNotAllowed},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, handler := newHub(t)
			got := send(t, handler, test.method, "talker", strings.Repeat("x", test.size), test.header)
			require.Equal(t, test.status, got.status)
			require.Equal(t, test.status == http.StatusAccepted, len(h.stored) == 1)
			require.Equal(t, test.status == http.StatusMethodNotAllowed, got.header.Get("Allow") == http.MethodPost)
		})
	}
}

// A provider that goes while it is looked up is heard all the same: what it said
// is stored, and nothing is answered out of thin air.
func TestProviderThatWentMeanwhile(t *testing.T) {
	h, handler := newHub(t)
	ctx, leave := context.WithCancel(t.Context())
	h.found = leave
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, callback.Path+"talker", strings.NewReader("{}"))
	r.Header = signed()
	answer := httptest.NewRecorder()
	require.NotPanics(t, func() { handler.ServeHTTP(answer, r) })
	require.Equal(t, http.StatusAccepted, answer.Code)
	require.Len(t, h.stored, 1)
}

func TestMatches(t *testing.T) {
	for path, want := range map[string]bool{
		"/callbacks/a": true, "/callbacks/": true, "/callbacks": false, "/Callbacks/a": false, "/x/callbacks/a": false,
	} {
		require.Equal(t, want, callback.Matches(path), path)
	}
}
