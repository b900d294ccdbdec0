package verification_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// holdBreakages are those of holds: one is open, of a unit, a day and a coupon, one confirmed, one released.
var holdBreakages = []struct {
	invariant    int
	rule, damage string
	row          string // as it begins
}{
	{1, "transfer-hold", "UPDATE transfers SET hold_id = NULL WHERE kind = 'release'", "transfer "},
	{1, "transfer-kind", "UPDATE transfers SET kind = 'hold' WHERE kind = 'release'", "transfer "},
	{1, "hold-money", "UPDATE holds SET total_micros = 1 WHERE reference = 'open'", "hold "},
	{1, "hold-money", "DELETE FROM transfers WHERE kind = 'release'", "hold "},
	{1, "held-sum", "DELETE FROM holds WHERE reference = 'open'", "account "},
	{3, "hold-status", "UPDATE holds SET ended_at = NULL WHERE reference = 'gone'", "hold "},
	{3, "hold-status", "UPDATE holds SET draft = NULL WHERE reference = 'open'", "hold "},
	{2, "hold-order", "UPDATE holds SET order_id = NULL WHERE reference = 'done'", "hold "},
	{2, "hold-order", "UPDATE orders SET reference = 'other' WHERE reference = 'done'", "hold "},
	{4, "hold-stock", "UPDATE holds SET status = 'expired' WHERE reference = 'open'", "hold "},
	{6, "hold-coupon", "DELETE FROM coupon_uses WHERE order_id < 0", "hold "},
	{6, "hold-coupon-use", "UPDATE holds SET coupon_id = NULL WHERE reference = 'open'", "coupon use "},
	{4, "hold-part", "UPDATE units SET status = 'available' WHERE status = 'held'", "part "},
	{4, "unit-held", "DELETE FROM hold_parts", "unit "},
	{4, "allotment-sold", "DELETE FROM hold_parts", "allotment "},
	{4, "hold-overdue", "UPDATE holds SET expires_at = '2026-01-01 00:00:00+00:00' WHERE reference = 'open'", "hold "},
}

// rulesOfHolds are those that holdBreakages breaks and nothing else.
const rulesOfHolds = 11

func TestVerifyNamesWhatIsBrokenOfHolds(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 10, 5)
		w.Ticket("DAY", 10, 9, "2026-12-24")
		most := int64(5)
		_, err := w.Catalog.CreateCoupon(t.Context(), catalog.Coupon{
			Code: "TENTH", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &most, Status: catalog.StatusActive,
		})
		require.NoError(t, err)
		numbers := make(map[string]string)
		for _, reference := range []string{"open", "done", "gone"} {
			d := storetest.Draft(m, reference, "CODE", 1, "DAY", 2)
			d.Lines[1].UseDate, d.Coupon = "2026-12-24", "TENTH"
			p, err := w.Orders.Hold(t.Context(), d, 0)
			require.NoError(t, err)
			numbers[reference] = p.Hold.Number
		}
		_, err = w.Orders.Confirm(t.Context(), m.ID, numbers["done"])
		require.NoError(t, err)
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByMerchant(m.ID), numbers["gone"])
		require.NoError(t, err)
		storetest.RequireClean(t, s)
		backup := newBackup(t, s)
		tested := make(map[string]bool)
		for i, b := range holdBreakages {
			tested[b.rule] = true
			t.Run(fmt.Sprintf("%d %s", i, b.rule), func(t *testing.T) {
				defer backup.restore(t, "")
				backup.exec(t, b.damage, "")
				found, _ := verify(t, s)
				require.Condition(t, func() bool { return findingOf(found, b.invariant, b.rule, b.row) }, "%+v", found)
			})
		}
		require.Len(t, tested, rulesOfHolds+2, "every rule of holds, and two of others")
		storetest.RequireClean(t, s)
	})
}

func findingOf(found []verification.Finding, invariant int, rule, row string) bool {
	for _, f := range found {
		if f.Invariant == invariant && f.Rule == rule && len(f.Row) > len(row) && f.Row[:len(row)] == row {
			return true
		}
	}
	return false
}
