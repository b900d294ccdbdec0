package tracing

import (
	"context"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"orderhub/server/trail"
)

var _ trail.Tracer = (*Tracing)(nil)

const traceparent = "traceparent"

func (t *Tracing) Begin(ctx context.Context, s trail.Span) (context.Context, trail.End) {
	within := trace.SpanFromContext(ctx)
	options := []trace.SpanStartOption{trace.WithAttributes(attributes(s.Attrs)...)}
	order := trace.SpanContext{}
	if s.Trail != "" {
		order = t.follow(s.Trail)
	}
	if order.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, order)
	}
	if !trace.SpanContextFromContext(ctx).IsValid() {
		return ctx, nothing
	}
	elsewhere := order.IsValid() && within.SpanContext().IsSampled() &&
		within.SpanContext().TraceID() != order.TraceID()
	if elsewhere {
		options = append(options, trace.WithLinks(trace.Link{SpanContext: within.SpanContext()}))
	}
	ctx, span := t.tracer.Start(ctx, s.Name, options...)
	if elsewhere && span.IsRecording() {
		within.AddLink(trace.LinkFromContext(ctx))
	}
	return ctx, func(failure string, more ...trail.Attr) { end(span, failure, more...) }
}

// nothing ends what is not followed.
func nothing(string, ...trail.Attr) {}

func (t *Tracing) Batch(ctx context.Context, name string, orders trail.Orders, attrs ...trail.Attr) (
	context.Context, trail.End,
) {
	var links []trace.Link
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		if of := t.follow(orders[id]); of.IsSampled() {
			links = append(links, trace.Link{SpanContext: of})
		}
	}
	if len(links) == 0 {
		return ctx, nothing
	}
	ctx, span := t.tracer.Start(
		ctx, name, trace.WithNewRoot(), trace.WithLinks(links...), trace.WithAttributes(attributes(attrs)...),
		trace.WithAttributes(attribute.Int(trail.Size, len(orders))),
	)
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
