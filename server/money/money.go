// Package money owns amounts, currencies and the arithmetic between them: exact,
// checked for overflow, rounded only where a function says so.
//
// An Amount is a whole number of micro-units (10⁻⁶ of the currency's main unit)
// and does not carry its currency; the currency travels beside it and says how
// fine an amount may be. What a price, a discount or a wallet means belongs to
// the packages that use it.
package money

import (
	"errors"
	"math"
)

// Amount is a sum of money in micro-units: 1,000,000 is one baht, lira or won.
// The range is about ±9.2 × 10¹² main units.
type Amount int64

// Unit is one main unit of any currency, in micro-units.
const Unit Amount = 1_000_000

// The ends of the range of Amount.
const (
	MaxAmount Amount = math.MaxInt64
	MinAmount Amount = math.MinInt64
)

// ErrOverflow says that a result does not fit an Amount.
var ErrOverflow = errors.New("amount out of range")

// Add returns a+b, or ErrOverflow.
func (a Amount) Add(b Amount) (Amount, error) {
	sum := a + b
	if (sum > a) != (b > 0) && b != 0 {
		return 0, ErrOverflow
	}
	return sum, nil
}

// Sub returns a−b, or ErrOverflow.
func (a Amount) Sub(b Amount) (Amount, error) {
	diff := a - b
	if (diff < a) != (b > 0) && b != 0 {
		return 0, ErrOverflow
	}
	return diff, nil
}

// AddCapped returns a+b or, where that does not fit, the end of the range that it
// lies beyond: for amounts that are only compared or shown.
func (a Amount) AddCapped(b Amount) Amount {
	sum, err := a.Add(b)
	return capped(sum, err, b > 0)
}

// SubCapped is AddCapped for a−b.
func (a Amount) SubCapped(b Amount) Amount {
	diff, err := a.Sub(b)
	return capped(diff, err, b < 0)
}

func capped(exact Amount, err error, rising bool) Amount {
	switch {
	case err == nil:
		return exact
	case rising:
		return MaxAmount
	default:
		return MinAmount
	}
}

// Neg returns −a, or ErrOverflow, which only MinAmount gives.
func (a Amount) Neg() (Amount, error) { return Amount(0).Sub(a) }

// Mul returns a×quantity, or ErrOverflow. Quantity may be zero or negative.
func (a Amount) Mul(quantity int64) (Amount, error) {
	negative, size, other := (a < 0) != (quantity < 0), magnitude(int64(a)), magnitude(quantity)
	return mulDiv(size, other, 1).amount(negative)
}

// magnitude returns |v|, right for the smallest int64 too.
func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}
