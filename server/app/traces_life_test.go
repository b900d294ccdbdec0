package app_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/metadata"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/tracing/tracingtest"
	"orderhub/server/webhook"
)

const createOrder = "orderhub.v1.OrderService/CreateOrder"

// tellingPartner delivers a moment after it accepted, and tells the hub of it: until
// then it answers no question.
func tellingPartner(t *testing.T, h *hub) (address string, heardBy *heard) {
	t.Helper()
	var told atomic.Bool
	callbacks := through(t, h.base, func(*http.Request) bool {
		told.Store(true)
		return true
	})
	p, err := fakepartner.Start(t.Context(), fakepartner.Options{
		Dialect: "gameso", Listen: "127.0.0.1:0", Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Script: fakepartner.Script{
			Config: sim.Config{DelayMS: 100}, CallbackURL: callbacks + "/callbacks/upstream", CallbackSecret: "hidden-secret",
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	heardBy = &heard{}
	return through(t, "http://"+p.Address(), func(r *http.Request) bool {
		heardBy.note(r)
		return r.Method == http.MethodPost || told.Load()
	}), heardBy
}

// through starts a way to the address, for requests that pass.
func through(t *testing.T, address string, passes func(*http.Request) bool) string {
	t.Helper()
	target, err := url.Parse(address)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !passes(r) {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// receiver of webhooks; it takes none until it is open.
type receiver struct {
	heard
	open atomic.Bool
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil || !r.open.Load() {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if bytes.Contains(body, []byte("order.completed")) {
		r.note(request)
	}
}

// From the caller's call to the post that tells of its end, an order is one trace:
// over its provider's callback, over jobs, and over processes that are there one
// after the other and at once.
func TestTracesOfALife(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			cfg := database.new(t)
			cfg.AllowLocalTargets = true
			h := startDemo(t, cfg)
			hubs := []*hub{h}
			if database.name == "postgres" {
				hubs = append(hubs, start(t, cfg))
			}
			address, provider := tellingPartner(t, h)
			h.buys(t, "DIAMOND_100", address)
			told := &receiver{}
			endpoint := httptest.NewServer(told)
			t.Cleanup(endpoint.Close)
			newCaller(20).postAs(t, h, "/hub/v1/webhook-endpoints", map[string]any{"url": endpoint.URL})

			by := newCaller(21)
			number := by.placeOverGRPC(t, hubs[len(hubs)-1], "traced-21", "DIAMOND_100")
			final := h.final(thb, number)
			require.Equal(t, "ORDER_STATUS_COMPLETED", final.Status)
			call := isPlaced(t, collector, by)
			isBought(t, collector, by, call, provider)
			isToldOf(t, collector, by, call)

			awaitRefusedPosts(t, h, number)
			for _, each := range hubs {
				require.NoError(t, each.stop())
			}
			told.open.Store(true)
			later := start(t, cfg)
			redeliver(t, later, number)
			require.Eventually(t, func() bool { return told.count() > 0 }, time.Minute, 10*time.Millisecond)
			post := awaitWhere(t, collector, by.trace, http.MethodPost, func(s tracingtest.Span) bool { return told.from(s) })
			step := awaitWhere(t, collector, by.trace, "webhook post", func(s tracingtest.Span) bool {
				return s.ID() == post.Parent()
			})
			require.Equal(t, call.ID(), step.Parent())
			require.Equal(t, "order.completed", step.Attr("orderhub.event"))
			hasNoSecrets(t, collector, theirKey, "hidden-secret", final.Lines[0].Goods[0].Content, "traced-21")
		})
	}
}

// isPlaced checks the call and its commit.
func isPlaced(t *testing.T, collector *tracingtest.Collector, by caller) tracingtest.Span {
	t.Helper()
	call := awaitWhere(t, collector, by.trace, createOrder, func(s tracingtest.Span) bool { return s.Parent() == by.span })
	commit := collector.Await(by.trace, "commit order")
	require.Equal(t, call.ID(), commit.Parent())
	require.Len(t, commit.GetLinks(), 1)
	batch := linkedBatch(t, collector, "commit batch", by.trace)
	require.True(t, commit.LinksTo(batch.TraceID(), batch.ID()))
	return call
}

// linkedBatch is the batch of the name that is linked with the trace, in none of which it is.
func linkedBatch(t *testing.T, collector *tracingtest.Collector, name, traceID string) (found tracingtest.Span) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, span := range collector.Spans() {
			if span.GetName() == name && span.TraceID() != traceID && span.LinksTo(traceID, "") {
				found = span
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond, "no %q is linked with trace %s", name, traceID)
	return found
}

// awaitWhere waits for a span of the trace with the name, and more.
func awaitWhere(
	t *testing.T, collector *tracingtest.Collector, traceID, name string, is func(tracingtest.Span) bool,
) (found tracingtest.Span) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, span := range collector.Spans() {
			if span.TraceID() == traceID && span.GetName() == name && is(span) {
				found = span
				return true
			}
		}
		return false
	}, time.Minute, 10*time.Millisecond, "no such span %q in trace %s", name, traceID)
	return found
}

