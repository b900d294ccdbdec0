package attempts_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// Operators are told once that every offer of a product costs too much, and again after it could be bought.
func TestTooDearIsToldOnce(t *testing.T) {
	t.Parallel()
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, m, p := t.Context(), w.Merchant("buyer", 1000), w.Simulated("GOLD", 10, sim.Script{})
		other := w.Simulated("OTHER", 10, sim.Script{})
		costs(t, w, other, storetest.Baht(11))
		bought := 0
		buy := func(sku string, want order.Status) {
			t.Helper()
			bought++
			placed, err := w.Orders.Create(ctx, storetest.Draft(m, fmt.Sprint(bought), sku, 3))
			require.NoError(t, err)
			_, err = w.Advance(ctx, placed.Order.ID)
			require.NoError(t, err)
			o, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), placed.Order.Number)
			require.NoError(t, err)
			require.Equal(t, want, o.Status)
		}
		told := func() []operatorevent.Event {
			t.Helper()
			events, err := w.Store.OperatorEvents.List(ctx, operatorevent.Filter{
				Kind: fulfil.TooDear, ProductID: p.ID, Limit: 10,
			})
			require.NoError(t, err)
			return events
		}
		costs(t, w, p, storetest.Baht(11))
		buy("GOLD", order.StatusFailed)
		buy("GOLD", order.StatusFailed)
		buy("OTHER", order.StatusFailed)
		require.Len(t, told(), 1)
		require.Equal(t, "Every offer of the product costs more than its lines may lose: "+
			"sim would cost 33.00 THB, and the line is sold for 30.00 THB.", told()[0].Message)
		require.Equal(t, "10.00", told()[0].Data["price"])
		costs(t, w, p, storetest.Baht(10))
		buy("GOLD", order.StatusCompleted)
		costs(t, w, p, storetest.Baht(12))
		buy("GOLD", order.StatusFailed)
		require.Len(t, told(), 2)
		storetest.RequireClean(t, w.Store)
	})
}
