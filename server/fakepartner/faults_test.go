package fakepartner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/demo"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/fakepartner"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

// client is a plain one of a GameSO partner.
type client struct {
	t    *testing.T
	base string
}

type gamesoOrder struct {
	Status string
	Items  []struct {
		Quantity          int64
		CompletedQuantity int64 `json:"completed_quantity"`
	}
}

func (c *client) try(ctx context.Context, method, path, body string) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	require.NoError(c.t, err)
	request.Header.Set("X-API-Key", demo.MerchantKey)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return response.StatusCode, string(content), err
}

func (c *client) create(reference, sku string, quantity int) (status int, text string, err error) {
	return c.createWithin(time.Minute, reference, sku, quantity)
}

// patience is for calls that are not answered: by then even a busy machine has
// done what they ask for.
const patience = 4 * time.Second

func (c *client) createWithin(most time.Duration, reference, sku string, quantity int) (
	status int, text string, err error,
) {
	ctx, cancel := context.WithTimeout(c.t.Context(), most)
	defer cancel()
	return c.try(
		ctx, http.MethodPost, "/v1/orders",
		fmt.Sprintf(`{"reference_id":%q,"user_id":"u","items":[{"sku":%q,"quantity":%d}]}`, reference, sku, quantity),
	)
}

// completed waits until the order is, and returns it.
func (c *client) completed(reference string) (o gamesoOrder) {
	c.t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; {
		status, text, err := c.try(c.t.Context(), http.MethodGet, "/v1/orders/"+reference, "")
		require.NoError(c.t, err)
		if status == http.StatusOK && json.Unmarshal([]byte(text), &o) == nil && o.Status == "completed" {
			return o
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.Fail(c.t, "the order is not completed")
	return o
}

// known reports whether the partner has the order.
func (c *client) known(reference string) bool {
	status, _, err := c.try(c.t.Context(), http.MethodGet, "/v1/orders/"+reference, "")
	require.NoError(c.t, err)
	return status == http.StatusOK
}

// Every effect is what its name says, and the order is there exactly where it
// says that the call did its work.
func TestEffects(t *testing.T) {
	on := func(do sim.Effect, change func(f *sim.Fault)) sim.Fault {
		f := sim.Fault{On: sim.Place, Do: do}
		if change != nil {
			change(&f)
		}
		return f
	}
	tests := []struct {
		name   string
		fault  sim.Fault
		status int // 0 for no answer
		done   bool
		check  func(t *testing.T, text string)
	}{
		{"timeout_before", on(sim.TimeoutBefore, nil), 0, false, nil},
		{"timeout_after", on(sim.TimeoutAfter, nil), 0, true, nil},
		{"status", on(sim.StatusBefore, func(f *sim.Fault) { f.Status = 503 }), 503, false, func(t *testing.T, text string) {
			require.JSONEq(
				t, `{"status": 503, "code": "SERVICE_UNAVAILABLE", "message": "Service temporarily unavailable"}`, text,
			)
		}},
		{"429", on(sim.StatusBefore, func(f *sim.Fault) { f.Status, f.RetryAfterSeconds = 429, 3 }), 429, false, nil},
		{"status_after", on(sim.StatusAfter, nil), 500, true, nil},
		{
			"malformed", on(sim.Malformed, nil), 200, true,
			func(t *testing.T, text string) { require.False(t, json.Valid([]byte(text))) },
		},
		{"slow", on(sim.Slow, func(f *sim.Fault) { f.DelayMS = 100 }), 200, true, nil},
		{"another SKU", on(sim.TimeoutBefore, func(f *sim.Fault) { f.SKUs = []string{"DIAMOND_500"} }), 200, true, nil},
		{"another operation", sim.Fault{On: sim.Cancel, Do: sim.TimeoutBefore}, 200, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, "gameso", fakepartner.Script{Config: sim.Config{Faults: []sim.Fault{tt.fault}}})
			c := &client{t, "http://" + p.Address()}
			began := time.Now()
			most := time.Minute
			if tt.status == 0 {
				most = patience
			}
			status, text, err := c.createWithin(most, "r", "DIAMOND_100", 1)
			require.Equal(t, tt.status == 0, errors.Is(err, context.DeadlineExceeded), "%v", err)
			require.Equal(t, tt.status, status)
			require.Equal(t, tt.done, c.known("r"))
			if tt.check != nil {
				tt.check(t, text)
			}
			if tt.fault.DelayMS > 0 {
				require.GreaterOrEqual(t, time.Since(began), 100*time.Millisecond)
			}
		})
	}
}

func TestFirstCallsOfEachPurchase(t *testing.T) {
	p := start(
		t, "gameso",
		fakepartner.Script{Config: sim.Config{Faults: []sim.Fault{{On: sim.Place, Do: sim.StatusBefore, First: 2}}}},
	)
	c := &client{t, "http://" + p.Address()}
	for _, reference := range []string{"a", "b"} {
		for _, want := range []int{500, 500, 200} {
			status, _, err := c.create(reference, "DIAMOND_100", 1)
			require.NoError(t, err)
			require.Equal(t, want, status)
		}
	}
}

