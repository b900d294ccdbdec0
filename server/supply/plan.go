package supply

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"hash/maphash"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
)

// Input is all that a plan is made from.
type Input struct {
	Provider string
	Policy   Policy
	List     *dialect.List
	// Offers hands over those of the provider, unused ones too, and Known its proposals; each stops at an error.
	Offers  func(each func(*Offer) error) error
	Known   func(each func(*Known) error) error
	Shelf   Shelf
	Convert fulfil.Converter // by the rates of now; nil where there are none
	// Write takes the plan, part by part, and keeps nothing of what it is given.
	Write func(changes []Change, proposals []Proposal) error
}

// Plan is what a list changes.
type Plan struct {
	Changes   int
	Proposals int            // that are written
	Proposed  int            // of them, open ones
	Costs     map[int64]bool // offers that get another cost
	Hold      string         // why a person has to look first; "" for nothing
}

// Empty reports a plan that changes nothing.
func (p *Plan) Empty() bool { return p.Changes+p.Proposals == 0 }

// planner has what is known while a plan is made.
type planner struct {
	*Input
	*Plan

	known map[uint32]Known // proposals that there are, by the place of their item
	sold  []bool           // whether an offer is about it, by the place of an item
	used  map[uint64]bool  // fingerprints of the SKUs and slugs of imports of this plan
	seed  maphash.Seed

	active, gone, soldOut int    // offers
	jump                  string // the first cost that changed too much

	changes   []Change // that are to be written
	proposals []Proposal
}

