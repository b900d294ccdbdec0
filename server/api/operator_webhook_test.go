package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/dialect/sim"
	"orderhub/server/ident"
	"orderhub/server/operator"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

// pager is a receiver of operators' events.
type pager struct {
	*httptest.Server

	got chan pagerMessage
}

type pagerMessage struct {
	header http.Header
	body   []byte
}

func newPager(t *testing.T) *pager {
	p := &pager{got: make(chan pagerMessage, 10)}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.got <- pagerMessage{r.Header, body}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *pager) next(t *testing.T) pagerMessage {
	t.Helper()
	select {
	case m := <-p.got:
		return m
	case <-time.After(time.Minute):
		require.FailNow(t, "nothing came")
		return pagerMessage{}
	}
}

// An operator registers an endpoint; what happens is told to it, signed, and nothing of it is a merchant's.
func TestOperatorEndpoints(t *testing.T) {
	store := storetest.SQLite(t)()
	h := startHubOn(t, store, func(o *api.Options) { o.Webhooks = webhook.NewService(store.Endpoints, true) })
	p := newPager(t)
	calls := orderhubv1.NewOperatorWebhookServiceClient(h.conn)
	admin, support := h.asOperator("ada", operator.Admin), h.asOperator("sue", operator.Support)
	request := &orderhubv1.CreateOperatorEndpointRequest{Endpoint: &orderhubv1.OperatorEndpoint{
		Url: p.URL, EventTypes: []string{"cost.differs"}, Description: "the pager",
	}}
	_, err := calls.CreateOperatorEndpoint(support, request)
	refused(t, err, codes.PermissionDenied, "ROLE_MISSING")
	answer, err := calls.CreateOperatorEndpoint(admin, request)
	require.NoError(t, err)
	made := answer.GetEndpoint()
	require.Regexp(t, `^whsec_`, made.GetSecret())
	for _, wrong := range []*orderhubv1.OperatorEndpoint{
		{}, {Url: "no address"}, {Url: p.URL, EventTypes: []string{"order.created"}},
	} {
		_, err := calls.CreateOperatorEndpoint(admin, &orderhubv1.CreateOperatorEndpointRequest{Endpoint: wrong})
		refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	}

	tested, err := calls.SendOperatorTestEvent(
		support, &orderhubv1.SendOperatorTestEventRequest{Endpoint: made.GetId()},
	)
	require.NoError(t, err)
	require.Equal(t, http.StatusNoContent, int(tested.GetDelivery().GetResponseStatus()))
	require.Contains(t, string(p.next(t).body), `"webhook.test"`)

	product := h.Simulated("GOLD", 10, sim.Script{})
	require.NoError(t, h.Store.OperatorEvents.Add(
		t.Context(),
		operatorevent.Event{Kind: "stock.low", Message: "Not for this endpoint."},
		operatorevent.Event{
			Kind: "cost.differs", ProductID: product.ID, Message: "It cost more.",
			Data: map[string]any{"charged": "9.00"},
		},
	))
	h.tellOperators()
	m := p.next(t)
	require.NoError(t, standard.Verify(made.GetSecret(), m.header.Get, m.body, time.Now()))
	var body struct {
		Type string `json:"type"`
		Data struct {
			Event struct {
				Kind, Product, Message string
				Data                   map[string]string
			} `json:"event"`
		} `json:"data"`
	}
	require.NoError(t, json.Unmarshal(m.body, &body))
	require.Equal(t, "cost.differs", body.Type)
	require.Equal(t, "GOLD", body.Data.Event.Product)
	require.Equal(t, "9.00", body.Data.Event.Data["charged"])

	told := h.settledOperatorDeliveries(support, 2)[0]
	one, err := calls.GetOperatorDelivery(support, &orderhubv1.GetOperatorDeliveryRequest{Delivery: told.GetId()})
	require.NoError(t, err)
	require.Contains(t, one.GetDelivery().GetRequestBody(), `"product":"GOLD"`)
	require.NotContains(t, one.GetDelivery().GetRequestBody(), "9.00")
	_, err = calls.RedeliverOperatorDelivery(
		support, &orderhubv1.RedeliverOperatorDeliveryRequest{Delivery: told.GetId()},
	)
	require.NoError(t, err)
	require.Equal(t, m.header.Get(standard.HeaderID), p.next(t).header.Get(standard.HeaderID))

	h.hiddenFromMerchants(made.GetId(), told.GetId())
	changed, err := calls.UpdateOperatorEndpoint(admin, &orderhubv1.UpdateOperatorEndpointRequest{
		Endpoint: made.GetId(), Changes: &orderhubv1.OperatorEndpoint{Description: "old"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description", "event_types"}},
	})
	require.NoError(t, err)
	require.Equal(t, "old", changed.GetEndpoint().GetDescription())
	require.Empty(t, changed.GetEndpoint().GetEventTypes())
	require.Equal(t, p.URL+"/", changed.GetEndpoint().GetUrl()+"/")
	_, err = calls.DeleteOperatorEndpoint(admin, &orderhubv1.DeleteOperatorEndpointRequest{Endpoint: made.GetId()})
	require.NoError(t, err)
	listed, err := calls.ListOperatorEndpoints(support, &orderhubv1.ListOperatorEndpointsRequest{})
	require.NoError(t, err)
	require.Empty(t, listed.GetEndpoints())
}

// tellOperators makes deliveries of what operators' endpoints were not told yet.
func (h *services) tellOperators() {
	_, err := webhook.NewOperatorFanout(webhook.OperatorFanoutOptions{
		Outbox: h.Store.OperatorEvents, Store: h.Store.Deliveries, To: h.Store.Endpoints,
		Words: api.NewOperatorFormat(h.Providers, h.Catalog), NewID: ident.New(nil, nil).MessageID,
		Wake: h.hooks.Sender.Wake, Now: time.Now,
	}).FanOut(h.t.Context())
	require.NoError(h.t, err)
}

// settledOperatorDeliveries waits until all were posted: to ask again for one that is being posted does nothing.
func (h *services) settledOperatorDeliveries(ctx context.Context, count int) (settled []*orderhubv1.WebhookDelivery) {
	calls := orderhubv1.NewOperatorWebhookServiceClient(h.conn)
	waits := func(d *orderhubv1.WebhookDelivery) bool {
		return d.GetStatus() != orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED
	}
	require.Eventually(h.t, func() bool {
		listed, err := calls.ListOperatorDeliveries(ctx, &orderhubv1.ListOperatorDeliveriesRequest{})
		settled = listed.GetDeliveries()
		return err == nil && len(settled) == count && !slices.ContainsFunc(settled, waits)
	}, time.Minute, 10*time.Millisecond)
	return settled
}

// hiddenFromMerchants tries to see an endpoint and a delivery of operators as a merchant, and for one that is not.
func (h *services) hiddenFromMerchants(endpoint, delivery int64) {
	calls := orderhubv1.NewOperatorWebhookServiceClient(h.conn)
	_, err := calls.ListOperatorEndpoints(h.asShop(), &orderhubv1.ListOperatorEndpointsRequest{})
	refused(h.t, err, codes.PermissionDenied, "PERMISSION_DENIED")
	_, err = h.webhooks().GetEndpoint(h.asShop(), &orderhubv1.GetEndpointRequest{Endpoint: endpoint})
	refused(h.t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	_, err = h.webhooks().GetDelivery(h.asShop(), &orderhubv1.GetDeliveryRequest{Delivery: delivery})
	refused(h.t, err, codes.NotFound, "WEBHOOK_DELIVERY_NOT_FOUND")
	for _, name := range []string{"0", "house"} {
		_, err = h.webhooks().ListEndpoints(
			h.asOperator("op"+name, operator.Admin), &orderhubv1.ListEndpointsRequest{Merchant: name},
		)
		refused(h.t, err, codes.NotFound, "MERCHANT_NOT_FOUND")
	}
}
