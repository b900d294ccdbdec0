package reports_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// What is bought in the place of a unit that does not work costs, and brings in nothing.
func TestMarginsOfReplacements(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		w.Simulated("GOLD", 100, sim.Script{})
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 60000000`)
		require.NoError(t, err)
		placed, err := w.Orders.Create(ctx, storetest.Draft(shop, "one", "GOLD", 2))
		require.NoError(t, err)
		o := w.Finish(placed.Order)
		claims := claim.NewService(w.Store.Claims, w.Store.Now)
		made, err := claims.Create(ctx, claim.Draft{
			Viewer: order.ByMerchant(shop.ID), OrderNumber: o.Number, Reason: claim.NotWorking,
			By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{
			Units: []int64{made.Units[0].UnitID}, Verdict: claim.Replace, By: claim.By{Kind: "operator", Name: "ada"},
		})
		require.NoError(t, err)
		w.Finish(o)
		figures, open, err := w.Store.Reports.CountMargins(ctx, w.Store.Now().Add(-time.Hour), w.Store.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Zero(t, open)
		require.Len(t, figures, 1)
		require.Equal(t, int64(2), figures[0].Units)
		require.Equal(t, storetest.Baht(200), figures[0].Revenue)
		require.Equal(t, storetest.Baht(180), figures[0].Cost)
		require.Zero(t, figures[0].Unpriced)

		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 0`)
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{
			Units: []int64{made.Units[1].UnitID}, Verdict: claim.Replace, By: claim.By{Kind: "operator", Name: "ada"},
		})
		require.NoError(t, err)
		_, open, err = w.Store.Reports.CountMargins(ctx, w.Store.Now().Add(-time.Hour), w.Store.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Equal(t, int64(1), open, "its cost is not in the books yet")
		w.Finish(o)
		figures, _, err = w.Store.Reports.CountMargins(ctx, w.Store.Now().Add(-time.Hour), w.Store.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Len(t, figures, 1)
		require.Equal(t, storetest.Baht(180), figures[0].Cost)
		require.Equal(t, int64(1), figures[0].Unpriced, "what the replacement cost nobody knows")
	})
}

// Units that two providers delivered share what is left of their line's revenue when one
// of them is paid back: nothing is earned twice.
func TestMarginsAfterRefund(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop := t.Context(), w.Merchant("shop", 1000)
		mixed := w.Simulated("MIXED", 100, sim.Script{})
		half, err := sim.New([]byte(`{"scripts": {"MIXED": {"failLast": 1}}}`), time.Now)
		require.NoError(t, err)
		w.Supplied(mixed, "half", half)
		_, err = w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 60000000`)
		require.NoError(t, err)
		_, err = w.Store.WriteDB.ExecContext(
			ctx, `UPDATE offers SET priority = 0 WHERE provider_id = (SELECT max(provider_id) FROM offers)`,
		)
		require.NoError(t, err)
		placed, err := w.Orders.Create(ctx, storetest.Draft(shop, "one", "MIXED", 2))
		require.NoError(t, err)
		o := w.Finish(placed.Order)
		require.Equal(t, int64(2), o.Lines[0].Completed)
		claims := claim.NewService(w.Store.Claims, w.Store.Now)
		made, err := claims.Create(ctx, claim.Draft{
			Viewer: order.ByMerchant(shop.ID), OrderNumber: o.Number, Reason: claim.NotWorking,
			By: claim.By{Kind: claim.ByMerchant, Name: "shop"},
		})
		require.NoError(t, err)
		_, err = claims.Answer(ctx, made.ID, claim.Answer{
			Units: []int64{made.Units[0].UnitID}, Verdict: claim.Refund, By: claim.By{Kind: "operator", Name: "ada"},
		})
		require.NoError(t, err)
		figures, open, err := w.Store.Reports.CountMargins(ctx, w.Store.Now().Add(-time.Hour), w.Store.Now().Add(time.Hour))
		require.NoError(t, err)
		require.Zero(t, open)
		require.Len(t, figures, 2, "both delivered one")
		for _, f := range figures {
			require.True(t, f.OfProvider)
			require.Equal(t, int64(1), f.Units)
			require.Equal(t, storetest.Baht(50), f.Revenue)
			require.Equal(t, storetest.Baht(60), f.Cost)
		}
	})
}
