package reconcile

import (
	"cmp"
	"fmt"
	"slices"
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
	Currency          money.Currency
	SubmittedAt       time.Time
	// Covered says that the statement at hand is about all of its time: see [Run.Covers].
	Covered bool
	// Others are what other statements charged for it and credited of it.
	Others []Charge
}

// Charge is a charge or a credit that is kept of a statement.
type Charge struct {
	Row

	RunID int64 // by which it was compared
}

// apart is how far the times may be that two statements have of one purchase or credit: that of the order, and that of
// its end, or in a zone that nobody has said.
const apart = 7 * 24 * time.Hour

func near(a, b time.Time) bool { return a.Sub(b).Abs() <= apart }

// perhapsOne reports whether two charges of different statements may be one under two times.
func (b *Bought) perhapsOne(rows []Row) bool {
	for i := range b.Others {
		c := &b.Others[i]
		same := func(r *Row) bool { return r.State == Purchased && c.State == Purchased && near(c.At, r.At) }
		if slices.ContainsFunc(rows, func(r Row) bool { return same(&r) }) ||
			slices.ContainsFunc(b.Others[i+1:], func(o Charge) bool { return o.RunID != c.RunID && same(&o.Row) }) {
			return true
		}
	}
	return false
}

// unsure says of a finding that another statement may say more.
func (f *Finding) unsure() { f.State, f.Identity = Other, identity(f.Identity, "part") }

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
	f.ProviderReference = cmp.Or(f.ProviderReference, r.ProviderReference)
	f.Reference = cmp.Or(f.Reference, r.Reference)
}

// identity makes up what tells findings apart: the same each time.
func identity(parts ...any) string {
	texts := make([]string, len(parts))
	for i, part := range parts {
		texts[i] = fmt.Sprint(part)
	}
	return strings.Join(texts, "|")
}

// Verdict is what comparing comes to.
type Verdict struct {
	Fresh   []Finding // that are new
	Changed []Finding // of before, in another state now
	Kept    []Finding // of before, in the same state with other amounts
	Seen    []int64   // ids of those of before that are found again
}

func (v *Verdict) Add(other Verdict) {
	v.Fresh = append(v.Fresh, other.Fresh...)
	v.Changed = append(v.Changed, other.Changed...)
	v.Kept = append(v.Kept, other.Kept...)
	v.Seen = append(v.Seen, other.Seen...)
}

// Judge says in what the rows about an attempt and the hub differ, knowing what was found
// of it before.
func Judge(b *Bought, rows []Row, known []Finding) Verdict {
	t := tallied(rows, b.Booked.Currency)
	all := b.together(t)
	var now []Finding
	switch {
	case b.Status.Settled():
		now = b.compare(&t, &all, rows, known)
	case b.unclear() && !t.silent():
		now = append(now, b.proof(&t, &all))
	case !b.unclear() && t.delivered():
		// Nothing differs while it is under way. But should nobody know later what became of it, this stays proof.
		f := b.proof(&t, &all)
		f.Status = Agreed
		now = append(now, f)
	}
	part := slices.ContainsFunc(now, func(f Finding) bool { return f.Kind == PricedOtherwise && f.State == Other })
	return merged(now, known, func(f *Finding) bool {
		if f.Kind == CreditUnbooked { // what a statement without it says is nothing, unless it has others in its place
			return slices.ContainsFunc(now, func(n Finding) bool { return n.replaces(f) })
		}
		costs := f.Kind == PricedOtherwise || f.Kind == ChargedTwice
		return (costs && b.agrees(&all)) || (t.closes(f) && !(part && f.Kind == PricedOtherwise && f.State != Other))
	})
}

// together is what the statement at hand says, and others.
func (b *Bought) together(t tally) tally {
	for i := range b.Others {
		t.add(&b.Others[i].Row)
	}
	return t
}

// agrees reports whether all statements together say what the books do.
func (b *Bought) agrees(all *tally) bool {
	return all.priced && b.Booked.Known() && all.chargedOther == 0 &&
		all.charged.SubCapped(all.credited) == b.Booked.Amount
}

// twice reports whether statements charge it again: by at least half of what it cost at first.
func (b *Bought) twice(all *tally) bool {
	once := b.cost().Amount.AddCapped(b.notCome())
	more := all.charged.SubCapped(once)
	return once > 0 && all.purchases-all.unpriced-all.chargedOther > 1 && more.AddCapped(more) >= once
}

// proof is what the statement says of an attempt that nobody knows the outcome of. What another one has as purchased,
// and none as given back, is no less purchased.
func (b *Bought) proof(t, all *tally) Finding {
	if !t.delivered() && all.delivered() {
		t = all
	}
	f := b.finding(OutcomeProven, t.speaks(), t.kept(), money.Sum{})
	f.State = t.outcome()
	f.Identity = identity(OutcomeProven, b.AttemptID, f.State)
	return f
}

// price is another cost in the statement than in the books.
func (b *Bought) price(r *Row, said, ours money.Sum) Finding {
	f := b.finding(PricedOtherwise, r, said, ours)
	f.Identity = identity(PricedOtherwise, b.AttemptID, said, ours)
	if said.Known() && said.Currency == ours.Currency && said.Amount < ours.Amount && !b.Covered {
		f.unsure() // the rest may be in another statement
	}
	return f
}