// MakePlan compares a list with what there is. The error is a *dialect.BadListError when
// nothing of the list may be taken over: then nothing was written.
func MakePlan(in *Input) (*Plan, error) {
	p := &planner{
		Input: in, Plan: &Plan{Costs: make(map[int64]bool)}, known: make(map[uint32]Known), used: make(map[uint64]bool),
		seed: maphash.MakeSeed(), sold: make([]bool, in.List.Len()),
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	if err := in.Offers(p.offer); err != nil {
		return nil, err
	}
	if err := in.Known(p.recall); err != nil {
		return nil, err
	}
	for i, sold := range p.sold {
		if sold {
			continue
		}
		item := in.List.Item(uint32(i))
		if err := p.fresh(&item, p.known[uint32(i)]); err != nil {
			return nil, err
		}
	}
	p.hold()
	return p.Plan, p.flush()
}

// check refuses what is no list.
func (p *planner) check() error {
	if p.List.Len() == 0 && p.Policy.Listed > 0 {
		return errEmpty
	}
	if p.List.Len() > 0 {
		return p.List.Check()
	}
	if err := p.Offers(func(*Offer) error { return errEmpty }); err != nil {
		return err
	}
	return p.Known(func(*Known) error { return errEmpty })
}

var errEmpty = &dialect.BadListError{Reason: "the list is empty, and was not before"}

// change adds to the plan.
func (p *planner) change(c *Change) error {
	p.Changes++
	if c.Kind == Cost {
		p.Costs[c.OfferID] = true
	}
	p.changes = append(p.changes, *c)
	return p.flushFull()
}

// propose adds to the plan.
func (p *planner) propose(proposal *Proposal) error {
	p.Proposals++
	if proposal.Status == Open {
		p.Proposed++
	}
	p.proposals = append(p.proposals, *proposal)
	return p.flushFull()
}

func (p *planner) flushFull() error {
	if len(p.changes) < atOnce && len(p.proposals) < atOnce {
		return nil
	}
	return p.flush()
}

func (p *planner) flush() error {
	if len(p.changes)+len(p.proposals) == 0 {
		return nil
	}
	err := p.Write(p.changes, p.proposals)
	clear(p.changes) // of the texts
	clear(p.proposals)
	p.changes, p.proposals = p.changes[:0], p.proposals[:0]
	return err
}

// recall plans what becomes of a proposal that there is.
func (p *planner) recall(k *Known) error {
	i, listed := p.List.Find(k.ProviderSKU)
	switch {
	case !listed && k.Status == Open:
		return p.propose(&Proposal{ID: k.ID, ProviderSKU: k.ProviderSKU, Status: Gone})
	case listed && !p.sold[i]:
		p.known[i] = Known{ID: k.ID, Status: k.Status, Sum: k.Sum}
	case listed && k.Status == Open:
		return p.propose(&Proposal{ID: k.ID, ProviderSKU: k.ProviderSKU, Status: Accepted})
	}
	return nil
}

// offer plans what becomes of an offer.
func (p *planner) offer(o *Offer) error {
	active := o.Status == fulfil.StatusActive
	if active {
		p.active++
	}
	i, listed := p.List.Find(o.ProviderSKU)
	c := Change{
		State: Planned, OfferID: o.ID, ProductID: o.ProductID, ProviderSKU: o.ProviderSKU, OldMark: o.OffBySync,
		OldCost: o.Cost, OldCurrency: o.Currency, NewCost: o.Cost, NewCurrency: o.Currency,
	}
	if !listed {
		if !active || o.StateLocked {
			return nil
		}
		p.gone++
		c.Kind = Off
		return p.change(&c)
	}
	p.sold[i] = true
	item := p.List.Item(i)
	c.Name = item.Name
	if !o.StateLocked && active != item.Available && (active || o.OffBySync != 0) {
		c.Kind = On
		if active {
			c.Kind = Off
			p.soldOut++
		}
		if err := p.change(&c); err != nil {
			return err
		}
	}
	if o.PriceLocked || item.Cost == 0 || item.Cost == o.Cost && item.Currency == o.Currency {
		return nil
	}
	c.Kind, c.NewCost, c.NewCurrency = Cost, item.Cost, item.Currency
	if p.jump == "" && p.jumped(&c) {
		p.jump = fmt.Sprintf("the cost of %s went from %s %s to %s %s", c.ProviderSKU, c.OldCurrency,
			c.OldCost.Format(c.OldCurrency), c.NewCurrency, c.NewCost.Format(c.NewCurrency))
	}
	return p.change(&c)
}

// jumped reports a cost that went up by more than the policy lets pass, fell below what is
// believed, or cannot be compared with the one before.
func (p *planner) jumped(c *Change) bool {
	if c.OldCurrency != c.NewCurrency {
		return true
	}
	percent := cmp.Or(int64(p.Policy.HoldRise), defaultRise)
	// In floating point nothing overflows; what it is off by is far below a minor unit.
	before, now := float64(c.OldCost), float64(c.NewCost)
	return before > 0 && (now > before*(100+float64(percent))/100 || now < before*leastLeft/100)
}

// fresh plans what becomes of an item that no offer is about; known is what was proposed of it before.
func (p *planner) fresh(item *dialect.Item, known Known) error {
	if known.Status == Dismissed {
		return nil
	}
	why := ""
	if p.Policy.NewItems == Import {
		var imported *Change
		if imported, why = p.byRule(item); imported != nil {
			return p.change(imported)
		}
	}
	proposal := Proposal{
		ID: known.ID, ProviderSKU: item.SKU, Name: item.Name, Category: item.Category, Cost: item.Cost,
		Currency: item.Currency, Stock: item.Stock, Available: item.Available, Status: Open, Note: why,
	}
	if known.Status == Open && known.Sum == proposal.Sum() {
		return nil
	}
	return p.propose(&proposal)
}

// byRule imports an item by the first rule that fits; otherwise it says why none did.
func (p *planner) byRule(item *dialect.Item) (imported *Change, why string) {
	for i := range p.Policy.Rules {
		r := &p.Policy.Rules[i]
		if !r.fits(item) {
			continue
		}
		product, why := r.Terms.imported(item, p.Provider, p.Shelf, p.Convert)
		sku, slug := maphash.String(p.seed, "sku "+product.SKU), maphash.String(p.seed, "slug "+product.Slug)
		if why == "" && (p.used[sku] || p.used[slug]) {
			why = "another item of the list becomes " + product.SKU
		}
		if why != "" {
			return nil, why
		}
		p.used[sku], p.used[slug] = true, true
		return &Change{
			Kind: Imported, State: Planned, ProviderSKU: item.SKU, Name: item.Name, NewCost: item.Cost,
			NewCurrency: item.Currency, Product: product,
		}, ""
	}
	return nil, "no rule fits"
}

// hold decides whether a person has to look at the plan.
func (p *planner) hold() {
	off := p.gone
	if p.soldOut > fewSoldOut {
		off += p.soldOut
	}
	switch percent := cmp.Or(p.Policy.HoldGone, defaultGone); {
	case off*100 > p.active*percent:
		p.Hold = fmt.Sprintf("of %d active offers %d are not listed any more and %d cannot be bought",
			p.active, p.gone, p.soldOut)
	case p.jump != "":
		p.Hold = p.jump
	}
}

// Sum is of what a proposal says.
func (p *Proposal) Sum() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %d %s %t %q", p.Name, p.Category, p.Cost, p.Currency, p.Available, p.Note)
	return h.Sum64()
}
