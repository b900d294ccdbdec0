package console

import (
	"fmt"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
	"orderhub/server/webhook" //nolint:depguard // its kinds and new secrets are rules of the domain
)

// operatorEvents is where the pages of operators' endpoints and deliveries are.
const operatorEvents = Path + "/events"

// operatorEndpointMethods is how the methods begin that the acts below need.
const operatorEndpointMethods = "/orderhub.v1.OperatorWebhookService/"

func operatorEndpointsPage() page {
	return page{
		pattern: "/events/endpoints", file: "operator-endpoints",
		needs: orderhubv1.OperatorWebhookService_ListOperatorEndpoints_FullMethodName, show: showOperatorEndpoints,
		acts: map[string]act{
			"create": {needs: operatorEndpointMethods + "CreateOperatorEndpoint", do: createOperatorEndpoint},
		},
	}
}

func operatorEndpointPage() page {
	return page{
		pattern: "/events/endpoints/{endpoint}", file: "operator-endpoint", number: "endpoint",
		needs: orderhubv1.OperatorWebhookService_GetOperatorEndpoint_FullMethodName, show: showOperatorEndpoint,
		acts: map[string]act{
			"test":   {needs: operatorEndpointMethods + "SendOperatorTestEvent", do: testOperatorEndpoint},
			"change": {needs: operatorEndpointMethods + "UpdateOperatorEndpoint", do: changeOperatorEndpoint},
			"secret": {needs: operatorEndpointMethods + "UpdateOperatorEndpoint", do: renewOperatorSecret},
			"remove": {needs: operatorEndpointMethods + "DeleteOperatorEndpoint", do: removeOperatorEndpoint},
		},
	}
}

func operatorDeliveryPage() page {
	return page{
		pattern: "/events/deliveries/{delivery}", file: "delivery", number: "delivery",
		needs: orderhubv1.OperatorWebhookService_GetOperatorDelivery_FullMethodName, show: showOperatorDelivery,
		acts: map[string]act{"redeliver": {
			needs: orderhubv1.OperatorWebhookService_RedeliverOperatorDelivery_FullMethodName, do: redeliverToOperators,
		}},
	}
}

// operatorEndpointList is the endpoints, and what they may be told of.
type operatorEndpointList struct {
	Endpoints []*orderhubv1.OperatorEndpoint
	Kinds     []string
	Next      string
}

func showOperatorEndpoints(r *request) (any, error) {
	answer, err := r.pager.ListOperatorEndpoints(r.Context(), &orderhubv1.ListOperatorEndpointsRequest{
		PageSize: listSize, PageToken: r.URL.Query().Get("page"),
	})
	return operatorEndpointList{answer.GetEndpoints(), operatorKinds(), answer.GetNextPageToken()}, err
}

func operatorKinds() []string { return webhook.TraitsOf(webhook.FormatOperators).Events }

// createOperatorEndpoint shows the secret in its answer and never again.
func createOperatorEndpoint(r *request) (done, error) {
	answer, err := r.pager.CreateOperatorEndpoint(r.Context(), &orderhubv1.CreateOperatorEndpointRequest{
		Endpoint: &orderhubv1.OperatorEndpoint{
			Url: formLine(r, "url"), EventTypes: typedKinds(r), Description: formLine(r, "description"),
		},
	})
	return done{file: "operator-endpoint-secret", data: answer.GetEndpoint()}, err
}

func typedKinds(r *request) []string {
	return strings.FieldsFunc(r.PostForm.Get("eventTypes"), func(c rune) bool { return strings.ContainsRune(", \r\n", c) })
}

// operatorEndpointView is an endpoint with what was sent to it last.
type operatorEndpointView struct {
	Endpoint   *orderhubv1.OperatorEndpoint
	Deliveries []*orderhubv1.WebhookDelivery
	Next       string
}

// Base is where the pages of its deliveries are.
func (operatorEndpointView) Base() string { return operatorEvents }

// SecretBegins is as that of a merchant's endpoint.
func (v operatorEndpointView) SecretBegins() string { return secretBegins(v.Endpoint.GetSecretHint()) }

