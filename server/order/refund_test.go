package order_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/money"
	"orderhub/server/order"
)

// In whatever steps a line is delivered, fails and is cancelled, each unit is paid
// back once: never more than was charged, all of it when nothing was delivered,
// and in the end the same as in one step.
func FuzzRefunds(f *testing.F) {
	f.Add(int64(100), int64(33), uint8(7), []byte{0, 1, 2, 1, 1, 0, 2})
	f.Add(int64(1), int64(0), uint8(1), []byte{1})
	f.Add(int64(money.Unit), int64(money.Unit)*3, uint8(3), []byte{2, 2, 2})
	f.Add(int64(999_999), int64(999_999), uint8(250), []byte{1, 9, 17, 4, 250, 2})
	f.Fuzz(func(t *testing.T, price, discount int64, quantity uint8, steps []byte) {
		const currency money.Currency = "THB"
		unitPrice, units := money.Amount(price), int64(quantity)
		subtotal, err := max(unitPrice, 0).Mul(units)
		if price < 0 || units == 0 || err != nil || subtotal == 0 {
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
		wallet := &order.WalletState{}
		s := &order.SettleState{Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: wallet}}
		line := &o.Lines[0]
		settle := func(kind byte, n int64) {
			in := order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1}
			switch kind % 3 {
			case 0:
				in.Delivered = make([]order.Goods, n)
			case 1:
				in.Failed = n
			default:
				in.Cancelled = n
			}
			before := line.Refunded
			out, err := s.Settle(in)
			require.NoError(t, err)
			require.GreaterOrEqual(t, out.Refund, money.Amount(0), "nothing is charged again")
			require.Equal(t, line.Refunded.SubCapped(before), out.Refund)
			require.LessOrEqual(t, line.Refunded, total)
			require.Equal(t, wallet.Balance, line.Refunded, "the wallet has what the line says")
			require.Equal(t, o.Refunded, line.Refunded)
			require.Equal(t, units, line.Completed+line.Failed+line.Cancelled+line.Open())
		}
		for _, step := range steps {
			if n := min(int64(step/3), line.Open()); n > 0 {
				settle(step, n)
			}
		}
		if line.Open() > 0 {
			settle(1, line.Open())
		}
		require.Equal(
			t, total.SubCapped(money.Kept(unitPrice, off, units, line.Completed, currency)), line.Refunded, "as in one step",
		)
		if line.Completed == 0 {
			require.Equal(t, total, line.Refunded, "all of it")
		}
		if line.Completed == units {
			require.Zero(t, line.Refunded)
		}
		_, err = s.Settle(order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 1})
		require.Error(t, err, "nothing is open any more")
	})
}
