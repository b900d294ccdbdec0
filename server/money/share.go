package money

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// wholePercent is 100 % in basis points.
const wholePercent = 10_000

// Percent returns basisPoints hundredths of a percent of amount (1,000 is 10 %),
// rounded half up to the minor unit of c; what is negative is rounded as its
// positive counterpart, so that Percent(−a) = −Percent(a). ErrOverflow when the
// result does not fit.
func Percent(amount Amount, basisPoints int64, c Currency) (Amount, error) {
	negative := (amount < 0) != (basisPoints < 0)
	minor := uint64(MinorUnit(c))
	share := mulDiv(magnitude(int64(amount)), magnitude(basisPoints), wholePercent*minor)
	if share.overflow || share.quotient > math.MaxInt64 {
		return 0, ErrOverflow
	}
	if share.remainder >= wholePercent*minor-share.remainder {
		share.quotient++
	}
	return mulDiv(share.quotient, minor, 1).amount(negative)
}

// Round returns a rounded to the minor unit of c as Percent rounds; where that
// does not fit, as it is.
func (a Amount) Round(c Currency) Amount {
	if rounded, err := Percent(a, wholePercent, c); err == nil {
		return rounded
	}
	return a
}

// ShareOut splits total over weights in proportion: one share per weight, in the
// same order, summing to exactly total, each a whole number of minor units of c.
// What rounding down leaves goes, one minor unit each, to the shares that lost
// most by it, the first of equals. With whole minor units throughout and
// total ≤ the sum of the weights no share exceeds its weight.
//
// The edges: weights below zero count as zero; if all are zero they count as
// equal; a negative total gives the negated shares of its counterpart; what of
// total is finer than a minor unit is added to one share. No weights, nil.
func ShareOut(total Amount, weights []Amount, c Currency) []Amount {
	if len(weights) == 0 {
		return nil
	}
	minor := uint64(MinorUnit(c))
	parts, sum := proportions(weights)
	units, finer := magnitude(int64(total))/minor, magnitude(int64(total))%minor

	shares := make([]uint64, len(parts))
	lost := make([]remainder, len(parts))
	left := units
	for i, part := range parts {
		share := mulDiv(units, part, sum)
		shares[i], lost[i] = share.quotient, remainder{index: i, size: share.remainder}
		left -= share.quotient
	}
	slices.SortStableFunc(lost, func(a, b remainder) int { return cmp.Compare(b.size, a.size) })
	for _, r := range lost[:left] { // fewer are left than there are shares
		shares[r.index]++
	}

	for i := range shares {
		shares[i] *= minor
	}
	shares[roomiest(shares, parts)] += finer
	return signed(shares, total < 0)
}

type remainder struct {
	index int
	size  uint64
}

// proportions returns the weights as numbers whose sum is positive and fits.
func proportions(weights []Amount) (parts []uint64, sum uint64) {
	parts = make([]uint64, len(weights))
	// Each weight is below 2⁶³. Dropping as many bits as the count has keeps the
	// sum below 2⁶⁴; needed only beyond any amount that is charged in practice.
	var high uint64
	for i, weight := range weights {
		parts[i] = uint64(max(weight, 0))
		var carry uint64
		sum, carry = bits.Add64(sum, parts[i], 0)
		high += carry
	}
	if high > 0 {
		sum = 0
		for i := range parts {
			parts[i] >>= bits.Len(uint(len(parts)))
			sum += parts[i]
		}
	}
	if sum == 0 {
		for i := range parts {
			parts[i] = 1
		}
		sum = uint64(len(parts))
	}
	return parts, sum
}

// roomiest returns the first share that is furthest below its part, or, if all
// are at or above theirs, the first with a part at all.
func roomiest(shares, parts []uint64) int {
	best, room := -1, uint64(0)
	for i := range shares {
		if parts[i] > shares[i] && parts[i]-shares[i] > room {
			best, room = i, parts[i]-shares[i]
		}
	}
	if best >= 0 {
		return best
	}
	return slices.IndexFunc(parts, func(part uint64) bool { return part > 0 })
}

func signed(sizes []uint64, negative bool) []Amount {
	amounts := make([]Amount, len(sizes))
	for i, size := range sizes {
		if amounts[i] = Amount(size); negative {
			amounts[i] = -amounts[i]
		}
	}
	return amounts
}

// Kept returns the price of kept of a line's quantity units, after their share of
// the line's discount: kept×unitPrice less discount×kept/quantity rounded down to
// the minor unit of c. Kept(0) is zero, Kept(quantity) is subtotal − discount, and
// it never falls as kept rises, nor below zero. What is to be given back when
// units fail is the difference of two Kept, and such differences add up to the
// last minor unit, in whatever steps the units fail.
//
// Discount is that of the whole line. If it or the price is finer than a minor
// unit, the share is rounded down to micro-units instead. Arguments that no
// placed line has are brought into range: what is negative counts as zero, a
// discount above the subtotal as the subtotal, kept above quantity as quantity,
// and a result beyond MaxAmount is MaxAmount.
func Kept(unitPrice, discount Amount, quantity, kept int64, c Currency) Amount {
	unitPrice, discount = max(unitPrice, 0), max(discount, 0)
	kept = min(max(kept, 0), quantity)
	if kept <= 0 {
		return 0
	}
	if subtotal, err := unitPrice.Mul(quantity); err == nil {
		discount = min(discount, subtotal)
	}

	grain := uint64(MinorUnit(c))
	if uint64(unitPrice)%grain != 0 || uint64(discount)%grain != 0 {
		// Rounding to the minor unit could take more than one unit's price at one step.
		grain = 1
	}
	share := mulDiv(uint64(discount), uint64(kept), uint64(quantity)).quotient / grain * grain

	high, low := bits.Mul64(uint64(unitPrice), uint64(kept))
	low, borrow := bits.Sub64(low, share, 0)
	if high > borrow || low > math.MaxInt64 {
		return MaxAmount
	}
	return Amount(low)
}

// division is the outcome of mulDiv: a quotient that did not fit has overflow set.
type division struct {
	quotient, remainder uint64
	overflow            bool
}

// mulDiv returns a×b/divisor through 128 bits.
func mulDiv(a, b, divisor uint64) division {
	high, low := bits.Mul64(a, b)
	if high >= divisor {
		return division{overflow: true}
	}
	quotient, remainder := bits.Div64(high, low, divisor)
	return division{quotient: quotient, remainder: remainder}
}

// amount returns the quotient with a sign, or ErrOverflow.
func (d division) amount(negative bool) (Amount, error) {
	switch {
	case d.overflow:
		return 0, ErrOverflow
	case negative && d.quotient <= 1<<63:
		return Amount(-d.quotient), nil
	case d.quotient < 1<<63:
		return Amount(d.quotient), nil
	}
	return 0, ErrOverflow
}
