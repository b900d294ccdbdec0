package orders_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/order"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestPlaceFromStock(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 30, 10)
		w.Ticket("TICKET", 50, 5, "2026-12-24")
		draft := storetest.Draft(m, "ref-1", "CODE", 2, "TICKET", 1)
		draft.Lines[1].UseDate = "2026-12-24"
		draft.Metadata = map[string]string{"till": "7"}

		placement, err := w.Orders.Create(ctx, draft)
		require.NoError(t, err)
		o := placement.Order
		require.Equal(t, order.StatusCompleted, o.Status)
		require.Equal(t, storetest.Baht(110), o.Total)
		require.Equal(t, storetest.Baht(890), placement.Balance)
		require.Equal(t, storetest.Baht(890), w.Balance(m))
		require.Equal(t, []string{"CODE-1", "CODE-2"}, storetest.Contents(o.Lines[0]))
		require.Len(t, o.Lines[1].Goods, 1)
		require.NotEmpty(t, o.Lines[1].Goods[0].TicketCode)

		read, err := w.Orders.Get(ctx, order.ByMerchant(m.ID), o.Number)
		require.NoError(t, err)
		require.Equal(t, o, read, "what was answered is what is stored")

		events, err := w.Orders.Events(ctx, order.ByMerchant(m.ID), o.Number, 0, 10)
		require.NoError(t, err)
		require.Len(t, events, 2)
		require.Equal(t, int64(1), events[0].Sequence)
		require.Equal(t, int64(2), events[1].Sequence)
	})
}

func TestAnotherMerchantSeesNothing(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		mine, other := w.Merchant("mine", 100), w.Merchant("other", 100)
		w.Stocked("CODE", 1, 3)
		placement, err := w.Orders.Create(ctx, storetest.Draft(mine, "same", "CODE", 1))
		require.NoError(t, err)

		_, err = w.Orders.Get(ctx, order.ByMerchant(other.ID), placement.Order.Number)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = w.Orders.Get(ctx, order.Viewer{}, placement.Order.Number)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = w.Orders.GetByReference(ctx, other.ID, "same")
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = w.Orders.Cancel(
			ctx, order.ByMerchant(other.ID), placement.Order.Number, order.Cancellation{Reason: "changed my mind"},
		)
		require.ErrorIs(t, err, order.ErrNotFound)
		_, err = w.Orders.Get(ctx, order.ByOperator(), placement.Order.Number)
		require.NoError(t, err)

		second, err := w.Orders.Create(ctx, storetest.Draft(other, "same", "CODE", 1))
		require.NoError(t, err, "references are the merchant's own")
		require.NotEqual(t, placement.Order.Number, second.Order.Number)
	})
}

func TestOneReferenceMakesOneOrder(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		w.Stocked("CODE", 10, 60)
		numbers := make(map[string]bool)
		var mu sync.Mutex
		placed, refused := storetest.Together(50, func(int) error {
			p, err := w.Orders.Create(t.Context(), storetest.Draft(m, "the-one", "CODE", 1))
			if err == nil {
				mu.Lock()
				numbers[p.Order.Number] = true
				mu.Unlock()
			}
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, 50, placed)
		require.Len(t, numbers, 1)
		require.Equal(t, storetest.Baht(990), w.Balance(m), "charged once")

		_, err := w.Orders.Create(t.Context(), storetest.Draft(m, "the-one", "CODE", 2))
		var duplicate *order.DuplicateReferenceError
		require.ErrorAs(t, err, &duplicate)
		require.True(t, numbers[duplicate.OrderNumber])
	})
}

func TestReplayOutlivesTheCatalogue(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 10)
		p := w.Stocked("CODE", 10, 1)
		first, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "CODE", 1))
		require.NoError(t, err)
		p.Status = catalog.StatusArchived
		_, err = w.Catalog.UpdateProduct(t.Context(), p)
		require.NoError(t, err)

		again, err := w.Orders.Create(t.Context(), storetest.Draft(m, "r", "CODE", 1))
		require.NoError(t, err, "stock, balance and product have gone since")
		require.True(t, again.Replayed)
		require.Equal(t, first.Order, again.Order)
	})
}

