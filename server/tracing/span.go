package tracing

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"orderhub/server/trail"
)

var _ trail.Tracer = (*Tracing)(nil)

const traceparent = "traceparent"

// Begin implements trail.Tracer.
func (t *Tracing) Begin(ctx context.Context, s trail.Span) (context.Context, trail.End) {
	if s.Trail != "" {
		ctx = trace.ContextWithRemoteSpanContext(ctx, t.follow(s.Trail))
	}
	ctx, span := t.tracer.Start(ctx, s.Name, trace.WithAttributes(attributes(s.Attrs)...))
	return ctx, func(failure string, more ...trail.Attr) { end(span, failure, more...) }
}

func end(span trace.Span, failure string, more ...trail.Attr) {
	span.SetAttributes(attributes(more)...)
	if failure != "" {
		span.SetAttributes(attribute.String(trail.Reason, failure))
		span.SetStatus(codes.Error, "")
	}
	span.End()
}

func attributes(attrs []trail.Attr) []attribute.KeyValue {
	found := make([]attribute.KeyValue, 0, len(attrs))
	for _, a := range attrs {
		switch value := a.Value.(type) {
		case string:
			found = append(found, attribute.String(a.Name, value))
		case int64:
			found = append(found, attribute.Int64(a.Name, value))
		}
	}
	return found
}

// TrailOf is the trail of the span in the context, "" without one.
func (t *Tracing) TrailOf(ctx context.Context) string {
	sent := propagation.MapCarrier{}
	t.propagator.Inject(ctx, sent)
	return sent[traceparent]
}

// follow is the span that a trail leads to; an invalid one when there is none.
func (t *Tracing) follow(text string) trace.SpanContext {
	ctx := t.propagator.Extract(context.Background(), propagation.MapCarrier{traceparent: text})
	return trace.SpanContextFromContext(ctx)
}
