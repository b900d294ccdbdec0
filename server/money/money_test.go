package money_test

import (
	"errors"
	"math"
	"math/big"
	"testing"

	"orderhub/server/money"
)

func TestCheckedArithmetic(t *testing.T) {
	add := money.Amount.Add
	sub := money.Amount.Sub
	mul := func(a, b money.Amount) (money.Amount, error) { return a.Mul(int64(b)) }
	cases := []struct {
		name     string
		do       func(a, b money.Amount) (money.Amount, error)
		a, b     money.Amount
		want     money.Amount
		overflow bool
	}{
		{name: "add", do: add, a: 1, b: 2, want: 3},
		{name: "add zero", do: add, a: 7, b: 0, want: 7},
		{name: "add up to the end", do: add, a: money.MaxAmount - 1, b: 1, want: money.MaxAmount},
		{name: "add beyond the end", do: add, a: money.MaxAmount, b: 1, overflow: true},
		{name: "add beyond the other end", do: add, a: money.MinAmount, b: -1, overflow: true},
		{name: "sub", do: sub, a: 1, b: 2, want: -1},
		{name: "sub zero", do: sub, a: 7, b: 0, want: 7},
		{name: "sub the smallest", do: sub, a: 0, b: money.MinAmount, overflow: true},
		{name: "sub the smallest from below zero", do: sub, a: -1, b: money.MinAmount, want: money.MaxAmount},
		{name: "mul", do: mul, a: 10_200_000, b: 3, want: 30_600_000},
		{name: "mul negative", do: mul, a: -10, b: 3, want: -30},
		{name: "mul both negative", do: mul, a: -10, b: -3, want: 30},
		{name: "mul zero", do: mul, a: money.MinAmount, b: 0, want: 0},
		{name: "mul the smallest by one", do: mul, a: money.MinAmount, b: 1, want: money.MinAmount},
		{name: "mul the smallest by minus one", do: mul, a: money.MinAmount, b: -1, overflow: true},
		{name: "mul beyond the end", do: mul, a: money.MaxAmount, b: 2, overflow: true},
		{name: "mul far beyond the end", do: mul, a: money.MaxAmount, b: money.MaxAmount, overflow: true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, err := tc.do(tc.a, tc.b)
			if errors.Is(err, money.ErrOverflow) != tc.overflow || got != tc.want {
				t.Errorf("got %d, %v; want %d, overflow %t", got, err, tc.want, tc.overflow)
			}
		})
	}
}

// Add, Sub and Mul agree with arithmetic that cannot overflow.
func FuzzCheckedArithmetic(f *testing.F) {
	for _, a := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 3_037_000_500} {
		for _, b := range []int64{0, 1, -1, 2, math.MaxInt64, math.MinInt64} {
			f.Add(a, b)
		}
	}
	f.Fuzz(func(t *testing.T, a, b int64) {
		x, y := big.NewInt(a), big.NewInt(b)
		for name, tc := range map[string]struct {
			do    func() (money.Amount, error)
			exact *big.Int
		}{
			"add": {func() (money.Amount, error) { return money.Amount(a).Add(money.Amount(b)) }, new(big.Int).Add(x, y)},
			"sub": {func() (money.Amount, error) { return money.Amount(a).Sub(money.Amount(b)) }, new(big.Int).Sub(x, y)},
			"mul": {func() (money.Amount, error) { return money.Amount(a).Mul(b) }, new(big.Int).Mul(x, y)},
		} {
			checkExact(t, name, tc.do, tc.exact)
		}
	})
}

// checkExact wants the exact result when it fits an Amount and ErrOverflow otherwise.
func checkExact(t *testing.T, name string, do func() (money.Amount, error), exact *big.Int) {
	t.Helper()
	got, err := do()
	if !exact.IsInt64() {
		if !errors.Is(err, money.ErrOverflow) {
			t.Errorf("%s: got %d, %v; %s does not fit", name, got, err, exact)
		}
		return
	}
	if err != nil || int64(got) != exact.Int64() {
		t.Errorf("%s: got %d, %v; want %s", name, got, err, exact)
	}
}
