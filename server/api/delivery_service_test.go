package api_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	svix "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/api"
	"orderhub/server/dialect/sim"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// receiver is a merchant's: it verifies with the library of Standard Webhooks.
type receiver struct {
	url string

	mu      sync.Mutex
	secret  string
	status  int
	headers []http.Header
	bodies  []string
}

func receive(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusOK}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL + "/hook"
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	verifier, secretErr := svix.NewWebhook(r.secret)
	if err != nil || secretErr != nil || verifier.Verify(body, request.Header) != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	r.headers, r.bodies = append(r.headers, request.Header), append(r.bodies, string(body))
	w.WriteHeader(r.status)
	_, _ = io.WriteString(w, "noted")
}

func (r *receiver) set(change func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	change()
}

// got is what has been received by its types.
func (r *receiver) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var types []string
	for _, body := range r.bodies {
		var m struct{ Type string }
		_ = json.Unmarshal([]byte(body), &m)
		types = append(types, m.Type)
	}
	return types
}

func startTelling(t *testing.T) (*services, *receiver, *orderhubv1.WebhookEndpoint) {
	t.Helper()
	store := storetest.SQLite(t)()
	h := startHubOn(t, store, func(o *api.Options) { o.Webhooks = webhook.NewService(store.Endpoints, true) })
	h.Stocked("CODE", 10, 20)
	r := receive(t)
	e, err := h.createEndpoint(
		&orderhubv1.WebhookEndpoint{Url: r.url, EventTypes: []string{"order.completed", "line.completed"}},
	)
	require.NoError(t, err)
	r.set(func() { r.secret = e.GetSecret() })
	return h, r, e
}

func (h *services) deliveries(r *orderhubv1.ListDeliveriesRequest) []*orderhubv1.WebhookDelivery {
	h.t.Helper()
	listed, err := h.webhooks().ListDeliveries(h.asShop(), r)
	require.NoError(h.t, err)
	return listed.GetDeliveries()
}

func TestDeliveries(t *testing.T) {
	h, r, e := startTelling(t)
	placed, err := h.orders().CreateOrder(h.asShop(), newOrder("one", line("CODE", 2)))
	require.NoError(t, err)
	content := placed.GetOrder().GetLines()[0].GetGoods()[0].GetContent()
	require.NotEmpty(t, content)
	h.Tell(h.hooks.Fanout)
	require.Eventually(t, func() bool { return len(r.got()) == 1 }, time.Minute, 10*time.Millisecond)

	var told struct {
		Type      string
		Timestamp time.Time
		Data      struct {
			Event        map[string]any
			Order        map[string]any
			ChangedLines []int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.bodies[0]), &told))
	assert.Equal(t, "order.completed", told.Type)
	assert.WithinDuration(t, time.Now(), told.Timestamp, time.Minute)
	assert.Equal(t, "2", told.Data.Event["sequence"])
	assert.Equal(t, "one", told.Data.Order["referenceId"])
	assert.Equal(t, "ORDER_STATUS_COMPLETED", told.Data.Order["status"])
	assert.Equal(t, []int{1}, told.Data.ChangedLines)
	assert.NotContains(t, r.bodies[0], content, "goods are fetched with a key")

	require.Eventually(t, func() bool {
		list := h.deliveries(&orderhubv1.ListDeliveriesRequest{})
		return len(list) == 1 &&
			list[0].GetStatus() == orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED
	}, time.Minute, 10*time.Millisecond)
	d := h.deliveries(&orderhubv1.ListDeliveriesRequest{
		Endpoint: e.GetId(), OrderNumber: placed.GetOrder().GetOrderNumber(),
		Status: []orderhubv1.WebhookDeliveryStatus{orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED},
	})[0]
	assert.Equal(t, r.headers[0].Get("Webhook-Id"), d.GetMessageId())
	assert.Equal(t, []any{int32(200), "noted", r.url, int64(2), int32(1)},
		[]any{d.GetResponseStatus(), d.GetResponseExcerpt(), d.GetUrl(), d.GetEventSequence(), d.GetAttemptCount()})
	assert.Empty(t, h.deliveries(&orderhubv1.ListDeliveriesRequest{OrderNumber: "ord_none"}))
	assert.Empty(t, h.deliveries(&orderhubv1.ListDeliveriesRequest{Endpoint: e.GetId() + 1}))

	r.set(func() { r.status = http.StatusInternalServerError })
	again, err := h.webhooks().RedeliverDelivery(h.asShop(), &orderhubv1.RedeliverDeliveryRequest{Delivery: d.GetId()})
	require.NoError(t, err)
	assert.Equal(t, d.GetId(), again.GetDelivery().GetId())
	require.Eventually(t, func() bool {
		found, err := h.webhooks().GetDelivery(h.asShop(), &orderhubv1.GetDeliveryRequest{Delivery: d.GetId()})
		return err == nil && len(found.GetDelivery().GetAttempts()) == 2
	}, time.Minute, 10*time.Millisecond)
	found, err := h.webhooks().GetDelivery(h.asShop(), &orderhubv1.GetDeliveryRequest{Delivery: d.GetId()})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_PENDING, found.GetDelivery().GetStatus())
	assert.NotNil(t, found.GetDelivery().GetNextAttemptTime())
	last := found.GetDelivery().GetAttempts()[1]
	assert.Equal(t, int32(500), last.GetResponseStatus())
	assert.Equal(t, r.headers[1].Get("X-Request-Id"), last.GetRequestId())
	assert.Equal(t, r.headers[0].Get("Webhook-Id"), r.headers[1].Get("Webhook-Id"), "the same message")
	assert.Equal(t, r.bodies[0], r.bodies[1])

	other := withKey(t, h.issueKey(h.Merchant("other", 0).ID, "merchant"))
	_, err = h.webhooks().GetDelivery(other, &orderhubv1.GetDeliveryRequest{Delivery: d.GetId()})
	refused(t, err, codes.NotFound, "WEBHOOK_DELIVERY_NOT_FOUND")
	_, err = h.webhooks().RedeliverDelivery(other, &orderhubv1.RedeliverDeliveryRequest{Delivery: d.GetId()})
	refused(t, err, codes.NotFound, "WEBHOOK_DELIVERY_NOT_FOUND")
	byOperator, err := h.webhooks().ListDeliveries(h.asAdmin(), &orderhubv1.ListDeliveriesRequest{Merchant: "shop"})
	require.NoError(t, err)
	assert.Len(t, byOperator.GetDeliveries(), 1)
	_, err = h.webhooks().DeleteEndpoint(h.asShop(), &orderhubv1.DeleteEndpointRequest{Endpoint: e.GetId()})
	require.NoError(t, err)
	_, err = h.webhooks().RedeliverDelivery(h.asShop(), &orderhubv1.RedeliverDeliveryRequest{Delivery: d.GetId()})
	refused(t, err, codes.FailedPrecondition, "ENDPOINT_NOT_ACTIVE")
}

