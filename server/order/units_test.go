package order_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

// In whatever steps delivered units are paid back because they do not work, that is what
// cancelling as many would have paid, unit for unit, and never more than was charged.
func FuzzRefundUnits(f *testing.F) {
	f.Add(int64(100), int64(33), uint8(7), uint8(1), []byte{2, 1, 3})
	f.Add(int64(money.Unit), int64(money.Unit)*3, uint8(3), uint8(0), []byte{3})
	f.Add(int64(9_990_000), int64(3_330_000), uint8(9), uint8(2), []byte{1, 1, 1, 1, 5})
	f.Fuzz(func(t *testing.T, price, discount int64, quantity, failed uint8, steps []byte) {
		const currency money.Currency = "THB"
		unitPrice, units := money.Amount(price), int64(quantity)
		lost := int64(failed) % max(units, 1)
		subtotal, err := max(unitPrice, 0).Mul(units)
		if price < 0 || units == 0 || err != nil {
			return
		}
		off := min(max(money.Amount(discount), 0), subtotal)
		total := subtotal.SubCapped(off)
		o := &order.Order{
			ID: 1, MerchantID: 7, Currency: currency, Total: total, Status: order.StatusPending, Lines: []order.Line{{
				ID: 1, OrderID: 1, Quantity: units, Status: order.StatusPending,
				UnitPrice: unitPrice, Subtotal: subtotal, Discount: off, Total: total,
			}},
		}
		wallet, line := &order.WalletState{}, &o.Lines[0]
		s := &order.SettleState{Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: wallet}}
		_, err = s.Settle(order.Settlement{
			MerchantID: 7, OrderID: 1, LineID: 1, Failed: lost, Delivered: make([]order.Goods, units-lost),
		})
		require.NoError(t, err)
		next := int64(0)
		refund := func(n int64) {
			in := order.UnitRefund{MerchantID: 7, OrderID: 1, LineID: 1, Note: order.NoteOf(event.ClaimRefunded, nil)}
			for range n {
				next++
				in.Units = append(in.Units, next)
			}
			before := wallet.Balance
			out, amounts, err := s.RefundUnits(in)
			require.NoError(t, err)
			require.Len(t, amounts, int(n))
			var sum money.Amount
			for _, a := range amounts {
				require.GreaterOrEqual(t, a, money.Amount(0))
				sum += a
			}
			require.Equal(t, sum, out.Refund)
			require.Equal(t, before+sum, wallet.Balance)
			if sum > 0 {
				require.Equal(t, wallet.Balance, out.Balance)
			}
			require.Equal(t, line.Refunded, wallet.Balance)
			kept := money.Kept(unitPrice, off, units, line.Completed, currency)
			require.Equal(t, total.SubCapped(kept), line.Refunded, "as if they had been cancelled")
		}
		for _, step := range steps {
			if n := min(int64(step), line.Completed); n > 0 {
				refund(n)
			}
		}
		_, _, err = s.RefundUnits(order.UnitRefund{
			MerchantID: 7, OrderID: 1, LineID: 1, Units: make([]int64, line.Completed+1),
			Note: order.NoteOf(event.ClaimRefunded, nil),
		})
		require.Error(t, err, "more than the customer has")
		if line.Completed > 0 {
			refund(line.Completed)
		}
		require.Equal(t, total, line.Refunded, "all of it")
	})
}

// What is told of an event stays what it was, whatever takes the place of units later.
func TestReplacedUnitsInThePast(t *testing.T) {
	at := func(hour int) time.Time { return noon.Add(time.Duration(hour) * time.Hour) }
	o := underway(1)
	s := settling(o)
	s.Now = at(0)
	delivered := settle(t, s, order.Settlement{LineID: 1, Delivered: make([]order.Goods, 3)})
	line := &o.Lines[0]
	line.Goods = []order.Goods{
		{UnitID: 1, Content: "A", Status: order.GoodsDelivered, DeliveredAt: at(0)},
		{UnitID: 2, Content: "B", Status: order.GoodsReplaced, DeliveredAt: at(0)},
		{UnitID: 3, Content: "C", Status: order.GoodsCancelled, DeliveredAt: at(0)},
		{UnitID: 4, Content: "D", Status: order.GoodsDelivered, DeliveredAt: at(1)},
	}
	s = settling(o)
	s.Now = at(1)
	replaced, err := s.ChangeUnits(order.UnitChange{
		MerchantID: 7, OrderID: 1, LineID: 1, Units: []int64{2}, Status: order.GoodsReplaced,
		Note: order.NoteOf(event.ClaimReplaced, nil),
	})
	require.NoError(t, err)
	s.Now = at(2)
	refunded, _, err := s.RefundUnits(order.UnitRefund{
		MerchantID: 7, OrderID: 1, LineID: 1, Units: []int64{3}, Note: order.NoteOf(event.ClaimRefunded, nil),
	})
	require.NoError(t, err)
	for _, test := range []struct {
		e    *event.Event
		want []string
	}{
		{&delivered.Events[0], []string{"A", "B", "C"}},
		{&replaced.Events[0], []string{"A", "C", "D"}},
		{&refunded.Events[0], []string{"A", "D"}},
	} {
		then, _, err := o.At(test.e)
		require.NoError(t, err)
		require.ElementsMatch(t, test.want, then.Lines[0].Contents(), test.e.Type)
	}
}
