package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/config"
	"orderhub/server/store/pgtest"
)

// pooledConfig is that of a PostgreSQL database behind PgBouncer in transaction mode.
func pooledConfig(t *testing.T) config.Config {
	t.Helper()
	cfg := postgresConfig(t)
	cfg.DatabaseDirect = cfg.Database
	cfg.Database = pgtest.Pooled(t, cfg.Database)
	return cfg
}

// follow counts the events of a merchant's orders by their type, in their order and without gaps.
func (h *hub) follow(t *testing.T, key string) (count func(eventType string) int) {
	t.Helper()
	stream, err := h.orders().WatchOrders(withKey(t.Context(), key), &orderhubv1.WatchOrdersRequest{})
	require.NoError(t, err)
	var mu sync.Mutex
	counts := make(map[string]int)
	go func() {
		for last := int64(0); ; {
			told, err := stream.Recv()
			if err != nil {
				return // the test's end
			}
			if told.GetEvent() == nil {
				continue
			}
			if s := told.GetEvent().GetSequence(); s != last+1 {
				t.Errorf("event %d came after %d", s, last)
			}
			last = told.GetEvent().GetSequence()
			mu.Lock()
			counts[told.GetEvent().GetType()]++
			mu.Unlock()
		}
	}()
	return func(eventType string) int {
		mu.Lock()
		defer mu.Unlock()
		return counts[eventType]
	}
}

// TestBehindPooler runs two hubs over PgBouncer, which has fewer connections than one of them: orders from stock and
// from providers, streams and webhooks, all across the hubs.
func TestBehindPooler(t *testing.T) {
	t.Parallel()
	cfg := pooledConfig(t)
	cfg.AllowLocalTargets = true
	hubs := []*hub{startDemo(t, cfg), start(t, cfg)}
	var mu sync.Mutex
	told := make(map[string]bool)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		told[r.Header.Get("Webhook-Id")] = true
	}))
	t.Cleanup(receiver.Close)
	status := hubs[0].call(http.MethodPost, thb, "/hub/v1/webhook-endpoints", map[string]any{"url": receiver.URL}, nil)
	require.Equal(t, http.StatusOK, status)
	created := hubs[1].follow(t, thb)

	const orders, callers = 60, 6
	var placing sync.WaitGroup
	for c := range callers {
		placing.Go(func() {
			for i := range orders / callers {
				h, sku := hubs[(c+i)%2], []string{"EMAIL_BASIC", "DIAMOND_100"}[i%2]
				var placed orderJSON
				body := map[string]any{
					"referenceId": fmt.Sprintf("pooled-%d-%d", c, i), "lines": []any{map[string]any{"sku": sku, "quantity": 1}},
				}
				if status := h.call(http.MethodPost, thb, "/hub/v1/orders", body, &placed); status != http.StatusOK {
					t.Errorf("placing: %d %s", status, placed.Reason)
					return
				}
				if final := hubs[(c+i+1)%2].final(thb, placed.OrderNumber); final.Status != "ORDER_STATUS_COMPLETED" {
					t.Errorf("order of %s is %s", sku, final.Status)
				}
			}
		})
	}
	placing.Wait()
	require.Eventually(t, func() bool { return created("order.created") == orders }, time.Minute, 20*time.Millisecond,
		"events stream")
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(told) >= 2*orders // created and completed
	}, time.Minute, 20*time.Millisecond, "webhooks arrive")
	for _, h := range hubs {
		require.NoError(t, h.stop())
	}
	hubs[0].verify(&cfg)
}
