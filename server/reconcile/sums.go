package reconcile

import (
	"time"

	"orderhub/server/money"
)

// SumFilter selects what statements charged and credited. Zeros select everything.
type SumFilter struct {
	ProviderID int64
	From, To   *time.Time // by the provider's clock, [From, To)
}

// Sum is what a provider's statements add up to in one currency, each row once, however many have it.
type Sum struct {
	ProviderID        int64
	Currency          money.Currency
	Charged, Credited money.Amount
	Booked            money.Amount // the cost of the same purchases, in the books
	Rows              int64
	Unknown           int64 // of them, that no attempt is about
}

// Net is what was charged and did not come back.
func (s *Sum) Net() money.Amount { return s.Charged.SubCapped(s.Credited) }
