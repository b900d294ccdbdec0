package money_test

import (
	"encoding/binary"
	"errors"
	"math"
	"math/big"
	"slices"
	"testing"

	"orderhub/server/money"
)

func TestPercent(t *testing.T) {
	cases := []struct {
		name        string
		amount      money.Amount
		basisPoints int64
		currency    money.Currency
		want        money.Amount
		err         error
	}{
		{name: "ten percent", amount: 100_000_000, basisPoints: 1_000, currency: "THB", want: 10_000_000},
		{name: "nothing", amount: 100_000_000, basisPoints: 0, currency: "THB", want: 0},
		{name: "all", amount: 19_900_000, basisPoints: 10_000, currency: "TRY", want: 19_900_000},
		{name: "half goes up", amount: 50_000, basisPoints: 1_000, currency: "THB", want: 10_000},
		{name: "below half goes down", amount: 40_000, basisPoints: 1_000, currency: "THB", want: 0},
		{name: "whole won", amount: 2_222_000_000, basisPoints: 1_000, currency: "KRW", want: 222_000_000},
		{name: "half a won goes up", amount: 2_225_000_000, basisPoints: 1_000, currency: "KRW", want: 223_000_000},
		{name: "negative mirrors", amount: -50_000, basisPoints: 1_000, currency: "THB", want: -10_000},
		{name: "both negative", amount: -50_000, basisPoints: -1_000, currency: "THB", want: 10_000},
		{
			name: "beyond 64 bits between", amount: 9_000_000_000_000_000_000, basisPoints: 5_000, currency: "THB",
			want: 4_500_000_000_000_000_000,
		},
		{name: "too large", amount: math.MaxInt64, basisPoints: 20_000, currency: "THB", err: money.ErrOverflow},
		{name: "far too large", amount: math.MinInt64, basisPoints: math.MinInt64, currency: "THB", err: money.ErrOverflow},
		{name: "rounding over the end", amount: math.MaxInt64, basisPoints: 10_000, currency: "KRW", err: money.ErrOverflow},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, err := money.Percent(tc.amount, tc.basisPoints, tc.currency)
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %d, %v; want %d, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

// Percent is the exact share, rounded half up, or an overflow.
func FuzzPercent(f *testing.F) {
	f.Add(int64(100_000_000), int64(1_000), false)
	f.Add(int64(math.MaxInt64), int64(10_001), true)
	f.Add(int64(math.MinInt64), int64(math.MinInt64), true)
	f.Add(int64(-5), int64(10_000), false)
	f.Fuzz(func(t *testing.T, amount, basisPoints int64, won bool) {
		c := money.Currency("THB")
		if won {
			c = "KRW"
		}
		minor := big.NewInt(int64(money.MinorUnit(c)))
		// |amount|×basisPoints/10000, in minor units, plus one half, rounded down.
		product := new(big.Int).Mul(big.NewInt(amount), big.NewInt(basisPoints))
		negative := product.Sign() < 0
		divisor := new(big.Int).Mul(minor, big.NewInt(20_000))
		exact := product.Abs(product).Lsh(product, 1)
		exact.Add(exact, new(big.Int).Rsh(divisor, 1))
		exact.Div(exact, divisor).Mul(exact, minor)
		if negative {
			exact.Neg(exact)
		}
		checkExact(
			t, "percent", func() (money.Amount, error) { return money.Percent(money.Amount(amount), basisPoints, c) }, exact,
		)
	})
}

func TestShareOut(t *testing.T) {
	cases := []struct {
		name     string
		total    money.Amount
		weights  []money.Amount
		currency money.Currency
		want     []money.Amount
	}{
		{name: "no weights", total: 10_000, currency: "THB", want: nil},
		{name: "one", total: 10_000, weights: []money.Amount{70_000}, currency: "THB", want: []money.Amount{10_000}},
		{
			name: "even", total: 20_000, weights: []money.Amount{30_000, 30_000}, currency: "THB",
			want: []money.Amount{10_000, 10_000},
		},
		{
			name: "a tie goes to the first", total: 10_000, weights: []money.Amount{30_000, 30_000, 30_000}, currency: "THB",
			want: []money.Amount{10_000, 0, 0},
		},
		{
			name: "the largest remainder wins", total: 50_000_000, weights: []money.Amount{10_000_000, 10_000_000, 310_000_000},
			currency: "THB", want: []money.Amount{1_520_000, 1_510_000, 46_970_000},
		},
		{
			name: "whole won", total: 1_000_000_000, weights: []money.Amount{2_222_000_000, 1_500_000_000, 1_000_000_000},
			currency: "KRW", want: []money.Amount{470_000_000, 318_000_000, 212_000_000},
		},
		{
			name: "a line for free gets nothing", total: 10_000, weights: []money.Amount{0, 20_000}, currency: "THB",
			want: []money.Amount{0, 10_000},
		},
		{
			name: "everything", total: 50_000, weights: []money.Amount{30_000, 20_000}, currency: "THB",
			want: []money.Amount{30_000, 20_000},
		},
		{
			name: "more than everything", total: 100_000, weights: []money.Amount{30_000, 20_000}, currency: "THB",
			want: []money.Amount{60_000, 40_000},
		},
		{name: "nothing", total: 0, weights: []money.Amount{30_000, 20_000}, currency: "THB", want: []money.Amount{0, 0}},
		{
			name: "no weight at all", total: 30_000, weights: []money.Amount{0, 0}, currency: "THB",
			want: []money.Amount{20_000, 10_000},
		},
		{
			name: "a negative weight is none", total: 30_000, weights: []money.Amount{-10_000, 10_000}, currency: "THB",
			want: []money.Amount{0, 30_000},
		},
		{
			name: "a negative total mirrors", total: -10_000, weights: []money.Amount{30_000, 30_000}, currency: "THB",
			want: []money.Amount{-10_000, 0},
		},
		{
			name: "finer than a minor unit", total: 15_000, weights: []money.Amount{10_000, 20_000}, currency: "THB",
			want: []money.Amount{5_000, 10_000},
		},
		{
			name: "the smallest total", total: math.MinInt64, weights: []money.Amount{1}, currency: "THB",
			want: []money.Amount{math.MinInt64},
		},
		{
			name: "weights beyond 64 bits", total: 40_000,
			weights: []money.Amount{math.MaxInt64, math.MaxInt64, math.MaxInt64, math.MaxInt64}, currency: "THB",
			want: []money.Amount{10_000, 10_000, 10_000, 10_000},
		},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := money.ShareOut(tc.total, tc.weights, tc.currency); !slices.Equal(got, tc.want) ||
				(got == nil) != (tc.want == nil) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

// For any total and weights: the shares sum to the total, have its sign, are
// within one minor unit of the exact proportion, and with whole minor units none
// exceeds its weight unless the total exceeds all.
func FuzzShareOut(f *testing.F) {
	f.Add(int64(10_000), []byte{3, 0, 0, 0, 0, 0, 0, 0, 3}, true, false)
	f.Add(int64(math.MaxInt64), []byte("somewhat longer weights, more than one"), false, true)
	f.Add(
		int64(math.MinInt64),
		[]byte{
			255, 255, 255, 255, 255, 255, 255, 127, 255, 255, 255, 255, 255, 255, 255, 127, 255, 255, 255, 255, 255, 255, 255,
			127,
		}, false, false,
	)
	f.Fuzz(func(t *testing.T, rawTotal int64, raw []byte, whole, won bool) {
		c := money.Currency("THB")
		if won {
			c = "KRW"
		}
		total, weights := money.Amount(rawTotal), weightsFrom(raw)
		if minor := money.MinorUnit(c); whole {
			total -= total % minor
			for i := range weights {
				weights[i] -= weights[i] % minor
			}
		}
		checkShares(t, total, weights, c)
	})
}

func weightsFrom(raw []byte) []money.Amount {
	var weights []money.Amount
	for chunk := range slices.Chunk(raw, 8) {
		var padded [8]byte
		copy(padded[:], chunk)
		weights = append(weights, money.Amount(binary.LittleEndian.Uint64(padded[:])))
	}
	return weights
}

func checkShares(t *testing.T, total money.Amount, weights []money.Amount, c money.Currency) {
	t.Helper()
	shares := money.ShareOut(total, weights, c)
	if len(shares) != len(weights) {
		t.Fatalf("%d shares of %d weights", len(shares), len(weights))
	}
	if len(shares) == 0 {
		return
	}
	minor := money.MinorUnit(c)
	sum := new(big.Int)
	weightSum := new(big.Int)
	uneven := 0
	wholeWeights := total%minor == 0
	for i, share := range shares {
		sum.Add(sum, big.NewInt(int64(share)))
		weightSum.Add(weightSum, big.NewInt(int64(max(weights[i], 0))))
		wholeWeights = wholeWeights && max(weights[i], 0)%minor == 0
		if share%minor != 0 {
			uneven++
		}
		if share < 0 && total >= 0 || share > 0 && total <= 0 {
			t.Fatalf("share %d of %d", share, total)
		}
	}
	if sum.Cmp(big.NewInt(int64(total))) != 0 {
		t.Fatalf("shares %v sum to %s, want %d", shares, sum, total)
	}
	if uneven > 1 || uneven == 1 && total%minor == 0 {
		t.Fatalf("%d shares of %v are not whole minor units", uneven, shares)
	}
	if weightSum.Sign() == 0 || weightSum.BitLen() > 64 {
		return
	}
	for i, share := range shares {
		weight := big.NewInt(int64(max(weights[i], 0)))
		if wholeWeights && total >= 0 && big.NewInt(int64(total)).Cmp(weightSum) <= 0 && share > max(weights[i], 0) {
			t.Fatalf("share %d exceeds its weight %d", share, weights[i])
		}
		exact := new(big.Int).Mul(big.NewInt(int64(total)), weight)
		exact.Quo(exact, weightSum)
		if off := exact.Sub(exact, big.NewInt(int64(share))); off.Abs(off).Cmp(big.NewInt(2*int64(minor))) >= 0 {
			t.Fatalf("share %d is %s away from its proportion of %d by %v", share, off, total, weights)
		}
	}
}

func TestKept(t *testing.T) {
	cases := []struct {
		name                string
		unitPrice, discount money.Amount
		quantity            int64
		currency            money.Currency
		want                []money.Amount // of 0, 1, … quantity kept
	}{
		{
			name: "no discount", unitPrice: 10_200_000, quantity: 3, currency: "THB",
			want: []money.Amount{0, 10_200_000, 20_400_000, 30_600_000},
		},
		{
			name: "a discount that does not divide", unitPrice: 100_000_000, discount: 10_000_000, quantity: 3, currency: "THB",
			want: []money.Amount{0, 96_670_000, 193_340_000, 290_000_000},
		},
		{
			name: "won", unitPrice: 2_222_000_000, discount: 1_000_000_000, quantity: 3, currency: "KRW",
			want: []money.Amount{0, 1_889_000_000, 3_778_000_000, 5_666_000_000},
		},
		{name: "for free", unitPrice: 10_000, discount: 20_000, quantity: 2, currency: "THB", want: []money.Amount{0, 0, 0}},
		{
			name: "a discount above the subtotal", unitPrice: 10_000, discount: 50_000, quantity: 2, currency: "THB",
			want: []money.Amount{0, 0, 0},
		},
		{
			name: "a negative discount", unitPrice: 10_000, discount: -50_000, quantity: 2, currency: "THB",
			want: []money.Amount{0, 10_000, 20_000},
		},
		{
			name: "finer than a minor unit", unitPrice: 5_000, discount: 10_000, quantity: 2, currency: "THB",
			want: []money.Amount{0, 0, 0},
		},
		{
			name: "a subtotal beyond the range", unitPrice: math.MaxInt64, discount: 7, quantity: 2, currency: "THB",
			want: []money.Amount{0, math.MaxInt64 - 3, math.MaxInt64},
		},
		{name: "a negative price", unitPrice: -10_000, quantity: 1, currency: "THB", want: []money.Amount{0, 0}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			var got []money.Amount
			for kept := range tc.quantity + 1 {
				got = append(got, money.Kept(tc.unitPrice, tc.discount, tc.quantity, kept, tc.currency))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("got %v, want %v", got, tc.want)
			}
			if below, above := money.Kept(tc.unitPrice, tc.discount, tc.quantity, -1, tc.currency), money.Kept(
				tc.unitPrice, tc.discount, tc.quantity, tc.quantity+1, tc.currency,
			); below != 0 || above != got[tc.quantity] {
				t.Errorf("out of range: %d and %d", below, above)
			}
		})
	}
}

// For any line: nothing kept costs nothing, everything kept costs what was
// charged, one more unit never lowers the price, and with whole minor units every
// step is whole.
func FuzzKept(f *testing.F) {
	f.Add(int64(100_000_000), int64(10_000_000), uint16(3), uint16(1), true, false)
	f.Add(int64(math.MaxInt64), int64(math.MaxInt64), uint16(65_535), uint16(65_534), false, true)
	f.Add(int64(15_000), int64(5_000), uint16(2), uint16(1), false, false)
	f.Fuzz(func(t *testing.T, rawPrice, rawDiscount int64, quantity16, kept16 uint16, whole, won bool) {
		c := money.Currency("THB")
		if won {
			c = "KRW"
		}
		price, discount, minor := money.Amount(rawPrice), money.Amount(rawDiscount), money.MinorUnit(c)
		if whole {
			price, discount = price-price%minor, discount-discount%minor
		}
		quantity := int64(quantity16) + 1
		kept := int64(kept16) % quantity
		subtotal, err := price.Mul(quantity)
		at := func(kept int64) money.Amount { return money.Kept(price, discount, quantity, kept, c) }

		if at(0) != 0 {
			t.Fatalf("nothing kept costs %d", at(0))
		}
		if placed := err == nil && discount >= 0 && discount <= subtotal; placed && at(quantity) != subtotal-discount {
			t.Fatalf("everything kept costs %d, want %d", at(quantity), subtotal-discount)
		}
		if at(kept) < 0 || at(kept+1) < at(kept) {
			t.Fatalf("%d kept cost %d, one more %d", kept, at(kept), at(kept+1))
		}
		if whole && err == nil && at(kept)%minor != 0 {
			t.Fatalf("%d kept cost %d, finer than a minor unit", kept, at(kept))
		}
	})
}