func showOperatorEndpoint(r *request) (any, error) {
	found, err := r.pager.GetOperatorEndpoint(r.Context(), &orderhubv1.GetOperatorEndpointRequest{Endpoint: r.number})
	if err != nil {
		return nil, err
	}
	query := r.URL.Query()
	filter := &orderhubv1.ListOperatorDeliveriesRequest{
		Endpoint: r.number, PageSize: listSize, PageToken: query.Get("page"),
	}
	if status := query.Get("status"); status != "" {
		filter.Status = []orderhubv1.WebhookDeliveryStatus{contract.ValueOf[orderhubv1.WebhookDeliveryStatus](status)}
	}
	sent, err := r.pager.ListOperatorDeliveries(r.Context(), filter)
	return operatorEndpointView{found.GetEndpoint(), sent.GetDeliveries(), sent.GetNextPageToken()}, err
}

func testOperatorEndpoint(r *request) (done, error) {
	answer, err := r.pager.SendOperatorTestEvent(r.Context(), &orderhubv1.SendOperatorTestEventRequest{Endpoint: r.number})
	return done{say: testAnswer(answer.GetDelivery())}, err
}

// changeOperatorEndpoint changes what the form that was posted has.
func changeOperatorEndpoint(r *request) (done, error) {
	changes, mask := &orderhubv1.OperatorEndpoint{}, &fieldmaskpb.FieldMask{}
	if r.PostForm.Has("status") {
		changes.Status = contract.ValueOf[orderhubv1.WebhookEndpointStatus](r.PostForm.Get("status"))
		mask.Paths = append(mask.Paths, "status")
	}
	if r.PostForm.Has("url") {
		changes.Url, changes.EventTypes, changes.Description = formLine(r, "url"), typedKinds(r), formLine(r, "description")
		mask.Paths = append(mask.Paths, "url", "event_types", "description")
	}
	answer, err := updateOperatorEndpoint(r, changes, mask)
	return done{say: "The endpoint is changed and " + word(answer.GetStatus()) + "."}, err
}

// renewOperatorSecret shows the new secret in its answer and never again.
func renewOperatorSecret(r *request) (done, error) {
	secret := webhook.NewSecret()
	answer, err := updateOperatorEndpoint(
		r, &orderhubv1.OperatorEndpoint{Secret: secret}, &fieldmaskpb.FieldMask{Paths: []string{"secret"}},
	)
	if err != nil {
		return done{}, err
	}
	answer.Secret = secret
	return done{file: "operator-endpoint-secret", data: answer}, nil
}

func updateOperatorEndpoint(r *request, changes *orderhubv1.OperatorEndpoint, mask *fieldmaskpb.FieldMask) (
	*orderhubv1.OperatorEndpoint, error,
) {
	answer, err := r.pager.UpdateOperatorEndpoint(r.Context(), &orderhubv1.UpdateOperatorEndpointRequest{
		Endpoint: r.number, Changes: changes, UpdateMask: mask,
	})
	return answer.GetEndpoint(), err
}

func removeOperatorEndpoint(r *request) (done, error) {
	_, err := r.pager.DeleteOperatorEndpoint(r.Context(), &orderhubv1.DeleteOperatorEndpointRequest{Endpoint: r.number})
	return done{to: "/events/endpoints", say: fmt.Sprintf("Endpoint %d is removed.", r.number)}, err
}

func showOperatorDelivery(r *request) (any, error) {
	found, err := r.pager.GetOperatorDelivery(r.Context(), &orderhubv1.GetOperatorDeliveryRequest{Delivery: r.number})
	if err != nil {
		return nil, err
	}
	d := found.GetDelivery()
	view := deliveryView{
		Base: operatorEvents, Delivery: d, Needs: "OperatorWebhookService.RedeliverOperatorDelivery",
	}
	endpoint, err := r.pager.GetOperatorEndpoint(
		r.Context(), &orderhubv1.GetOperatorEndpointRequest{Endpoint: d.GetEndpointId()},
	)
	if status.Code(err) == codes.NotFound {
		return view, nil
	}
	view.There = err == nil
	view.Again = endpoint.GetEndpoint().GetStatus() ==
		orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_ACTIVE
	return view, err
}

func redeliverToOperators(r *request) (done, error) {
	_, err := r.pager.RedeliverOperatorDelivery(
		r.Context(), &orderhubv1.RedeliverOperatorDeliveryRequest{Delivery: r.number},
	)
	return done{say: "Delivery " + strconv.FormatInt(r.number, 10) + " is to be sent again, after those before it."}, err
}
