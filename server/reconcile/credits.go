package reconcile

import (
	"cmp"
	"math"
	"slices"
	"time"

	"orderhub/server/money"
)

// unclaimed is what the books have as credited and no statement accounts for, but with
// what is in except. Books say how much was credited of an attempt, not by which rows.
func (b *Bought) unclaimed(known []Finding, except map[string]bool) money.Amount {
	left, was := b.notCome().AddCapped(b.Credited), replaced(known)
	for i := range known {
		f := &known[i]
		switch {
		case f.Kind != CreditUnbooked || except[f.Identity] || was[f.Identity]:
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
	now = b.creditsOf(rows, known)
	if len(now) == 0 {
		return nil, b.unclaimed(known, nil)
	}
	before := make(map[string]*Finding)
	// What there is now is what was seen last, of its moments.
	together, anew := slices.Clone(known), make(map[string]bool)
	for i := range together {
		if f := &together[i]; f.Kind == CreditUnbooked && f.Status != Open && f.Status != Gone {
			before[f.Identity] = f
		}
	}
	for i := range now {
		f := &now[i]
		if was := before[f.Identity]; was != nil {
			f.Status, was.SeenID = was.Status, math.MaxInt64
			continue
		}
		anew[f.Identity] = true
		seen := *f
		seen.SeenID = math.MaxInt64
		together = append(together, seen)
	}
	left = b.unclaimed(together, anew)
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

// creditsOf are the credits of the statement as findings. One that may be another under another time is not certain.
func (b *Bought) creditsOf(rows []Row, known []Finding) (now []Finding) {
	had, times := make(map[string]bool), make(map[string]int)
	for i := range known {
		if f := &known[i]; f.Kind == CreditUnbooked && f.Status != Gone {
			had[f.Identity] = true
		}
	}
	for i := range rows {
		r := &rows[i]
		if r.State != Credited {
			continue
		}
		same := identity(CreditUnbooked, b.AttemptID, r.At.UTC().Format(time.RFC3339Nano), r.Sum)
		times[same]++
		f := b.finding(CreditUnbooked, r, r.Sum, money.Sum{})
		if f.Identity = identity(same, times[same]); !had[f.Identity] && f.moved(rows, known) {
			f.unsure()
		}
		now = append(now, f)
	}
	return now
}

// moved reports whether another statement had as much credited at about that time, and this one has not: that may be
// the same under another time.
func (f *Finding) moved(rows []Row, known []Finding) bool {
	return slices.ContainsFunc(known, func(k Finding) bool {
		return k.Kind == CreditUnbooked && k.Status != Gone && k.Said == f.Said && k.At != nil && !k.At.Equal(*f.At) &&
			near(*k.At, *f.At) && !slices.ContainsFunc(rows, func(r Row) bool {
			return r.State == Credited && r.At.Equal(*k.At) && r.Sum == k.Said
		})
	})
}

// replaces reports whether a credit is of the moment of another one.
func (f *Finding) replaces(other *Finding) bool {
	return f.Kind == CreditUnbooked && other.Kind == CreditUnbooked && f.At != nil && other.At != nil &&
		f.At.Equal(*other.At) && f.Said.Currency == other.Said.Currency
}

// replaced are the credits that no statement has any more: a later one that is about their moment has others in their
// place. Such as connectors that tell, of each order, all that came back so far, which grows.
func replaced(known []Finding) map[string]bool {
	var was map[string]bool
	for i := range known {
		for j := range known {
			if old, k := &known[i], &known[j]; k.Status != Gone && old.SeenID < k.SeenID && k.replaces(old) {
				if was == nil {
					was = make(map[string]bool)
				}
				was[old.Identity] = true
			}
		}
	}
	return was
}

// uncredited is what the provider charged for what did not come, which the books have as
// credited and no statement has. left is what they have of credits that are in none: what
// disputes were promised may come with a later one.
func (b *Bought) uncredited(t, all *tally, left money.Amount, known []Finding) []Finding {
	cost, disputed, before := b.cost(), b.Credited, false
	for i := range known {
		f := &known[i]
		if f.Kind == CreditUnbooked && f.Status == Booked {
			disputed = disputed.AddCapped(f.Moved)
		}
		before = before || (f.Kind == Uncredited && f.Status == Open)
	}
	whole := t.priced && t.chargedOther == 0 && all.charged == cost.Amount.AddCapped(b.notCome())
	owed := left.SubCapped(max(0, disputed))
	if owed <= 0 || !(whole || (before && t.credits > 0)) {
		return nil
	}
	most := money.Sum{Amount: cost.Amount.AddCapped(owed), Currency: cost.Currency}
	f := b.finding(Uncredited, cmp.Or(t.purchase, t.credit), most, cost)
	f.Identity = identity(Uncredited, b.AttemptID, f.Said, cost)
	return []Finding{f}
}

// promise is how long a provider may take with a credit that a dispute was promised.
const promise = 30 * 24 * time.Hour

// PromisedBefore is until when a credit must have been promised for the statement, or one before it, to have it.
func (r *Run) PromisedBefore() time.Time { return r.Until().Add(-promise) }

// Promised says what it means that disputes about an attempt were promised credits of so much, long enough ago.
func Promised(b *Bought, due money.Amount, known []Finding) Verdict {
	var now []Finding
	if owed := min(b.unclaimed(known, nil), due); b.Booked.Known() && owed > 0 {
		f := b.finding(DisputeUncredited, nil, money.Sum{}, money.Sum{Amount: owed, Currency: b.Booked.Currency})
		f.Identity = identity(DisputeUncredited, b.AttemptID, f.Ours)
		now = append(now, f)
	}
	return merged(now, known, func(f *Finding) bool { return f.Kind == DisputeUncredited })
}

// Review looks at a finding that is open, whatever a statement says, and reports whether
// something else is so by now. b is its attempt; of one that is missing here the attempt
// that has its name by now, nil for none. known is what was found of b.
func (f *Finding) Review(b *Bought, known []Finding) bool {
	if f.outdated(b) || (f.Kind == DisputeUncredited && b != nil && b.unclaimed(known, nil) < f.Ours.Amount) {
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
	case f.Kind == PricedOtherwise, f.Kind == ChargedTwice, f.Kind == Uncredited:
		return b.cost() != f.Ours
	default:
		return false
	}
}
