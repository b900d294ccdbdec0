package claim

import (
	"slices"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// Passing says that a unit was passed to the provider that sold it.
type Passing struct {
	UnitID    int64  // 0 for the claim's only one
	Reference string // what the provider calls it; "" where that is not known
	AttemptID int64  // that bought it; 0 for the only one that delivered for its line
}

// Ending is what a provider says to a dispute.
type Ending struct {
	UnitID int64
	Credit string // a decimal amount in the currency of the books; "" when it refused
}

// Only is the unit that is meant; ErrUnitNotFound.
func (c *Claim) Only(unitID int64) (*Unit, error) {
	if unitID == 0 && len(c.Units) == 1 {
		return &c.Units[0], nil
	}
	if u := c.unit(unitID); u != nil {
		return u, nil
	}
	return nil, ErrUnitNotFound
}

// Pass passes the unit on. bought are the attempts that delivered for its line. Errors:
// ErrNoPurchase, *EndedError.
func (u *Unit) Pass(p Passing, bought []int64, now time.Time) (changed bool, err error) {
	attempt := p.AttemptID
	if attempt == 0 && u.Dispute.AttemptID != 0 {
		attempt = u.Dispute.AttemptID
	}
	known := slices.Contains(bought, attempt)
	if attempt == 0 && len(bought) == 1 {
		attempt, known = bought[0], true
	}
	switch {
	case !known:
		return false, ErrNoPurchase
	case u.Dispute.Status != "" && u.Dispute.Reference == p.Reference && u.Dispute.AttemptID == attempt:
		return false, nil
	case u.Dispute.Status != "" && u.Dispute.Status != DisputeOpen:
		return false, &EndedError{u.Dispute.Status}
	}
	if u.Dispute.OpenedAt == nil {
		u.Dispute.OpenedAt = &now
	}
	u.Dispute.Status, u.Dispute.Reference, u.Dispute.AttemptID = DisputeOpen, p.Reference, attempt
	return true, nil
}

// End ends the unit's dispute. booked is what is in the books for the purchase. Errors:
// ErrNotDisputed, *EndedError, *CreditTooLargeError, *errs.InvalidError.
func (u *Unit) End(e Ending, booked money.Sum, now time.Time) (changed bool, err error) {
	if u.Dispute.Status == "" {
		return false, ErrNotDisputed
	}
	credit, err := e.credit(booked.Currency)
	if err != nil {
		return false, err
	}
	status := DisputeRefused
	if credit.Amount > 0 {
		status = DisputeCredited
	}
	switch {
	case u.Dispute.Status == status && u.Dispute.Credit == credit:
		return false, nil
	case u.Dispute.Status != DisputeOpen:
		return false, &EndedError{u.Dispute.Status}
	case credit.Amount > booked.Amount:
		return false, &CreditTooLargeError{booked}
	}
	u.Dispute.Status, u.Dispute.Credit, u.Dispute.EndedAt = status, credit, &now
	return true, nil
}

// credit is what the provider gives back, in the currency of its books; nothing where it refused. *errs.InvalidError.
func (e *Ending) credit(c money.Currency) (money.Sum, error) {
	if e.Credit == "" {
		return money.Sum{}, nil
	}
	amount, err := money.Parse(e.Credit, c)
	switch {
	case err != nil:
		return money.Sum{}, errs.Invalid("amount", "%s", err)
	case amount <= 0:
		return money.Sum{}, errs.Invalid("amount", "must be above 0, or empty when the provider refused")
	}
	return money.Sum{Amount: amount, Currency: c}, nil
}
