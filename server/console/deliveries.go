package console

import (
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

func deliveryPage() page {
	return page{
		pattern: "/webhooks/{merchant}/deliveries/{delivery}", file: "delivery", number: "delivery",
		needs: orderhubv1.WebhookService_GetDelivery_FullMethodName, show: showDelivery, acts: map[string]act{
			"redeliver": {needs: orderhubv1.WebhookService_RedeliverDelivery_FullMethodName, do: redeliver},
		},
	}
}

// deliveryView is one event on its way to one endpoint.
type deliveryView struct {
	Whose    string // "of" and the merchant, or "" of operators
	Base     string // where the page of its endpoint is
	Delivery *orderhubv1.WebhookDelivery
	There    bool   // its endpoint is
	Again    bool   // it can be sent again
	Needs    string // the method that does so
}

func showDelivery(r *request) (any, error) {
	merchant := r.PathValue("merchant")
	found, err := r.webhooks.GetDelivery(r.Context(), &orderhubv1.GetDeliveryRequest{
		Delivery: r.number, Merchant: merchant,
	})
	if err != nil {
		return nil, err
	}
	endpoint, err := endpointOf(r, merchant, found.GetDelivery())
	return deliveryView{
		Whose: " of " + merchant, Base: webhooksOf(merchant), Delivery: found.GetDelivery(), There: endpoint != nil,
		Again: takes(endpoint, found.GetDelivery()), Needs: "WebhookService.RedeliverDelivery",
	}, err
}

// endpointOf is where a delivery goes; nil where that is no endpoint or one that is gone.
func endpointOf(r *request, merchant string, d *orderhubv1.WebhookDelivery) (*orderhubv1.WebhookEndpoint, error) {
	if d.GetEndpointId() == 0 {
		return nil, nil
	}
	found, err := r.webhooks.GetEndpoint(
		r.Context(), &orderhubv1.GetEndpointRequest{Endpoint: d.GetEndpointId(), Merchant: merchant},
	)
	if status.Code(err) == codes.NotFound {
		return nil, nil
	}
	return found.GetEndpoint(), err
}

// endpointsOf are the endpoints of several deliveries, by their numbers.
func endpointsOf(
	r *request, merchant string, deliveries []*orderhubv1.WebhookDelivery,
) (map[int64]*orderhubv1.WebhookEndpoint, error) {
	all := make(map[int64]*orderhubv1.WebhookEndpoint)
	for _, d := range deliveries {
		if _, known := all[d.GetEndpointId()]; known {
			continue
		}
		endpoint, err := endpointOf(r, merchant, d)
		if err != nil {
			return nil, err
		}
		all[d.GetEndpointId()] = endpoint
	}
	return all, nil
}

// takes reports whether a delivery can be sent again: its endpoint is there and active, or it goes to an address of its
// order's own, which is not erased.
func takes(endpoint *orderhubv1.WebhookEndpoint, d *orderhubv1.WebhookDelivery) bool {
	if d.GetEndpointId() == 0 {
		return d.GetUrl() != ""
	}
	return endpoint.GetStatus() == orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_ACTIVE
}

func redeliver(r *request) (done, error) {
	return sendAgain(r, r.PathValue("merchant"), r.number)
}

func redeliverFromOrder(r *request) (done, error) {
	id, err := strconv.ParseInt(r.PostForm.Get("delivery"), 10, 64)
	if err != nil {
		return done{}, &fieldError{"delivery", "This is no delivery."}
	}
	found, err := r.orders.GetOrder(r.Context(), &orderhubv1.GetOrderRequest{OrderNumber: r.PathValue("number")})
	if err != nil {
		return done{}, err
	}
	return sendAgain(r, found.GetOrder().GetMerchant(), id)
}

// sendAgain sends a delivery again and says when: an endpoint that fails is left alone for a while after a post.
func sendAgain(r *request, merchant string, id int64) (done, error) {
	found, err := r.webhooks.GetDelivery(r.Context(), &orderhubv1.GetDeliveryRequest{Delivery: id, Merchant: merchant})
	if err != nil {
		return done{}, err
	}
	endpoint, err := endpointOf(r, merchant, found.GetDelivery()) // as it is before it gets the delivery
	if err != nil {
		return done{}, err
	}
	_, err = r.webhooks.RedeliverDelivery(
		r.Context(), &orderhubv1.RedeliverDeliveryRequest{Delivery: id, Merchant: merchant},
	)
	if err != nil {
		return done{}, err
	}
	name := "Delivery " + strconv.FormatInt(id, 10)
	if until := momentOf(endpoint.GetHeldUntilTime()); until != nil {
		return done{say: name + " is to be sent again. Its endpoint fails and is held back until " + until.Short +
			" UTC."}, nil
	}
	if since := momentOf(endpoint.GetFailingSinceTime()); since != nil {
		return done{say: name + " is to be sent again. Its endpoint has failed since " + since.Short +
			" UTC and may be held back; it goes when the endpoint is tried next."}, nil
	}
	return done{say: name + " is being sent again."}, nil
}

// ahead reports whether a moment is still to come.
func ahead(at *timestamppb.Timestamp) bool { return at.AsTime().After(time.Now()) }
