package api

import (
	"context"

	"google.golang.org/protobuf/proto"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/reading"
)

type orderService struct {
	orderhubv1.UnimplementedOrderServiceServer // WatchOrders
	*services
}

func (s *orderService) CreateOrder(ctx context.Context, r *orderhubv1.CreateOrderRequest) (
	*orderhubv1.CreateOrderResponse, error,
) {
	p := &callOf(ctx).principal
	draft, err := fromAPIOrder(p, r.GetOrder())
	if err != nil {
		return nil, err
	}
	if err := s.Webhooks.CheckAddress("notify_url", draft.NotifyURL); err != nil {
		return nil, err
	}
	placed, err := s.Orders.Create(ctx, draft)
	if err != nil {
		return nil, err
	}
	return &orderhubv1.CreateOrderResponse{Order: toAPIOrder(placed.Order, p.MerchantName)}, nil
}

func (s *orderService) GetOrder(ctx context.Context, r *orderhubv1.GetOrderRequest) (
	*orderhubv1.GetOrderResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	found, err := s.Orders.Get(reading.Only(ctx), viewer, r.GetOrderNumber())
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIOrderShown(ctx, found, r.GetShowGoods())
	return &orderhubv1.GetOrderResponse{Order: converted}, err
}

func (s *orderService) GetOrderByReference(ctx context.Context, r *orderhubv1.GetOrderByReferenceRequest) (
	*orderhubv1.GetOrderByReferenceResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	found, err := s.Orders.GetByReference(reading.Only(ctx), merchantID, r.GetReferenceId())
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIOrderShown(ctx, found, r.GetShowGoods())
	return &orderhubv1.GetOrderByReferenceResponse{Order: converted}, err
}

func (s *orderService) ListOrders(ctx context.Context, r *orderhubv1.ListOrdersRequest) (
	*orderhubv1.ListOrdersResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 2)
	if err != nil {
		return nil, err
	}
	filter, err := fromAPIOrderFilter(r, &p)
	if err != nil {
		return nil, err
	}
	ctx = reading.Only(ctx)
	filter, last, err := s.Finder.Narrow(ctx, viewer, filter)
	if err != nil {
		return nil, err
	}
	return s.listOrders(ctx, viewer, filter, last, &p)
}

// maxPageBytes is how large a page of orders may grow before it ends early: most
// have a few hundred bytes, but up to a megabyte of what their merchant keeps
// with them.
const maxPageBytes = 2 << 20

// listOrders reads a page down to an order, nil for the list's end, at which the next
// page goes on.
func (s *orderService) listOrders(
	ctx context.Context, viewer order.Viewer, filter order.Filter, lookedTo *order.Key, p *page,
) (*orderhubv1.ListOrdersResponse, error) {
	resp, size := &orderhubv1.ListOrdersResponse{}, 0
	var last *order.Order
	filter.Limit = p.limit()
	for o, err := range s.Orders.Each(ctx, viewer, filter) {
		if err != nil {
			return nil, err
		}
		if len(resp.Orders) == p.size || size > maxPageBytes {
			resp.NextPageToken = p.token(last.CreatedAt.UnixMicro(), last.ID)
			return resp, nil
		}
		converted, err := s.toAPIOrderWithout(ctx, o)
		if err != nil {
			return nil, err
		}
		resp.Orders, size, last = append(resp.Orders, converted), size+proto.Size(converted), o
	}
	if lookedTo != nil {
		resp.NextPageToken = p.token(lookedTo.CreatedAt.UnixMicro(), lookedTo.ID)
		resp.LookedBackToTime = toAPITime(lookedTo.CreatedAt)
	}
	return resp, nil
}

func (s *orderService) CancelOrder(ctx context.Context, r *orderhubv1.CancelOrderRequest) (
	*orderhubv1.CancelOrderResponse, error,
) {
	cancelled, err := s.Orders.Cancel(ctx, ownViewer(ctx), r.GetOrderNumber(), fromAPICancellation(r))
	shown, err := converted(ctx, cancelled, err, s.toAPIOrderWithout)
	return &orderhubv1.CancelOrderResponse{Order: shown}, err
}

func (s *orderService) ListOrderEvents(ctx context.Context, r *orderhubv1.ListOrderEventsRequest) (
	*orderhubv1.ListOrderEventsResponse, error,
) {
	viewer, err := s.viewer(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	only := reading.Only(ctx)
	found, err := s.Orders.Get(only, viewer, r.GetOrderNumber())
	if err != nil {
		return nil, err
	}
	events, err := s.Orders.Events(only, viewer, r.GetOrderNumber(), p.key(0), p.limit())
	if err != nil {
		return nil, err
	}
	merchant, err := s.merchantName(ctx, found.MerchantID)
	convert := func(e *event.Event) *orderhubv1.OrderEvent { return toAPIEvent(e, found, merchant) }
	shown, next, err := pageOf(&p, events, err, func(e *event.Event) int64 { return e.Sequence }, convert)
	return &orderhubv1.ListOrderEventsResponse{Events: shown, NextPageToken: next}, err
}

// toAPIOrder finds the merchant's name first.
func (s *orderService) toAPIOrder(ctx context.Context, o *order.Order) (*orderhubv1.Order, error) {
	merchant, err := s.merchantName(ctx, o.MerchantID)
	if err != nil {
		return nil, err
	}
	converted := toAPIOrder(o, merchant)
	if callOf(ctx).principal.Admin() {
		for i := range o.Lines {
			converted.Lines[i].PriceRule = o.Lines[i].PriceRule
		}
	}
	return converted, nil
}
