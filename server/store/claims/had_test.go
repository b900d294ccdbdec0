package claims_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/reconcile"
	"orderhub/server/store/storetest"
)

// A credit that was booked because a statement has it is not booked again when the dispute about it ends.
func TestDisputeTakesOverCredit(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx, shop, service := t.Context(), w.Merchant("shop", 1000), service(w)
		w.Simulated("GOLD", 100, sim.Script{})
		_, err := w.Store.WriteDB.ExecContext(ctx, `UPDATE offers SET cost_micros = 40000000`)
		require.NoError(t, err)
		o := placed(t, w, storetest.Draft(shop, "one", "GOLD", 2))
		attempts, err := w.Engine.ListAttempts(ctx, fulfil.AttemptFilter{OrderID: o.ID, Limit: 1})
		require.NoError(t, err)
		a := attempts[0]
		statements := reconcile.NewService(w.Store.Reconciliations, w.Engine, w.Store.Now)
		begun, err := statements.Begin(ctx, reconcile.Run{ProviderID: a.ProviderID})
		require.NoError(t, err)
		row := reconcile.Row{
			Line: 2, Reference: a.Reference, At: a.SubmittedAt.Add(time.Second), State: reconcile.Credited,
			Sum: money.Sum{Amount: storetest.Baht(50), Currency: "THB"},
		}
		require.NoError(t, statements.Add(ctx, begun.ID, []reconcile.Row{row}))
		_, err = statements.Compare(ctx, begun.ID)
		require.NoError(t, err)
		found, err := statements.Findings(ctx, reconcile.FindingFilter{Status: reconcile.Open, Limit: 9})
		require.NoError(t, err)
		require.Len(t, found, 1)
		_, err = statements.Resolve(ctx, reconcile.Resolution{
			FindingID: found[0].ID, Action: reconcile.Book, Note: "invoice", By: "ada",
		})
		require.NoError(t, err)

		made, err := service.Create(ctx, draft(shop, o))
		require.NoError(t, err)
		for i, booked := range []int64{30, 20} { // 40 of the 50, and then the rest of it
			unit := made.Units[i].UnitID
			_, err = service.Dispute(ctx, made.ID, claim.Passing{UnitID: unit})
			require.NoError(t, err)
			_, err = service.EndDispute(ctx, made.ID, claim.Ending{UnitID: unit, Credit: []string{"40.00", "20.00"}[i]})
			require.NoError(t, err)
			now, err := w.Engine.Attempt(ctx, a.ID)
			require.NoError(t, err)
			require.Equal(t, storetest.Baht(booked), now.Booked.Amount)
			storetest.RequireClean(t, w.Store)
		}
	})
}
