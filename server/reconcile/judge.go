package reconcile

import (
	"fmt"
	"strings"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// Bought is an attempt, as far as a statement can be about it.
type Bought struct {
	AttemptID         int64
	Reference         string
	ProviderReference string
	Status            fulfil.AttemptStatus
	Charged           money.Sum    // by the provider's own word
	Booked            money.Sum    // now; none before it is settled, and of attempts without books
	Credited          money.Amount // of it since it was settled
	Adjusted          money.Amount // by what findings changed its cost since, credits aside
}

// cost is what it costs but for what was credited later.
func (b *Bought) cost() money.Sum {
	return money.Sum{Amount: b.Booked.Amount.AddCapped(b.Credited), Currency: b.Booked.Currency}
}

// notCome is what was credited when it was settled, for units that did not come.
func (b *Bought) notCome() money.Amount {
	if b.Charged.Currency != b.Booked.Currency || !b.Charged.Known() {
		return 0
	}
	return max(0, b.Charged.Amount.SubCapped(b.cost().Amount.SubCapped(b.Adjusted)))
}

// unclear reports whether nobody knows what became of it.
func (b *Bought) unclear() bool {
	return b.Status == fulfil.AttemptUnknown || b.Status == fulfil.AttemptParked
}

func (b *Bought) finding(k Kind, r *Row, said, ours money.Sum) Finding {
	f := Finding{
		Kind: k, Status: Open, AttemptID: b.AttemptID, Reference: b.Reference, ProviderReference: b.ProviderReference,
		Said: said, Ours: ours,
	}
	f.from(r)
	return f
}

// from takes over what the statement says in a row; nil for nothing.
func (f *Finding) from(r *Row) {
	if r == nil {
		return
	}
	at := r.At
	f.State, f.At, f.Line = r.State, &at, r.Line
	if f.ProviderReference == "" {
		f.ProviderReference = r.ProviderReference
	}
	if f.Reference == "" {
		f.Reference = r.Reference
	}
}

// identity makes up what tells findings apart: the same each time.
func identity(parts ...any) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	return strings.Join(texts, "|")
}

// tally is what rows about one purchase add up to, in one currency.
type tally struct {
	currency                      money.Currency
	charged, credited             money.Amount
	purchases, credits, refusals  int
	priced                        bool // some purchase has an amount
	purchase, refusal, credit     *Row // the first of each
	other                         *Row // the first in another currency
	otherCharged                  money.Amount
	creditsUnpriced, chargedOther int
}

func tallied(rows []Row, c money.Currency) (t tally) {
	for i := 0; c == "" && i < len(rows); i++ {
		c = rows[i].Sum.Currency
	}
	t.currency = c
	for i := range rows {
		t.add(&rows[i])
	}
	return t
}

func (t *tally) add(r *Row) {
	foreign := r.Sum.Known() && r.Sum.Currency != t.currency
	if foreign && t.other == nil {
		t.other = r
	}
	switch r.State {
	case Purchased:
		t.purchases++
		t.purchase = first(t.purchase, r)
		switch {
		case foreign && r.Sum.Currency == t.other.Sum.Currency:
			t.otherCharged = t.otherCharged.AddCapped(r.Sum.Amount)
			t.chargedOther++
		case r.Sum.Known() && !foreign:
			t.priced = true
			t.charged = t.charged.AddCapped(r.Sum.Amount)
		}
	case Credited:
		t.credits++
		t.credit = first(t.credit, r)
		switch {
		case !r.Sum.Known():
			t.creditsUnpriced++
		case !foreign:
			t.credited = t.credited.AddCapped(r.Sum.Amount)
		}
	case Refused:
		t.refusals++
		t.refusal = first(t.refusal, r)
	}
}

func first(was, r *Row) *Row {
	if was != nil {
		return was
	}
	return r
}

// kept is what is left to be paid of the rows, by the statement.
func (t *tally) kept() money.Sum {
	if !t.priced {
		return money.Sum{}
	}
	return money.Sum{Amount: t.charged.SubCapped(t.credited), Currency: t.currency}
}

