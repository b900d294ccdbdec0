package verification_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/dialect/manual"
	"orderhub/server/purchase"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// rulesOfPurchases are those that this test breaks and no other.
const rulesOfPurchases = 3

func TestVerifyNamesWhatIsBrokenOfPurchases(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		w.Supplied(w.Product("HAND", 10, func(p *catalog.Product) { p.Source = catalog.SourceProvider }), "people",
			manual.New(s.Purchases))
		placed, err := w.Orders.Create(t.Context(), storetest.Draft(w.Merchant("shop", 1000), "one", "HAND", 1))
		require.NoError(t, err)
		_, err = w.Advance(t.Context(), placed.Order.ID)
		require.NoError(t, err)
		asked, err := s.Purchases.Purchases(t.Context(), purchase.Filter{Limit: 1})
		require.NoError(t, err)
		touchLines(t, s.WriteDB)
		storetest.RequireClean(t, s)
		backup := newBackup(t, s)
		tested := make(map[string]bool)
		for _, b := range []breakage{
			{3, "purchase-untold", "attempt %d", `UPDATE attempts SET updated_at = '2199-01-01 00:00:00+00:00'`, ""},
			{
				3, "purchase-untold", "attempt %d", `UPDATE purchases SET deliver_by = NULL, created_at =
					'2026-01-01 00:00:00+00:00'`, "",
			},
			{5, "purchase-attempt", "purchase %d", `UPDATE purchases SET provider_id = 4711`, ""},
			{
				5, "purchase-refunded", "purchase %d", `UPDATE purchases SET state = 'delivered';
					UPDATE attempts SET status = 'refused', settled_at = updated_at`, "",
			},
		} {
			tested[b.rule] = true
			t.Run(b.rule, func(t *testing.T) {
				defer backup.restore(t, b.index)
				backup.exec(t, b.damage, b.index)
				found, _ := verify(t, s)
				require.Contains(t, found, verification.Finding{
					Invariant: b.invariant, Rule: b.rule, Row: fmt.Sprintf(b.row, asked[0].ID),
				})
			})
		}
		require.Len(t, tested, rulesOfPurchases)
		storetest.RequireClean(t, s)
	})
}
