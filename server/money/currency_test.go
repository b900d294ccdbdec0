package money_test

import (
	"errors"
	"testing"

	"orderhub/server/money"
)

func TestParseCurrency(t *testing.T) {
	cases := []struct {
		code   string
		digits int
		minor  money.Amount
	}{
		{code: "THB", digits: 2, minor: 10_000},
		{code: "TRY", digits: 2, minor: 10_000},
		{code: "USD", digits: 2, minor: 10_000},
		{code: "CHF", digits: 2, minor: 10_000}, // 0.05 is a rule of cash only
		{code: "KRW", digits: 0, minor: 1_000_000},
		{code: "JPY", digits: 0, minor: 1_000_000},
		{code: "KWD", digits: 3, minor: 1_000},
		{code: "CLF", digits: 4, minor: 100},
		{code: "UYW", digits: 4, minor: 100},
		{code: "XAF", digits: 0, minor: 1_000_000},
		// Where habit shows none.
		{code: "RSD", digits: 2, minor: 10_000},
		{code: "IDR", digits: 2, minor: 10_000},
		{code: "LBP", digits: 2, minor: 10_000},
		{code: "COP", digits: 2, minor: 10_000},
		{code: "HUF", digits: 2, minor: 10_000},
		{code: "IQD", digits: 3, minor: 1_000},
		// Newer than many tables.
		{code: "SLE", digits: 2, minor: 10_000},
		{code: "VED", digits: 2, minor: 10_000},
		{code: "XCG", digits: 2, minor: 10_000},
		{code: "ZWG", digits: 2, minor: 10_000},
		{code: "MRU", digits: 2, minor: 10_000},
	}
	for _, tc := range cases {
		t.Run(tc.code, func(t *testing.T) {
			for range 2 { // the second answer is the remembered one
				c, err := money.ParseCurrency(tc.code)
				if err != nil || string(c) != tc.code {
					t.Fatalf("got %q, %v", c, err)
				}
				if c.Digits() != tc.digits || money.MinorUnit(c) != tc.minor {
					t.Errorf("digits %d, minor unit %d; want %d, %d", c.Digits(), money.MinorUnit(c), tc.digits, tc.minor)
				}
			}
		})
	}
}

func TestParseCurrencyRefuses(t *testing.T) {
	for _, code := range []string{
		"", "T", "TH", "THBB", "thb", "Thb", "TH ", "T1B", "XXX", "XTS", "XAU", "XDR", "DEM", "TRL", "HRK", "VEF", "SLL",
		"ZWL", "ANG", "BGN", "ZZZ", "QQQ", "฿", "ＴＨＢ", "TH\x00",
	} {
		t.Run(code, func(t *testing.T) {
			for range 2 {
				if c, err := money.ParseCurrency(code); !errors.Is(err, money.ErrUnknownCurrency) || c != "" {
					t.Errorf("got %q, %v", c, err)
				}
			}
			if digits := money.Currency(code).Digits(); digits != 2 {
				t.Errorf("digits %d, want 2", digits)
			}
		})
	}
}

func BenchmarkMinorUnit(b *testing.B) {
	for b.Loop() {
		money.MinorUnit("THB")
	}
}
