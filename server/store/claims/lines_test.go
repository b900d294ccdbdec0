package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// What is paid back of an order of which other lines are still to be bought ends nothing.
func TestRefundBeforeTheRestIsBought(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Stocked("CODE", 10, 1)
		w.Ticket("DAY", 10, 5, "2030-05-01")
		w.Simulated("GOLD", 100, sim.Script{})
		order1 := storetest.Draft(shop, "one", "CODE", 1, "GOLD", 1)
		order2 := storetest.Draft(shop, "two", "DAY", 1, "GOLD", 1)
		order2.Lines[0].UseDate = "2030-05-01"
		for i, d := range []*order.Draft{order1, order2} {
			made, err := w.Orders.Create(ctx, d)
			require.NoError(t, err)
			o := made.Order
			told := []event.Type{event.OrderCreated, event.OrderProcessing}
			if i == 0 {
				claimed, err := claims.Create(ctx, draft(shop, o))
				require.NoError(t, err)
				_, err = claims.Answer(ctx, claimed.ID, claim.Answer{Verdict: claim.Refund, By: ada})
				require.NoError(t, err)
				told = append(told, event.ClaimCreated, event.ClaimRefunded)
			} else {
				_, err = w.Orders.Cancel(ctx, order.ByOperator(), o.Number, order.Cancellation{
					Lines: []order.CancelLine{{Position: 1}},
				})
				require.NoError(t, err)
				told = append(told, event.TicketsCancelled)
			}
			require.Equal(t, order.StatusProcessing, get(t, w, o).Status)
			requireEvents(t, w, o, told...)
			storetest.RequireClean(t, w.Store)
			require.Equal(t, order.StatusCompleted, w.Finish(o).Status)
			requireEvents(t, w, o, append(told, event.LineProcessing, event.OrderCompleted)...)
		}
		storetest.RequireClean(t, w.Store)
	})
}

// Lines of one product take different units of its stock, whoever answers.
func TestReplaceOnTwoLines(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, claims := t.Context(), w.Merchant("shop", 1000), service(w)
		p := w.Stocked("CODE", 10, 9)
		first := placed(t, w, storetest.Draft(shop, "one", "CODE", 1, "CODE", 2))
		made, err := claims.Create(ctx, draft(shop, first))
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{Verdict: claim.Replace, By: ada})
		require.NoError(t, err)
		_, err = claims.SetPolicy(ctx, claim.Policy{
			ProductID: p.ID, Answer: claim.Replace, AutomaticWithin: time.Hour, PerMonth: 5,
		})
		require.NoError(t, err)
		second := placed(t, w, storetest.Draft(shop, "two", "CODE", 1, "CODE", 1))
		made, err = claims.Create(ctx, draft(shop, second))
		require.NoError(t, err)
		require.Equal(t, 1, made.Waiting(), "there is one left in stock")
		require.Equal(t, claim.Replaced, made.Units[0].Status)
		first, second = get(t, w, first), get(t, w, second)
		require.Equal(t, []string{"CODE-4"}, first.Lines[0].Contents())
		require.Equal(t, []string{"CODE-5", "CODE-6"}, first.Lines[1].Contents())
		require.Equal(t, []string{"CODE-9"}, second.Lines[0].Contents())
		require.Equal(t, []string{"CODE-8"}, second.Lines[1].Contents())
		storetest.RequireClean(t, w.Store)
	})
}
