package tracing_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"orderhub/server/tracing"
	"orderhub/server/tracing/tracingtest"
	"orderhub/server/trail"
)

var discard = slog.New(slog.DiscardHandler)

// called is the trail of a caller's span.
const called = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func open(t *testing.T) *tracing.Tracing {
	t.Helper()
	traced, err := tracing.FromEnvironment(t.Context(), discard)
	require.NoError(t, err)
	require.NotNil(t, traced)
	return traced
}

func TestOnOnlyWhenAskedFor(t *testing.T) {
	for _, tt := range []struct {
		name string
		env  map[string]string
		on   bool
	}{
		{"nothing", nil, false},
		{"an address", map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}, true},
		{"an address of traces", map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1"}, true},
		{"an exporter", map[string]string{"OTEL_TRACES_EXPORTER": "otlp"}, true},
		{"the console", map[string]string{"OTEL_TRACES_EXPORTER": "console"}, true},
		{"no exporter", map[string]string{
			"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
		}, false},
		{"disabled", map[string]string{
			"OTEL_SDK_DISABLED": "TRUE", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1",
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for name, value := range tt.env {
				t.Setenv(name, value)
			}
			traced, err := tracing.FromEnvironment(t.Context(), discard)
			require.NoError(t, err)
			require.Equal(t, tt.on, traced != nil)
			if traced != nil {
				traced.Close(t.Context())
			}
		})
	}
}

func TestUnknownSettings(t *testing.T) {
	for name, value := range map[string]string{
		"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json", "OTEL_TRACES_SAMPLER": "jaeger",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
			t.Setenv(name, value)
			_, err := tracing.FromEnvironment(t.Context(), discard)
			require.ErrorContains(t, err, name)
		})
	}
}

// What was not sent yet is sent at the end.
func TestCloseSendsTheRest(t *testing.T) {
	collector := tracingtest.Start(t)
	t.Setenv("OTEL_BSP_SCHEDULE_DELAY", "3600000")
	traced := open(t)
	_, end := traced.Begin(t.Context(), trail.Span{
		Name: "step", Trail: called, Attrs: []trail.Attr{{Name: trail.Status, Value: "good"}},
	})
	end("NO_ROOM", trail.Attr{Name: trail.Attempt, Value: int64(7)})
	require.Empty(t, collector.Spans())
	traced.Close(t.Context())
	require.Len(t, collector.Spans(), 1)
	span := collector.Spans()[0]
	require.Equal(t, "good", span.Attr(trail.Status))
	require.Equal(t, "NO_ROOM", span.Attr(trail.Reason))
	require.Contains(t, collector.Text(), `"orderhub"`, "the service's name")
}

// A collector that does not answer does not hold the end up.
func TestCloseGivesUp(t *testing.T) {
	hold := make(chan struct{})
	collector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer collector.Close()
	defer close(hold)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	traced := open(t)
	_, end := traced.Begin(t.Context(), trail.Span{Name: "step", Trail: called})
	end("")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	traced.Close(ctx)
	require.Less(t, time.Since(began), 4*time.Second)
}

// grpcCollector takes spans over OTLP/gRPC.
type grpcCollector struct {
	collectorpb.UnimplementedTraceServiceServer
	got chan *collectorpb.ExportTraceServiceRequest
}

func (c *grpcCollector) Export(
	_ context.Context, r *collectorpb.ExportTraceServiceRequest,
) (*collectorpb.ExportTraceServiceResponse, error) {
	c.got <- r
	return &collectorpb.ExportTraceServiceResponse{}, nil
}

func TestOverGRPC(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	collector := &grpcCollector{got: make(chan *collectorpb.ExportTraceServiceRequest, 1)}
	server := grpc.NewServer()
	collectorpb.RegisterTraceServiceServer(server, collector)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	t.Setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"+listener.Addr().String())
	t.Setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
	traced := open(t)
	_, end := traced.Begin(t.Context(), trail.Span{Name: "step", Trail: called})
	end("")
	traced.Close(t.Context())
	sent := <-collector.got
	require.Equal(t, "step", sent.GetResourceSpans()[0].GetScopeSpans()[0].GetSpans()[0].GetName())
}

// A step goes on what its order's trail leads to, and TrailOf leads to the step.
func TestTrails(t *testing.T) {
	collector := tracingtest.Start(t)
	traced := open(t)
	ctx, end := traced.Begin(t.Context(), trail.Span{Name: "first", Trail: called})
	left := traced.TrailOf(ctx)
	end("")
	_, end = traced.Begin(t.Context(), trail.Span{Name: "second", Trail: left})
	end("")
	traced.Close(t.Context())
	spans := collector.Spans()
	require.Len(t, spans, 2)
	require.Equal(t, spans[0].ID(), spans[1].Parent())
	require.Equal(t, spans[0].TraceID(), spans[1].TraceID())
	require.Empty(t, traced.TrailOf(t.Context()))
}

