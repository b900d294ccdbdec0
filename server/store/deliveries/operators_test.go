package deliveries_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/ident"
	"orderhub/server/operatorevent"
	"orderhub/server/store/storetest"
	"orderhub/server/webhook"
)

// plainWords say an event's message.
type plainWords struct{}

func (plainWords) OperatorMessages(_ context.Context, events []operatorevent.Event) ([]webhook.Message, error) {
	messages := make([]webhook.Message, len(events))
	for i := range events {
		messages[i] = webhook.Message{Type: string(events[i].Kind), Body: []byte(events[i].Message)}
	}
	return messages, nil
}

// operators is an outbox with operators' endpoints.
type operators struct {
	*outbox

	fanout *webhook.OperatorFanout
}

func eachOfOperators(t *testing.T, work func(t *testing.T, o *operators)) {
	eachOutbox(t, func(t *testing.T, o *outbox) {
		work(t, &operators{o, webhook.NewOperatorFanout(webhook.OperatorFanoutOptions{
			Outbox: o.s.OperatorEvents, Store: o.s.Deliveries, To: o.s.Endpoints, Words: plainWords{},
			NewID: ident.New(nil, nil).MessageID, Wake: func(...string) {}, Now: time.Now,
			Log: slog.New(slog.DiscardHandler),
		})})
	})
}

func (o *operators) register(types ...string) webhook.Endpoint {
	e, _, err := webhook.NewService(o.s.Endpoints, false).CreateForOperators(
		o.t.Context(), webhook.Endpoint{URL: "https://pager.example", EventTypes: types, MaxRetries: webhook.ByFormat},
		"",
	)
	require.NoError(o.t, err)
	return e
}

func (o *operators) happen(kinds ...operatorevent.Kind) {
	for _, kind := range kinds {
		require.NoError(o.t, o.s.OperatorEvents.Add(
			o.t.Context(), operatorevent.Event{Kind: kind, Message: fmt.Sprint("it is ", kind)},
		))
	}
}

func (o *operators) tellAll() {
	for {
		told, err := o.fanout.FanOut(o.t.Context())
		require.NoError(o.t, err)
		if told == 0 {
			return
		}
	}
}

// Operators' endpoints get each event once, in order, and only one at a time.
func TestOperatorsAreToldInOrder(t *testing.T) {
	eachOfOperators(t, func(t *testing.T, o *operators) {
		o.happen("stock.low") // before anybody listened
		o.tellAll()
		all, some := o.register(), o.register("supply.held")
		o.happen("stock.low", "supply.held", "stock.enough")
		o.tellAll()
		require.ElementsMatch(
			t, []string{webhook.EndpointLane(all.ID), webhook.EndpointLane(some.ID)}, o.lanes(),
		)
		require.Equal(t, []string{"it is supply.held"}, bodies(o.claim(webhook.EndpointLane(some.ID), 10)))

		lane := webhook.EndpointLane(all.ID)
		first := o.claim(lane, 10)
		require.Equal(t, []string{"it is stock.low"}, bodies(first))
		require.Len(t, first[0].Parcel.Secrets, 1)
		require.Empty(t, o.claim(lane, 10), "nothing overtakes what is on its way")
		o.settle(first[0], 500, time.Hour)
		require.Empty(t, o.claim(lane, 10), "nor what is tried again later")
		listed, err := o.s.Deliveries.ListDeliveries(
			t.Context(), webhook.House, webhook.Filter{EndpointID: all.ID, Limit: 10},
		)
		require.NoError(t, err)
		require.Len(t, listed, 3)
		_, err = o.s.Deliveries.Redeliver(t.Context(), webhook.House, listed[2].ID)
		require.NoError(t, err)
		for _, want := range []string{"it is stock.low", "it is supply.held", "it is stock.enough"} {
			due := o.claim(lane, 10)
			require.Equal(t, []string{want}, bodies(due))
			o.settle(due[0], 200, 0)
		}
		storetest.RequireClean(t, o.s)
	})
}

// A test that is sent again waits for no event, and keeps none waiting.
func TestOperatorsTestIsSentAgain(t *testing.T) {
	eachOfOperators(t, func(t *testing.T, o *operators) {
		e := o.register()
		lane := webhook.EndpointLane(e.ID)
		sent, err := o.s.Deliveries.AddTest(t.Context(), webhook.NewDelivery{
			MerchantID: webhook.House, EndpointID: e.ID, Format: webhook.FormatOperators, MessageID: "test",
			Message: webhook.Message{Type: "webhook.test", Body: []byte("a test")},
		})
		require.NoError(t, err)
		o.settle(sent, 500, 0)
		again := func() {
			_, err := o.s.Deliveries.Redeliver(t.Context(), webhook.House, sent.ID)
			require.NoError(t, err)
		}
		again()
		require.Equal(t, []string{lane}, o.lanes())
		due := o.claim(lane, 10)
		require.Equal(t, []string{"a test"}, bodies(due))
		o.settle(due[0], 200, 0)
		require.Empty(t, o.lanes())

		o.happen("stock.low", "stock.enough")
		o.tellAll()
		first := o.claim(lane, 10)
		require.Equal(t, []string{"it is stock.low"}, bodies(first))
		again()
		due = o.claim(lane, 10)
		require.Equal(t, []string{"a test"}, bodies(due), "beside an event that is on its way")
		o.settle(first[0], 200, 0)
		require.Equal(t, []string{"it is stock.enough"}, bodies(o.claim(lane, 10)), "beside a test that is")
		storetest.RequireClean(t, o.s)
	})
}

