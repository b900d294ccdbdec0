package app_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/config"
	"orderhub/server/money"
	"orderhub/server/nettest"
	"orderhub/server/order"
	"orderhub/server/webhook"
	"orderhub/server/webhook/standard"
)

var (
	told          = flag.Int("told", 150, "orders of TestTelling; the issue asks for 10000")
	toldPerSecond = flag.Int("told-per-second", 200, "orders of TestTelling placed in a second")
)

// inbox is one endpoint's receiver.
type inbox struct {
	kind   string // healthy, down, slow, flaky
	secret string
	url    string
	back   *atomic.Bool // for those that are down: they are back

	mu       sync.Mutex
	calls    int
	accepted map[int64]int    // events by sequence, how often
	ids      map[string]int64 // by message
	longest  time.Duration    // from an event to its arrival
	wrong    error
}

func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.calls++
	fails := b.kind == "flaky" && b.calls%2 == 0
	b.mu.Unlock()
	if b.kind == "slow" {
		time.Sleep(9 * time.Second)
	}
	if fails || b.kind == "down" && !b.back.Load() {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	var told struct {
		Timestamp time.Time
		Data      struct {
			Event struct {
				Sequence int64 `json:",string"`
			}
		}
	}
	body := make([]byte, r.ContentLength)
	_, err := readFull(r, body)
	if err == nil {
		err = standard.Verify(b.secret, r.Header.Get, body, time.Now())
	}
	if err == nil {
		err = json.Unmarshal(body, &told)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil {
		b.wrong = err
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	b.longest = max(b.longest, time.Since(told.Timestamp))
	b.accepted[told.Data.Event.Sequence]++
	b.ids[r.Header.Get(standard.HeaderID)] = told.Data.Event.Sequence
}

func readFull(r *http.Request, into []byte) (n int, err error) {
	for n < len(into) && err == nil {
		var read int
		read, err = r.Body.Read(into[n:])
		n += read
	}
	if n == len(into) {
		err = nil
	}
	return n, err
}

// TestTelling places orders of 50 merchants with two endpoints each, of which
// some are down, slow or answer every other post with 500: the healthy ones have
// every event while others are down, and in the end all have all of them, once.
func TestTelling(t *testing.T) {
	for _, database := range databases {
		t.Run(database.name, func(t *testing.T) {
			if *told < 1000 {
				t.Parallel() // it waits more than it works
			}
			testTelling(t, database.new(t))
		})
	}
}

func testTelling(t *testing.T, cfg config.Config) {
	const merchants = 50
	cfg.AllowLocalTargets = true
	h := start(t, cfg)
	category, err := h.Catalog.CreateCategory(t.Context(), catalog.Category{Slug: "tickets", Name: "Tickets"})
	require.NoError(t, err)
	day, err := h.Catalog.CreateProduct(t.Context(), catalog.Product{
		SKU: "DAY", Name: "Day", Category: category, Price: money.Unit, Currency: "THB", Source: catalog.SourceStock,
		Dated: true,
	})
	require.NoError(t, err)
	require.NoError(
		t,
		h.Catalog.SetAllotments(
			t.Context(), day.ID, []catalog.Allotment{{ProductID: day.ID, UseDate: "2030-01-01", Capacity: 10_000_000}},
		),
	)

	var back atomic.Bool
	var inboxes [][]*inbox // by merchant
	var ids []int64
	for i := range merchants {
		m, err := h.Accounts.CreateMerchant(
			t.Context(), account.NewMerchant{Name: fmt.Sprint("shop-", i), Currency: "THB", CreditLimit: 1_000_000 * money.Unit},
		)
		require.NoError(t, err)
		ids = append(ids, m.ID)
		var own []*inbox
		for j := range 2 {
			b := &inbox{kind: "healthy", accepted: make(map[int64]int), ids: make(map[string]int64), back: &back}
			if n := 2*i + j; n%3 == 0 && n < 90 {
				b.kind = []string{"down", "slow", "flaky"}[n/3%3]
			}
			if b.kind == "down" && i%2 == 0 {
				b.url = refusing(t, b)
			} else {
				server := httptest.NewServer(b)
				t.Cleanup(server.Close)
				b.url = server.URL
			}
			e, secret, err := h.Webhooks.Create(t.Context(), webhook.Endpoint{
				MerchantID: m.ID, Format: webhook.FormatStandard, URL: b.url, MaxRetries: 20, RetryDelay: time.Second,
			}, "")
			require.NoError(t, err)
			require.NotZero(t, e.ID)
			b.secret = secret
			own = append(own, b)
		}
		inboxes = append(inboxes, own)
	}
	began := time.Now()
	placeAll(t, h, ids)
	t.Logf("%d orders placed in %s", *told, time.Since(began).Round(time.Millisecond))
	events := func(merchant int) int { return 2 * (*told / merchants) }
	missing := func(wanted func(*inbox) bool) (found []string) {
		for i, own := range inboxes {
			for _, b := range own {
				if b.mu.Lock(); wanted(b) && len(b.accepted) < events(i) {
					found = append(found, fmt.Sprintf(
						"%d of %d at the %s %s after %d calls", len(b.accepted), events(i), b.kind, b.url, b.calls,
					))
				}
				b.mu.Unlock()
			}
		}
		return found
	}
	patience := time.Minute + time.Duration(*told)*100*time.Millisecond
	await := func(wanted func(*inbox) bool, what string) {
		t.Helper()
		if !assert.Eventually(t, func() bool { return len(missing(wanted)) == 0 }, patience, 20*time.Millisecond) {
			t.Fatalf("%s: %q", what, missing(wanted))
		}
	}
	await(func(b *inbox) bool { return b.kind == "healthy" }, "healthy endpoints miss events")
	t.Logf("healthy endpoints had everything after %s", time.Since(began).Round(time.Millisecond))

	for _, own := range inboxes {
		for _, b := range own {
			if b.kind == "down" && !b.back.Load() {
				require.Empty(t, b.accepted)
			}
		}
	}
	back.Store(true)
	await(func(*inbox) bool { return true }, "events are missing after recovery")
	t.Logf("everybody had everything after %s", time.Since(began).Round(time.Millisecond))
	longest := make(map[string]time.Duration)
	for i, own := range inboxes {
		for _, b := range own {
			b.mu.Lock()
			longest[b.kind] = max(longest[b.kind], b.longest)
			require.NoError(t, b.wrong)
			for sequence := int64(1); sequence <= int64(events(i)); sequence++ {
				require.Equal(t, 1, b.accepted[sequence], "event %d of merchant %d at a %s endpoint", sequence, i, b.kind)
			}
			b.mu.Unlock()
		}
	}
	t.Logf("longest from an event to its arrival: %v", longest)
	require.LessOrEqual(t, longest["healthy"], patience)
	require.NoError(t, h.stop())
	h.verify(&cfg)
}

// refusing is the URL of a server whose port nobody listens on until it is back.
func refusing(t *testing.T, b *inbox) string {
	t.Helper()
	port := nettest.Reserve(t)
	server := httptest.NewUnstartedServer(b)
	require.NoError(t, server.Listener.Close())
	t.Cleanup(server.Close)
	go func() {
		for !b.back.Load() {
			if t.Context().Err() != nil {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		listener, err := port.Listen()
		if err != nil {
			t.Errorf("%s is not back: %v", port.Address, err)
			return
		}
		server.Listener = listener
		server.Start()
	}()
	return "http://" + port.Address
}

// placeAll places the orders of all merchants in turn, at a steady pace.
func placeAll(t *testing.T, h *hub, ids []int64) {
	t.Helper()
	tick := time.NewTicker(time.Second / time.Duration(*toldPerSecond))
	defer tick.Stop()
	var placing sync.WaitGroup
	var failed atomic.Pointer[error]
	for n := range *told {
		<-tick.C
		placing.Go(func() {
			_, err := h.Orders.Create(t.Context(), &order.Draft{
				MerchantID: ids[n%len(ids)], Currency: "THB", Reference: fmt.Sprint(n), Door: "hub",
				Recipient: order.Recipient{UserID: "player"},
				Lines:     []order.DraftLine{{SKU: "DAY", Quantity: 1, UseDate: "2030-01-01"}},
			})
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	placing.Wait()
	if err := failed.Load(); err != nil {
		t.Fatalf("an order was refused: %v", *err)
	}
}
