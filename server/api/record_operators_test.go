package api_test

import (
	"time"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/operatorevent"
)

func (a *acting) operatorEndpoints() {
	const service = "OperatorWebhookService."
	r := receive(a.t)
	made := do[*orderhubv1.CreateOperatorEndpointRequest, *orderhubv1.CreateOperatorEndpointResponse](
		a, service+"CreateOperatorEndpoint", &orderhubv1.CreateOperatorEndpointRequest{
			Endpoint: &orderhubv1.OperatorEndpoint{Url: r.url + "?token=s3cret"},
		}, to("", "")).GetEndpoint()
	r.set(func() { r.secret = made.GetSecret() })
	endpoint := to("endpoint", asText(made.GetId()))
	do[*orderhubv1.UpdateOperatorEndpointRequest, *orderhubv1.UpdateOperatorEndpointResponse](
		a, service+"UpdateOperatorEndpoint", &orderhubv1.UpdateOperatorEndpointRequest{
			Endpoint: made.GetId(), Changes: &orderhubv1.OperatorEndpoint{Url: r.url + "?token=other"},
		}, endpoint)
	do[*orderhubv1.SendOperatorTestEventRequest, *orderhubv1.SendOperatorTestEventResponse](
		a, service+"SendOperatorTestEvent",
		&orderhubv1.SendOperatorTestEventRequest{Endpoint: made.GetId()}, endpoint)
	require.NoError(a.t, a.Store.OperatorEvents.Add(
		a.ctx, operatorevent.Event{Kind: operatorevent.WebhookDisabled, Message: "Another one is off."},
	))
	a.tellOperators()
	calls := orderhubv1.NewOperatorWebhookServiceClient(a.conn)
	var delivery int64
	require.Eventually(a.t, func() bool {
		listed, err := calls.ListOperatorDeliveries(a.ctx, &orderhubv1.ListOperatorDeliveriesRequest{
			Status: []orderhubv1.WebhookDeliveryStatus{orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED},
		})
		require.NoError(a.t, err)
		for _, d := range listed.GetDeliveries() {
			if d.GetEventSequence() > 0 {
				delivery = d.GetId()
			}
		}
		return delivery != 0
	}, time.Minute, 10*time.Millisecond)
	do[*orderhubv1.RedeliverOperatorDeliveryRequest, *orderhubv1.RedeliverOperatorDeliveryResponse](
		a, service+"RedeliverOperatorDelivery",
		&orderhubv1.RedeliverOperatorDeliveryRequest{Delivery: delivery}, to("delivery", asText(delivery)))
	do[*orderhubv1.DeleteOperatorEndpointRequest, *orderhubv1.DeleteOperatorEndpointResponse](
		a, service+"DeleteOperatorEndpoint",
		&orderhubv1.DeleteOperatorEndpointRequest{Endpoint: made.GetId()}, endpoint)
}
