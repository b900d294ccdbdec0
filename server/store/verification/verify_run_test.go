package verification_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/dialect/sim"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
	"orderhub/server/store/verification"
)

// Verify sees one moment, whatever is placed and settled meanwhile, and keeps nobody waiting.
func TestVerifyWhileOrdersArePlaced(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		w := storetest.NewWorld(t, open(), 2)
		merchants := []account.Merchant{w.Merchant("a", 100_000), w.Merchant("b", 100_000)}
		w.Stocked("CODE", 10, 500)
		w.Ticket("TICKET", 50, 500, "2026-12-24")
		w.Simulated("GOOD", 100, sim.Script{DelayMS: 1})
		w.Simulated("PARTLY", 100, sim.Script{FailLast: 1})
		limit := int64(1000)
		_, err := w.Catalog.CreateCoupon(t.Context(), catalog.Coupon{
			Code: "TEN", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &limit,
		})
		require.NoError(t, err)

		var traders sync.WaitGroup
		for i := range 4 {
			traders.Go(func() {
				for n := range 25 {
					d := storetest.Draft(merchants[i%2], fmt.Sprintf("%d-%d", i, n), "CODE", 1, "TICKET", 1, "GOOD", 1, "PARTLY", 2)
					d.Lines[1].UseDate, d.Coupon = "2026-12-24", "TEN"
					placement, err := w.Orders.Create(t.Context(), d)
					if err == nil {
						_, err = w.Advance(t.Context(), placement.Order.ID)
					}
					if err != nil {
						t.Errorf("order %s: %v", d.Reference, err)
						return
					}
				}
			})
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			traders.Wait()
		}()
		another := open() // as the command is another process
		meanwhile := 0
		for trading := true; trading; {
			select {
			case <-closed:
				trading = false
			default:
			}
			if summary := storetest.RequireClean(t, another); summary.Orders > 0 && summary.Orders < 100 {
				meanwhile++
			}
		}
		require.NotZero(t, meanwhile, "some of it was seen half way")
	})
}

// While Verify is at work others write, and it does not see what they write.
func TestVerifyLocksNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 5)
		handle := s.WriteDB
		_, err := handle.Exec("UPDATE accounts SET balance_micros = 1 WHERE kind = 'revenue'")
		require.NoError(t, err)

		var found []string
		summary, err := open().Verification.Verify(t.Context(), func(f verification.Finding) {
			found = append(found, f.Rule)
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "meanwhile", "CODE", 1))
			require.NoError(t, err)
		})
		require.NoError(t, err)
		require.Equal(t, []string{"hub-balance"}, found)
		require.Equal(t, int64(1), summary.Findings)
		require.Equal(t, storetest.Baht(90), w.Balance(m))
	})
}

func TestVerifyCounts(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		empty := storetest.RequireClean(t, s)
		require.Equal(t, verification.Summary{Rules: empty.Rules}, empty)
		trade(t, w)

		summary := storetest.RequireClean(t, s)
		require.Equal(t, verification.Summary{
			Rules: empty.Rules, Accounts: 7, Transfers: 23, Orders: 13, Lines: 16, Units: 16, Attempts: 8, Events: 34,
			Coupons: 2, Allotments: 1,
		}, summary)

		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.Verification.Verify(cancelled, func(verification.Finding) {})
		require.ErrorIs(t, err, context.Canceled)
	})
}
