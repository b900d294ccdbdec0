package account_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orderhub/server/account"
	"orderhub/server/errs"
	"orderhub/server/money"
)

func TestAvailableIsCapped(t *testing.T) {
	for _, test := range []struct{ balance, credit, want money.Amount }{
		{10, 5, 15},
		{-5, 5, 0},
		{-6, 5, -1},
		{math.MaxInt64, 1, math.MaxInt64},
	} {
		w := account.Wallet{Balance: test.balance, CreditLimit: test.credit}
		require.Equal(t, test.want, w.Available())
	}
}

func TestAdjusted(t *testing.T) {
	const most = account.MaxBalance
	for _, test := range []struct {
		name            string
		balance, credit money.Amount
		amount          money.Amount
		force           bool
		want            money.Amount
		missing         money.Amount // above 0: it is refused for want of that
		invalid         bool
	}{
		{name: "up to the most", balance: most - 1, amount: 1, want: most},
		{name: "above the most", balance: most, amount: 1, invalid: true},
		{name: "above the most by force", balance: most, amount: 1, force: true, invalid: true},
		{name: "down from above the most", balance: most + 5, amount: -1, want: most + 4},
		{name: "down to the credit limit", balance: 3, credit: 2, amount: -5, want: -2},
		{name: "below the credit limit", balance: 3, credit: 2, amount: -6, missing: 1},
		{name: "below it by force", balance: 3, credit: 2, amount: -6, force: true, want: -3},
		{name: "up, and below it still", balance: -9, credit: 2, amount: 1, want: -8},
		{name: "further below what it was forced to", balance: -9, credit: 2, amount: -1, missing: 8},
		{name: "lower than an amount can be", balance: math.MinInt64 + 1, amount: -2, force: true, invalid: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := account.Wallet{Currency: "THB", Balance: test.balance, CreditLimit: test.credit}
			got, err := w.Adjusted(account.Adjustment{Currency: "THB", Amount: test.amount, Force: test.force})
			if below, ok := errors.AsType[*account.BelowLimitError](err); ok || test.missing > 0 {
				require.True(t, ok, "%v", err)
				require.Equal(t, test.missing, below.Missing)
			} else if test.invalid {
				require.Equal(t, []string{"amount"}, fields(err))
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, test.want, got)
			require.Equal(t, test.balance, w.Balance, "the wallet is left alone")
		})
	}
}

func TestAdjustedInAnotherCurrency(t *testing.T) {
	w := account.Wallet{Currency: "THB", Balance: unit}
	_, err := w.Adjusted(account.Adjustment{Currency: "USD", Amount: 1, Force: true})
	require.ErrorIs(t, err, account.ErrCurrencyMismatch)
}

func TestBelowLimitSaysWhatIsMissing(t *testing.T) {
	err := &account.BelowLimitError{Currency: "THB", Missing: 3 * unit / 2}
	require.EqualError(t, err, "insufficient wallet balance: THB 1.50 missing")
}

// Whatever the wallet: a taken adjustment is exact, and of a refused one exactly
// what is said to be missing was missing.
func TestAnyAdjustment(t *testing.T) {
	amounts := rapid.Int64Range(-int64(account.MaxBalance)+1, int64(account.MaxBalance)-1)
	rapid.Check(t, func(t *rapid.T) {
		w := account.Wallet{
			Balance:     money.Amount(amounts.Draw(t, "balance")),
			CreditLimit: money.Amount(rapid.Int64Range(0, int64(account.MaxBalance)-1).Draw(t, "credit")),
		}
		a := account.Adjustment{Amount: money.Amount(amounts.Draw(t, "amount")), Force: rapid.Bool().Draw(t, "force")}
		after, err := w.Adjusted(a)
		if below, ok := errors.AsType[*account.BelowLimitError](err); ok {
			w.Balance += below.Missing
			after, err = w.Adjusted(a)
			require.NoError(t, err, "with what was missing")
			require.Zero(t, after+w.CreditLimit, "all of it is spent")
			return
		}
		if err != nil {
			require.Greater(t, w.Balance+a.Amount, account.MaxBalance, "%v", err)
			return
		}
		require.Equal(t, w.Balance+a.Amount, after)
		require.LessOrEqual(t, after, account.MaxBalance)
		require.True(t, a.Amount >= 0 || a.Force || after >= -w.CreditLimit, "%s after", after.Format("THB"))
	})
}