// Several processes that look at the same events make no delivery twice.
func TestOperatorsAreToldOnce(t *testing.T) {
	eachOfOperators(t, func(t *testing.T, o *operators) {
		e := o.register()
		o.happen("stock.low", "stock.enough")
		events, err := o.s.OperatorEvents.Untold(t.Context(), 10)
		require.NoError(t, err)
		require.Len(t, events, 2)
		o.tellAll()
		again := webhook.NewOperatorFanout(webhook.OperatorFanoutOptions{
			Outbox: seen{o.s.OperatorEvents, events}, Store: o.s.Deliveries, To: o.s.Endpoints,
			Words: plainWords{}, NewID: ident.New(nil, nil).MessageID, Wake: func(...string) {}, Now: time.Now,
			Log: slog.New(slog.DiscardHandler),
		})
		_, err = again.FanOut(t.Context())
		require.NoError(t, err)
		listed, err := o.s.Deliveries.ListDeliveries(
			t.Context(), webhook.House, webhook.Filter{EndpointID: e.ID, Limit: 10},
		)
		require.NoError(t, err)
		require.Len(t, listed, 2)
	})
}

// seen is an outbox whose events somebody else tells at the same time.
type seen struct {
	operatorevent.Outbox

	events []operatorevent.Event
}

func (s seen) Untold(context.Context, int) ([]operatorevent.Event, error) { return s.events, nil }

// Nobody finds the owner of operators' endpoints among merchants, and they are nobody's.
func TestOperatorsEndpointsAreNoMerchants(t *testing.T) {
	eachOfOperators(t, func(t *testing.T, o *operators) {
		e := o.register()
		for range 2 { // it is there already
			o.register()
		}
		merchants, err := o.Accounts.ListMerchants(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Len(t, merchants, 1)
		_, err = o.Accounts.Merchant(t.Context(), webhook.House)
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, err = o.s.Accounts.MerchantByName(t.Context(), "")
		require.ErrorIs(t, err, account.ErrMerchantNotFound)
		_, err = o.s.Endpoints.Endpoint(t.Context(), o.shop.ID, e.ID)
		require.ErrorIs(t, err, webhook.ErrEndpointNotFound)
		o.endpoint(webhook.FormatStandard)
		o.order("1", nil, "CODE", 1)
		o.tell()
		o.tellAll()
		listed, err := o.s.Deliveries.ListDeliveries(t.Context(), webhook.House, webhook.Filter{Limit: 10})
		require.NoError(t, err)
		require.Empty(t, listed, "merchants' events are not for operators' endpoints")

		_, _, err = webhook.NewService(o.s.Endpoints, false).Create(t.Context(), webhook.Endpoint{
			MerchantID: o.shop.ID, Format: webhook.FormatOperators, URL: "https://shop.example",
			MaxRetries: webhook.ByFormat,
		}, "")
		require.ErrorContains(t, err, "format")
		require.NotContains(t, err.Error(), webhook.FormatOperators)
		for i := len(merchants); i < webhook.MaxEndpoints-2; i++ {
			o.register()
		}
		_, _, err = webhook.NewService(o.s.Endpoints, false).CreateForOperators(
			t.Context(), webhook.Endpoint{URL: "https://pager.example", MaxRetries: webhook.ByFormat}, "",
		)
		var many *webhook.TooManyError
		require.ErrorAs(t, err, &many)
	})
}

// An endpoint of operators that is gone is switched off, and the others hear of it.
func TestDisableEndpointOfOperators(t *testing.T) {
	eachOfOperators(t, func(t *testing.T, o *operators) {
		gone, other := o.register(), o.register()
		o.happen("stock.low")
		o.tellAll()
		for range 2 {
			require.NoError(t, o.s.Deliveries.DisableEndpoint(t.Context(), webhook.House, gone.ID,
				"it answered 410 Gone"))
		}
		o.tellAll()
		e, err := o.s.Endpoints.Endpoint(t.Context(), webhook.House, gone.ID)
		require.NoError(t, err)
		require.Equal(t, webhook.StatusDisabled, e.Status)
		require.Empty(t, o.claim(webhook.EndpointLane(gone.ID), 10))
		lane := webhook.EndpointLane(other.ID)
		o.settle(o.claim(lane, 1)[0], 200, 0)
		require.Equal(t, []string{
			fmt.Sprintf("Operators' endpoint %d is switched off: it answered 410 Gone.", gone.ID),
		}, bodies(o.claim(lane, 10)))
		storetest.RequireClean(t, o.s)
	})
}
