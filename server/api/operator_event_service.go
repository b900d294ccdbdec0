package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/operatorevent"
)

// operatorEventService has what operators should see and merchants must not.
type operatorEventService struct {
	orderhubv1.UnimplementedOperatorEventServiceServer
	*services
}

func (s *operatorEventService) ListOperatorEvents(ctx context.Context, r *orderhubv1.ListOperatorEventsRequest) (
	*orderhubv1.ListOperatorEventsResponse, error,
) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	filter, err := s.filter(ctx, r)
	if err != nil {
		return nil, err
	}
	filter.BeforeID, filter.Limit = p.key(0), p.limit()
	found, err := s.OperatorEvents.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	found, next := cut(&p, found, func(e *operatorevent.Event) int64 { return e.ID })
	resp := &orderhubv1.ListOperatorEventsResponse{NextPageToken: next}
	resp.Events, err = operatorWords{s.Providers, s.Catalog}.withNames(ctx, found)
	return resp, err
}

func (s *operatorEventService) filter(ctx context.Context, r *orderhubv1.ListOperatorEventsRequest) (
	f operatorevent.Filter, err error,
) {
	bad := &errs.InvalidError{}
	f.Kind = operatorevent.Kind(r.GetKind())
	f.From, f.To = fromAPIPeriod(bad, period{"time_from", "time_to"}, r.GetTimeFrom(), r.GetTimeTo())
	if err := bad.OrNil(); err != nil {
		return f, err
	}
	if r.GetProvider() != "" {
		provider, err := s.Providers.Find(ctx, r.GetProvider())
		if err != nil {
			return f, err
		}
		f.ProviderID = provider.ID
	}
	if r.GetProduct() != "" {
		product, err := s.product(ctx, r.GetProduct())
		if err != nil {
			return f, err
		}
		f.ProductID = product.ID
	}
	return f, nil
}
