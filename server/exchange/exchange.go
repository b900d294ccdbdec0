// Package exchange owns what currencies are worth in one another: rates with the moment
// from which they hold, and conversion by them. It is pure arithmetic of integers. There
// is no way over a third currency: who wants one sets the rate.
package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// Rate is what one unit of a currency is worth in another one, times [Scale].
type Rate int64

// Scale is how fine rates are: nine decimal places.
const Scale = 1_000_000_000

const (
	rateDigits = 9
	// longestWhole is how many digits a rate has before the point: ten units of the
	// weakest currency for one of the strongest are far from it.
	longestWhole = 9
)

// ErrSyntax says that a text is not a rate.
var ErrSyntax = errors.New("must be a decimal number above 0, with at most 9 digits before and 9 after the point")

// ParseRate reads a decimal text such as "34.10".
func ParseRate(text string) (Rate, error) {
	whole, fraction, pointed := strings.Cut(text, ".")
	if whole == "" || len(whole) > longestWhole || pointed && fraction == "" || len(fraction) > rateDigits ||
		strings.Trim(whole+fraction, "0123456789") != "" {
		return 0, ErrSyntax
	}
	rate, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", rateDigits-len(fraction)), 10, 64)
	if err != nil || rate == 0 {
		return 0, ErrSyntax
	}
	return Rate(rate), nil
}

// String is the rate as a decimal text, without zeros at the end.
func (r Rate) String() string {
	text := fmt.Sprintf("%d.%09d", r/Scale, r%Scale)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// Pair says what is worth how much of what.
type Pair struct{ Base, Quote money.Currency }

// String is the pair as people write it: "USD/THB".
func (p Pair) String() string { return string(p.Base) + "/" + string(p.Quote) }

// Entry is a rate that an operator set.
type Entry struct {
	ID   int64 // its number; 0 before it is kept
	Pair Pair
	Rate Rate
	From time.Time // it holds from then on, until the next entry of the pair does
	At   time.Time // when it was set
}

// Check reports what is wrong with an entry: an *errs.InvalidError.
func (e *Entry) Check() error {
	bad := &errs.InvalidError{}
	for field, c := range map[string]money.Currency{"base_currency": e.Pair.Base, "quote_currency": e.Pair.Quote} {
		if _, err := money.ParseCurrency(string(c)); err != nil {
			bad.Add(field, "must be an ISO 4217 code")
		}
	}
	if e.Pair.Base == e.Pair.Quote {
		bad.Add("quote_currency", "must be another one than the first")
	}
	if e.Rate <= 0 {
		bad.Add("rate", "%s", ErrSyntax)
	}
	return bad.OrNil()
}

// Filter selects entries, newest first.
type Filter struct {
	Base, Quote money.Currency // "" for any
	BeforeID    int64          // 0 for the first page
	Limit       int
}

// Store keeps rates.
type Store interface {
	// Add keeps an entry. Nothing takes one away.
	Add(ctx context.Context, e Entry) (Entry, error)
	// Entries returns what the filter selects, those that were set last first.
	Entries(ctx context.Context, f Filter) ([]Entry, error)
	// Rates returns all rates.
	Rates(ctx context.Context) (*Rates, error)
}

// Rates are all rates there are. They do not change. The zero value has none.
type Rates struct {
	byPair map[Pair][]Entry // by the moment from which they hold
}

// NewRates sorts entries. Of two for the same moment the one that was set later counts.
func NewRates(entries []Entry) *Rates {
	r := &Rates{byPair: make(map[Pair][]Entry)}
	for _, e := range entries {
		r.byPair[e.Pair] = append(r.byPair[e.Pair], e)
	}
	for _, of := range r.byPair {
		slices.SortFunc(of, func(a, b Entry) int { return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.ID, b.ID)) })
	}
	return r
}

// Holding are the entries that hold at a moment, by pair.
func (r *Rates) Holding(moment time.Time) (entries []Entry) {
	for p := range r.byPair {
		if e := r.entryAt(p, moment); e != nil {
			entries = append(entries, *e)
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Pair.String(), b.Pair.String()) })
	return entries
}

// at is the rate of a pair at a moment.
func (r *Rates) at(p Pair, moment time.Time) (Rate, bool) {
	if e := r.entryAt(p, moment); e != nil {
		return e.Rate, true
	}
	return 0, false
}

// entryAt is what holds of a pair at a moment; nil for nothing.
func (r *Rates) entryAt(p Pair, moment time.Time) *Entry {
	if r == nil {
		return nil
	}
	of := r.byPair[p]
	for i := len(of) - 1; i >= 0; i-- {
		if !of[i].From.After(moment) {
			return &of[i]
		}
	}
	return nil
}

// Knows reports whether amounts of a currency can be told in another one at a moment.
func (r *Rates) Knows(from, to money.Currency, moment time.Time) bool {
	_, known := r.Convert(0, from, to, moment)
	return known
}

// Convert tells an amount in another currency, by the rate that holds at a moment; by the
// inverse of the pair the other way round where only that is known. The result is rounded
// half up to the micro-unit, what is negative as its positive counterpart, and beyond the
// range of amounts it is the end of that. known is false where there is no rate.
func (r *Rates) Convert(a money.Amount, from, to money.Currency, moment time.Time) (in money.Amount, known bool) {
	if from == to {
		return a, true
	}
	if rate, found := r.at(Pair{from, to}, moment); found {
		return scaled(a, uint64(rate), Scale), true
	}
	if rate, found := r.at(Pair{to, from}, moment); found {
		return scaled(a, Scale, uint64(rate)), true
	}
	return 0, false
}

// scaled is a×numerator/denominator, rounded half up.
func scaled(a money.Amount, numerator, denominator uint64) money.Amount {
	negative, size := a < 0, uint64(a)
	if negative {
		size = -size
	}
	high, low := bits.Mul64(size, numerator)
	low, carry := bits.Add64(low, denominator/2, 0)
	high += carry
	quotient := uint64(math.MaxInt64)
	if high < denominator {
		quotient, _ = bits.Div64(high, low, denominator)
	}
	quotient = min(quotient, math.MaxInt64)
	if negative {
		return money.Amount(-int64(quotient))
	}
	return money.Amount(quotient)
}