func TestDeliveryPages(t *testing.T) {
	h, _, e := startTelling(t)
	for range 5 {
		_, err := h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: e.GetId()})
		require.NoError(t, err)
	}
	var ids []int64
	token := ""
	for {
		page, err := h.webhooks().ListDeliveries(h.asShop(),
			&orderhubv1.ListDeliveriesRequest{PageSize: 2, PageToken: token})
		require.NoError(t, err)
		for _, d := range page.GetDeliveries() {
			ids = append(ids, d.GetId())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	require.Equal(t, []int64{5, 4, 3, 2, 1}, ids)
}

func TestSendTestEvent(t *testing.T) {
	h, r, e := startTelling(t)
	sent, err := h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: e.GetId()})
	require.NoError(t, err)
	d := sent.GetDelivery()
	assert.Equal(t, orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_DELIVERED, d.GetStatus())
	assert.Equal(
		t, []any{"webhook.test", int64(0), "", int32(200)},
		[]any{d.GetEventType(), d.GetEventSequence(), d.GetOrderNumber(), d.GetResponseStatus()},
	)
	assert.Equal(t, []string{"webhook.test"}, r.got())

	// Inactive endpoints can be tested, and a refusal is an answer.
	_, err = h.webhooks().UpdateEndpoint(
		h.asShop(), &orderhubv1.UpdateEndpointRequest{Endpoint: e.GetId(), Changes: &orderhubv1.WebhookEndpoint{
			Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
		}},
	)
	require.NoError(t, err)
	r.set(func() { r.status = http.StatusGone })
	sent, err = h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: e.GetId()})
	require.NoError(t, err)
	assert.Equal(t, orderhubv1.WebhookDeliveryStatus_WEBHOOK_DELIVERY_STATUS_FAILED, sent.GetDelivery().GetStatus())
	assert.Nil(t, sent.GetDelivery().GetNextAttemptTime())
	_, err = h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: 99})
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
}

// While a secret is changed, receivers with the old one still verify.
func TestRotation(t *testing.T) {
	h, r, e := startTelling(t)
	const second = "whsec_c2Vjb25kIHNlY3JldCBvZiB0aGUgc2hvcA=="
	_, err := h.webhooks().UpdateEndpoint(h.asShop(), &orderhubv1.UpdateEndpointRequest{
		Endpoint: e.GetId(), Changes: &orderhubv1.WebhookEndpoint{Secret: second},
	})
	require.NoError(t, err)
	for _, secret := range []string{e.GetSecret(), second} {
		r.set(func() { r.secret = secret })
		sent, err := h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: e.GetId()})
		require.NoError(t, err)
		require.Equal(t, int32(200), sent.GetDelivery().GetResponseStatus())
	}
	require.Len(t, strings.Fields(r.headers[0].Get("Webhook-Signature")), 2)
}

