package api

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/errs"
	"orderhub/server/webhook"
)

// webhookService has the endpoints and what becomes of their deliveries.
type webhookService struct {
	orderhubv1.UnimplementedWebhookServiceServer
	*services
}

// anyFormat: the hub's own contract shows the endpoints of every door.
const anyFormat = ""

func (s *webhookService) CreateEndpoint(ctx context.Context, r *orderhubv1.CreateEndpointRequest) (
	*orderhubv1.CreateEndpointResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	created, secret, err := s.Webhooks.Create(
		ctx, fromAPIEndpoint(merchantID, r.GetEndpoint()), r.GetEndpoint().GetSecret(),
	)
	if err != nil {
		return nil, err
	}
	converted, err := s.toAPIEndpointWarned(ctx, &created)
	if err != nil {
		return nil, err
	}
	converted.Secret = secret // here and never again
	return &orderhubv1.CreateEndpointResponse{Endpoint: converted}, nil
}

func (s *webhookService) GetEndpoint(ctx context.Context, r *orderhubv1.GetEndpointRequest) (
	*orderhubv1.GetEndpointResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	found, err := s.Webhooks.Get(ctx, merchantID, r.GetEndpoint(), anyFormat)
	shown, err := converted(ctx, &found, err, s.toAPIEndpoint)
	return &orderhubv1.GetEndpointResponse{Endpoint: shown}, err
}

func (s *webhookService) ListEndpoints(ctx context.Context, r *orderhubv1.ListEndpointsRequest) (
	*orderhubv1.ListEndpointsResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	p, err := openPage(ctx, r, 1)
	if err != nil {
		return nil, err
	}
	found, err := s.Webhooks.List(ctx, merchantID, anyFormat)
	id := func(e *webhook.Endpoint) int64 { return e.ID }
	shown, next, err := pageOrError(ctx, &p, skip(&p, found, id), err, id, s.toAPIEndpoint)
	return &orderhubv1.ListEndpointsResponse{Endpoints: shown, NextPageToken: next}, err
}

func (s *webhookService) UpdateEndpoint(ctx context.Context, r *orderhubv1.UpdateEndpointRequest) (
	*orderhubv1.UpdateEndpointResponse, error,
) {
	set, err := maskOf(r.GetChanges(), r.GetUpdateMask())
	if err != nil {
		return nil, err
	}
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	changed, err := s.Webhooks.Get(ctx, merchantID, r.GetEndpoint(), anyFormat)
	if err != nil {
		return nil, err
	}
	bad := &errs.InvalidError{}
	set.keeps(bad, "format", fromAPIFormat(r.GetChanges().GetFormat(), changed.Format), changed.Format)
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	changed, err = s.Webhooks.Update(ctx, merchantID, changed.ID, anyFormat, fromAPIEndpointChange(set, r.GetChanges()))
	shown, err := converted(ctx, &changed, err, s.toAPIEndpointWarned)
	return &orderhubv1.UpdateEndpointResponse{Endpoint: shown}, err
}

func (s *webhookService) DeleteEndpoint(ctx context.Context, r *orderhubv1.DeleteEndpointRequest) (
	*orderhubv1.DeleteEndpointResponse, error,
) {
	merchantID, err := s.merchantID(ctx, r.GetMerchant())
	if err != nil {
		return nil, err
	}
	_, err = s.Webhooks.Delete(ctx, merchantID, r.GetEndpoint(), anyFormat)
	return &orderhubv1.DeleteEndpointResponse{}, err
}

// toAPIEndpoint names the merchant whose endpoint it is.
func (s *webhookService) toAPIEndpoint(ctx context.Context, e *webhook.Endpoint) (*orderhubv1.WebhookEndpoint, error) {
	merchant, err := s.merchantName(ctx, e.MerchantID)
	return toAPIEndpoint(e, merchant), err
}

// toAPIEndpointWarned adds what is probably not meant.
func (s *webhookService) toAPIEndpointWarned(ctx context.Context, e *webhook.Endpoint) (
	*orderhubv1.WebhookEndpoint, error,
) {
	converted, err := s.toAPIEndpoint(ctx, e)
	if err != nil {
		return nil, err
	}
	twins, err := s.Webhooks.Twins(ctx, e)
	for _, id := range twins {
		converted.Warnings = append(
			converted.Warnings, fmt.Sprintf("the address is told of the same events by endpoint %d already", id),
		)
	}
	return converted, err
}
