package money

import (
	"errors"
	"sync/atomic"

	"golang.org/x/text/currency"
)

// Currency is an ISO 4217 code in upper case, such as "THB". Values come from
// ParseCurrency; the zero value is no currency.
type Currency string

// ErrUnknownCurrency says that a code is not an ISO 4217 currency in upper case.
var ErrUnknownCurrency = errors.New("unknown currency")

// defaultDigits is what ISO 4217 gives to most currencies.
const defaultDigits = 2

// ParseCurrency checks that s is an ISO 4217 code in upper case and not one of
// the codes that stand for no money (XXX, XTS). Otherwise ErrUnknownCurrency.
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

// The answers of lookup for every code of three letters, filled in as codes are
// asked for: 0 is not asked yet, notCurrency is a refusal, anything else is the
// number of digits plus one. A fixed table cannot be made to grow from outside.
var known [26 * 26 * 26]atomic.Uint32

const notCurrency = 1 << 8

// lookup returns the decimal places of the currency with this exact code.
func lookup(code string) (digits int, ok bool) {
	index, ok := codeIndex(code)
	if !ok {
		return 0, false
	}
	entry := known[index].Load()
	if entry == 0 {
		entry = describe(code)
		known[index].Store(entry)
	}
	return int(entry) - 1, entry != notCurrency
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

// describe makes the entry of known for a code.
func describe(code string) uint32 {
	unit, err := currency.ParseISO(code)
	if err != nil || code == "XXX" || code == "XTS" {
		return notCurrency
	}
	digits, _ := currency.Standard.Rounding(unit)
	if digits < 0 || digits > microDigits {
		return notCurrency // an Amount could not hold it
	}
	return uint32(digits) + 1
}