// compare is for attempts that are settled.
func (b *Bought) compare(t, all *tally, rows []Row, known []Finding) (now []Finding) {
	cost := b.cost()
	here := b.Status == fulfil.AttemptDelivered
	consistent, charged := b.agrees(all), money.Sum{Amount: all.charged, Currency: t.currency}
	switch {
	case here && t.purchases == 0 && t.credits == 0:
		if t.refusals == 0 || !b.costs() || all.purchases > 0 {
			return nil
		}
		f := b.finding(MissingThere, t.refusal, money.Sum{}, b.Booked)
		f.Identity = identity(MissingThere, b.AttemptID, Refused, b.Booked)
		return append(now, f)
	case !here && t.delivered() && (!b.Booked.Known() || (!t.priced && t.chargedOther == 0)):
		now = append(now, b.price(t.purchase, t.kept(), cost))
	case !b.Booked.Known(), consistent:
	case t.chargedOther > 0:
		now = append(now, b.price(t.other, money.Sum{Amount: t.otherCharged, Currency: t.other.Sum.Currency}, cost))
	case b.twice(all):
		f := b.finding(ChargedTwice, t.speaks(), charged, cost)
		if f.Identity = identity(ChargedTwice, b.AttemptID, charged, cost); b.perhapsOne(rows) {
			f.unsure()
		}
		now = append(now, f)
	case t.priced && all.charged != cost.Amount && all.charged != cost.Amount.AddCapped(b.notCome()):
		f := b.price(t.purchase, charged, cost)
		if charged.Amount > cost.Amount && b.perhapsOne(rows) {
			f.unsure()
		}
		now = append(now, f)
	}
	if b.Booked.Known() {
		credits, left := b.credits(rows, known, consistent)
		now = append(append(now, credits...), b.uncredited(t, all, left, known)...)
	}
	return now
}

// costs reports whether there is something in the books that a provider could owe; of
// attempts without books nobody knows.
func (b *Bought) costs() bool { return b.Booked.Amount > 0 || !b.Booked.Known() }

// Scope is of which purchases a statement would have had a row.
type Scope struct {
	// Nameless says that it names purchases, under way or not, by the provider's reference
	// alone, which no attempt has: they may be any whose reference there nobody knows.
	Nameless   bool
	Currencies []string // of its amounts
}

// WouldName reports whether the statement would name an attempt, were it bought there.
func (s *Scope) WouldName(b *Bought) bool {
	if s.Nameless && b.ProviderReference == "" {
		return false
	}
	// Providers often have a statement for each currency.
	return len(s.Currencies) == 0 || slices.ContainsFunc(s.Currencies, func(c string) bool {
		return c == string(b.Currency) || c == string(b.Booked.Currency) || c == string(b.Charged.Currency)
	})
}

// Missing says what it means that no row of a statement names an attempt of its time;
// known is what was found of it before. What another statement says of it is more.
func Missing(b *Bought, known []Finding) Verdict {
	f := Finding{}
	switch {
	case slices.ContainsFunc(b.Others, func(c Charge) bool { return c.State == Purchased }):
		return Verdict{}
	case b.unclear():
		f = b.finding(OutcomeProven, nil, money.Sum{}, money.Sum{})
		f.Identity = identity(OutcomeProven, b.AttemptID, "missing")
	case b.Status == fulfil.AttemptDelivered && b.costs():
		f = b.finding(MissingThere, nil, money.Sum{}, b.Booked)
		f.Identity = identity(MissingThere, b.AttemptID, "", b.Booked)
	default:
		return Verdict{}
	}
	certain := f.Identity
	if !b.Covered {
		f.State, f.Identity = Other, identity(certain, "edge") // it may be in another statement
	}
	for i := range known {
		k := &known[i]
		switch {
		case !k.absent() && (f.Kind == OutcomeProven || k.Kind != OutcomeProven || k.State == Purchased):
			return Verdict{}
		case k.Status == Gone && (k.Identity == certain || k.Identity == f.Identity): // another one had it
			return Verdict{}
		case k.Identity == certain && !b.Covered:
			return Verdict{Seen: []int64{k.ID}}
		}
	}
	return merged([]Finding{f}, known, func(k *Finding) bool { return k.Kind == f.Kind && k.State == Other })
}

// unmatched is what rows with one name mean that are about no attempt; nil where they
// come to nothing.
func unmatched(rows []Row) *Finding {
	t := tallied(rows, "")
	kept := t.kept()
	switch {
	case t.purchases == 0 && t.credits == 0: // refused there, and never asked for here
		return nil
	case t.priced && t.unpriced == 0 && t.chargedOther == 0 && t.creditsUnpriced == 0 && kept.Amount == 0:
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
func Merge(now, known []Finding) Verdict {
	return merged(now, known, func(*Finding) bool { return false })
}

// merged compares what is so now with what was found of the same before. closes reports
// whether the statement speaks about what a finding says.
func merged(now, known []Finding, closes func(*Finding) bool) (v Verdict) {
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
		again := *was
		again.Status, again.Said, again.Ours = f.Status, f.Said, f.Ours
		switch {
		case (was.Status == Open || was.Status == Gone) && f.Status == Agreed && f.Kind == CreditUnbooked,
			was.Status == Gone && f.Status == Open,
			was.Status == Agreed && f.Status == Open && f.Kind == OutcomeProven:
			v.Changed = append(v.Changed, again)
		case was.Status == Open && f.Status == Open && was.Ours != f.Ours:
			v.Kept = append(v.Kept, again)
		}
	}
	for i := range known {
		if f := known[i]; f.Status == Open && !still[f.Identity] && closes(&f) {
			f.Status = Gone
			v.Changed = append(v.Changed, f)
		}
	}
	return v
}
