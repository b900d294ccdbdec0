package api

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/reading"
	"orderhub/server/webhook"
)

// operatorWebhookService has the endpoints of the hub's own operators and what becomes
// of their deliveries.
type operatorWebhookService struct {
	orderhubv1.UnimplementedOperatorWebhookServiceServer
	*services
}

func (s *operatorWebhookService) CreateOperatorEndpoint(
	ctx context.Context, r *orderhubv1.CreateOperatorEndpointRequest,
) (*orderhubv1.CreateOperatorEndpointResponse, error) {
	created, secret, err := s.Webhooks.CreateForOperators(
		ctx, fromAPIOperatorEndpoint(r.GetEndpoint()), r.GetEndpoint().GetSecret(),
	)
	if err != nil {
		return nil, err
	}
	converted := toAPIOperatorEndpoint(&created)
	converted.Secret = secret // here and never again
	return &orderhubv1.CreateOperatorEndpointResponse{Endpoint: converted}, nil
}

func (s *operatorWebhookService) GetOperatorEndpoint(
	ctx context.Context, r *orderhubv1.GetOperatorEndpointRequest,
) (*orderhubv1.GetOperatorEndpointResponse, error) {
	found, err := s.Webhooks.Get(ctx, webhook.House, r.GetEndpoint(), webhook.FormatOperators)
	return &orderhubv1.GetOperatorEndpointResponse{Endpoint: toAPIOperatorEndpoint(&found)}, err
}

func (s *operatorWebhookService) ListOperatorEndpoints(
	ctx context.Context, r *orderhubv1.ListOperatorEndpointsRequest,
) (*orderhubv1.ListOperatorEndpointsResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Webhooks.List(ctx, webhook.House, webhook.FormatOperators)
	id := func(e *webhook.Endpoint) int64 { return e.ID }
	shown, next, err := pageOf(&p, skip(&p, found, id), err, id, toAPIOperatorEndpoint)
	return &orderhubv1.ListOperatorEndpointsResponse{Endpoints: shown, NextPageToken: next}, err
}

func (s *operatorWebhookService) UpdateOperatorEndpoint(
	ctx context.Context, r *orderhubv1.UpdateOperatorEndpointRequest,
) (*orderhubv1.UpdateOperatorEndpointResponse, error) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	changed, err := s.Webhooks.Update(
		ctx, webhook.House, r.GetEndpoint(), webhook.FormatOperators,
		fromAPIEndpointChange(set, asWebhookEndpoint(r.GetChanges())),
	)
	return &orderhubv1.UpdateOperatorEndpointResponse{Endpoint: toAPIOperatorEndpoint(&changed)}, err
}

func (s *operatorWebhookService) DeleteOperatorEndpoint(
	ctx context.Context, r *orderhubv1.DeleteOperatorEndpointRequest,
) (*orderhubv1.DeleteOperatorEndpointResponse, error) {
	_, err := s.Webhooks.Delete(ctx, webhook.House, r.GetEndpoint(), webhook.FormatOperators)
	return &orderhubv1.DeleteOperatorEndpointResponse{}, err
}

func (s *operatorWebhookService) SendOperatorTestEvent(
	ctx context.Context, r *orderhubv1.SendOperatorTestEventRequest,
) (*orderhubv1.SendOperatorTestEventResponse, error) {
	e, err := s.Webhooks.Get(ctx, webhook.House, r.GetEndpoint(), webhook.FormatOperators)
	if err != nil {
		return nil, err
	}
	d, err := s.Deliveries.Test(ctx, &e)
	return &orderhubv1.SendOperatorTestEventResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

func (s *operatorWebhookService) ListOperatorDeliveries(
	ctx context.Context, r *orderhubv1.ListOperatorDeliveriesRequest,
) (*orderhubv1.ListOperatorDeliveriesResponse, error) {
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	f := webhook.Filter{EndpointID: r.GetEndpoint(), BeforeID: p.key(0), Limit: p.limit()}
	for _, status := range r.GetStatus() {
		f.Statuses = append(f.Statuses, fromAPIDeliveryStatus[status])
	}
	found, err := s.Deliveries.List(reading.Only(ctx), webhook.House, f)
	shown, next, err := pageOf(&p, found, err, func(d *webhook.Delivery) int64 { return d.ID }, toAPIWebhookDelivery)
	return &orderhubv1.ListOperatorDeliveriesResponse{Deliveries: shown, NextPageToken: next}, err
}

func (s *operatorWebhookService) GetOperatorDelivery(
	ctx context.Context, r *orderhubv1.GetOperatorDeliveryRequest,
) (*orderhubv1.GetOperatorDeliveryResponse, error) {
	d, err := s.Deliveries.Get(reading.Only(ctx), webhook.House, r.GetDelivery())
	return &orderhubv1.GetOperatorDeliveryResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

func (s *operatorWebhookService) RedeliverOperatorDelivery(
	ctx context.Context, r *orderhubv1.RedeliverOperatorDeliveryRequest,
) (*orderhubv1.RedeliverOperatorDeliveryResponse, error) {
	d, err := s.Deliveries.Redeliver(ctx, webhook.House, r.GetDelivery())
	return &orderhubv1.RedeliverOperatorDeliveryResponse{Delivery: toAPIWebhookDelivery(&d)}, err
}

// asWebhookEndpoint is what a merchant's endpoint would be like.
func asWebhookEndpoint(m *orderhubv1.OperatorEndpoint) *orderhubv1.WebhookEndpoint {
	return &orderhubv1.WebhookEndpoint{
		Url: m.GetUrl(), EventTypes: m.GetEventTypes(), Secret: m.GetSecret(), Status: m.GetStatus(),
		MaxRetries: m.MaxRetries, RetryDelay: m.GetRetryDelay(), Description: m.GetDescription(),
	}
}

func fromAPIOperatorEndpoint(m *orderhubv1.OperatorEndpoint) webhook.Endpoint {
	return fromAPIEndpoint(webhook.House, asWebhookEndpoint(m))
}

// toAPIOperatorEndpoint has no secret: only the answer to its creation has.
func toAPIOperatorEndpoint(e *webhook.Endpoint) *orderhubv1.OperatorEndpoint {
	m := toAPIEndpoint(e, "")
	return &orderhubv1.OperatorEndpoint{
		Id: m.GetId(), Url: m.GetUrl(), EventTypes: m.GetEventTypes(), SecretHint: m.GetSecretHint(),
		Status: m.GetStatus(), MaxRetries: m.MaxRetries, RetryDelay: m.GetRetryDelay(), Description: m.GetDescription(),
		DisableReason: m.GetDisableReason(), CreateTime: m.GetCreateTime(), UpdateTime: m.GetUpdateTime(),
		FailingSinceTime: m.GetFailingSinceTime(), HeldUntilTime: m.GetHeldUntilTime(),
	}
}
