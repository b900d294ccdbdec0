package reconcile

import (
	"cmp"

	"orderhub/server/money"
)

// tally is what rows about one purchase add up to, in one currency.
type tally struct {
	currency                     money.Currency
	charged, credited            money.Amount
	purchases, credits, refusals int
	priced                       bool // some purchase has an amount
	unpriced, creditsUnpriced    int  // those without one
	purchase, refusal, credit    *Row // the first of each
	other                        *Row // the first purchase in another currency
	otherCharged                 money.Amount
	chargedOther                 int // purchases in other currencies
}

func tallied(rows []Row, c money.Currency) (t tally) {
	for i := 0; c == "" && i < len(rows); i++ {
		if rows[i].State != Other {
			c = rows[i].Sum.Currency
		}
	}
	t.currency = c
	for i := range rows {
		t.add(&rows[i])
	}
	return t
}

func (t *tally) add(r *Row) {
	foreign := r.Sum.Known() && r.Sum.Currency != t.currency
	switch r.State {
	case Purchased:
		t.purchases++
		t.purchase = cmp.Or(t.purchase, r)
		switch {
		case foreign:
			t.chargedOther++
			if t.other = cmp.Or(t.other, r); r.Sum.Currency == t.other.Sum.Currency {
				t.otherCharged = t.otherCharged.AddCapped(r.Sum.Amount)
			}
		case r.Sum.Known():
			t.priced = true
			t.charged = t.charged.AddCapped(r.Sum.Amount)
		default:
			t.unpriced++
		}
	case Credited:
		t.credits++
		t.credit = cmp.Or(t.credit, r)
		switch {
		case !r.Sum.Known():
			t.creditsUnpriced++
		case !foreign:
			t.credited = t.credited.AddCapped(r.Sum.Amount)
		}
	case Refused:
		t.refusals++
		t.refusal = cmp.Or(t.refusal, r)
	case Other: // it says nothing
	}
}

// kept is what is left to be paid of the rows, by the statement.
func (t *tally) kept() money.Sum {
	if !t.priced {
		return money.Sum{}
	}
	return money.Sum{Amount: t.charged.SubCapped(t.credited), Currency: t.currency}
}

// undone reports whether all came back of what the statement has as purchased. A credit
// alone does not say that: of how much it is a part is in another statement.
func (t *tally) undone() bool {
	return t.purchases > 0 && t.credits > 0 && t.priced && t.unpriced == 0 && t.chargedOther == 0 &&
		t.credited >= t.charged
}

// delivered reports whether the statement says that it was.
func (t *tally) delivered() bool { return t.purchases > 0 && !t.undone() }

// silent reports whether the rows only name the purchase.
func (t *tally) silent() bool { return t.purchases+t.refusals+t.credits == 0 }

// outcome is what became of the purchase, by the statement.
func (t *tally) outcome() State {
	switch {
	case t.delivered():
		return Purchased
	case t.refusals > 0 || t.undone():
		return Refused
	default: // of something that is in another statement
		return Credited
	}
}

// closes reports whether the rows speak about what a finding says, so that it is no more
// unless they say it again.
func (t *tally) closes(f *Finding) bool {
	switch f.Kind {
	case PricedOtherwise:
		return t.priced || t.chargedOther > 0 || (t.purchases > 0 && !f.Said.Known())
	case MissingThere:
		return t.purchases > 0 || t.refusals > 0
	case OutcomeProven: // what is named is not missing
		return !t.silent() || f.absent()
	case Uncredited, ChargedTwice:
		return t.priced || t.credits > 0
	default: // a credit is of one statement: that another one has it not says nothing
		return false
	}
}

// speaks is the row that says what became of the purchase.
func (t *tally) speaks() *Row {
	switch {
	case t.delivered():
		return t.purchase
	case t.refusal != nil:
		return t.refusal
	case t.credit != nil:
		return t.credit
	default:
		return t.purchase
	}
}
