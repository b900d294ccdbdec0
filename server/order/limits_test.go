package order_test

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/money"
	"orderhub/server/order"
)

// The merchant's limit was lowered below what it had spent, and it orders for so much that the sum of total and debt
// leaves the range of amounts.
func TestOverdrawnWalletBuysNothing(t *testing.T) {
	for _, balance := range []money.Amount{-1, -baht("1000.00"), money.MinAmount} {
		for _, price := range []money.Amount{0, 1, baht("1.00"), 9_223_372_036_854_000_000, money.MaxAmount} {
			p := codes(1, "0.00")
			p.Price = price
			s, c := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 1})
			c.Limits.Total = money.MaxAmount
			s.Wallets[7].Balance = balance
			var insufficient *order.InsufficientBalanceError
			require.ErrorAs(t, judge(t, s, []*order.Candidate{c})[0].Err, &insufficient, "%d for %d", balance, price)
			require.Positive(t, insufficient.Missing)
			require.Equal(t, balance, s.Wallets[7].Balance)
		}
	}
}

// Over the whole range an order is accepted exactly when balance and credit cover it, and takes exactly its total.
func FuzzJudgeCountsExactly(f *testing.F) {
	ends := []int64{math.MinInt64, -1, 0, 1, 100_000_000, math.MaxInt64 - 1, math.MaxInt64}
	for _, balance := range ends {
		for _, credit := range ends {
			for _, total := range ends {
				f.Add(balance, credit, total)
			}
		}
	}
	f.Fuzz(func(t *testing.T, balance, credit, total int64) {
		if credit < 0 || total < 0 {
			t.Skip("no such limit, no such price")
		}
		p := codes(1, "0.00")
		p.Price = money.Amount(total)
		s, c := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 1})
		c.Limits.Total = money.MaxAmount
		s.Wallets[7].Balance, s.Wallets[7].CreditLimit = money.Amount(balance), money.Amount(credit)
		v := judge(t, s, []*order.Candidate{c})[0]

		left := new(big.Int).Add(big.NewInt(balance), big.NewInt(credit))
		left.Sub(left, big.NewInt(total))
		if left.Sign() < 0 {
			require.Error(t, v.Err)
			require.Equal(t, money.Amount(balance), s.Wallets[7].Balance)
			return
		}
		require.NoError(t, v.Err)
		require.Equal(t, money.Amount(total), v.Accepted.Charge.Amount)
		want := new(big.Int).Sub(big.NewInt(balance), big.NewInt(total))
		require.Equal(t, want.Int64(), int64(s.Wallets[7].Balance))
	})
}

// Over the whole range a refund adds to the wallet exactly what it takes from the line, or nothing happens at all.
func FuzzRefundCountsExactly(f *testing.F) {
	ends := []int64{math.MinInt64, -1, 0, 1, 100_000_000, math.MaxInt64 - 1, math.MaxInt64}
	for _, balance := range ends {
		for _, total := range ends {
			f.Add(balance, total)
		}
	}
	f.Fuzz(func(t *testing.T, balance, total int64) {
		if total < 0 {
			t.Skip("no such price")
		}
		line := order.Line{
			ID: 1, OrderID: 1, Quantity: 1, UnitPrice: money.Amount(total), Total: money.Amount(total),
			Status: order.StatusPending,
		}
		o := &order.Order{ID: 1, MerchantID: 7, Currency: thb, Status: order.StatusPending, Lines: []order.Line{line}}
		wallet := &order.WalletState{Balance: money.Amount(balance)}
		s := &order.SettleState{
			Now: noon, Orders: map[int64]*order.Order{1: o}, Wallets: map[int64]*order.WalletState{7: wallet},
		}
		_, err := s.Settle(order.Settlement{MerchantID: 7, OrderID: 1, LineID: 1, Failed: 1})

		want := new(big.Int).Add(big.NewInt(balance), big.NewInt(total))
		if !want.IsInt64() {
			require.ErrorIs(t, err, money.ErrOverflow)
			return
		}
		require.NoError(t, err)
		require.Equal(t, want.Int64(), int64(wallet.Balance))
		require.Equal(t, money.Amount(total), o.Refunded)
	})
}

func TestLimits(t *testing.T) {
	p := codes(1, "10.00")
	s, c := state(p), candidate("r", order.PricedLine{Product: p, Quantity: 5})
	c.Limits = order.Limits{Units: 4, Total: baht("49.99")}
	var units *order.TooManyUnitsError
	require.ErrorAs(t, judge(t, s, []*order.Candidate{c})[0].Err, &units)
	require.Equal(t, &order.TooManyUnitsError{Units: 5, Max: 4}, units)
	c.Limits.Units = 5
	var total *order.TotalTooLargeError
	require.ErrorAs(t, judge(t, s, []*order.Candidate{c})[0].Err, &total)
	require.Equal(t, &order.TotalTooLargeError{Currency: thb, Max: baht("49.99")}, total)
	c.Limits.Total = baht("50.00")
	require.NotNil(t, judge(t, s, []*order.Candidate{c})[0].Accepted)
}

// A draft whose units were not read is placed only after they were, and its transaction hands out no more than it may.
func TestLargeDraftsAreSifted(t *testing.T) {
	p := codes(1, "1.00")
	s := state(p)
	s.Wallets[7].Balance = baht("9500.00")
	s.Wallets[8] = &order.WalletState{AccountID: 80, Currency: thb, Balance: baht("10.00")}
	mine, again := candidate("mine", order.PricedLine{Product: p, Quantity: 9000}), candidate(
		"again", order.PricedLine{Product: p, Quantity: 600},
	)
	poor := candidate("poor", order.PricedLine{Product: p, Quantity: 9000})
	poor.Draft.MerchantID = 8
	rich := candidate("rich", order.PricedLine{Product: p, Quantity: 1001})
	rich.Draft.MerchantID = 9
	s.Wallets[9] = &order.WalletState{AccountID: 90, Currency: thb, Balance: baht("9000.00")}
	all := []*order.Candidate{poor, mine, again, rich}
	for _, c := range all {
		s.Withheld[c] = true
	}

	require.Equal(
		t, map[int64]int64{1: 9000}, order.Sift(s, all), "one cannot pay, one cannot pay beside the first, one is too many",
	)
	for range 9000 {
		s.Units[1].Units = append(s.Units[1].Units, order.Unit{ID: 1000})
	}
	verdicts := judge(t, s, all)
	var insufficient *order.InsufficientBalanceError
	require.ErrorAs(t, verdicts[0].Err, &insufficient)
	require.NotNil(t, verdicts[1].Accepted)
	require.ErrorAs(t, verdicts[2].Err, &insufficient)
	require.ErrorIs(t, verdicts[3].Err, order.ErrDeferred)
	require.Len(t, s.Units[1].Units, 10)
}