// isBought checks the attempt, the call to the provider, and the jobs.
func isBought(t *testing.T, collector *tracingtest.Collector, by caller, call tracingtest.Span, provider *heard) {
	t.Helper()
	attempt := collector.Await(by.trace, "submit attempt")
	require.Equal(t, call.ID(), attempt.Parent())
	buying := collector.Await(by.trace, "provider place")
	require.Equal(t, attempt.ID(), buying.Parent())
	request := awaitWhere(t, collector, by.trace, http.MethodPost, func(s tracingtest.Span) bool {
		return s.Parent() == buying.ID()
	})
	require.True(t, provider.from(request), "the provider is told of the trace")
	for _, name := range []string{"job fulfil", "route batch", "job call", "settle batch", "job fanout"} {
		linkedBatch(t, collector, name, by.trace)
	}
	// Further jobs of the name may ask about the attempt, and are linked with the trace, too.
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(collector.Spans(), func(s tracingtest.Span) bool {
			return s.GetName() == "job call" && s.LinksTo(by.trace, "") && attempt.LinksTo(s.TraceID(), s.ID())
		})
	}, time.Minute, 10*time.Millisecond, "the attempt is linked with the job that makes it")
}

// isToldOf checks that what the provider told is a step of the order, and what came of it below.
func isToldOf(t *testing.T, collector *tracingtest.Collector, by caller, call tracingtest.Span) {
	t.Helper()
	step := collector.Await(by.trace, "callback")
	require.Equal(t, call.ID(), step.Parent())
	require.Len(t, step.GetLinks(), 1)
	request := linkedBatch(t, collector, "POST callbacks of providers", by.trace)
	require.True(t, step.LinksTo(request.TraceID(), request.ID()))
	require.True(t, request.LinksTo(by.trace, step.ID()))
	ask := awaitWhere(t, collector, by.trace, "ask for attempt", func(s tracingtest.Span) bool {
		return s.Parent() == step.ID()
	})
	awaitWhere(t, collector, by.trace, "settle", func(s tracingtest.Span) bool { return s.Parent() == ask.ID() })
}

// awaitRefusedPosts waits until the message of the order's end was posted in vain.
func awaitRefusedPosts(t *testing.T, h *hub, number string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, d := range completions(t, h, number) {
			if d.Attempts > 0 {
				return true
			}
		}
		return false
	}, time.Minute, 20*time.Millisecond)
}

// completions are the deliveries that tell of the order's end.
func completions(t *testing.T, h *hub, number string) (found []webhook.Delivery) {
	t.Helper()
	all, err := h.Deliveries.List(t.Context(), demoMerchant(t, h), webhook.Filter{OrderNumber: number, Limit: 100})
	require.NoError(t, err)
	for i := range all {
		if all[i].Type == "order.completed" {
			found = append(found, all[i])
		}
	}
	return found
}

func redeliver(t *testing.T, h *hub, number string) {
	t.Helper()
	for _, d := range completions(t, h, number) {
		_, err := h.Deliveries.Redeliver(t.Context(), d.MerchantID, d.ID)
		require.NoError(t, err)
	}
}

func demoMerchant(t *testing.T, h *hub) int64 {
	t.Helper()
	merchant, err := h.Accounts.FindMerchant(t.Context(), "demo")
	require.NoError(t, err)
	return merchant.ID
}

