package approval

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"orderhub/server/money"
)

// Limits are the amounts above which something waits. With the zero value nothing does.
type Limits struct {
	of    map[money.Currency]money.Amount
	every *money.Amount // of currencies that are not named; nil for none
}

// ParseLimits reads limits: "10000 THB" is that of a currency, and "10000", in whole
// units, that of all currencies without one.
func ParseLimits(texts []string) (Limits, error) {
	l := Limits{of: make(map[money.Currency]money.Amount)}
	for _, text := range texts {
		if err := l.add(strings.Fields(text)); err != nil {
			return Limits{}, fmt.Errorf("%q: %w", text, err)
		}
	}
	return l, nil
}

func (l *Limits) add(words []string) error {
	switch len(words) {
	case 1:
		return l.addForEvery(words[0])
	case 2:
		currency, err := money.ParseCurrency(words[1])
		if err != nil {
			return err
		}
		if _, twice := l.of[currency]; twice {
			return fmt.Errorf("%s has a limit already", currency)
		}
		l.of[currency], err = money.Parse(words[0], currency)
		return err
	default:
		return errors.New("must be an amount, or an amount and a currency such as 10000.00 THB")
	}
}

func (l *Limits) addForEvery(text string) error {
	if l.every != nil {
		return errors.New("there is a limit for all currencies already")
	}
	whole, err := strconv.ParseUint(text, 10, 40)
	if err != nil {
		return errors.New("must be a whole number without a currency, or an amount with one such as 10000.00 THB")
	}
	amount, err := money.Unit.Mul(int64(whole))
	l.every = &amount
	return err
}

// Above is the amount above which something in a currency waits; ok is false where
// nothing does.
func (l *Limits) Above(currency money.Currency) (limit money.Amount, ok bool) {
	if limit, ok = l.of[currency]; ok {
		return limit, true
	}
	if l.every == nil {
		return 0, false
	}
	return *l.every, true
}

// Exceeded reports whether an amount, up or down, has to wait.
func (l *Limits) Exceeded(amount money.Amount, currency money.Currency) bool {
	limit, ok := l.Above(currency)
	return ok && max(amount, money.Amount(0).SubCapped(amount)) > limit
}
