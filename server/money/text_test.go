package money_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"orderhub/server/money"
)

func TestParse(t *testing.T) {
	cases := []struct {
		text     string
		currency money.Currency
		want     money.Amount
		err      error
	}{
		{text: "100.00", currency: "THB", want: 100_000_000},
		{text: "100", currency: "THB", want: 100_000_000},
		{text: "19.9", currency: "TRY", want: 19_900_000},
		{text: "0", currency: "THB", want: 0},
		{text: "0.01", currency: "THB", want: 10_000},
		{text: "007.50", currency: "THB", want: 7_500_000},
		{text: "2222", currency: "KRW", want: 2_222_000_000},
		{text: "1.234", currency: "KWD", want: 1_234_000},
		{text: "9223372036854.77", currency: "THB", want: 9_223_372_036_854_770_000},
		{text: "9223372036854.7758", currency: "CLF", want: 9_223_372_036_854_775_800},
		{text: strings.Repeat("0", 100) + "1", currency: "THB", want: 1_000_000},

		{text: "", currency: "THB", err: money.ErrSyntax},
		{text: ".", currency: "THB", err: money.ErrSyntax},
		{text: ".5", currency: "THB", err: money.ErrSyntax},
		{text: "5.", currency: "THB", err: money.ErrSyntax},
		{text: "1.2.3", currency: "THB", err: money.ErrSyntax},
		{text: "+1", currency: "THB", err: money.ErrSyntax},
		{text: " 1", currency: "THB", err: money.ErrSyntax},
		{text: "1 ", currency: "THB", err: money.ErrSyntax},
		{text: "1,000", currency: "THB", err: money.ErrSyntax},
		{text: "1_000", currency: "THB", err: money.ErrSyntax},
		{text: "1e3", currency: "THB", err: money.ErrSyntax},
		{text: "0x10", currency: "THB", err: money.ErrSyntax},
		{text: "NaN", currency: "THB", err: money.ErrSyntax},
		{text: "๑๒๓", currency: "THB", err: money.ErrSyntax},
		{text: "１", currency: "THB", err: money.ErrSyntax},
		{text: "1\x00", currency: "THB", err: money.ErrSyntax},
		{text: "--1", currency: "THB", err: money.ErrSyntax},
		{text: "-x", currency: "THB", err: money.ErrSyntax},
		{text: "-1", currency: "THB", err: money.ErrNegative},
		{text: "-0", currency: "THB", err: money.ErrNegative},
		{text: "1.001", currency: "THB", err: money.ErrPrecision},
		{text: "1.000", currency: "THB", err: money.ErrPrecision},
		{text: "2222.0", currency: "KRW", err: money.ErrPrecision},
		{text: "1." + strings.Repeat("0", 100), currency: "CLF", err: money.ErrPrecision},
		{text: "9223372036854.78", currency: "THB", err: money.ErrOverflow},
		{text: "9223372036855", currency: "KRW", err: money.ErrOverflow},
		{text: strings.Repeat("9", 100), currency: "THB", err: money.ErrOverflow},
		{text: "1", currency: "", err: money.ErrUnknownCurrency},
		{text: "1", currency: "thb", err: money.ErrUnknownCurrency},
	}
	for _, tc := range cases {
		t.Run(tc.text+" "+string(tc.currency), func(t *testing.T) {
			got, err := money.Parse(tc.text, tc.currency)
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %d, %v; want %d, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestParseSigned(t *testing.T) {
	cases := []struct {
		text string
		want money.Amount
		err  error
	}{
		{text: "-1.5", want: -1_500_000},
		{text: "1.5", want: 1_500_000},
		{text: "-0", want: 0},
		{text: "+1", err: money.ErrSyntax},
		{text: "--1", err: money.ErrSyntax},
		{text: "-", err: money.ErrSyntax},
		{text: "-1.001", err: money.ErrPrecision},
		{text: "-9223372036854.78", err: money.ErrOverflow},
	}
	for _, tc := range cases {
		t.Run(tc.text, func(t *testing.T) {
			got, err := money.ParseSigned(tc.text, "THB")
			if got != tc.want || !errors.Is(err, tc.err) {
				t.Errorf("got %d, %v; want %d, %v", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestParseErrorNamesTheLimit(t *testing.T) {
	for currency, want := range map[money.Currency]string{
		"THB": "too many decimal places: THB has 2",
		"KRW": "too many decimal places: KRW has none",
	} {
		if _, err := money.Parse("1.2345", currency); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, want %q", currency, err, want)
		}
	}
}

func TestFormat(t *testing.T) {
	cases := []struct {
		amount   money.Amount
		currency money.Currency
		want     string
	}{
		{amount: 100_000_000, currency: "THB", want: "100.00"},
		{amount: 2_222_000_000, currency: "KRW", want: "2222"},
		{amount: -1_500_000, currency: "THB", want: "-1.50"},
		{amount: 0, currency: "THB", want: "0.00"},
		{amount: 0, currency: "KRW", want: "0"},
		{amount: 10_000, currency: "THB", want: "0.01"},
		{amount: -10_000, currency: "THB", want: "-0.01"},
		{amount: 1_234_000, currency: "KWD", want: "1.234"},
		{amount: 1_005_000, currency: "THB", want: "1.005"},
		{amount: 1_500_000, currency: "KRW", want: "1.5"},
		{amount: 1, currency: "KRW", want: "0.000001"},
		{amount: -1, currency: "THB", want: "-0.000001"},
		{amount: 10, currency: "THB", want: "0.00001"},
		{amount: math.MaxInt64, currency: "THB", want: "9223372036854.775807"},
		{amount: math.MinInt64, currency: "THB", want: "-9223372036854.775808"},
		{amount: 1_500_000, currency: "", want: "1.50"},
	}
	for _, tc := range cases {
		t.Run(tc.want+" "+string(tc.currency), func(t *testing.T) {
			if got := tc.amount.Format(tc.currency); got != tc.want {
				t.Errorf("got %q", got)
			}
			if got := string(tc.amount.Append([]byte("x"), tc.currency)); got != "x"+tc.want {
				t.Errorf("appended: got %q", got)
			}
		})
	}
}

// What Parse takes, Format gives back as a text of the same amount, and what
// Format writes of whole minor units, ParseSigned reads.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"", "0", "1.5", "-1.50", "007", "1.", ".1", "1e5", "9223372036854.77", "+1", "๑", "99999999999999999999",
	} {
		for _, currency := range []string{"THB", "KRW", "KWD", "CLF", "", "ZZZ"} {
			f.Add(text, currency)
		}
	}
	f.Fuzz(func(t *testing.T, text, code string) {
		c := money.Currency(code)
		amount, err := money.ParseSigned(text, c)
		if err != nil {
			if amount != 0 {
				t.Fatalf("%d together with %v", amount, err)
			}
			return
		}
		if amount%money.MinorUnit(c) != 0 {
			t.Fatalf("%d is finer than the minor unit of %s", amount, c)
		}
		if again, err := money.ParseSigned(amount.Format(c), c); err != nil || again != amount {
			t.Fatalf("%q is %d, but its text %q is %d, %v", text, amount, amount.Format(c), again, err)
		}
		unsigned, err := money.Parse(text, c)
		if negative := strings.HasPrefix(text, "-"); negative != errors.Is(err, money.ErrNegative) ||
			!negative && unsigned != amount {
			t.Fatalf("unsigned %d, %v; signed %d", unsigned, err, amount)
		}
	})
}

// Every amount has a text, and it is exact.
func FuzzFormat(f *testing.F) {
	for _, amount := range []int64{0, 1, -1, 10_000, math.MaxInt64, math.MinInt64} {
		f.Add(amount, "THB")
		f.Add(amount, "KRW")
	}
	f.Fuzz(func(t *testing.T, amount int64, code string) {
		c := money.Currency(code)
		text := money.Amount(amount).Format(c)
		whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
		if len(fraction) < c.Digits() || len(fraction) > 6 || whole == "" {
			t.Fatalf("%d in %s is %q", amount, c, text)
		}
		if len(fraction) > c.Digits() && strings.HasSuffix(fraction, "0") {
			t.Fatalf("%q has more places than it needs", text)
		}
		read := uint64(0)
		for _, digit := range whole + fraction + strings.Repeat("0", 6-len(fraction)) {
			read = read*10 + uint64(digit-'0')
		}
		if strings.HasPrefix(text, "-") {
			read = -read
		}
		if int64(read) != amount {
			t.Fatalf("%q is %d, want %d", text, int64(read), amount)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		_, _ = money.Parse("1234.56", "THB")
	}
}

func BenchmarkFormat(b *testing.B) {
	for b.Loop() {
		_ = money.Amount(1_234_560_000).Format("THB")
	}
}