// A cancellation is a step of its order, linked with the call that asks for it.
func TestTracesOfCancellations(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			h := startDemo(t, database.new(t))
			by, canceller := newCaller(31), newCaller(32)
			ctx := metadata.AppendToOutgoingContext(withKey(t.Context(), lira), "traceparent", by.traceparent())
			placed, err := h.orders().CreateOrder(ctx, &orderhubv1.CreateOrderRequest{Order: &orderhubv1.Order{
				ReferenceId: "traced-31", Lines: []*orderhubv1.OrderLine{{
					Sku: "GOLD_SLOW", Quantity: 1, Fields: map[string]string{"userid": recipient},
				}},
				Recipient: &orderhubv1.Recipient{UserId: recipient},
			}})
			require.NoError(t, err)
			number := placed.GetOrder().GetOrderNumber()
			h.waitFor(lira, number, "ORDER_STATUS_PROCESSING")
			ctx = metadata.AppendToOutgoingContext(withKey(t.Context(), lira), "traceparent", canceller.traceparent())
			require.Eventually(t, func() bool {
				_, err := h.orders().CancelOrder(ctx, &orderhubv1.CancelOrderRequest{OrderNumber: number})
				return err == nil
			}, time.Minute, 20*time.Millisecond)

			call := awaitWhere(t, collector, canceller.trace, "orderhub.v1.OrderService/CancelOrder",
				func(s tracingtest.Span) bool { return s.Attr("rpc.response.status_code") == "OK" })
			placing := collector.Await(by.trace, createOrder)
			// A call may try several times: the step is that which asked the provider.
			asked := collector.Await(by.trace, "provider cancel")
			step := awaitWhere(t, collector, by.trace, "cancel order", func(s tracingtest.Span) bool {
				return s.ID() == asked.Parent()
			})
			require.True(t, step.LinksTo(canceller.trace, call.ID()))
			require.Equal(t, placing.ID(), step.Parent())
			require.True(t, call.LinksTo(by.trace, step.ID()))
			require.Equal(t, "cancelled", asked.Attr("orderhub.status"))
			awaitWhere(t, collector, by.trace, "settle", func(s tracingtest.Span) bool { return s.Parent() == step.ID() })
			hasNoSecrets(t, collector)
		})
	}
}

// Two hubs, one of which buys from the other, are one trace.
func TestTracesOverTwoHubs(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			collector := tracingtest.Start(t)
			seller := startDemo(t, database.new(t))
			h := startDemo(t, database.new(t))
			provider, err := h.Providers.Create(t.Context(), fulfil.Provider{
				Name: "upstream", Connector: "orderhub",
				Config: json.RawMessage(`{"address":"` + seller.Addresses().GRPC + `","insecure":true}`),
			}, map[string]string{"api_key": demo.MerchantKey})
			require.NoError(t, err)
			product := h.Catalog.Snapshot().ProductBySKU("DIAMOND_100")
			_, err = h.Providers.CreateOffer(t.Context(), product, fulfil.Offer{
				ProductID: product.ID, ProviderID: provider.ID, ProviderSKU: "EMAIL_BASIC", Cost: money.Unit, Currency: "THB",
				Status: fulfil.StatusActive,
			})
			require.NoError(t, err)

			by := newCaller(41)
			number := by.placeOverREST(t, h, "traced-41", "DIAMOND_100")
			final := h.final(thb, number)
			require.Equal(t, "ORDER_STATUS_COMPLETED", final.Status)
			buying := collector.Await(by.trace, "provider place")
			client := awaitWhere(t, collector, by.trace, createOrder, func(s tracingtest.Span) bool {
				return s.Parent() == buying.ID()
			})
			require.Equal(t, seller.Addresses().GRPC, client.Attr("server.address"))
			server := awaitWhere(t, collector, by.trace, createOrder, func(s tracingtest.Span) bool {
				return s.Parent() == client.ID()
			})
			awaitWhere(t, collector, by.trace, "commit order", func(s tracingtest.Span) bool {
				return s.Parent() == server.ID()
			})
			hasNoSecrets(t, collector, demo.MerchantKey, final.Lines[0].Goods[0].Content)
		})
	}
}
