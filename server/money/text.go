package money

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Why Parse refuses a text, besides ErrOverflow and ErrUnknownCurrency. Compare
// with errors.Is; the texts are fit for the sender and never repeat the input.
var (
	// ErrSyntax says that a text is not a plain decimal number.
	ErrSyntax = errors.New("not a decimal amount")
	// ErrNegative says that an amount has a minus sign where none may be.
	ErrNegative = errors.New("amount must not be negative")
	// ErrPrecision says that an amount has more decimal places than its currency.
	ErrPrecision = errors.New("too many decimal places")
)

// Parse reads a decimal text such as "100", "100.5" or "100.00" as an amount of c.
// It takes ASCII digits with at most one point between digits: no sign, exponent,
// grouping or space, and no more decimal places than c has, not even zeros.
// Errors: ErrSyntax, ErrNegative, ErrPrecision, ErrOverflow, ErrUnknownCurrency.
func Parse(s string, c Currency) (Amount, error) {
	if len(s) > 0 && s[0] == '-' {
		if _, err := parseMagnitude(s[1:], c); err != nil {
			return 0, err
		}
		return 0, ErrNegative
	}
	return parseMagnitude(s, c)
}

// ParseSigned is Parse, with an optional leading '-'. "-0" is zero.
func ParseSigned(s string, c Currency) (Amount, error) {
	if len(s) > 0 && s[0] == '-' {
		amount, err := parseMagnitude(s[1:], c)
		return -amount, err
	}
	return parseMagnitude(s, c)
}

func parseMagnitude(s string, c Currency) (Amount, error) {
	digits, ok := lookup(string(c))
	if !ok {
		return 0, ErrUnknownCurrency
	}
	d, ok := scanDecimal(s)
	switch {
	case !ok:
		return 0, ErrSyntax
	case d.decimals > digits:
		return 0, precisionError(c, digits)
	case d.overflow:
		return 0, ErrOverflow
	}
	return mulDiv(d.value, powersOfTen[microDigits-d.decimals], 1).amount(false)
}

// decimal is the number value × 10^-decimals; overflow says that value did not fit.
type decimal struct {
	value    uint64
	decimals int
	overflow bool
}

// scanDecimal reads all of s as digits with at most one point between digits.
func scanDecimal(s string) (d decimal, ok bool) {
	point := -1
	for i := range len(s) {
		switch b := s[i]; {
		case b == '.' && point < 0:
			point = i
		case b < '0' || b > '9':
			return decimal{}, false
		case d.value > (math.MaxInt64-9)/10:
			d.overflow = true
		default:
			d.value = d.value*10 + uint64(b-'0')
		}
	}
	if point < 0 {
		return d, len(s) > 0
	}
	d.decimals = len(s) - point - 1
	return d, point > 0 && d.decimals > 0
}

func precisionError(c Currency, digits int) error {
	if digits == 0 {
		return fmt.Errorf("%w: %s has none", ErrPrecision, c)
	}
	return fmt.Errorf("%w: %s has %d", ErrPrecision, c, digits)
}

// Format returns a as a plain decimal text with exactly the decimal places of c:
// "100.00" in THB, "2222" in KRW, "-1.50". An amount finer than the minor unit of
// c is not rounded; it gets as many places as it needs, at most 6.
func (a Amount) Format(c Currency) string {
	if a == 0 { // as most discounts and refunds are
		return zeros[c.Digits()]
	}
	var buffer [24]byte
	return string(a.Append(buffer[:0], c))
}

// zeros are nothing, with so many decimal places.
var zeros = [microDigits + 1]string{"0", "0.0", "0.00", "0.000", "0.0000", "0.00000", "0.000000"}

// Append appends the text of Format to dst.
func (a Amount) Append(dst []byte, c Currency) []byte {
	if a < 0 {
		dst = append(dst, '-')
	}
	size := magnitude(int64(a))
	dst = strconv.AppendUint(dst, size/uint64(Unit), 10)

	fraction, digits := size%uint64(Unit), c.Digits()
	for digits < microDigits && fraction%powersOfTen[microDigits-digits] != 0 {
		digits++
	}
	if digits == 0 {
		return dst
	}
	dst = append(dst, '.')
	for place := microDigits - 1; place >= microDigits-digits; place-- {
		dst = append(dst, '0'+byte(fraction/powersOfTen[place]%10))
	}
	return dst
}
