package console

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

func webhooksPage() page {
	return page{
		pattern: "/webhooks", file: "webhooks", group: "Merchants", menu: "Webhooks",
		needs: orderhubv1.WebhookService_ListEndpoints_FullMethodName, show: showWebhooks,
	}
}

func endpointPage() page {
	return page{
		pattern: "/webhooks/{merchant}/endpoints/{endpoint}", file: "endpoint", number: "endpoint",
		needs: orderhubv1.WebhookService_GetEndpoint_FullMethodName, show: showEndpoint, acts: map[string]act{
			"test":   {needs: orderhubv1.WebhookService_SendTestEvent_FullMethodName, do: testEndpoint},
			"replay": {needs: orderhubv1.WebhookService_ReplayEvents_FullMethodName, do: replayEvents},
			"switch": {needs: orderhubv1.WebhookService_UpdateEndpoint_FullMethodName, do: switchEndpoint},
		},
	}
}

// endpointList is the endpoints of a merchant, or the merchants to choose one from.
type endpointList struct {
	Merchant  string
	Endpoints []*orderhubv1.WebhookEndpoint
	Merchants []*orderhubv1.Merchant
	Figures   []*orderhubv1.EndpointFigures // of the endpoints shown or, without a merchant, of the first that there are
	Next      string
}

func showWebhooks(r *request) (any, error) {
	query := r.URL.Query()
	list := endpointList{Merchant: query.Get("merchant")}
	figures, err := r.reports.ListEndpointFigures(r.Context(), &orderhubv1.ListEndpointFiguresRequest{
		Merchant: list.Merchant, PageSize: listSize,
	})
	if err != nil {
		return list, r.wrongFilter(err)
	}
	list.Figures = figures.GetEndpoints()
	if list.Merchant == "" {
		answer, err := r.admin.ListMerchants(
			r.Context(), &orderhubv1.ListMerchantsRequest{PageSize: listSize, PageToken: query.Get("page")},
		)
		list.Merchants, list.Next = answer.GetMerchants(), answer.GetNextPageToken()
		return list, err
	}
	answer, err := r.webhooks.ListEndpoints(r.Context(), &orderhubv1.ListEndpointsRequest{
		Merchant: list.Merchant, PageSize: listSize, PageToken: query.Get("page"),
	})
	list.Endpoints, list.Next = answer.GetEndpoints(), answer.GetNextPageToken()
	return list, r.wrongFilter(err)
}

// endpointView is an endpoint with what was sent to it last.
type endpointView struct {
	Endpoint   *orderhubv1.WebhookEndpoint
	Deliveries []*orderhubv1.WebhookDelivery
	Next       string
}

// Base is where the pages of its deliveries are.
func (v endpointView) Base() string { return webhooksOf(v.Endpoint.GetMerchant()) }

// webhooksOf is where the pages of a merchant's endpoints and deliveries are.
func webhooksOf(merchant string) string { return Path + "/webhooks/" + url.PathEscape(merchant) }

// SecretBegins is how the secret begins, "" where that tells no secret from another: those that the hub makes all begin
// alike.
func (v endpointView) SecretBegins() string { return secretBegins(v.Endpoint.GetSecretHint()) }

func secretBegins(hint string) string {
	begins := strings.TrimSuffix(hint, "...")
	if strings.HasPrefix(hubSecret, begins) {
		return ""
	}
	return begins + "…"
}

const hubSecret = "whsec_"

func showEndpoint(r *request) (any, error) {
	merchant, query := r.PathValue("merchant"), r.URL.Query()
	found, err := r.webhooks.GetEndpoint(
		r.Context(), &orderhubv1.GetEndpointRequest{Endpoint: r.number, Merchant: merchant},
	)
	if err != nil {
		return nil, err
	}
	filter := &orderhubv1.ListDeliveriesRequest{
		Merchant: merchant, Endpoint: r.number, PageSize: listSize, PageToken: query.Get("page"),
	}
	if status := query.Get("status"); status != "" {
		filter.Status = []orderhubv1.WebhookDeliveryStatus{contract.ValueOf[orderhubv1.WebhookDeliveryStatus](status)}
	}
	sent, err := r.webhooks.ListDeliveries(r.Context(), filter)
	return endpointView{found.GetEndpoint(), sent.GetDeliveries(), sent.GetNextPageToken()}, err
}

func testEndpoint(r *request) (done, error) {
	answer, err := r.webhooks.SendTestEvent(
		r.Context(), &orderhubv1.SendTestEventRequest{Endpoint: r.number, Merchant: r.PathValue("merchant")},
	)
	return done{say: testAnswer(answer.GetDelivery())}, err
}

// testAnswer is what a receiver made of a test.
func testAnswer(d *orderhubv1.WebhookDelivery) string {
	said := fmt.Sprintf("The receiver answered %d after %s.", d.GetResponseStatus(), durationOf(d.GetResponseDuration()))
	if d.GetResponseStatus() == 0 {
		said = "The receiver did not answer: " + sentence(d.GetResponseExcerpt())
	}
	return said
}

func switchEndpoint(r *request) (done, error) {
	status := contract.ValueOf[orderhubv1.WebhookEndpointStatus](r.PostForm.Get("status"))
	answer, err := r.webhooks.UpdateEndpoint(r.Context(), &orderhubv1.UpdateEndpointRequest{
		Endpoint: r.number, Merchant: r.PathValue("merchant"), Changes: &orderhubv1.WebhookEndpoint{Status: status},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"status"}},
	})
	return done{say: "The endpoint is " + word(answer.GetEndpoint().GetStatus()) + "."}, err
}

func replayEvents(r *request) (done, error) {
	request := &orderhubv1.ReplayEventsRequest{
		Endpoint: r.number, Merchant: r.PathValue("merchant"), DryRun: r.PostForm.Get("dryRun") != "",
		EventTypes: strings.FieldsFunc(r.PostForm.Get("eventTypes"), func(c rune) bool { return c == ',' || c == ' ' }),
	}
	var err error
	if request.StartTime, request.EndTime, err = askedSpan(r.PostForm, "startTime", "endTime"); err != nil {
		return done{}, err
	}
	if speed := r.PostForm.Get("eventsPerSecond"); speed != "" {
		n, err := strconv.ParseInt(speed, 10, 32)
		if err != nil {
			return done{}, &fieldError{"eventsPerSecond", "This is not a whole number."}
		}
		request.EventsPerSecond = int32(n)
	}
	answer, err := r.webhooks.ReplayEvents(r.Context(), request)
	if err != nil {
		return done{}, err
	}
	if request.GetDryRun() {
		return done{say: fmt.Sprintf("%d events would be told again. Nothing was sent.", answer.GetEventCount())}, nil
	}
	return done{
		to:  strings.TrimPrefix(ownPathOf(r.Request), Path) + "?status=pending",
		say: fmt.Sprintf("%d events are being told again. Those that wait are below.", answer.GetEventCount()),
	}, nil
}
