package app_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/tracing/tracingtest"
)

// heard are the traceparent headers that somebody was sent.
type heard struct {
	mu      sync.Mutex
	headers []string
}

func (h *heard) note(r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.headers = append(h.headers, r.Header.Get("traceparent"))
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.headers)
}

// from reports whether a header came from the span.
func (h *heard) from(span tracingtest.Span) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, header := range h.headers {
		if len(header) > 52 && header[3:35] == span.TraceID() && header[36:52] == span.ID() {
			return true
		}
	}
	return false
}

// theirKey opens the partner's door.
const theirKey = demo.MerchantKey

// partnerOf starts a partner, and what hears how it is called.
func partnerOf(t *testing.T) (address string, heardBy *heard) {
	t.Helper()
	p, err := fakepartner.Start(t.Context(), fakepartner.Options{
		Dialect: "gameso", Listen: "127.0.0.1:0", Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	target, err := url.Parse("http://" + p.Address())
	require.NoError(t, err)
	heardBy = &heard{}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heardBy.note(r)
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, heardBy
}

// buys has the hub's demo buy a product of its own from a provider.
func (h *hub) buys(t *testing.T, sku, baseURL string) {
	t.Helper()
	provider, err := h.Providers.Create(t.Context(), fulfil.Provider{
		Name: "upstream", Connector: "gameso", Config: json.RawMessage(`{"baseUrl":"` + baseURL + `"}`),
	}, map[string]string{"api_key": theirKey, "webhook_secret": "hidden-secret"})
	require.NoError(t, err)
	product := h.Catalog.Snapshot().ProductBySKU(sku)
	require.NotNil(t, product)
	_, err = h.Providers.CreateOffer(t.Context(), product, fulfil.Offer{
		ProductID: product.ID, ProviderID: provider.ID, ProviderSKU: sku, Cost: money.Unit, Currency: "THB",
		Status: fulfil.StatusActive,
	})
	require.NoError(t, err)
}

// An order's trace goes on in the jobs that bring it to its end, and at the provider.
func TestTracesOfFulfilment(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			address, provider := partnerOf(t)
			collector := tracingtest.Start(t)
			h := startDemo(t, database.new(t))
			h.buys(t, "DIAMOND_100", address)

			for n, place := range map[int]func(caller) string{
				11: func(c caller) string { return c.placeOverGRPC(t, h, "traced-11", "DIAMOND_100") },
				12: func(c caller) string { return c.placeOverREST(t, h, "traced-12", "DIAMOND_100") },
			} {
				by := newCaller(n)
				require.Equal(t, "ORDER_STATUS_COMPLETED", h.final(thb, place(by)).Status)
				call := collector.Await(by.trace, "orderhub.v1.OrderService/CreateOrder")
				attempt := collector.Await(by.trace, "submit attempt")
				require.Equal(t, call.ID(), attempt.Parent())
				buying := collector.Await(by.trace, "provider place")
				require.Equal(t, attempt.ID(), buying.Parent())
				require.Equal(t, "upstream", buying.Attr("orderhub.provider"))
				request := collector.Await(by.trace, http.MethodPost)
				require.Equal(t, buying.ID(), request.Parent())
				require.True(t, provider.from(request), "the provider is told of the trace")
				collector.Await(by.trace, "settle")
			}
			hasNoSecrets(t, collector, theirKey, "hidden-secret")
		})
	}
}
