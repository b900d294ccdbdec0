package catalog

import (
	"fmt"
	"time"

	"orderhub/server/money"
)

// Price is what one unit of a product costs a merchant.
type Price struct {
	Amount money.Amount
	// Rule is what made it: "" for the product's own price, "listing" for the merchant's
	// own listing, and else the name of a price list, its version and the number of its
	// rule, such as "resellers/4/2".
	Rule string
}

// ListingRule is the rule of a price that a listing has.
const ListingRule = "listing"

// PriceProblem is why a price list does not do what it says for a product.
type PriceProblem string

// The problems. With the first three the product costs what it costs without the list.
const (
	PriceNoCost     PriceProblem = "no_cost"     // no active offer has a cost
	PriceNoRate     PriceProblem = "no_rate"     // of costs in other currencies, and there are only such
	PriceTooDear    PriceProblem = "too_dear"    // more digits than prices may have
	PriceBelowFloor PriceProblem = "below_floor" // the floor is charged
	PriceBelowCost  PriceProblem = "below_cost"  // it is sold at a loss
)

// withheld reports whether the list makes no price because of it.
func (p PriceProblem) withheld() bool {
	return p == PriceNoCost || p == PriceNoRate || p == PriceTooDear
}

// Cost is the lowest cost among a product's active offers, in the product's currency.
type Cost struct {
	Amount money.Amount
	Known  bool // else there is none, or
	NoRate bool // only in currencies without a rate
}

// PricesVersion stands for the version of all prices that price lists make where versions
// of products are read: no product has this id.
const PricesVersion int64 = 0

// Prices are what price lists are made of.
type Prices struct {
	Version int64 // moves with every change of lists, of who has them, and of costs that they go from
	Lists   []*PriceList
	ListOf  map[int64]int64 // list by merchant
	Costs   map[int64]Cost  // by product
	Until   time.Time       // when another exchange rate begins to hold; zero for never
}

// pricedList is a list that prices are looked up in.
type pricedList struct {
	*PriceList

	ofProduct, ofCategory map[int64]*PriceRule
	ofAll                 *PriceRule
	names                 map[int64]string // what made a price, by the rule's number
}

func newPricedList(l *PriceList) *pricedList {
	p := &pricedList{
		PriceList: l, ofProduct: make(map[int64]*PriceRule), ofCategory: make(map[int64]*PriceRule),
		names: make(map[int64]string, len(l.Rules)),
	}
	first := func(rules map[int64]*PriceRule, id int64, r *PriceRule) {
		if rules[id] == nil {
			rules[id] = r
		}
	}
	for i := range l.Rules {
		r := &l.Rules[i]
		p.names[r.Number] = fmt.Sprintf("%s/%d/%d", l.Name, l.Version, r.Number)
		switch {
		case r.ProductID != 0:
			first(p.ofProduct, r.ProductID, r)
		case r.CategoryID != 0:
			first(p.ofCategory, r.CategoryID, r)
		case p.ofAll == nil:
			p.ofAll = r
		}
	}
	return p
}

// rule is the one that makes the price of a product, or nil.
func (l *pricedList) rule(p *Product) *PriceRule {
	if p.Currency != l.Currency {
		return nil
	}
	if r := l.ofProduct[p.ID]; r != nil {
		return r
	}
	if r := l.ofCategory[p.Category.ID]; r != nil {
		return r
	}
	return l.ofAll
}

// of is what a rule makes of a product.
func (r *PriceRule) of(p *Product, cost Cost) (money.Amount, PriceProblem) {
	base := p.Price
	if r.Base == OnCost {
		switch {
		case cost.Known:
			base = cost.Amount
		case cost.NoRate:
			return p.Price, PriceNoRate
		default:
			return p.Price, PriceNoCost
		}
	}
	price, raised, err := r.price(base, p.Currency)
	switch {
	case err != nil:
		return p.Price, PriceTooDear
	case cost.Known && price < cost.Amount:
		return price, PriceBelowCost
	case raised:
		return price, PriceBelowFloor
	}
	return price, ""
}

// WithPrices gives a snapshot that nobody has yet what price lists are made of.
func (s *Snapshot) WithPrices(p Prices) *Snapshot {
	s.pricesVersion, s.costs, s.pricesUntil = p.Version, p.Costs, p.Until
	lists := make(map[int64]*pricedList, len(p.Lists))
	for _, l := range p.Lists {
		if l.Status == ListActive {
			lists[l.ID] = newPricedList(l)
		}
	}
	s.listOf = make(map[int64]*pricedList, len(p.ListOf))
	for merchant, id := range p.ListOf {
		if l := lists[id]; l != nil {
			s.listOf[merchant] = l
		}
	}
	return s
}

// PriceFor is what one unit of p costs the merchant at a moment: the price of its own
// listing where it has one, of several the newest's; else what its price list makes of
// it; else the product's.
func (s *Snapshot) PriceFor(merchantID int64, p *Product, at time.Time) Price {
	if price, ok := s.prices[priceKey{merchantID, p.ID}]; ok {
		return Price{price, ListingRule}
	}
	if l := s.listOf[merchantID]; l != nil && l.holds(at) {
		if r := l.rule(p); r != nil {
			if price, problem := r.of(p, s.costs[p.ID]); !problem.withheld() {
				return Price{price, l.names[r.Number]}
			}
		}
	}
	return Price{Amount: p.Price}
}

// PricesHeld says by which prices something was priced, and how long they hold.
type PricesHeld struct {
	Version     int64
	From, Until time.Time // [From, Until); zero for no bound
}

// PricesHeld are those of a merchant at a moment.
func (s *Snapshot) PricesHeld(merchantID int64, at time.Time) PricesHeld {
	h := PricesHeld{Version: s.pricesVersion, Until: s.pricesUntil}
	l := s.listOf[merchantID]
	if l == nil {
		return h
	}
	for _, bound := range []*time.Time{l.From, l.Until} {
		switch {
		case bound == nil:
		case at.Before(*bound):
			if h.Until.IsZero() || bound.Before(h.Until) {
				h.Until = *bound
			}
		default:
			h.From = *bound
		}
	}
	return h
}

// At reports whether the prices still hold at a moment, as far as time goes.
func (h *PricesHeld) At(now time.Time) bool {
	return (h.From.IsZero() || !now.Before(h.From)) && (h.Until.IsZero() || now.Before(h.Until))
}

// PreviewedPrice is what a price list would make of a product.
type PreviewedPrice struct {
	*Product

	Cost    Cost
	Price   money.Amount
	Rule    int64 // number; 0 when no rule is about the product
	Problem PriceProblem
}

// Preview is what a list would make of the active products of its currency, by id. It
// need not be one that is stored.
func (s *Snapshot) Preview(l *PriceList) []PreviewedPrice {
	list := newPricedList(l)
	var all []PreviewedPrice
	for _, p := range s.products {
		if !p.Active() || p.Currency != l.Currency {
			continue
		}
		previewed := PreviewedPrice{Product: p, Cost: s.costs[p.ID], Price: p.Price}
		if r := list.rule(p); r != nil {
			previewed.Rule = r.Number
			previewed.Price, previewed.Problem = r.of(p, previewed.Cost)
		}
		all = append(all, previewed)
	}
	return all
}