func TestWrongAmounts(t *testing.T) {
	for effect, want := range map[sim.Effect]int64{sim.MoreUnits: 3, sim.FewerUnits: 1} {
		p := start(
			t, "gameso", fakepartner.Script{Config: sim.Config{DelayMS: 10, Faults: []sim.Fault{{On: sim.Inquire, Do: effect}}}},
		)
		c := &client{t, "http://" + p.Address()}
		_, _, err := c.create("r", "DIAMOND_100", 2)
		require.NoError(t, err)
		require.Equal(t, want, c.completed("r").Items[0].CompletedQuantity)
	}
}

// What a partner does beyond failing reaches an operator, and neither goods nor
// money are lost by it.
func TestPartnerThatLies(t *testing.T) {
	tests := []struct {
		dialect string
		sku     string
		script  sim.Config
		check   func(t *testing.T, b *buyer, o *order.Order, a *fulfil.Attempt)
	}{
		{
			"marketacc", "good",
			sim.Config{Faults: []sim.Fault{{On: sim.Inquire, Do: sim.MoreUnits}}},
			func(t *testing.T, _ *buyer, o *order.Order, a *fulfil.Attempt) {
				require.Equal(t, fulfil.AttemptParked, a.Status)
				require.Equal(t, order.StatusProcessing, o.Status)
				require.Empty(t, o.Lines[0].Goods)
			},
		},
		{
			"bursagb", "good",
			sim.Config{Faults: []sim.Fault{{On: sim.Inquire, Do: sim.FewerUnits}}},
			func(t *testing.T, _ *buyer, o *order.Order, a *fulfil.Attempt) {
				require.Equal(t, order.StatusFailed, o.Status)
				require.Equal(t, int64(1), o.Lines[0].Completed)
				require.Equal(t, o.Total/2, o.Refunded)
				require.Equal(t, "PROVIDER_ERROR", a.FailureCode)
			},
		},
		// It has eight seconds to be believed before it takes its word back: a hub that
		// hears of neither until then is told the truth at once.
		{
			"gameso", "good",
			sim.Config{Scripts: map[string]sim.Script{"DIAMOND_100": {DelayMS: 10, ReverseAfterMS: 8000}}},
			func(t *testing.T, b *buyer, o *order.Order, a *fulfil.Attempt) {
				require.Equal(t, order.StatusCompleted, o.Status, "goods may have been used: a person decides")
				require.Zero(t, o.Refunded)
				require.Eventually(t, func() bool {
					disputed, err := b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Disputed: true, Limit: 10})
					require.NoError(t, err)
					return len(disputed) == 1 && disputed[0].ID == a.ID
				}, time.Minute, 50*time.Millisecond)
				events, err := b.Orders.Events(t.Context(), order.ByMerchant(o.MerchantID), o.Number, 0, 100)
				require.NoError(t, err)
				require.Equal(t, event.AttemptDisputed, events[len(events)-1].Type)
				require.Equal(t, "it was delivered and is refused now", events[len(events)-1].Data["reason"])
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.dialect, func(t *testing.T) {
			t.Parallel()
			for _, l := range loops {
				if l.dialect != tt.dialect {
					continue
				}
				b := newBuyer(t, sqliteConfig(t), l.currency)
				tt.script.Callbacks.Copies = 2
				if tt.script.DelayMS == 0 {
					tt.script.DelayMS = 10
				}
				p := start(t, l.dialect, fakepartner.Script{
					Config: tt.script, CallbackURL: "http://" + b.Addresses().HTTP + "/callbacks/partner",
					CallbackSecret: "a secret of theirs",
				})
				l.connect(b, p.Address())
				b.place(1, tt.sku, 2, l.useDate)
				all := b.finished(time.Minute)
				attempts, err := b.Fulfilment.ListAttempts(t.Context(), fulfil.AttemptFilter{Limit: 10})
				require.NoError(t, err)
				tt.check(t, b, &all[0], &attempts[len(attempts)-1])
				verified(t, &b.cfg)
			}
		})
	}
}

// A callback that nobody of the provider's has sent changes nothing, and does not
// learn whether there is such a provider.
func TestForgedCallbacks(t *testing.T) {
	b := newBuyer(t, sqliteConfig(t), "THB")
	b.buysFrom(
		"gameso", `{"baseUrl": "http://127.0.0.1:1"}`,
		map[string]string{"api_key": "k", "webhook_secret": "a secret of theirs"},
	)
	c := &client{t, "http://" + b.Addresses().HTTP}
	for _, tt := range []struct {
		method, path string
		status       int
		text         string
	}{
		{http.MethodPost, "/callbacks/partner", http.StatusNotFound, "no provider of this name has sent this message"},
		{http.MethodPost, "/callbacks/nobody", http.StatusNotFound, "no provider of this name has sent this message"},
		{http.MethodGet, "/callbacks/partner", http.StatusMethodNotAllowed, ""},
		{http.MethodGet, "/callbacks/nobody", http.StatusMethodNotAllowed, ""},
		{http.MethodPost, "/callbacks/", http.StatusNotFound, ""},
	} {
		status, text, err := c.try(t.Context(), tt.method, tt.path, `{"event":"order.completed"}`)
		require.NoError(t, err)
		require.Equal(t, tt.status, status, tt.path)
		require.Contains(t, text, tt.text)
	}
}