// undone reports whether the statement has a purchase that all came back of.
func (t *tally) undone() bool {
	return t.credits > 0 && (t.purchases == 0 || (t.priced && t.credited >= t.charged))
}

// delivered reports whether the statement says that it was.
func (t *tally) delivered() bool { return t.purchases > 0 && !t.undone() }

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

// Verdict is what comparing comes to.
type Verdict struct {
	Fresh   []Finding // that are new
	Changed []Finding // of before, in another state now
	Seen    []int64   // ids of those of before that are found again
}

// Add puts another one to it.
func (v *Verdict) Add(other Verdict) {
	v.Fresh = append(v.Fresh, other.Fresh...)
	v.Changed = append(v.Changed, other.Changed...)
	v.Seen = append(v.Seen, other.Seen...)
}

// Judge says in what the rows about an attempt and the hub differ, knowing what was found
// of it before.
func Judge(b *Bought, rows []Row, known []Finding) Verdict {
	t := tallied(rows, b.Booked.Currency)
	var now []Finding
	switch {
	case b.unclear():
		now = append(now, b.proof(&t))
	case b.Status.Settled():
		now = b.compare(&t, rows, known)
	}
	return merged(now, known)
}

// proof is what the statement says of an attempt that nobody knows the outcome of.
func (b *Bought) proof(t *tally) Finding {
	f := b.finding(OutcomeProven, t.speaks(), t.kept(), money.Sum{})
	if f.State = Refused; t.delivered() {
		f.State = Purchased
	}
	f.Identity = identity(OutcomeProven, b.AttemptID, f.State)
	return f
}

// compare is for attempts that are settled.
func (b *Bought) compare(t *tally, rows []Row, known []Finding) (now []Finding) {
	cost := b.cost()
	here := b.Status == fulfil.AttemptDelivered
	consistent := t.priced && b.Booked.Known() && t.chargedOther == 0 && t.charged.SubCapped(t.credited) == b.Booked.Amount
	price := func(r *Row, said money.Sum) {
		f := b.finding(PricedOtherwise, r, said, cost)
		f.Identity = identity(PricedOtherwise, b.AttemptID, said, cost)
		now = append(now, f)
	}
	switch {
	case here && t.purchases == 0 && t.credits == 0:
		f := b.finding(MissingThere, t.refusal, money.Sum{}, b.Booked)
		f.Identity = identity(MissingThere, b.AttemptID, Refused, b.Booked)
		return append(now, f)
	case !here && t.delivered() && !t.priced && t.chargedOther == 0:
		price(t.purchase, money.Sum{})
	case !b.Booked.Known(), consistent:
	case t.chargedOther > 0:
		price(t.other, money.Sum{Amount: t.otherCharged, Currency: t.other.Sum.Currency})
	case t.priced && t.charged != cost.Amount && t.charged != cost.Amount.AddCapped(b.notCome()):
		price(t.purchase, money.Sum{Amount: t.charged, Currency: t.currency})
	}
	if b.Booked.Known() {
		now = append(now, b.credits(rows, known, consistent)...)
	}
	return now
}

// credits looks at each credit of the statement: those that the books have agree. Books
// say how much was credited of an attempt, not by which rows: what rows of earlier
// statements account for is no more there for others.
func (b *Bought) credits(rows []Row, known []Finding, consistent bool) (now []Finding) {
	before := make(map[string]*Finding)
	left := b.notCome().AddCapped(b.Credited)
	for i := range known {
		f := &known[i]
		if f.Kind != CreditUnbooked {
			continue
		}
		before[f.Identity] = f
		switch f.Status {
		case Booked, Agreed:
			left = left.SubCapped(f.Said.Amount)
		case Accepted:
			left = left.SubCapped(f.Ours.Amount)
		}
	}
	times := make(map[string]int)
	for i := range rows {
		r := &rows[i]
		if r.State != Credited {
			continue
		}
		same := identity(CreditUnbooked, b.AttemptID, r.At.UTC().Format(time.RFC3339Nano), r.Sum)
		times[same]++
		f := b.finding(CreditUnbooked, r, r.Sum, money.Sum{})
		f.Identity = identity(same, times[same])
		if was := before[f.Identity]; was != nil && was.Status != Open && was.Status != Gone {
			f.Status = was.Status
			now = append(now, f)
			continue
		}
		if r.Sum.Currency == b.Booked.Currency {
			f.Ours = money.Sum{Amount: max(0, min(left, r.Sum.Amount)), Currency: r.Sum.Currency}
			left = left.SubCapped(f.Ours.Amount)
		}
		if consistent || (r.Sum.Known() && f.Ours.Amount == r.Sum.Amount) {
			f.Status = Agreed
		}
		now = append(now, f)
	}
	return now
}

