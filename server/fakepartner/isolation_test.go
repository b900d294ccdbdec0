package fakepartner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

// suppliers are simulated within the buyer's own hub.
func (b *buyer) supplier(name, sku string, behaviour sim.Config) {
	b.t.Helper()
	text, err := json.Marshal(behaviour)
	require.NoError(b.t, err)
	provider, err := b.Providers.Create(b.t.Context(), fulfil.Provider{Name: name, Connector: "sim", Config: text}, nil)
	require.NoError(b.t, err)
	p, err := b.Catalog.CreateProduct(b.t.Context(), catalog.Product{
		SKU: sku, Name: sku, Category: b.category, Currency: b.currency, Price: 10_000_000, Source: catalog.SourceProvider,
	})
	require.NoError(b.t, err)
	_, err = b.Providers.CreateOffer(
		b.t.Context(), &p,
		fulfil.Offer{
			ProductID: p.ID, ProviderID: provider.ID, ProviderSKU: sku, Currency: b.currency, Status: fulfil.StatusActive,
		},
	)
	require.NoError(b.t, err)
}

// took is the median time from the creation of orders to their completion.
func (b *buyer) took(from, n int, sku string) time.Duration {
	b.t.Helper()
	var placing sync.WaitGroup
	for i := range n {
		placing.Go(func() { b.place(from+i, sku, 1, "") })
		time.Sleep(5 * time.Millisecond)
	}
	placing.Wait()
	var took []time.Duration
	for i := range n {
		require.Eventually(b.t, func() bool {
			found, err := b.Orders.GetByReference(b.t.Context(), b.merchant.ID, fmt.Sprint("order-", from+i))
			require.NoError(b.t, err)
			if found.Status != order.StatusCompleted {
				return false
			}
			took = append(took, found.CompletedAt.Sub(found.CreatedAt))
			return true
		}, time.Minute, 10*time.Millisecond)
	}
	slices.Sort(took)
	return took[len(took)/2]
}

// A provider that hangs, or that is down, does not change how long orders take
// that are routed to another.
func TestSlowProviderDelaysNobodyElse(t *testing.T) {
	b := newBuyer(t, sqliteConfig(t), "THB")
	b.supplier("good", "GOOD", sim.Config{DelayMS: 300})
	b.supplier("hanging", "HANGS", sim.Config{Faults: []sim.Fault{{On: sim.Any, Do: sim.TimeoutBefore}}})
	b.supplier("down", "DOWN", sim.Config{Down: true})
	const n = 100
	b.took(100_000, 1, "GOOD") // its queue is worked from now on
	alone := b.took(0, n, "GOOD")
	stop := make(chan struct{})
	var others sync.WaitGroup
	for worker, sku := range []string{"HANGS", "DOWN"} {
		others.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					b.place(10_000*(worker+1)+i, sku, 1, "")
				}
			}
		})
	}
	time.Sleep(time.Second) // until every place at the hanging one is taken
	beside := b.took(n, n, "GOOD")
	close(stop)
	others.Wait()
	t.Logf("%v alone, %v beside them", alone, beside)
	// Who had to wait for a hanging call would wait for its time-out, which is half a
	// minute. How much slower a busy machine is says nothing here.
	require.Less(t, beside, alone+15*time.Second)
}