// What belongs to nothing that is recorded is no span, and neither is a batch of such.
func TestLeftAlone(t *testing.T) {
	collector := tracingtest.Start(t)
	traced := open(t)
	unsampled := called[:len(called)-2] + "00"
	for _, s := range []trail.Span{
		{Name: "nobody's"}, {Name: "unsampled", Trail: unsampled}, {Name: "broken", Trail: "x"},
	} {
		_, end := traced.Begin(t.Context(), s)
		end("")
	}
	for _, orders := range []trail.Orders{nil, {1: unsampled}, {1: "x"}} {
		ctx, end := traced.Batch(t.Context(), "batch", orders)
		end("")
		require.Equal(t, t.Context(), ctx)
	}
	traced.Close(t.Context())
	require.Empty(t, collector.Spans())
}

// What the environment says of sampling holds for steps; a batch is recorded if any of its orders is.
func TestSampling(t *testing.T) {
	for _, tt := range []struct {
		sampler, arg string
		root, step   bool
	}{
		{"", "", true, true},
		{"always_on", "", true, true},
		{"always_off", "", false, false},
		{"traceidratio", "0", false, false},
		{"parentbased_always_on", "", true, true},
		{"parentbased_always_off", "", false, true},
		{"parentbased_traceidratio", "0", false, true},
		{"parentbased_traceidratio", "1", true, true},
	} {
		t.Run(tt.sampler+tt.arg, func(t *testing.T) {
			collector := tracingtest.Start(t)
			t.Setenv("OTEL_TRACES_SAMPLER", tt.sampler)
			t.Setenv("OTEL_TRACES_SAMPLER_ARG", tt.arg)
			traced := open(t)
			_, end := traced.Call(t.Context(), "/root", nil)
			end("", "OK", "")
			_, endStep := traced.Begin(t.Context(), trail.Span{Name: "step", Trail: called})
			endStep("")
			_, endStep = traced.Batch(t.Context(), "batch", trail.Orders{7: called})
			endStep("")
			traced.Close(t.Context())
			names := make(map[string]bool)
			for _, span := range collector.Spans() {
				names[span.GetName()] = true
			}
			require.Equal(t, tt.root, names["root/"])
			require.Equal(t, tt.step, names["step"])
			require.Equal(t, tt.sampler != "always_off", names["batch"])
		})
	}
	collector := tracingtest.Listen(t)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	t.Setenv("OTEL_TRACES_SAMPLER", "traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "2")
	_, err := tracing.FromEnvironment(t.Context(), discard)
	require.ErrorContains(t, err, "OTEL_TRACES_SAMPLER_ARG")
}

// A step of an order that is done in another trace is linked with that, and that with it.
func TestLinks(t *testing.T) {
	collector := tracingtest.Start(t)
	traced := open(t)
	ctx, endBatch := traced.Batch(t.Context(), "batch", trail.Orders{7: called, 8: called})
	_, endStep := traced.Begin(ctx, trail.Span{Name: "step", Trail: called})
	endStep("")
	endBatch("")
	traced.Close(t.Context())
	step := collector.Await(called[3:35], "step")
	require.Equal(t, called[36:52], step.Parent())
	for _, span := range collector.Spans() {
		if span.GetName() == "batch" {
			require.Empty(t, span.Parent())
			require.True(t, span.LinksTo(called[3:35], called[36:52]))
			require.True(t, span.LinksTo(called[3:35], step.ID()))
			require.True(t, step.LinksTo(span.TraceID(), span.ID()))
			return
		}
	}
	t.Fatal("there is no batch")
}

// Receivers are told of the trace; of their address only the host is kept, and of
// an error nothing but that there was one.
func TestTransport(t *testing.T) {
	collector := tracingtest.Start(t)
	traced := open(t)
	headers := make(chan string, 2)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		headers <- r.Header.Get("traceparent")
	}))
	defer receiver.Close()
	client := &http.Client{Transport: traced.Transport(http.DefaultTransport)}
	get := func(ctx context.Context, url string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
		require.NoError(t, err)
		response, err := client.Do(request)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			require.NoError(t, response.Body.Close())
		}
	}
	get(t.Context(), receiver.URL+"/untraced")
	require.Empty(t, <-headers)
	ctx, end := traced.Begin(t.Context(), trail.Span{Name: "step", Trail: called})
	get(ctx, receiver.URL+"/hidden?token=hidden")
	end("")
	told := <-headers
	client.Transport = traced.Transport(broken{})
	get(ctx, receiver.URL+"/hidden")
	traced.Close(t.Context())

	step := collector.Await(told[3:35], "step")
	var calls []tracingtest.Span
	for _, span := range collector.Spans() {
		if span.GetName() == http.MethodGet {
			calls = append(calls, span)
		}
	}
	require.Len(t, calls, 2)
	require.Equal(t, told[36:52], calls[0].ID())
	require.Equal(t, step.ID(), calls[0].Parent())
	require.Equal(t, receiver.Listener.Addr().String(), calls[0].Attr("server.address"))
	require.NotContains(t, collector.Text(), "hidden")
	require.NotZero(t, calls[1].GetStatus().GetCode())
}

// broken fails with words that are nobody's business.
type broken struct{}

func (broken) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("hidden") }
