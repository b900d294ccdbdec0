package supply

import (
	"fmt"
	"hash/fnv"

	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// Input is all that a plan is made from.
type Input struct {
	Provider string
	Policy   Policy
	Items    []dialect.Item
	Offers   []Offer          // of the provider, unused ones too
	Known    map[string]Known // its proposals, by the provider's SKU
	Shelf    Shelf
	Convert  fulfil.Converter // by the rates of now; nil where there are none
}

// Plan is what a list changes.
type Plan struct {
	Changes   []Change
	Proposals []Proposal // to be written; those with an id in the place of what there is
	Hold      string     // why a person has to look first; "" for nothing
}

// planner has what is known while a plan is made.
type planner struct {
	*Input
	*Plan

	listed map[string]int // place in Items, by SKU
	sold   map[string]bool
	used   map[string]bool // SKUs and slugs of imports of this plan

	active, gone int
	rise         string // the first cost that rose too much
}

// MakePlan compares a list with what there is. The error is a *BadListError when
// nothing of the list may be taken over.
func MakePlan(in *Input) (*Plan, error) {
	p := &planner{
		Input: in, Plan: &Plan{}, listed: make(map[string]int, len(in.Items)), sold: make(map[string]bool, len(in.Offers)),
		used: make(map[string]bool),
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	for i := range in.Offers {
		p.offer(&in.Offers[i])
	}
	for i := range in.Items {
		item := &in.Items[i]
		if !p.sold[item.SKU] {
			p.fresh(item)
		} else if known := in.Known[item.SKU]; known.Status == Open {
			p.Proposals = append(p.Proposals, Proposal{ID: known.ID, ProviderSKU: item.SKU, Status: Accepted})
		}
	}
	for sku, known := range in.Known {
		if _, listed := p.listed[sku]; !listed && known.Status == Open {
			p.Proposals = append(p.Proposals, Proposal{ID: known.ID, ProviderSKU: sku, Status: Gone})
		}
	}
	p.hold()
	return p.Plan, nil
}

// check refuses what is no list.
func (p *planner) check() error {
	if len(p.Items) == 0 && (len(p.Offers) > 0 || len(p.Known) > 0 || p.Policy.Listed > 0) {
		return &BadListError{"the list is empty, and was not before"}
	}
	for i := range p.Items {
		item := &p.Items[i]
		if _, twice := p.listed[item.SKU]; twice {
			return &BadListError{fmt.Sprintf("the list has %q twice", item.SKU)}
		}
		if item.Flaw != "" {
			return &BadListError{fmt.Sprintf("the list has %q, and %s", item.SKU, item.Flaw)}
		}
		if item.Currency != "" {
			cost, err := item.Cost.Up(money.MinorUnit(item.Currency))
			if err != nil {
				return &BadListError{fmt.Sprintf("the cost of %q is too large", item.SKU)}
			}
			item.Cost = cost
		}
		p.listed[item.SKU] = i
	}
	return nil
}

// offer plans what becomes of an offer.
func (p *planner) offer(o *Offer) {
	p.sold[o.ProviderSKU] = true
	active := o.Status == fulfil.StatusActive
	if active {
		p.active++
	}
	i, listed := p.listed[o.ProviderSKU]
	c := Change{
		State: Planned, OfferID: o.ID, ProductID: o.ProductID, ProviderSKU: o.ProviderSKU, OldMark: o.OffBySync,
		OldCost: o.Cost, OldCurrency: o.Currency, NewCost: o.Cost, NewCurrency: o.Currency,
	}
	if !listed {
		if active && !o.StateLocked {
			p.gone++
			c.Kind = Off
			p.Changes = append(p.Changes, c)
		}
		return
	}
	item := &p.Items[i]
	c.Name = item.Name
	if !o.StateLocked && active != item.Available && (active || o.OffBySync != 0) {
		c.Kind = Off
		if item.Available {
			c.Kind = On
		}
		p.Changes = append(p.Changes, c)
	}
	if o.PriceLocked || item.Cost == 0 || item.Cost == o.Cost && item.Currency == o.Currency {
		return
	}
	c.Kind, c.NewCost, c.NewCurrency = Cost, item.Cost, item.Currency
	p.Changes = append(p.Changes, c)
	if p.rise == "" && p.rose(&c) {
		p.rise = fmt.Sprintf("the cost of %s went from %s %s to %s %s", c.ProviderSKU, c.OldCurrency,
			c.OldCost.Format(c.OldCurrency), c.NewCurrency, c.NewCost.Format(c.NewCurrency))
	}
}

// rose reports a cost that went up by more than the policy lets pass, or that cannot be
// compared with the one before.
func (p *planner) rose(c *Change) bool {
	if c.OldCurrency != c.NewCurrency {
		return true
	}
	percent := int64(p.Policy.HoldRise)
	if percent == 0 {
		percent = defaultRise
	}
	// In floating point nothing overflows; what it is off by is far below a minor unit.
	return c.OldCost > 0 && float64(c.NewCost) > float64(c.OldCost)*(100+float64(percent))/100
}

// fresh plans what becomes of an item that no offer is about.
func (p *planner) fresh(item *dialect.Item) {
	known, was := p.Known[item.SKU]
	if known.Status == Dismissed {
		return
	}
	why := ""
	if p.Policy.NewItems == Import {
		if why = p.byRule(item); why == "" {
			return
		}
	}
	proposal := Proposal{
		ID: known.ID, ProviderSKU: item.SKU, Name: item.Name, Category: item.Category, Cost: item.Cost,
		Currency: item.Currency, Stock: item.Stock, Available: item.Available, Status: Open, Note: why,
	}
	if was && known.Status == Open && known.Sum == proposal.Sum() {
		return
	}
	p.Proposals = append(p.Proposals, proposal)
}

// byRule imports an item by the first rule that fits; otherwise it says why none did.
func (p *planner) byRule(item *dialect.Item) string {
	for i := range p.Policy.Rules {
		r := &p.Policy.Rules[i]
		if !r.fits(item) {
			continue
		}
		product, why := r.Terms.imported(item, p.Provider, p.Shelf, p.Convert)
		if why == "" && (p.used[product.SKU] || p.used[product.Slug]) {
			why = "another item of the list becomes " + product.SKU
		}
		if why != "" {
			return why
		}
		p.used[product.SKU], p.used[product.Slug] = true, true
		p.Changes = append(p.Changes, Change{
			Kind: Imported, State: Planned, ProviderSKU: item.SKU, Name: item.Name, NewCost: item.Cost,
			NewCurrency: item.Currency, Product: product,
		})
		return ""
	}
	return "no rule fits"
}

// hold decides whether a person has to look at the plan.
func (p *planner) hold() {
	percent := p.Policy.HoldGone
	if percent == 0 {
		percent = defaultGone
	}
	switch {
	case p.gone*100 > p.active*percent:
		p.Hold = fmt.Sprintf("%d of %d active offers are not listed any more", p.gone, p.active)
	case p.rise != "":
		p.Hold = p.rise
	}
}

// Sum is of what a proposal says.
func (p *Proposal) Sum() uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%q %q %d %s %t %q", p.Name, p.Category, p.Cost, p.Currency, p.Available, p.Note)
	return h.Sum64()
}
