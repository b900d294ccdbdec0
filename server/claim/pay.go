package claim

import (
	"errors"
	"fmt"

	"orderhub/server/audit"
	"orderhub/server/money"
)

// Bound is the amount of a currency above which a refund takes more than one pair of
// eyes; ok is false where there is none.
type Bound func(money.Currency) (above money.Amount, ok bool)

// ErrOwnClaim: who made a claim for a merchant does not pay it back, too.
var ErrOwnClaim = errors.New("you made the claim yourself: another operator has to refund it")

// FinanceNeededError: so much is paid back by finance alone.
type FinanceNeededError struct{ Above money.Sum }

func (e *FinanceNeededError) Error() string {
	return fmt.Sprintf("a claim with refunds above %s is refunded by an operator of the role finance", e.Above)
}

// MayPay says whether who answers may give back what the claim has given back by then.
// Answers to a claim add up, so that units one by one are as all at once. Errors:
// ErrOwnClaim, *FinanceNeededError.
func (a *Answer) MayPay(c *Claim) error {
	above, bounded := money.Amount(0), false
	if a.Bound != nil {
		above, bounded = a.Bound(c.Currency)
	}
	large := bounded && c.Refunded() > above
	switch {
	case a.Verdict != Refund:
		return nil
	case a.By.person() && c.By.person() && a.By.Name == c.By.Name && (large || !a.Finance):
		return ErrOwnClaim
	case large && !a.Finance:
		return &FinanceNeededError{money.Sum{Amount: above, Currency: c.Currency}}
	default:
		return nil
	}
}

// person reports whether it is an operator, who is known by name. Keys of admin scope
// are nobody's own, and who may open the database could write to it as well.
func (b By) person() bool { return b.Kind == audit.KindOperator || b.Kind == audit.KindSession }
