package order_test

import (
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/order"
)

// A quote is what an order of the same draft would be, and leaves all as it is.
func TestQuoteIsWhatIsCharged(t *testing.T) {
	m := newMemory(codes(1, "3.33"), codes(2, "10.00"))
	m.state.Coupons["X"] = &order.CouponState{Coupon: catalog.Coupon{
		Code: "X", Status: catalog.StatusActive, Kind: catalog.CouponPercent, PercentBasisPoints: 1234,
	}, UsesByMerchant: map[int64]int64{}}
	s := serve(t, m, order.Options{})
	d := draft("", "CODE1", 7)
	d.Lines = append(d.Lines, order.DraftLine{SKU: "CODE2", Quantity: 2})
	d.Coupon = "x"
	asked, before := *d, *m.state.Wallets[7]
	q, err := s.Quote(t.Context(), d)
	require.NoError(t, err)
	require.True(t, q.Orderable())
	require.Equal(t, asked, *d)
	require.Equal(t, before, *m.state.Wallets[7])
	require.Zero(t, m.state.Coupons["X"].Uses)

	o := create(t, s, d).Order
	require.Equal(t, []money.Amount{o.Subtotal, o.Discount, o.Total}, []money.Amount{q.Subtotal, q.Discount, q.Total})
	for i, l := range o.Lines {
		require.Equal(
			t, []money.Amount{l.UnitPrice, l.Subtotal, l.Discount, l.Total},
			[]money.Amount{q.Lines[i].UnitPrice, q.Lines[i].Subtotal, q.Lines[i].Discount, q.Lines[i].Total},
		)
	}
}

// What refuses a draft as a whole is an error of its quote; what moves is looked
// at three times.
func TestQuoteOfADraftThatIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*memory, *order.Draft)
		check  func(*testing.T, error)
	}{
		{"invalid", func(_ *memory, d *order.Draft) { d.Lines = nil }, kind[*errs.InvalidError]},
		{
			"suspended", func(m *memory, _ *order.Draft) { m.state.Wallets[7].Suspended = true },
			is(order.ErrMerchantSuspended),
		},
		{"somebody else's wallet", func(_ *memory, d *order.Draft) { d.MerchantID = 8 }, is(order.ErrMerchantSuspended)},
		{"coupon", func(_ *memory, d *order.Draft) { d.Coupon = "NONE" }, coupon(order.CouponUnknown)},
		{
			"too many units", func(m *memory, d *order.Draft) { d.Lines[0].Quantity, m.state.Units[1].Counted = 21, 11 },
			kind[*order.TooManyUnitsError],
		},
		{"too dear", func(_ *memory, d *order.Draft) { d.Lines[0].Quantity = 10 }, kind[*order.TotalTooLargeError]},
		{
			"too dear out of stock", func(_ *memory, d *order.Draft) { d.Lines[0].Quantity = 11 },
			kind[*order.TotalTooLargeError],
		},
		{"held twice", func(m *memory, _ *order.Draft) { m.contended = 2 }, nil},
		{"held three times", func(m *memory, _ *order.Draft) { m.contended = 3 }, is(order.ErrContended)},
		{"no storage", func(m *memory, _ *order.Draft) { m.broken = errs.ErrUnavailable }, is(errs.ErrUnavailable)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMemory(codes(1, "10.00"))
			d := draft("", "CODE1", 1)
			tt.change(m, d)
			s := serve(t, m, order.Options{Limits: order.Limits{Units: 20, Total: baht("99.99")}})
			_, err := s.Quote(t.Context(), d)
			if tt.check == nil {
				require.NoError(t, err)
				return
			}
			tt.check(t, err)
		})
	}
}

// A refused line that would cost more than any amount makes no quote of less.
func TestQuoteOfALineBeyondAllAmounts(t *testing.T) {
	p := codes(1, "0.00")
	p.Price, p.Status = math.MaxInt64/2, catalog.StatusArchived
	_, err := serve(t, newMemory(p), order.Options{}).Quote(t.Context(), draft("", "CODE1", 3))
	kind[*order.TotalTooLargeError](t, err)
}

// The problems of all lines are told in their order, whatever the draft costs.
func TestLineProblems(t *testing.T) {
	m := newMemory(codes(1, "10.00"), codes(2, "10.00"))
	m.state.Wallets[7].Balance = 0
	s := serve(t, m, order.Options{})
	d := draft("", "CODE1", 11)
	d.Lines = append(
		d.Lines, order.DraftLine{SKU: "?", Quantity: 1}, order.DraftLine{SKU: "CODE2", Quantity: 1},
		order.DraftLine{SKU: "CODE2", Quantity: 10},
	)
	problems, err := s.LineProblems(t.Context(), d)
	require.NoError(t, err)
	var found []any
	for _, p := range problems {
		found = append(found, p.Index, p.SKU, p.Reason)
	}
	require.Equal(t, []any{
		0, "CODE1", order.ReasonOutOfStock, 1, "?", order.ReasonProductNotFound, 3, "CODE2", order.ReasonOutOfStock,
	}, found)

	none, err := s.LineProblems(t.Context(), draft("", "CODE1", 10))
	require.NoError(t, err)
	require.Empty(t, none)
	m.broken = errors.New("away")
	_, err = s.LineProblems(t.Context(), d)
	require.ErrorIs(t, err, m.broken)
	none, err = s.LineProblems(t.Context(), draft("", "?", 1))
	require.NoError(t, err, "nothing has to be read for what nobody sells")
	require.Len(t, none, 1)
}
