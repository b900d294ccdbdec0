package orders_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/order"
	"orderhub/server/store/storetest"
)

// priced is a candidate as the service makes it, for lines of so many units each.
func priced(
	w *storetest.World, m account.Merchant, reference string, lines int, p catalog.Product, quantity int64,
) *order.Candidate {
	product := w.Catalog.Snapshot().ProductBySKU(p.SKU)
	c := &order.Candidate{
		Draft:  &order.Draft{MerchantID: m.ID, Currency: storetest.THB, Reference: reference},
		Number: storetest.NewNumber(), Limits: order.Limits{Units: 1_000_000},
	}
	subtotal, err := product.Price.Mul(quantity)
	if err != nil {
		panic(err)
	}
	for range lines {
		c.Draft.Lines = append(c.Draft.Lines, order.DraftLine{SKU: p.SKU, Quantity: quantity})
		c.Lines = append(
			c.Lines, order.PricedLine{Product: product, Quantity: quantity, UnitPrice: product.Price, Subtotal: subtotal},
		)
		c.Subtotal = c.Subtotal.AddCapped(subtotal)
	}
	return c
}

// What a merchant asks for and cannot pay costs the others nothing: not one unit is read, and a small order is still
// read in one round trip.
func TestUnitsAreReadForWhoCanPay(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		poor, buyer := w.Merchant("poor", 10), w.Merchant("buyer", 100_000)
		p := w.Stocked("CODE", 1, 300)
		huge := priced(w, poor, "huge", 100, p, 1000)
		small, large := priced(w, buyer, "small", 1, p, 2), priced(w, buyer, "large", 1, p, 200)
		broke := priced(w, w.Merchant("broke", 1), "broke", 1, p, 17)

		for _, tc := range []struct {
			name       string
			candidates []*order.Candidate
			want       []int // units by round trip
		}{
			{"who cannot pay", []*order.Candidate{huge}, []int{0}},
			{"a small order", []*order.Candidate{small}, []int{2}},
			{"both", []*order.Candidate{huge, small, broke}, []int{2}},
			{"a large order", []*order.Candidate{huge, small, large}, []int{2, 200}},
		} {
			units, err := w.Store.Orders.UnitReads(ctx, tc.candidates)
			require.NoError(t, err, tc.name)
			require.Equal(t, tc.want, units, tc.name)
		}
	})
}

// A poor merchant's order fails for money alone while others buy the same product, and nothing of it is left locked.
func TestOthersBuyBesideAnOrderThatCannotBePaid(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		poor, buyer := w.Merchant("poor", 10), w.Merchant("buyer", 100_000)
		p := w.Stocked("CODE", 1, 400)
		candidates := []*order.Candidate{priced(w, poor, "huge", 100, p, 1000)}
		for i := range 20 {
			candidates = append(candidates, priced(w, buyer, fmt.Sprint("r", i), 1, p, 1))
		}
		placed := w.Store.Orders.Place(ctx, candidates, order.Judge)
		var insufficient *order.InsufficientBalanceError
		require.ErrorAs(t, placed[0].Err, &insufficient)
		require.Equal(t, storetest.Baht(99_990), insufficient.Missing)
		for i := range 20 {
			require.NoError(t, placed[1+i].Err)
			require.Equal(t, []string{fmt.Sprint("CODE-", i+1)}, storetest.Contents(placed[1+i].Order.Lines[0]))
		}

		placement, err := w.Orders.Create(ctx, storetest.Draft(buyer, "large", "CODE", 300))
		require.NoError(t, err)
		require.Len(t, placement.Order.Lines[0].Goods, 300)
		require.Equal(t, "CODE-21", placement.Order.Lines[0].Goods[0].Content)
		storetest.RequireClean(t, w.Store)
	})
}

// Callers are told of stock before they are told of sums, whatever was read first.
func TestLargeOrdersAreToldOfStockFirst(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		poor := w.Merchant("poor", 10)
		w.Stocked("CODE", 1, 100)
		for _, quantity := range []int{101, 9_000, 1_000_000} {
			_, err := w.Orders.Create(ctx, storetest.Draft(poor, fmt.Sprint(quantity), "CODE", quantity))
			var lines *order.LinesError
			require.ErrorAs(t, err, &lines)
			require.Equal(t, order.ReasonOutOfStock, lines.Problems[0].Reason)
		}
		var insufficient *order.InsufficientBalanceError
		_, err := w.Orders.Create(ctx, storetest.Draft(poor, "100", "CODE", 100))
		require.ErrorAs(t, err, &insufficient)

		w.Ticket("TICKET", 1, 1_000_000, "2026-12-24")
		draft := storetest.Draft(poor, "tickets", "TICKET", 10_001)
		draft.Lines[0].UseDate = "2026-12-24"
		var units *order.TooManyUnitsError
		_, err = w.Orders.Create(ctx, draft)
		require.ErrorAs(t, err, &units)
		require.Equal(t, &order.TooManyUnitsError{Units: 10_001, Max: 10_000}, units)
	})
}

// More large orders than one transaction takes are all placed, each in its turn.
func TestLargeOrdersTakeTurns(t *testing.T) {
	storetest.RunWorld(t, func(t *testing.T, w *storetest.World) {
		ctx := t.Context()
		w.Ticket("TICKET", 0, 1_000_000, "2026-12-24")
		m := w.Merchant("buyer", 0)
		placed, refused := storetest.Together(4, func(i int) error {
			draft := storetest.Draft(m, fmt.Sprint("r", i), "TICKET", 6000)
			draft.Lines[0].UseDate = "2026-12-24"
			_, err := w.Orders.Create(ctx, draft)
			return err
		})
		require.Empty(t, refused)
		require.Equal(t, 4, placed)
	})
}