func TestReplayEvents(t *testing.T) {
	h, _, e := startTelling(t)
	for _, reference := range []string{"1", "2", "3"} {
		_, err := h.orders().CreateOrder(h.asShop(), newOrder(reference, line("CODE", 1)))
		require.NoError(t, err)
	}
	count := func(r *orderhubv1.ReplayEventsRequest) int64 {
		r.Endpoint, r.DryRun = e.GetId(), true
		resp, err := h.webhooks().ReplayEvents(h.asShop(), r)
		require.NoError(t, err)
		return resp.GetEventCount()
	}
	assert.EqualValues(t, 6, count(&orderhubv1.ReplayEventsRequest{}))
	assert.EqualValues(t, 3, count(&orderhubv1.ReplayEventsRequest{EventTypes: []string{"order.created"}}))
	assert.EqualValues(
		t, 0, count(&orderhubv1.ReplayEventsRequest{EventTypes: []string{"attempt.parked"}}),
		"not for merchants' receivers",
	)
	assert.EqualValues(t, 0,
		count(&orderhubv1.ReplayEventsRequest{StartTime: timestamppb.New(time.Now().Add(time.Hour))}))
	_, err := h.webhooks().ReplayEvents(h.asShop(), &orderhubv1.ReplayEventsRequest{
		Endpoint: e.GetId(), StartTime: timestamppb.New(time.Now()),
		EndTime: timestamppb.New(time.Now().Add(-time.Hour)),
	})
	refused(t, err, codes.InvalidArgument, "VALIDATION_FAILED")
	_, err = h.webhooks().ReplayEvents(h.asShop(), &orderhubv1.ReplayEventsRequest{Endpoint: 99})
	refused(t, err, codes.NotFound, "WEBHOOK_ENDPOINT_NOT_FOUND")
	_, err = h.webhooks().UpdateEndpoint(
		h.asShop(), &orderhubv1.UpdateEndpointRequest{Endpoint: e.GetId(), Changes: &orderhubv1.WebhookEndpoint{
			Status: orderhubv1.WebhookEndpointStatus_WEBHOOK_ENDPOINT_STATUS_INACTIVE,
		}},
	)
	require.NoError(t, err)
	_, err = h.webhooks().ReplayEvents(h.asShop(), &orderhubv1.ReplayEventsRequest{Endpoint: e.GetId()})
	refused(t, err, codes.FailedPrecondition, "ENDPOINT_NOT_ACTIVE")
}

// An event about one line shows that line; nothing that customers wrote is sent.
func TestTellingLines(t *testing.T) {
	h, r, _ := startTelling(t)
	h.Simulated("GOOD", 1, sim.Script{})
	h.Simulated("LATER", 1, sim.Script{DelayMS: int64(time.Hour / time.Millisecond)})
	placed, err := h.orders().CreateOrder(h.asShop(), newOrder("two", line("GOOD", 1), line("LATER", 1)))
	require.NoError(t, err)
	o, err := h.Store.Orders.OrderByReference(t.Context(), h.shop.ID, "two")
	require.NoError(t, err)
	_, err = h.Advance(t.Context(), o.ID)
	require.NoError(t, err)
	h.Tell(h.hooks.Fanout)
	require.Eventually(t, func() bool { return len(r.got()) == 1 }, time.Minute, 10*time.Millisecond)
	var told struct {
		Data struct {
			Event struct{ LinePosition int }
			Order struct {
				OrderNumber string
				Lines       []struct {
					Sku, Status string
					Goods       []any
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.bodies[0]), &told))
	assert.Equal(t, placed.GetOrder().GetOrderNumber(), told.Data.Order.OrderNumber)
	assert.Equal(t, 1, told.Data.Event.LinePosition)
	require.Len(t, told.Data.Order.Lines, 1)
	assert.Equal(t, "ORDER_STATUS_COMPLETED", told.Data.Order.Lines[0].Status)
	assert.Empty(t, told.Data.Order.Lines[0].Goods)
}

// Tests wait for receivers: a merchant cannot fill the hub with them.
func TestTestsAtOnce(t *testing.T) {
	store := storetest.SQLite(t)()
	h := startHubOn(t, store, func(o *api.Options) { o.Webhooks = webhook.NewService(store.Endpoints, true) })
	hold := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hold }))
	defer slow.Close()
	e, err := h.createEndpoint(&orderhubv1.WebhookEndpoint{Url: slow.URL})
	require.NoError(t, err)
	send := func() error {
		_, err := h.webhooks().SendTestEvent(h.asShop(), &orderhubv1.SendTestEventRequest{Endpoint: e.GetId()})
		return err
	}
	var waiting sync.WaitGroup
	for range 2 {
		waiting.Go(func() { assert.NoError(t, send()) })
	}
	require.Eventually(
		t, func() bool { return len(h.deliveries(&orderhubv1.ListDeliveriesRequest{})) == 2 }, time.Minute,
		10*time.Millisecond,
	)
	refused(t, send(), codes.ResourceExhausted, "OVERLOADED")
	close(hold)
	waiting.Wait()
	require.NoError(t, send())
}