// After any deposits and adjustments, repeated ones among them, the balance is the
// sum of the statement, and every line says the balance that it led to.
func TestStatementAddsUp(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l, s := opened(t)
		for range rapid.IntRange(1, 30).Draw(r, "movements") {
			amount := money.Amount(rapid.Int64Range(-int64(unit), int64(account.MaxBalance)).Draw(r, "amount"))
			reference := rapid.StringMatching("[ab]?").Draw(r, "reference")
			var err error
			if rapid.Bool().Draw(r, "deposit") {
				_, _, err = s.Deposit(t.Context(), account.Deposit{
					MerchantID: 1, Currency: "THB", Amount: amount, Reference: reference,
				})
			} else {
				_, _, err = s.Adjust(t.Context(), account.Adjustment{
					MerchantID: 1, Currency: "THB", Amount: amount, Reference: reference, Reason: "corrected",
				})
			}
			_, invalid := errors.AsType[*errs.InvalidError](err)
			_, below := errors.AsType[*account.BelowLimitError](err)
			require.True(r, err == nil || invalid || below || errors.Is(err, account.ErrReferenceReused), "%v", err)
		}
		sum, used := money.Amount(0), map[string]int{}
		for _, line := range l.transfers {
			sum += line.Amount
			used[line.Reference]++
			require.Equal(r, sum, line.Balance)
			require.True(r, sum >= 0 && sum <= account.MaxBalance, "%d", sum)
		}
		require.Equal(r, sum, l.merchants[0].Wallet.Balance)
		require.LessOrEqual(r, max(used["a"], used["b"]), 1, "a reference is of one movement")
	})
}

func TestAmountsThatMayBeMoved(t *testing.T) {
	const most = account.MaxBalance
	for _, test := range []struct {
		amount           money.Amount
		deposit, adjusts bool
	}{
		{1, true, true},
		{most - 1, true, true},
		{most, false, false},
		{0, false, false},
		{-1, false, true},
		{1 - most, false, true},
		{-most, false, false},
	} {
		_, s := opened(t)
		_, _, err := s.Deposit(t.Context(), account.Deposit{MerchantID: 1, Amount: test.amount, Currency: "THB"})
		require.Equal(t, test.deposit, err == nil, "deposit of %d: %v", test.amount, err)
		l, s := opened(t)
		_, _, err = s.Adjust(t.Context(), account.Adjustment{
			MerchantID: 1, Amount: test.amount, Currency: "THB", Reason: "x", Force: true,
		})
		require.Equal(t, test.adjusts, err == nil, "adjustment by %d: %v", test.amount, err)
		if !test.adjusts {
			require.Equal(t, []string{"amount"}, fields(err))
			require.Zero(t, l.asked, "nothing is asked of the database")
		}
	}
}

func TestTextsOfMovements(t *testing.T) {
	for _, test := range []struct {
		name, field string
		d           account.Deposit
		a           account.Adjustment
	}{
		{name: "no reason", field: "reason", a: account.Adjustment{Reason: " \u00a0"}},
		{name: "invisible reason", field: "reason", a: account.Adjustment{Reason: "a\u200bb"}},
		{name: "long reason", field: "reason", a: account.Adjustment{Reason: strings.Repeat("é", 501)}},
		{
			name: "long references", field: "reference", d: account.Deposit{Reference: strings.Repeat("é", 256)},
			a: account.Adjustment{Reason: "x", Reference: strings.Repeat("é", 256)},
		},
		{
			name: "references of two lines", field: "reference", d: account.Deposit{Reference: "a\nb"},
			a: account.Adjustment{Reason: "x", Reference: "a\nb"},
		},
		{name: "long description", field: "description", d: account.Deposit{Description: strings.Repeat("x", 501)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l, s := opened(t)
			test.d.MerchantID, test.d.Amount, test.d.Currency = 1, unit, "THB"
			test.a.MerchantID, test.a.Amount, test.a.Currency = 1, unit, "THB"
			if test.d.Reference != "" || test.d.Description != "" {
				_, _, err := s.Deposit(t.Context(), test.d)
				require.Equal(t, []string{test.field}, fields(err))
			}
			if test.a.Reason != "" {
				_, _, err := s.Adjust(t.Context(), test.a)
				require.Contains(t, fields(err), test.field)
			}
			require.Zero(t, l.asked)
		})
	}
	_, s := opened(t)
	most := account.Adjustment{
		MerchantID: 1, Amount: 1, Currency: "THB", Reason: strings.Repeat("é", 500), Reference: strings.Repeat("é", 255),
	}
	_, _, err := s.Adjust(t.Context(), most)
	require.NoError(t, err)
}

func TestMovementsTellWhatTheyMet(t *testing.T) {
	for name, test := range map[string]struct {
		merchant int64
		currency money.Currency
		want     error
	}{
		"nobody":         {9, "THB", account.ErrMerchantNotFound},
		"an operator":    {2, "THB", account.ErrNoWallet},
		"other currency": {1, "USD", account.ErrCurrencyMismatch},
	} {
		_, s := opened(t)
		_, _, err := s.Deposit(t.Context(), account.Deposit{MerchantID: test.merchant, Amount: 1, Currency: test.currency})
		require.ErrorIs(t, err, test.want, name)
		require.ErrorContains(t, err, "deposit: ")
		_, _, err = s.Adjust(t.Context(), account.Adjustment{
			MerchantID: test.merchant, Amount: 1, Currency: test.currency, Reason: "x",
		})
		require.ErrorIs(t, err, test.want, name)
		require.ErrorContains(t, err, "adjust: ")
	}
}