func TestLastUnitsAreSoldOnce(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		w.Stocked("RARE", 1, 7)
		buyers := make([]account.Merchant, 8)
		for i := range buyers {
			buyers[i] = w.Merchant(fmt.Sprintf("buyer-%d", i), 1000)
		}
		sold := make(map[string]int)
		var mu sync.Mutex
		placed, refused := storetest.Together(50, func(i int) error {
			p, err := w.Orders.Create(t.Context(), storetest.Draft(buyers[i%len(buyers)], fmt.Sprint("r", i), "RARE", 1))
			if err == nil {
				mu.Lock()
				sold[p.Order.Lines[0].Goods[0].Content]++
				mu.Unlock()
			}
			return err
		})
		require.Equal(t, 7, placed, "%v", errors.Join(refused...))
		require.Len(t, sold, 7, "each unit once")
		for _, err := range refused {
			storetest.RequireLineReason(t, err, order.ReasonOutOfStock)
		}
	})
}

func TestAllotmentIsNeverOversold(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		w.Ticket("SHOW", 1, 5, "2026-12-24", "2026-12-25")
		buyers := []account.Merchant{w.Merchant("a", 1000), w.Merchant("b", 1000), w.Merchant("c", 1000)}
		placed, refused := storetest.Together(30, func(i int) error {
			d := storetest.Draft(buyers[i%3], fmt.Sprint("r", i), "SHOW", 1)
			d.Lines[0].UseDate = "2026-12-24"
			_, err := w.Orders.Create(t.Context(), d)
			return err
		})
		require.Equal(t, 5, placed, "%v", errors.Join(refused...))
		d := storetest.Draft(buyers[0], "elsewhere", "SHOW", 1)
		d.Lines[0].UseDate = "2027-01-01"
		_, err := w.Orders.Create(t.Context(), d)
		storetest.RequireLineReason(t, err, order.ReasonDateNotAvailable)
	})
}

func TestWalletPaysForExactlyWhatItHolds(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 10, 60)
		placed, refused := storetest.Together(50, func(i int) error {
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1))
			return err
		})
		require.Equal(t, 10, placed)
		require.Zero(t, w.Balance(m))
		for _, err := range refused {
			var insufficient *order.InsufficientBalanceError
			require.ErrorAs(t, err, &insufficient)
			require.Equal(t, storetest.Baht(10), insufficient.Missing)
		}
	})
}

func TestCouponIsUsedExactlyAsOftenAsItMay(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		five, one := int64(5), int64(1)
		for _, c := range []catalog.Coupon{
			{Code: "FIVE", Kind: catalog.CouponPercent, PercentBasisPoints: 1000, MaxUses: &five},
			{
				Code: "EACH", Kind: catalog.CouponAmount, Amount: storetest.Baht(1), Currency: storetest.THB,
				MaxUsesPerMerchant: &one,
			},
		} {
			_, err := w.Catalog.CreateCoupon(t.Context(), c)
			require.NoError(t, err)
		}
		w.Stocked("CODE", 10, 200)
		buyers := []account.Merchant{w.Merchant("a", 1000), w.Merchant("b", 1000), w.Merchant("c", 1000)}
		create := func(code string) func(i int) error {
			return func(i int) error {
				d := storetest.Draft(buyers[i%3], fmt.Sprint(code, i), "CODE", 1)
				d.Coupon = strings.ToLower(code)
				_, err := w.Orders.Create(t.Context(), d)
				return err
			}
		}
		placed, refused := storetest.Together(40, create("FIVE"))
		require.Equal(t, 5, placed)
		for _, err := range refused {
			var coupon *order.CouponError
			require.ErrorAs(t, err, &coupon)
			require.Equal(t, order.CouponUsedUp, coupon.Cause)
		}
		placed, _ = storetest.Together(30, create("EACH"))
		require.Equal(t, 3, placed, "once for each merchant")

		used, err := w.Catalog.Coupon(t.Context(), "five")
		require.NoError(t, err)
		require.Equal(t, int64(5), used.Uses)

		var invalid *errs.InvalidError
		four := int64(4)
		used.MaxUses = &four
		_, err = w.Catalog.UpdateCoupon(t.Context(), used)
		require.ErrorAs(t, err, &invalid, "a limit below the uses there are")
		used.MaxUses, used.MaxUsesPerMerchant = &five, &one
		_, err = w.Catalog.UpdateCoupon(t.Context(), used)
		require.ErrorAs(t, err, &invalid, "five uses by three merchants")
		used.MaxUsesPerMerchant = &five
		_, err = w.Catalog.UpdateCoupon(t.Context(), used)
		require.NoError(t, err)
	})
}

