package tracing

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"orderhub/server/httpstatus"
	"orderhub/server/trail"
)

func (t *Tracing) Call(ctx context.Context, method string, sent metadata.MD) (
	context.Context, func(merchant, code, reason string),
) {
	ctx = t.propagator.Extract(ctx, metadataCarrier(sent))
	ctx, span := t.startCall(ctx, method, trace.SpanKindServer)
	return ctx, func(merchant, code, reason string) {
		span.SetAttributes(attribute.String("rpc.response.status_code", code))
		if merchant != "" {
			span.SetAttributes(attribute.String(trail.Merchant, merchant))
		}
		if code != "OK" && reason == "" {
			reason = code
		}
		end(span, reason)
	}
}

func (t *Tracing) startCall(ctx context.Context, method string, kind trace.SpanKind, more ...attribute.KeyValue) (
	context.Context, trace.Span,
) {
	service, name, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return t.tracer.Start(ctx, service+"/"+name, trace.WithSpanKind(kind), trace.WithAttributes(append(
		more, attribute.String("rpc.system", "grpc"), attribute.String("rpc.service", service),
		attribute.String("rpc.method", name),
	)...))
}

// Calls traces calls over gRPC to others, and tells them by their traceparent metadata.
// What belongs to nothing traced is left alone.
func (t *Tracing) Calls(
	ctx context.Context, method string, request, answer any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	options ...grpc.CallOption,
) error {
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return invoke(ctx, method, request, answer, conn, options...)
	}
	ctx, span := t.startCall(ctx, method, trace.SpanKindClient, attribute.String("server.address", conn.Target()))
	sent, _ := metadata.FromOutgoingContext(ctx)
	sent = sent.Copy()
	t.propagator.Inject(ctx, metadataCarrier(sent))
	err := invoke(metadata.NewOutgoingContext(ctx, sent), method, request, answer, conn, options...)
	code := status.Code(err)
	span.SetAttributes(attribute.String("rpc.response.status_code", code.String()))
	failure := ""
	if err != nil {
		failure = code.String()
	}
	end(span, failure)
	return err
}

// metadataCarrier reads and writes what comes with a call.
type metadataCarrier metadata.MD

var _ propagation.TextMapCarrier = metadataCarrier(nil)

func (c metadataCarrier) Get(name string) string {
	if values := metadata.MD(c).Get(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

func (c metadataCarrier) Set(name, value string) { metadata.MD(c).Set(name, value) }

func (c metadataCarrier) Keys() []string { return slices.Collect(maps.Keys(c)) }

// Handler traces requests over HTTP. The door that a path belongs to names the
// span, "" leaves the request alone. What is called in turn is told of this span
// by the request's own header.
func (t *Tracing) Handler(next http.Handler, doorOf func(path string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		door := doorOf(r.URL.Path)
		if door == "" {
			next.ServeHTTP(w, r)
			return
		}
		method := methodName(r.Method)
		ctx := t.propagator.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
		ctx, span := t.tracer.Start(
			ctx, method+" "+door, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
				attribute.String("http.request.method", method), attribute.String(trail.Door, door),
			),
		)
		defer span.End()
		t.propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
		answer := &httpstatus.Recorder{ResponseWriter: w}
		next.ServeHTTP(answer, r.WithContext(ctx))
		span.SetAttributes(attribute.Int("http.response.status_code", answer.Status))
		if answer.Status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	})
}

// methodName is the verb, if it is one: whatever a stranger makes up is no name.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	default:
		return "HTTP"
	}
}

// Transport traces requests to others, and tells them by their traceparent header.
// Of the address only the host is kept: paths and queries may hold keys.
func (t *Tracing) Transport(next http.RoundTripper) http.RoundTripper {
	return transport{t, next}
}

type transport struct {
	tracing *Tracing
	next    http.RoundTripper
}

// RoundTrip implements http.RoundTripper. What belongs to nothing traced is left alone.
func (o transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(r.Context()).IsValid() {
		return o.next.RoundTrip(r)
	}
	ctx, span := o.tracing.tracer.Start(
		r.Context(), r.Method, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
			attribute.String("http.request.method", r.Method), attribute.String("server.address", r.URL.Host),
		),
	)
	defer span.End()
	r = r.Clone(ctx) // a transport must not change the request
	o.tracing.propagator.Inject(ctx, propagation.HeaderCarrier(r.Header))
	response, err := o.next.RoundTrip(r)
	if err != nil {
		span.SetStatus(codes.Error, "")
		return response, err
	}
	span.SetAttributes(attribute.Int("http.response.status_code", response.StatusCode))
	if response.StatusCode >= http.StatusBadRequest {
		span.SetStatus(codes.Error, "")
	}
	return response, nil
}

// CloseIdleConnections lets an http.Client close those of the transport within.
func (o transport) CloseIdleConnections() {
	if idle, ok := o.next.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}
