// Package tracingtest is a collector of traces for tests.
package tracingtest

import (
	"bytes"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// Collector takes spans over OTLP/HTTP.
type Collector struct {
	URL string

	tb    testing.TB
	mu    sync.Mutex
	spans []*tracepb.Span
	text  bytes.Buffer // all that was sent, as JSON
}

// Start runs a collector until the test ends, and has hubs that are started from
// then on send to it.
func Start(t *testing.T) *Collector {
	t.Helper()
	c := Listen(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", c.URL)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
	return c
}

// Listen runs a collector that nobody is told of.
func Listen(tb testing.TB) *Collector {
	tb.Helper()
	c := &Collector{tb: tb}
	server := httptest.NewServer(c)
	tb.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *Collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	sent := &collectorpb.ExportTraceServiceRequest{}
	if err == nil {
		err = proto.Unmarshal(body, sent)
	}
	if err != nil || r.URL.Path != "/v1/traces" {
		c.tb.Errorf("no export of traces: %s: %v", r.URL.Path, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.WriteString(protojson.Format(sent))
	for _, resource := range sent.GetResourceSpans() {
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

// Spans are those that came so far.
func (c *Collector) Spans() []Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	spans := make([]Span, len(c.spans))
	for i, span := range c.spans {
		spans[i] = Span{span}
	}
	return spans
}

// Text is all that came so far, for people and for what must not be in it.
func (c *Collector) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// Await waits for a span of the trace with the name.
func (c *Collector) Await(traceID, name string) Span {
	c.tb.Helper()
	var found Span
	require.Eventually(c.tb, func() bool {
		for _, span := range c.Spans() {
			if span.TraceID() == traceID && span.GetName() == name {
				found = span
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond, "no span %q in trace %s", name, traceID)
	return found
}

// Span is one span.
type Span struct{ *tracepb.Span }

func (s Span) TraceID() string { return hex.EncodeToString(s.GetTraceId()) }

func (s Span) ID() string { return hex.EncodeToString(s.GetSpanId()) }

// Parent is the id of the span above, "" for none.
func (s Span) Parent() string { return hex.EncodeToString(s.GetParentSpanId()) }

// Attr is an attribute's value as text, "" without it.
func (s Span) Attr(name string) string {
	for _, a := range s.GetAttributes() {
		if a.GetKey() == name {
			return a.GetValue().GetStringValue()
		}
	}
	return ""
}

func (s Span) LinksTo(traceID, id string) bool {
	return slices.ContainsFunc(s.GetLinks(), func(link *tracepb.Span_Link) bool {
		return hex.EncodeToString(link.GetTraceId()) == traceID &&
			(id == "" || hex.EncodeToString(link.GetSpanId()) == id)
	})
}
