package exchange_test

import (
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/exchange"
	"orderhub/server/money"
)

func TestParseRate(t *testing.T) {
	for text, want := range map[string]string{
		"34.10": "34.1", "1": "1", "0.000000001": "0.000000001", "999999999.999999999": "999999999.999999999",
		"007.50": "7.5",
	} {
		rate, err := exchange.ParseRate(text)
		require.NoError(t, err, text)
		require.Equal(t, want, rate.String())
	}
	for _, text := range []string{
		"", "0", "0.0", "-1", "+1", "1.", ".5", "1e3", "1,5", " 1", "0.0000000001", "1000000000", "NaN", "１", "1.2.3",
	} {
		_, err := exchange.ParseRate(text)
		require.ErrorIs(t, err, exchange.ErrSyntax, text)
	}
}

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func entry(id int64, base, quote money.Currency, rate string, from time.Time) exchange.Entry {
	parsed, err := exchange.ParseRate(rate)
	if err != nil {
		panic(err)
	}
	return exchange.Entry{ID: id, Pair: exchange.Pair{Base: base, Quote: quote}, Rate: parsed, From: from}
}

func TestConvert(t *testing.T) {
	rates := exchange.NewRates([]exchange.Entry{
		entry(3, "USD", "THB", "35", noon.Add(time.Hour)),
		entry(1, "USD", "THB", "34.1", noon),
		entry(2, "USD", "THB", "34.2", noon), // set later for the same moment
		entry(4, "JPY", "THB", "0.225", noon),
		entry(5, "THB", "JPY", "4.5", noon),
	})
	cases := []struct {
		name     string
		amount   money.Amount
		from, to money.Currency
		at       time.Time
		want     money.Amount
		known    bool
	}{
		{"the same currency", 7, "KWD", "KWD", noon, 7, true},
		{"before the first", 1_000_000, "USD", "THB", noon.Add(-time.Nanosecond), 0, false},
		{"from its moment on", 1_000_000, "USD", "THB", noon, 34_200_000, true},
		{"until the next", 1_000_000, "USD", "THB", noon.Add(time.Hour - 1), 34_200_000, true},
		{"then the next", 1_000_000, "USD", "THB", noon.Add(time.Hour), 35_000_000, true},
		{
			"a later one for an earlier moment holds until the next", -1_000_000, "USD", "THB", noon.Add(48 * time.Hour),
			-35_000_000, true,
		},
		{"the inverse", 35_000_000, "THB", "USD", noon.Add(time.Hour), 1_000_000, true},
		{"the inverse, rounded half up", 1, "THB", "USD", noon, 0, true},
		{"its own rate before the inverse", 1_000_000, "THB", "JPY", noon, 4_500_000, true},
		{"half a micro-unit", 2, "JPY", "THB", noon, 0, true},
		{"rounded up", 3, "JPY", "THB", noon, 1, true},
		{"rounded as its positive counterpart", -3, "JPY", "THB", noon, -1, true},
		{"no way over a third", 1, "USD", "JPY", noon, 0, false},
		{"beyond the range", money.MaxAmount, "USD", "THB", noon, money.MaxAmount, true},
		{"beyond the other end", money.MinAmount, "USD", "THB", noon, -money.MaxAmount, true},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, known := rates.Convert(tc.amount, tc.from, tc.to, tc.at)
			require.Equal(t, tc.known, known)
			require.Equal(t, tc.want, got)
			require.Equal(t, tc.known, rates.Knows(tc.from, tc.to, tc.at))
		})
	}
	var holding []int64
	for _, e := range rates.Holding(noon) {
		holding = append(holding, e.ID)
	}
	require.Equal(t, []int64{4, 5, 2}, holding)
	_, known := (*exchange.Rates)(nil).Convert(1, "USD", "THB", noon)
	require.False(t, known)
}

// Conversion is exact arithmetic, rounded half away from zero.
func FuzzConvert(f *testing.F) {
	for _, a := range []int64{0, 1, -1, 10_200_000, math.MaxInt64, math.MinInt64} {
		f.Add(a, int64(1), false)
		f.Add(a, int64(34_100_000_000), true)
	}
	f.Fuzz(func(t *testing.T, a, rate int64, inverse bool) {
		if rate <= 0 {
			return
		}
		pair := exchange.Pair{Base: "USD", Quote: "THB"}
		numerator, denominator := big.NewInt(rate), big.NewInt(exchange.Scale)
		if inverse {
			pair = exchange.Pair{Base: "THB", Quote: "USD"}
			numerator, denominator = denominator, numerator
		}
		rates := exchange.NewRates([]exchange.Entry{{Pair: pair, Rate: exchange.Rate(rate)}})
		got, known := rates.Convert(money.Amount(a), "USD", "THB", noon)
		if !known {
			t.Fatal("unknown")
		}
		exact := new(big.Int).Abs(big.NewInt(a))
		exact.Mul(exact, numerator).Add(exact, new(big.Int).Rsh(denominator, 1)).Div(exact, denominator)
		if !exact.IsInt64() {
			exact.SetInt64(math.MaxInt64)
		}
		if a < 0 {
			exact.Neg(exact)
		}
		if exact.Int64() != int64(got) {
			t.Errorf("%d at %d, inverse %t: got %d, want %s", a, rate, inverse, got, exact)
		}
	})
}

func TestCheck(t *testing.T) {
	for field, e := range map[string]exchange.Entry{
		"base_currency":  entry(0, "DEM", "THB", "1", noon),
		"quote_currency": entry(0, "THB", "THB", "1", noon),
		"rate":           {Pair: exchange.Pair{Base: "USD", Quote: "THB"}},
	} {
		var invalid *errs.InvalidError
		require.True(t, errors.As(e.Check(), &invalid), field)
		require.Len(t, invalid.Violations, 1)
		require.Equal(t, field, invalid.Violations[0].Field)
	}
	good := entry(0, "USD", "THB", "34.1", noon)
	require.NoError(t, good.Check())
}
