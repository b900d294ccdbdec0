package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"orderhub/server/order"
	"orderhub/server/trail"
)

// Placements is a store that traces the batches in which orders are committed. A
// batch belongs to many callers and so to none: it is a trace of its own, linked
// with a span in the trace of each.
func (t *Tracing) Placements(store order.Store) order.Store {
	if t == nil {
		return store
	}
	return &placements{Store: store, tracing: t}
}

type placements struct {
	order.Store
	tracing *Tracing
}

func (p *placements) Place(ctx context.Context, candidates []*order.Candidate, judge order.Judging) []order.Placed {
	placed, _ := p.traced(ctx, candidates, func(ctx context.Context) ([]order.Placed, error) {
		return p.Store.Place(ctx, candidates, judge), nil
	})
	return placed
}

func (p *placements) PlaceAll(
	ctx context.Context, candidates []*order.Candidate, judge order.Judging,
) ([]order.Placed, error) {
	return p.traced(ctx, candidates, func(ctx context.Context) ([]order.Placed, error) {
		return p.Store.PlaceAll(ctx, candidates, judge)
	})
}

func (p *placements) traced(
	ctx context.Context, candidates []*order.Candidate, place func(context.Context) ([]order.Placed, error),
) ([]order.Placed, error) {
	callers := make([]trace.SpanContext, len(candidates))
	var links []trace.Link
	for i, c := range candidates {
		if callers[i] = p.tracing.follow(c.Trail); callers[i].IsSampled() {
			links = append(links, trace.Link{SpanContext: callers[i]})
		}
	}
	if len(links) == 0 {
		return place(ctx)
	}
	began := time.Now()
	ctx, span := p.tracing.tracer.Start(
		ctx, "commit batch", trace.WithNewRoot(), trace.WithLinks(links...),
		trace.WithAttributes(attribute.Int(trail.Size, len(candidates))),
	)
	placed, err := place(ctx)
	span.End()
	for i := range placed {
		if callers[i].IsSampled() {
			p.traceOrder(callers[i], trace.LinkFromContext(ctx), began, &placed[i])
		}
	}
	return placed, err
}

// traceOrder puts the batch into a caller's trace.
func (p *placements) traceOrder(caller trace.SpanContext, batch trace.Link, began time.Time, placed *order.Placed) {
	ctx := trace.ContextWithRemoteSpanContext(context.Background(), caller)
	_, span := p.tracing.tracer.Start(ctx, "commit order", trace.WithTimestamp(began), trace.WithLinks(batch))
	switch {
	case placed.Order != nil:
		end(
			span, "", trail.Attr{Name: trail.Order, Value: placed.Order.Number},
			trail.Attr{Name: trail.Status, Value: string(placed.Order.Status)},
		)
	case placed.Hold != nil:
		end(
			span, "", trail.Attr{Name: trail.Order, Value: placed.Hold.Number},
			trail.Attr{Name: trail.Status, Value: string(placed.Hold.Status)},
		)
	case placed.Replayed != nil:
		end(span, "", trail.Attr{Name: trail.Order, Value: placed.Replayed.Number})
	default:
		end(span, "REFUSED")
	}
}