// A draft that only the database refuses ends alone: a NUL byte in a text
// cannot be stored by PostgreSQL, a second order of the same number by neither.
func TestPoisonousDraftEndsAlone(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 1000)
		p := w.Stocked("CODE", 1, 20)
		var batch []*order.Candidate
		for i := range 9 {
			d := storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1)
			number := storetest.NewNumber()
			if i == 4 {
				number = batch[0].Number
			}
			batch = append(batch, &order.Candidate{
				Draft: d, Fingerprint: d.Fingerprint(), Number: number, Subtotal: p.Price,
				Lines: []order.PricedLine{{Product: &p, Quantity: 1, UnitPrice: p.Price, Subtotal: p.Price}},
			})
		}
		for i, placed := range w.Store.Orders.Place(t.Context(), batch, order.Judge) {
			if i == 4 {
				require.Error(t, placed.Err)
				continue
			}
			require.NoError(t, placed.Err, "draft %d", i)
			require.Equal(t, order.StatusCompleted, placed.Order.Status)
		}
		require.Equal(t, storetest.Baht(992), w.Balance(m))
		_, err := w.Orders.GetByReference(t.Context(), m.ID, "r4")
		require.ErrorIs(t, err, order.ErrNotFound)
	})
}

func TestRefusedNeighboursChangeNothing(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		rich, poor := w.Merchant("rich", 1000), w.Merchant("poor", 1)
		w.Stocked("CODE", 10, 100)
		placed, refused := storetest.Together(60, func(i int) error {
			m := rich
			if i%2 == 1 {
				m = poor
			}
			_, err := w.Orders.Create(t.Context(), storetest.Draft(m, fmt.Sprint("r", i), "CODE", 1))
			return err
		})
		require.Equal(t, 30, placed)
		require.Len(t, refused, 30)
		require.Equal(t, storetest.Baht(700), w.Balance(rich))
		require.Equal(t, storetest.Baht(1), w.Balance(poor))
		retry, err := w.Orders.Create(t.Context(), storetest.Draft(rich, "r1", "CODE", 1))
		require.NoError(t, err, "a refused reference is not used up, not even by another merchant")
		require.False(t, retry.Replayed)
	})
}

func TestPriceChangeIsNoticed(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		w := storetest.NewWorld(t, open(), storetest.Committers)
		m := w.Merchant("buyer", 1000)
		p := w.Stocked("CODE", 10, 5)
		// Another process changes the price: this one's snapshot is stale.
		p.Price = storetest.Baht(12)
		_, err := open().Products.UpdateProduct(t.Context(), p)
		require.NoError(t, err)

		expected := storetest.Baht(10)
		d := storetest.Draft(m, "old-price", "CODE", 1)
		d.ExpectedTotal = &expected
		_, err = w.Orders.Create(t.Context(), d)
		var changed *order.PriceChangedError
		require.ErrorAs(t, err, &changed)
		require.Equal(t, storetest.Baht(12), changed.Actual)

		placement, err := w.Orders.Create(t.Context(), storetest.Draft(m, "any-price", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(12), placement.Order.Total)
	})
}

func TestSuspensionIsSeenInsideThePlacement(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		m := w.Merchant("buyer", 100)
		w.Stocked("CODE", 1, 1)
		suspended := account.StatusSuspended
		_, err := w.Accounts.UpdateMerchant(t.Context(), m.ID, account.MerchantChange{Status: &suspended})
		require.NoError(t, err)
		_, err = w.Orders.Create(t.Context(), storetest.Draft(m, "r", "CODE", 1))
		require.ErrorIs(t, err, order.ErrMerchantSuspended)
	})
}

func TestTwoProcessesOnOneDatabase(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		a, b := storetest.NewWorld(t, open(), 2), storetest.NewWorld(t, open(), 2)
		m, n := a.Merchant("m", 40), a.Merchant("n", 40)
		a.Stocked("CODE", 1, 60)
		require.NoError(t, b.Catalog.Reload(t.Context()))
		placed, refused := storetest.Together(120, func(i int) error {
			w, buyer := a, m
			if i%2 == 1 {
				w = b
			}
			if i%4 > 1 {
				buyer = n
			}
			_, err := w.Orders.Create(t.Context(), storetest.Draft(buyer, fmt.Sprint("r", i), "CODE", 1))
			return err
		})
		require.Equal(t, 60, placed, "%v", errors.Join(refused...))
		require.Equal(t, storetest.Baht(20), a.Balance(m)+a.Balance(n))
	})
}
