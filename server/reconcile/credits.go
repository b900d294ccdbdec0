package reconcile

import (
	"time"

	"orderhub/server/money"
)

// unclaimed is what the books have as credited and no statement accounts for, but with
// what is in except. Books say how much was credited of an attempt, not by which rows.
func (b *Bought) unclaimed(known []Finding, except map[string]bool) money.Amount {
	left := b.notCome().AddCapped(b.Credited)
	for i := range known {
		f := &known[i]
		switch {
		case f.Kind != CreditUnbooked || except[f.Identity]:
		case f.Status == Booked: // the rest of it is among what is credited now
			left = left.SubCapped(f.Said.Amount)
		case f.Status != Gone:
			left = left.SubCapped(f.Ours.Amount)
		}
	}
	return left
}

// share is as much of a credit as the books have, of what is left.
func (b *Bought) share(f *Finding, left money.Amount) money.Sum {
	if f.Said.Currency != b.Booked.Currency {
		return money.Sum{}
	}
	return money.Sum{Amount: max(0, min(left, f.Said.Amount)), Currency: f.Said.Currency}
}

// sharesNow is the share of a finding that is open, beside the others.
func (f *Finding) sharesNow(b *Bought, known []Finding) money.Sum {
	return b.share(f, b.unclaimed(known, map[string]bool{f.Identity: true}))
}

// credits looks at each credit of the statement: those that the books have agree. left is
// what the books have further.
func (b *Bought) credits(rows []Row, known []Finding, consistent bool) (now []Finding, left money.Amount) {
	before := make(map[string]*Finding)
	for i := range known {
		if f := &known[i]; f.Kind == CreditUnbooked && f.Status != Open && f.Status != Gone {
			before[f.Identity] = f
		}
	}
	anew, times := make(map[string]bool), make(map[string]int)
	for i := range rows {
		r := &rows[i]
		if r.State != Credited {
			continue
		}
		same := identity(CreditUnbooked, b.AttemptID, r.At.UTC().Format(time.RFC3339Nano), r.Sum)
		times[same]++
		f := b.finding(CreditUnbooked, r, r.Sum, money.Sum{})
		f.Identity = identity(same, times[same])
		if was := before[f.Identity]; was != nil {
			f.Status = was.Status
		} else {
			anew[f.Identity] = true
		}
		now = append(now, f)
	}
	left = b.unclaimed(known, anew)
	for i := range now {
		f := &now[i]
		if !anew[f.Identity] {
			continue
		}
		f.Ours = b.share(f, left)
		left = left.SubCapped(f.Ours.Amount)
		if consistent || (f.Said.Known() && f.Ours == f.Said) {
			f.Status = Agreed
		}
	}
	return now, left
}

// uncredited is what the provider charged for what did not come, which the books have as
// credited and no statement has. left is what they have of credits that are in none: what
// disputes were promised may come with a later one.
func (b *Bought) uncredited(t *tally, left money.Amount, known []Finding) []Finding {
	cost, disputed, before := b.cost(), b.Credited, false
	for i := range known {
		f := &known[i]
		if f.Kind == CreditUnbooked && f.Status == Booked {
			disputed = disputed.AddCapped(f.Moved)
		}
		before = before || (f.Kind == Uncredited && f.Status == Open)
	}
	whole := t.priced && t.chargedOther == 0 && t.charged == cost.Amount.AddCapped(b.notCome())
	owed := left.SubCapped(max(0, disputed))
	if owed <= 0 || !(whole || (before && t.credits > 0)) {
		return nil
	}
	r := t.purchase
	if r == nil {
		r = t.credit
	}
	f := b.finding(Uncredited, r, money.Sum{Amount: cost.Amount.AddCapped(owed), Currency: cost.Currency}, cost)
	f.Identity = identity(Uncredited, b.AttemptID, f.Said, cost)
	return []Finding{f}
}

// Review looks at a finding that is open, whatever a statement says, and reports whether
// something else is so by now. b is its attempt; of one that is missing here the attempt
// that has its name by now, nil for none. known is what was found of b.
func (f *Finding) Review(b *Bought, known []Finding) bool {
	if f.outdated(b) {
		f.Status = Gone
		return true
	}
	if f.Kind != CreditUnbooked || b == nil || !b.Booked.Known() || !f.Said.Known() {
		return false
	}
	ours := f.sharesNow(b, known)
	if ours == f.Ours {
		return false
	}
	if f.Ours = ours; ours == f.Said {
		f.Status = Agreed
	}
	return true
}

// outdated reports whether it is so no more.
func (f *Finding) outdated(b *Bought) bool {
	switch {
	case f.Kind == MissingHere:
		return b != nil
	case b == nil:
		return false
	case f.Kind == OutcomeProven:
		return !b.unclear()
	case f.Kind == MissingThere:
		return b.Booked != f.Ours
	case f.Kind == PricedOtherwise, f.Kind == Uncredited:
		return b.cost() != f.Ours
	default:
		return false
	}
}
