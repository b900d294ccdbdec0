package order

import (
	"cmp"

	"orderhub/server/money"
)

const (
	// SmallOrder is how many units of stock an order may want for them to be read
	// in one round trip with everything else it is judged by, before it is known
	// whether it can be paid.
	SmallOrder = 16
	// batchUnits bounds the units of stock and tickets that one transaction hands
	// out beside those of small orders: every order in it waits for all of them.
	batchUnits = 10_000
)

// Limits bound one order, at every door.
type Limits struct {
	// Units is the most units of stock and tickets: each is a row that the order's
	// transaction writes and the answer to it carries. 0 is DefaultUnits.
	Units int64
	// Total is the most that it may cost, in any currency. 0 is DefaultTotal.
	Total money.Amount
}

// What holds where nothing else is said. An answer with 10,000 usual codes still
// fits the four megabytes that gRPC's clients take by default.
const (
	DefaultUnits int64 = 10_000
	DefaultTotal       = 1_000_000_000 * money.Unit
)

func (l Limits) orDefault() Limits {
	return Limits{Units: cmp.Or(l.Units, DefaultUnits), Total: cmp.Or(l.Total, DefaultTotal)}
}

// check finds what breaks the limits: *TooManyUnitsError, *TotalTooLargeError.
func (l Limits) check(units int64, total money.Amount, currency money.Currency) error {
	l = l.orDefault()
	switch {
	case units > l.Units:
		return &TooManyUnitsError{Units: units, Max: l.Units}
	case total > l.Total:
		return &TotalTooLargeError{Currency: currency, Max: l.Total}
	default:
		return nil
	}
}
