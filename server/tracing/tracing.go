// Package tracing tells where the time of calls and orders goes: traces over OTLP,
// set up by the environment variables of OpenTelemetry. Without them the [Tracing]
// is nil, and what it would wrap stays as it is.
package tracing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/exporters/stdout/stdouttrace"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// longestFlush bounds how long what was not sent yet holds the end up.
const longestFlush = 5 * time.Second

// Tracing makes spans and sends them off.
type Tracing struct {
	provider   *sdktrace.TracerProvider
	tracer     trace.Tracer
	propagator propagation.TraceContext // no baggage: callers may have put anything in it
	log        *slog.Logger
}

// FromEnvironment begins to trace if the environment says where to; nil when it
// does not, or says not to. [Tracing.Close] ends it.
func FromEnvironment(ctx context.Context, log *slog.Logger) (*Tracing, error) {
	if strings.EqualFold(os.Getenv("OTEL_SDK_DISABLED"), "true") {
		return nil, nil //nolint:nilnil // off is no error
	}
	var options []sdktrace.TracerProviderOption
	for _, name := range exporters() {
		exporter, err := newExporter(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("traces: %w", err)
		}
		options = append(options, sdktrace.WithBatcher(discreet{exporter}))
	}
	if len(options) == 0 {
		return nil, nil //nolint:nilnil // see above
	}
	described, err := resource.New(
		ctx, resource.WithAttributes(attribute.String("service.name", "orderhub")), resource.WithTelemetrySDK(),
		resource.WithFromEnv(),
	)
	if err != nil {
		return nil, fmt.Errorf("traces: OTEL_RESOURCE_ATTRIBUTES: %w", err)
	}
	sampler, err := newSampler()
	if err != nil {
		return nil, fmt.Errorf("traces: %w", err)
	}
	provider := sdktrace.NewTracerProvider(
		append(options, sdktrace.WithResource(described), sdktrace.WithSampler(sampler))...,
	)
	return &Tracing{provider: provider, tracer: provider.Tracer("orderhub"), log: log}, nil
}

// exporters are what OTEL_TRACES_EXPORTER names; without it OTLP, if it is said
// where to.
func exporters() []string {
	named := os.Getenv("OTEL_TRACES_EXPORTER")
	if named == "" && os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")+os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") != "" {
		named = "otlp"
	}
	var names []string
	for name := range strings.SplitSeq(named, ",") {
		if name = strings.TrimSpace(name); name != "" && name != "none" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func newExporter(ctx context.Context, name string) (sdktrace.SpanExporter, error) {
	switch name {
	case "otlp":
		return newOTLP(ctx)
	case "console":
		return stdouttrace.New()
	default:
		return nil, errors.New("OTEL_TRACES_EXPORTER takes otlp, console and none")
	}
}

// newOTLP reads the address, its headers and all else from the environment.
func newOTLP(ctx context.Context) (sdktrace.SpanExporter, error) {
	switch cmp.Or(os.Getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL")) {
	case "", "http/protobuf":
		return otlptracehttp.New(ctx)
	case "grpc":
		return otlptracegrpc.New(ctx)
	default:
		return nil, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL takes grpc and http/protobuf")
	}
}

// Close sends what was not sent yet, while there is time, and ends the tracing. A
// collector that does not answer is no reason to end badly.
func (t *Tracing) Close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, longestFlush)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		t.log.Warn("the last traces could not be sent", "error", err)
	}
}

// Queries traces the statements of a connection to PostgreSQL that belong to
// something traced: their text, never their arguments.
func (t *Tracing) Queries() pgx.QueryTracer {
	return otelpgx.NewTracer(
		otelpgx.WithTracerProvider(t.provider),
		otelpgx.WithDisableConnectionDetailsInAttributes(),
	)
}

// discreet sends spans without the texts of errors, which may repeat what a
// caller or a database said.
type discreet struct{ sdktrace.SpanExporter }

func (d discreet) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	quiet := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		quiet[i] = withoutTexts{span}
	}
	return d.SpanExporter.ExportSpans(ctx, quiet)
}

type withoutTexts struct{ sdktrace.ReadOnlySpan }

// Events are none: only errors would be among them.
func (withoutTexts) Events() []sdktrace.Event { return nil }

// Status says that something failed; why is a code among the attributes.
func (s withoutTexts) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
