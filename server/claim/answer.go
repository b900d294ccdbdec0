package claim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/order"
)

// Answer is what somebody says to units of a claim.
type Answer struct {
	Units   []int64 // ids of units; empty for all that wait
	Verdict Verdict
	Words   string // the merchant reads them
	// Goods are what the provider gave for the units, in the order of their ids; with
	// Replace alone. Secret.
	Goods []string
	By    By
	// Finance says that who answers has the role of that name.
	Finance bool
	// Bound is set by the service; nil for none.
	Bound Bound
}

// Check looks at what needs no database. *errs.InvalidError.
func (a *Answer) Check() (err error) {
	bad := &errs.InvalidError{}
	if !slices.Contains([]Verdict{Refund, Replace, Reject}, a.Verdict) {
		bad.Add("answer", "must be refund, replace or reject")
	}
	if a.Verdict == Reject && strings.TrimSpace(a.Words) == "" {
		bad.Add("reason", "must say why it is rejected")
	}
	bad.CheckLine("reason", a.Words, 0, maxAnswer)
	if a.Verdict != Replace && len(a.Goods) > 0 {
		bad.Add("goods", "must be empty unless units are replaced")
	}
	if len(a.Goods) > MaxUnits || len(a.Units) > MaxUnits {
		bad.Add("units", "must have at most %d entries", MaxUnits)
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	if len(a.Goods) > 0 {
		a.Goods, err = catalog.ParseGoods(a.Goods)
	}
	return err
}

// InPart reports whether units that cannot be replaced may wait while others of their line are: a policy answers unit
// by unit, a person all that they say or none.
func (a *Answer) InPart() bool { return a.By.Kind == ByPolicy }

// CheckGoods makes sure that no goods are a unit that does not work, or that somebody else has or may get. known says
// it of the goods at a place. *errs.InvalidError.
func (a *Answer) CheckGoods(known func(i int) bool) error {
	bad := &errs.InvalidError{}
	for i := range a.Goods {
		if known(i) {
			bad.Add(fmt.Sprintf("goods[%d]", i), "must be another unit: the product has or had this one")
		}
	}
	return bad.OrNil()
}

// Take finds the units that the answer is for, by id; none when the same was answered
// before, which changes nothing. held says what the order has of them now. Errors:
// ErrUnitNotFound, *AnsweredError, *NotDeliveredError, *UsedError, ErrNotReplaceable,
// *errs.InvalidError.
func (c *Claim) Take(a *Answer, held map[int64]order.GoodsStatus) ([]*Unit, error) {
	units, err := c.meant(a)
	if err != nil || len(units) == 0 {
		return nil, err
	}
	if len(a.Goods) > 0 && len(a.Goods) != len(units) {
		return nil, errs.Invalid("goods", "must have one entry for each of the %d units", len(units))
	}
	for _, u := range units {
		status := held[u.UnitID]
		switch {
		case a.Verdict == Reject:
		case status == order.GoodsUsed: // the venue let somebody in for it
			return nil, &UsedError{u.UnitID}
		case status != order.GoodsDelivered:
			return nil, &NotDeliveredError{u.UnitID, status}
		case a.Verdict == Replace && u.Ticketed:
			return nil, ErrNotReplaceable
		}
	}
	return units, nil
}

// meant are the units that wait of those that an answer names, or all that wait. Where
// none waits any more, it is for those that have it already.
func (c *Claim) meant(a *Answer) ([]*Unit, error) {
	if len(a.Units) == 0 && c.Waiting() == 0 {
		return nil, c.repeated(a)
	}
	named := a.Units
	if len(named) == 0 {
		for i := range c.Units {
			if c.Units[i].Status == Waiting {
				named = append(named, c.Units[i].UnitID)
			}
		}
	}
	var waiting, before []*Unit
	for _, id := range slices.Compact(slices.Sorted(slices.Values(named))) {
		u := c.unit(id)
		switch {
		case u == nil:
			return nil, ErrUnitNotFound
		case u.Status == Waiting:
			waiting = append(waiting, u)
		case u.said(a, c.Erased):
			before = append(before, u)
		default:
			return nil, &AnsweredError{id, u.Status}
		}
	}
	if len(waiting) == 0 {
		return nil, c.sameGoods(a, before)
	}
	return waiting, nil
}

// repeated looks for the units that an answer without units was for. *AnsweredError when
// it is another answer.
func (c *Claim) repeated(a *Answer) error {
	var before []*Unit
	for i := range c.Units {
		if c.Units[i].said(a, c.Erased) {
			before = append(before, &c.Units[i])
		}
	}
	if len(before) == 0 {
		return &AnsweredError{c.Units[0].UnitID, c.Units[0].Status}
	}
	return c.sameGoods(a, before)
}

// sameGoods makes sure that units were replaced by what an answer gives for them: the
// customer has what was given first. *AnsweredError.
func (c *Claim) sameGoods(a *Answer, units []*Unit) error {
	if len(a.Goods) == 0 || c.Erased {
		return nil
	}
	for i, u := range units {
		if len(a.Goods) != len(units) || u.Given != a.Goods[i] {
			return &AnsweredError{u.UnitID, u.Status}
		}
	}
	return nil
}

// said reports whether the unit has this answer of this one. Words that were erased
// nobody knows any more.
func (u *Unit) said(a *Answer, erased bool) bool {
	verdict := map[UnitStatus]Verdict{
		Refunded: Refund, Replaced: Replace, Replacing: Replace, Rejected: Reject,
	}[u.Status]
	return verdict == a.Verdict && u.AnsweredBy == a.By && (erased || u.Answer == a.Words)
}

// Put puts the answer down. Its words are the store's to leave out where the order's
// customer is erased.
func (u *Unit) Put(a *Answer, status UnitStatus, now time.Time) {
	u.Status, u.Answer = status, a.Words
	u.AnsweredBy, u.AnsweredAt = a.By, &now
}
