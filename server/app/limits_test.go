package app_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
)

// flood calls a hub by so many callers until it is over. Every answer must be the
// list of orders or a refusal that says when to come back.
type flood struct {
	t       *testing.T
	in, out atomic.Int64
}

func (f *flood) call(h *hub, callers int) (stop func()) {
	stopped := make(chan struct{})
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for {
				select {
				case <-stopped:
					return
				default:
				}
				if h.listOrders(f.t) == http.StatusOK {
					f.in.Add(1)
				} else {
					f.out.Add(1)
				}
			}
		})
	}
	return func() {
		close(stopped)
		running.Wait()
	}
}

// listOrders lists a merchant's orders and checks a refusal.
func (h *hub) listOrders(t *testing.T) int {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.base+"/hub/v1/orders?pageSize=1", nil)
	if err != nil {
		t.Error(err)
		return 0
	}
	r.Header.Set("X-Api-Key", "limited-key")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusTooManyRequests && answer.Header.Get("Retry-After") == "1":
	case answer.StatusCode != http.StatusOK:
		t.Errorf("status %d, Retry-After %q", answer.StatusCode, answer.Header.Get("Retry-After"))
	}
	return answer.StatusCode
}

// TestHubsShareMerchantsLimits: three hubs let in what one does, while calls are
// spread unevenly, one hub ends and another one comes.
func TestHubsShareMerchantsLimits(t *testing.T) {
	const perMinute, burst = 1200, 40
	cfg := postgresConfig(t)
	hubs := []*hub{start(t, cfg)}
	m, err := hubs[0].Accounts.CreateMerchant(t.Context(), account.NewMerchant{
		Name: "limited", Currency: "THB", RateLimit: account.RateLimit{RequestsPerMinute: perMinute, Burst: burst},
	})
	require.NoError(t, err)
	key := account.Key{MerchantID: m.ID, Scope: account.ScopeMerchant}
	_, err = hubs[0].Accounts.AddKey(t.Context(), key, "limited-key")
	require.NoError(t, err)
	hubs = append(hubs, start(t, cfg), start(t, cfg))
	for _, h := range hubs {
		require.Eventually(t, func() bool {
			exposed := h.exposed(t)
			return strings.Contains(exposed, "orderhub_rate_limit_shared 1\n") &&
				strings.Contains(exposed, "orderhub_processes 3\n")
		}, 10*time.Second, 50*time.Millisecond)
	}
	f := &flood{t: t}
	began := time.Now()
	within := func(what string) {
		allowed := burst + time.Since(began).Seconds()*perMinute/60
		t.Logf("%s: %d let in, %d refused, one lets in %.0f: ratio %.3f", what, f.in.Load(), f.out.Load(), allowed,
			float64(f.in.Load())/allowed)
		require.LessOrEqual(t, float64(f.in.Load()), 1.1*allowed)
		require.GreaterOrEqual(t, float64(f.in.Load()), 0.85*allowed)
	}
	until := func(n int64) {
		require.Eventually(t, func() bool { return f.in.Load() >= n }, time.Minute, time.Millisecond)
	}
	stop := []func(){f.call(hubs[0], 6), f.call(hubs[1], 2), f.call(hubs[2], 1)}
	until(100)
	within("three hubs")
	stop[0]()
	require.NoError(t, hubs[0].stop())
	until(160)
	within("one has ended")
	hubs[0] = start(t, cfg)
	stop[0] = f.call(hubs[0], 6)
	until(250)
	within("another one has come")
	for _, end := range stop {
		end()
	}
}
