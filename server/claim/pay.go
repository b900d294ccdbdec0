package claim

import (
	"errors"
	"fmt"
	"slices"

	"orderhub/server/audit"
	"orderhub/server/money"
)

// Bound is the amount of a currency above which an answer that costs, a refund or
// units that are bought, takes more than one pair of eyes; ok is false where there is none.
type Bound func(money.Currency) (above money.Amount, ok bool)

// ErrOwnClaim: who made a claim for a merchant does not pay for it, too.
var ErrOwnClaim = errors.New("you made the claim yourself: another operator has to refund it, or have units bought")

// FinanceNeededError: so much is paid for by finance alone.
type FinanceNeededError struct{ Above money.Sum }

func (e *FinanceNeededError) Error() string {
	return fmt.Sprintf("a claim that costs more than %s is answered by an operator of the role finance", e.Above)
}

// MayPay says whether who answered these units may have the claim cost what it has cost
// by then: what was given back, and what units were sold for in whose place others are
// bought. Answers to a claim add up, so that units one by one are as all at once. What is
// replaced from stock, or with goods that are given, costs nobody anything now. Errors:
// ErrOwnClaim, *FinanceNeededError.
func (a *Answer) MayPay(c *Claim, answered []*Unit) error {
	above, bounded := money.Amount(0), false
	if a.Bound != nil {
		above, bounded = a.Bound(c.Currency)
	}
	large := bounded && c.Refunded().AddCapped(c.bought()) > above
	switch {
	case a.Verdict != Refund && !slices.ContainsFunc(answered, (*Unit).isBought):
		return nil
	case a.By.person() && c.By.person() && a.By.Name == c.By.Name && (large || !a.Finance):
		return ErrOwnClaim
	case large && !a.Finance:
		return &FinanceNeededError{money.Sum{Amount: above, Currency: c.Currency}}
	default:
		return nil
	}
}

// bought is what the units were sold for in whose place others are bought, or were.
func (c *Claim) bought() (sum money.Amount) {
	for i := range c.Units {
		if u := &c.Units[i]; u.BoughtBy != 0 {
			sum = sum.AddCapped(u.SoldFor)
		}
	}
	return sum
}

func (u *Unit) isBought() bool { return u.BoughtBy != 0 }

// person reports whether it is an operator, who is known by name. Keys of admin scope
// are nobody's own, and who may open the database could write to it as well.
func (b By) person() bool { return b.Kind == audit.KindOperator || b.Kind == audit.KindSession }
