package api

import (
	"context"

	"google.golang.org/protobuf/types/known/durationpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/reading"
	"orderhub/server/webhook"
)

func (s *webhookService) SendTestEvent(ctx context.Context, r *orderhubv1.SendTestEventRequest) (
	*orderhubv1.SendTestEventResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	e, err := s.Webhooks.Get(ctx, merchantID, r.GetEndpoint(), anyFormat)
	if err != nil {
		return nil, err
	}
	d, err := s.Deliveries.Test(ctx, &e)
	return &orderhubv1.SendTestEventResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

func (s *webhookService) ListDeliveries(ctx context.Context, r *orderhubv1.ListDeliveriesRequest) (
	*orderhubv1.ListDeliveriesResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	f := webhook.Filter{
		EndpointID: r.GetEndpoint(), OrderNumber: r.GetOrderNumber(), BeforeID: p.key(0), Limit: p.limit(),
	}
	for _, status := range r.GetStatus() {
		f.Statuses = append(f.Statuses, fromAPIDeliveryStatus[status])
	}
	found, err := s.Deliveries.List(reading.Only(ctx), merchantID, f)
	shown, next, err := pageOf(&p, found, err, func(d *webhook.Delivery) int64 { return d.ID }, toAPIWebhookDelivery)
	return &orderhubv1.ListDeliveriesResponse{Deliveries: shown, NextPageToken: next}, err
}

func (s *webhookService) GetDelivery(ctx context.Context, r *orderhubv1.GetDeliveryRequest) (
	*orderhubv1.GetDeliveryResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	d, err := s.Deliveries.Get(reading.Only(ctx), merchantID, r.GetDelivery())
	return &orderhubv1.GetDeliveryResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

func (s *webhookService) RedeliverDelivery(ctx context.Context, r *orderhubv1.RedeliverDeliveryRequest) (
	*orderhubv1.RedeliverDeliveryResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	d, err := s.Deliveries.Redeliver(ctx, merchantID, r.GetDelivery())
	return &orderhubv1.RedeliverDeliveryResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

func (s *webhookService) ReplayEvents(ctx context.Context, r *orderhubv1.ReplayEventsRequest) (
	*orderhubv1.ReplayEventsResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	from, to := fromAPIPeriod(bad, period{"start_time", "end_time"}, r.GetStartTime(), r.GetEndTime())
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	q := webhook.Query{MerchantID: merchantID, EndpointID: r.GetEndpoint(), From: from, To: to}
	for _, t := range r.GetEventTypes() {
		q.Types = append(q.Types, event.Type(t))
	}
	events, err := s.Replays.Start(ctx, q, int(r.GetEventsPerSecond()), r.GetDryRun())
	return &orderhubv1.ReplayEventsResponse{EventCount: events}, err
}

var (
	toAPIDeliveryStatus   = byWord[webhook.DeliveryStatus, orderhubv1.WebhookDeliveryStatus]()
	fromAPIDeliveryStatus = inverse(toAPIDeliveryStatus)
)

func toAPIWebhookDelivery(d *webhook.Delivery) *orderhubv1.WebhookDelivery {
	converted := &orderhubv1.WebhookDelivery{
		Id: d.ID, EndpointId: d.EndpointID, Url: d.URL, EventSequence: d.Sequence, EventType: d.Type,
		OrderNumber: d.OrderNumber, Status: toAPIDeliveryStatus[d.Status], AttemptCount: toAPICount(int64(d.Attempts)),
		ResponseStatus: toAPICount(int64(d.Last.Status)), ResponseExcerpt: d.Last.Excerpt,
		NextAttemptTime: toAPIOptionalTime(d.NextAt), CreateTime: toAPITime(d.CreatedAt),
		UpdateTime: toAPITime(d.UpdatedAt), Format: toAPIFormat[d.Format], MessageId: d.MessageID, RequestBody: d.Body,
	}
	if d.Attempts > 0 {
		converted.ResponseDuration = durationpb.New(d.Last.Took)
	}
	for i := range d.Log {
		a := &d.Log[i]
		converted.Attempts = append(converted.Attempts, &orderhubv1.WebhookAttempt{
			Number: toAPICount(int64(a.Number)), RequestId: a.RequestID, ResponseStatus: toAPICount(int64(a.Status)),
			ResponseExcerpt: a.Excerpt, ResponseDuration: durationpb.New(a.Took), CreateTime: toAPITime(a.At),
		})
	}
	return converted
}