// Missing says what it means that no row of a statement is about an attempt of its time;
// known is what was found of it before.
func Missing(b *Bought, known []Finding) Verdict {
	var f Finding
	switch {
	case b.unclear():
		f = b.finding(OutcomeProven, nil, money.Sum{}, money.Sum{})
		f.Identity = identity(OutcomeProven, b.AttemptID, "missing")
	case b.Status == fulfil.AttemptDelivered && (b.Booked.Amount > 0 || !b.Booked.Known()):
		f = b.finding(MissingThere, nil, money.Sum{}, b.Booked)
		f.Identity = identity(MissingThere, b.AttemptID, "", b.Booked)
	default:
		return merged(nil, known)
	}
	return merged([]Finding{f}, known)
}

// unmatched is what rows with one name mean that are about no attempt; nil where they
// come to nothing.
func unmatched(rows []Row) *Finding {
	t := tallied(rows, "")
	kept := t.kept()
	switch {
	case t.purchases == 0 && t.credits == 0: // refused there, and never asked for here
		return nil
	case t.priced && t.chargedOther == 0 && t.creditsUnpriced == 0 && kept.Amount == 0:
		return nil
	case t.purchases == 0 && t.credit.Sum.Known():
		kept = money.Sum{Amount: t.credited, Currency: t.currency}
	}
	r := t.speaks()
	f := &Finding{Kind: MissingHere, Status: Open, Said: kept}
	f.from(r)
	f.Identity = identity(MissingHere, r.Name(), f.State, kept)
	return f
}

// Unmatched says what rows mean that are about no attempt, each list with one name.
func Unmatched(lists [][]Row) (found []Finding) {
	for _, rows := range lists {
		if f := unmatched(rows); f != nil {
			found = append(found, *f)
		}
	}
	return found
}

// Merge compares findings about no attempt with those of before that have their
// identities.
func Merge(now, known []Finding) Verdict { return merged(now, known) }

// merged compares what is so now with what was found of the same before.
func merged(now, known []Finding) (v Verdict) {
	before, still := make(map[string]*Finding, len(known)), make(map[string]bool, len(now))
	for i := range known {
		before[known[i].Identity] = &known[i]
	}
	for i := range now {
		f := &now[i]
		still[f.Identity] = true
		was := before[f.Identity]
		if was == nil {
			v.Fresh = append(v.Fresh, *f)
			continue
		}
		v.Seen = append(v.Seen, was.ID)
		if (was.Status == Open && f.Status == Agreed) || (was.Status == Gone && f.Status == Open) {
			again := *was
			again.Status, again.Said, again.Ours = f.Status, f.Said, f.Ours
			v.Changed = append(v.Changed, again)
		}
	}
	for i := range known {
		// A credit is of one statement: that another one has it not says nothing.
		if f := known[i]; f.Status == Open && !still[f.Identity] && f.Kind != CreditUnbooked {
			f.Status = Gone
			v.Changed = append(v.Changed, f)
		}
	}
	return v
}

// Outdated reports whether a finding that is open is so no more, whatever a statement
// says. b is its attempt; of one that is missing here the attempt that has its name by
// now, nil for none.
func (f *Finding) Outdated(b *Bought) bool {
	switch {
	case f.Kind == MissingHere:
		return b != nil
	case b == nil:
		return false
	case f.Kind == OutcomeProven:
		return !b.unclear()
	case f.Kind == MissingThere:
		return b.Booked != f.Ours
	case f.Kind == PricedOtherwise:
		return b.cost() != f.Ours
	default:
		return false
	}
}
