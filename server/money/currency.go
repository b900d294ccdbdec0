package money

import (
	"errors"

	"github.com/bojanz/currency"
)

// Currency is an ISO 4217 code in upper case, such as "THB". Values come from
// ParseCurrency; the zero value is no currency.
type Currency string

// ErrUnknownCurrency says that a code is not an ISO 4217 currency in upper case.
var ErrUnknownCurrency = errors.New("unknown currency")

// defaultDigits is what ISO 4217 gives to most currencies.
const defaultDigits = 2

// ParseCurrency checks that s is the code of a currency in force, in upper case:
// neither one that was withdrawn, such as DEM, nor one that stands for no money or
// has no decimal places of its own, such as XXX and XAU. Otherwise
// ErrUnknownCurrency.
func ParseCurrency(s string) (Currency, error) {
	if _, ok := lookup(s); !ok {
		return "", ErrUnknownCurrency
	}
	return Currency(s), nil
}

// Digits returns how many decimal places the currency has: 2 for THB, 0 for KRW,
// 3 for KWD; never more than 6. A Currency that ParseCurrency would refuse has 2.
func (c Currency) Digits() int {
	if digits, ok := lookup(string(c)); ok {
		return digits
	}
	return defaultDigits
}

// MinorUnit returns the micro-units in one minor unit of c: 10,000 for THB,
// 1,000,000 for KRW. Every price, discount and refund is a multiple of it.
func MinorUnit(c Currency) Amount { return Amount(powersOfTen[microDigits-c.Digits()]) }

// microDigits is the number of decimal places that an Amount can hold.
const microDigits = 6

var powersOfTen = [microDigits + 1]uint64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// known has the decimal places plus one of every code of three letters, 0 for one
// that is no currency. They are those of ISO 4217's own list. What other tables
// have are habits of display: no decimals for IQD or RSD, which have 3 and 2.
var known = knownCurrencies()

func knownCurrencies() (table [26 * 26 * 26]uint8) {
	for _, code := range currency.GetCurrencyCodes() {
		index, plain := codeIndex(code)
		if digits, _ := currency.GetDigits(code); plain && digits <= microDigits {
			table[index] = digits + 1
		}
	}
	return table
}

// lookup returns the decimal places of the currency with this exact code.
func lookup(code string) (digits int, ok bool) {
	index, ok := codeIndex(code)
	if !ok {
		return 0, false
	}
	return int(known[index]) - 1, known[index] > 0
}

func codeIndex(code string) (int, bool) {
	if len(code) != 3 {
		return 0, false
	}
	index := 0
	for i := range len(code) {
		if code[i] < 'A' || code[i] > 'Z' {
			return 0, false
		}
		index = index*26 + int(code[i]-'A')
	}
	return index, true
}
