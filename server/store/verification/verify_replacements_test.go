package verification_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/claim"
	"orderhub/server/dialect/sim"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// replacementBreakages are those of what is bought in the place of units that did not work: of order {b}, replacement 1
// bought another one for its first unit, and replacement 2 is at it for the second.
var replacementBreakages = []breakage{
	{5, "replacement-line", "replacement 1", "UPDATE replacements SET line_id = 4711 WHERE id = 1", ""},
	{5, "replacement-counters", "replacement 1", "UPDATE replacements SET ended_at = NULL WHERE id = 1", ""},
	{5, "replacement-counters", "replacement 2", "UPDATE replacements SET failed = 1 WHERE id = 2", ""},
	{
		4, "replacement-units", "replacement 1",
		"UPDATE claimed_units SET replacement_id = NULL WHERE unit_id = {b unit 1}", "",
	},
	{
		4, "replacement-units", "replacement 2",
		"UPDATE claimed_units SET status = 'waiting' WHERE unit_id = {b unit 2}", "",
	},
	{
		5, "replacement-bought", "replacement 1",
		"UPDATE attempts SET replacement_id = NULL WHERE id = {b attempt 2}", "",
	},
	{
		5, "line-bought", "line {b 1} of order {b #}",
		"UPDATE attempts SET replacement_id = NULL WHERE id = {b attempt 2}", "",
	},
	{
		5, "replacement-unsettled", "replacement 1",
		"UPDATE attempts SET settled_at = NULL WHERE id = {b attempt 2}", "",
	},
	{
		5, "attempt-replacement", "attempt {b attempt 2}",
		"UPDATE attempts SET replacement_id = 4711 WHERE id = {b attempt 2}", "",
	},
	{
		4, "claim-bought", "claimed unit {b unit 1}",
		"UPDATE claimed_units SET replacement_id = 4711 WHERE unit_id = {b unit 1}", "",
	},
	{4, "claim-state", "claimed unit {b unit 2}", "UPDATE units SET status = 'cancelled' WHERE id = {b unit 2}", ""},
	{3, "line-left-behind", "line {b 1} of order {b #}", "DELETE FROM attempts WHERE id = {b attempt 3}", ""},
}

// rulesOfReplacements are those that replacementBreakages breaks and no other test does.
const rulesOfReplacements = 7

func TestVerifyNamesWhatIsBrokenOfReplacements(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		shop, claims := w.Merchant("shop", 1000), claim.NewService(w.Store.Claims, w.Store.Now)
		w.Simulated("GOLD", 100, sim.Script{})
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(shop, "b", "GOLD", 2))
		require.NoError(t, err)
		o := w.Finish(placed.Order)
		made, err := claims.Create(t.Context(), claim.Draft{
			Viewer: order.ByOperator(), OrderNumber: o.Number, Reason: claim.NotWorking,
			By: claim.By{Kind: claim.ByMerchant, Name: shop.Name},
		})
		require.NoError(t, err)
		for i := range made.Units {
			if i > 0 {
				w.Finish(o)
			}
			_, err := claims.Answer(t.Context(), made.ID, claim.Answer{
				Units: []int64{made.Units[i].UnitID}, Verdict: claim.Replace, By: claim.By{Kind: "operator", Name: "ada"},
			})
			require.NoError(t, err)
		}
		_, err = w.Engine.Route(t.Context(), []int64{o.ID})
		require.NoError(t, err)
		touchLines(t, s.WriteDB)
		_, err = s.WriteDB.ExecContext(t.Context(), `UPDATE replacements SET updated_at = '2026-01-01 00:00:00+00:00'`)
		require.NoError(t, err)
		storetest.RequireClean(t, s)
		backup := newBackup(t, s)
		ids := idsOf(t, s.WriteDB)
		tested := make(map[string]bool)
		for i, b := range replacementBreakages {
			tested[b.rule] = true
			t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
				defer backup.restore(t, b.index)
				backup.exec(t, ids.Replace(b.damage), b.index)
				found, _ := verify(t, s)
				require.Contains(t, found, verification.Finding{Invariant: b.invariant, Rule: b.rule, Row: ids.Replace(b.row)})
			})
		}
		require.Len(t, tested, rulesOfReplacements+3, "every rule of replacements, and three of others")
		storetest.RequireClean(t, s)
	})
}
