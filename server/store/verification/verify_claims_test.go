package verification_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// claimBreakages are those of what is said of units after the sale: {c} has a unit that was refunded, one that was
// replaced and one whose claim was rejected, {g} one that its provider credited, {t} a ticket that was used.
var claimBreakages = []breakage{
	{
		4, "claim-unit", "claimed unit {c unit 1}",
		"UPDATE claimed_units SET line_id = 4711 WHERE unit_id = {c unit 1}", "",
	},
	{
		4, "claim-answer", "claimed unit {c unit 3}",
		"UPDATE claimed_units SET answered_at = NULL WHERE unit_id = {c unit 3}", "",
	},
	{4, "claim-state", "claimed unit {c unit 1}", "UPDATE units SET status = 'delivered' WHERE id = {c unit 1}", ""},
	{4, "claim-state", "claimed unit {c unit 2}", "UPDATE units SET status = 'delivered' WHERE id = {c unit 2}", ""},
	{
		4, "claim-state", "claimed unit {c unit 3}",
		"UPDATE claimed_units SET status = 'refunded' WHERE unit_id = {c unit 3}", "",
	},
	{
		4, "claim-replacement", "claimed unit {c unit 2}",
		"UPDATE claimed_units SET replacement_unit_id = unit_id WHERE unit_id = {c unit 2}", "",
	},
	{
		2, "claim-refund", "claimed unit {c unit 3}",
		"UPDATE claimed_units SET refund_micros = 1 WHERE unit_id = {c unit 3}", "",
	},
	{
		1, "claim-credit", "claimed unit {g unit 1}",
		"UPDATE claimed_units SET credit_micros = 0 WHERE unit_id = {g unit 1}", "",
	},
	{4, "claim-order", "claim 1", "UPDATE claims SET merchant_id = 4711 WHERE order_id = {c}", ""},
	{4, "claim-units", "claim 1", "UPDATE claims SET waiting = 1 WHERE order_id = {c}", ""},
	{4, "unit-claimed", "unit {c unit 2}", "DELETE FROM claimed_units WHERE unit_id = {c unit 2}", ""},
	{4, "unit-claimed", "unit {c unit 1}", "DELETE FROM claimed_units WHERE unit_id = {c unit 1}", ""},
	{
		2, "line-claims", "line {c 1} of order {c #}",
		"UPDATE claimed_units SET refund_micros = refund_micros - 1 WHERE unit_id = {c unit 1}", "",
	},
	{1, "attempt-credited", "attempt {g attempt 1}", "UPDATE attempts SET credited_micros = 0 WHERE order_id = {g}", ""},
	{4, "ticket-redeemed", "redemption {t unit 1}", "UPDATE units SET status = 'delivered' WHERE id = {t unit 1}", ""},
	{4, "unit-used", "unit {t unit 1}", "DELETE FROM redemptions", ""},
	{
		5, "line-not-bought", "line {g 1} of order {g #}",
		"UPDATE attempts SET delivered = 1 WHERE order_id = {g}", "",
	},
}

// rulesOfClaims are those that claimBreakages breaks and nothing else.
const rulesOfClaims = 13

// afterSale makes what claimBreakages is about.
func afterSale(t *testing.T, w *storetest.World) {
	t.Helper()
	shop, claims := w.Merchant("shop", 1000), claim.NewService(w.Store.Claims, w.Store.Now)
	today := w.Store.Now().Format(time.DateOnly)
	w.Stocked("CODE", 10, 4)
	w.Simulated("GOLD", 100, sim.Script{})
	w.Ticket("DAY", 10, 5, today)
	_, err := w.Store.WriteDB.ExecContext(t.Context(), `UPDATE offers SET cost_micros = 40000000`)
	require.NoError(t, err)
	by := claim.By{Kind: "operator", Name: "ada"}
	claimed := func(reference, sku string, quantity int) claim.Claim {
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(shop, reference, sku, quantity))
		require.NoError(t, err)
		made, err := claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByOperator(), OrderNumber: w.Finish(placed.Order).Number, Reason: claim.NotWorking,
			By: claim.By{Kind: claim.ByMerchant, Name: shop.Name},
		})
		require.NoError(t, err)
		return made
	}
	c := claimed("c", "CODE", 3)
	for i, verdict := range []claim.Verdict{claim.Refund, claim.Replace, claim.Reject} {
		_, err := claims.Answer(t.Context(), c.ID, claim.Answer{
			Units: []int64{c.Units[i].UnitID}, Verdict: verdict, Words: "so it is", By: by,
		})
		require.NoError(t, err)
	}
	g := claimed("g", "GOLD", 2)
	_, err = claims.Answer(t.Context(), g.ID, claim.Answer{Verdict: claim.Refund, By: by})
	require.NoError(t, err)
	_, err = claims.Dispute(t.Context(), g.ID, claim.Passing{UnitID: g.Units[0].UnitID})
	require.NoError(t, err)
	_, err = claims.EndDispute(t.Context(), g.ID, claim.Ending{UnitID: g.Units[0].UnitID, Credit: "40"})
	require.NoError(t, err)
	draft := storetest.Draft(shop, "t", "DAY", 1)
	draft.Lines[0].UseDate = today
	placed, err := w.Orders.Create(t.Context(), draft)
	require.NoError(t, err)
	_, err = claims.Redeem(t.Context(), claim.Redemption{
		Viewer: order.ByOperator(), Code: placed.Order.Lines[0].Goods[0].TicketCode, By: by,
	})
	require.NoError(t, err)
}

func TestVerifyNamesWhatIsBrokenOfClaims(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		afterSale(t, storetest.NewWorld(t, s, 1))
		touchLines(t, s.WriteDB)
		storetest.RequireClean(t, s)
		backup := newBackup(t, s)
		ids := idsOf(t, s.WriteDB)
		tested := make(map[string]bool)
		for i, b := range claimBreakages {
			tested[b.rule] = true
			t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
				defer backup.restore(t, b.index)
				backup.exec(t, ids.Replace(b.damage), b.index)
				found, _ := verify(t, s)
				require.Contains(t, found, verification.Finding{Invariant: b.invariant, Rule: b.rule, Row: ids.Replace(b.row)})
			})
		}
		require.Len(t, tested, rulesOfClaims+1, "every rule of claims, and one of attempts")
		storetest.RequireClean(t, s)
	})
}
