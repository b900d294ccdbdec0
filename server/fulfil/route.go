package fulfil

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orderhub/server/dialect"
	"orderhub/server/exchange"
	"orderhub/server/money"
	"orderhub/server/order"
)

// route does what Route says, for these orders alone.
func (e *Engine) route(ctx context.Context, orderIDs []int64) (next time.Time, err error) {
	works, err := e.Store.OpenWork(ctx, orderIDs)
	if err != nil {
		return time.Time{}, fmt.Errorf("read open orders: %w", err)
	}
	r, err := e.plan(ctx, works)
	if err != nil {
		return time.Time{}, err
	}
	for i := range works {
		r.order(&works[i])
	}
	for id, until := range r.probes {
		if err := e.Balances.probe(ctx, id, until); err != nil {
			return time.Time{}, fmt.Errorf("try a provider without money again: %w", err)
		}
	}
	for id, cost := range r.short {
		e.Balances.short(ctx, id, cost)
	}
	if err := e.keepPassed(ctx, r); err != nil {
		return time.Time{}, err
	}
	if len(r.begin) > 0 {
		begun, err := e.Store.Begin(ctx, r.begin)
		if err != nil {
			return time.Time{}, fmt.Errorf("begin %d attempts: %w", len(r.begin), err)
		}
		if len(begun) < len(r.begin) {
			r.again(r.now.Add(soon)) // a line has changed since it was read
		}
		if e.Balances != nil {
			e.Balances.began(begun)
		}
	}
	if len(r.giveUp) > 0 {
		var failed error
		for _, s := range e.commit(ctx, r.giveUp) {
			failed = errors.Join(failed, s.err)
		}
		if failed != nil {
			return time.Time{}, fmt.Errorf("give up %d lines: %w", len(r.giveUp), failed)
		}
	}
	if len(r.due) > 0 {
		if err := e.Store.WakeCalls(ctx, r.due); err != nil {
			return time.Time{}, fmt.Errorf("see to %d attempts: %w", len(r.due), err)
		}
	}
	return r.next, nil
}

// plan has what the orders are to be routed by.
func (e *Engine) plan(ctx context.Context, works []Work) (r *plan, err error) {
	r = &plan{now: e.Now(), lease: e.lease(), health: e.throttles.health}
	if r.offers, err = e.offers(ctx, works); err != nil {
		return nil, err
	}
	if r.rates, err = e.Rates.Rates(ctx); err != nil {
		return nil, fmt.Errorf("read exchange rates: %w", err)
	}
	r.convert = ConverterAt(r.rates, r.now)
	if e.Balances == nil {
		return r, nil
	}
	r.fresh = e.Balances.fresh()
	if r.funds, err = e.Balances.Of(ctx); err != nil {
		return nil, fmt.Errorf("read what there is at providers: %w", err)
	}
	return r, nil
}

func (e *Engine) offers(ctx context.Context, works []Work) (map[int64][]Offer, error) {
	var products []int64
	for i := range works {
		for j := range works[i].Order.Lines {
			products = append(products, works[i].Order.Lines[j].ProductID)
		}
	}
	offers, err := e.Providers.ActiveOffers(ctx, products)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	return offers, nil
}

// plan is what is to be done for a set of orders at one moment.
type plan struct {
	now    time.Time
	lease  time.Duration
	offers map[int64][]Offer // by product
	rates  *exchange.Rates
	health func(providerID int64) (broken bool, failed float64)
	// funds is what is known of our money, by provider, with what this plan spends of it.
	funds   map[int64]*Funds
	fresh   time.Duration // how old a balance may be that is relied on
	convert Converter

	probes map[int64]time.Time       // providers without money that one purchase tries, and until when
	short  map[int64]dialect.Balance // providers that have too little of our money, and for what
	passed []passedLine
	sales  []sale
	begin  []Attempt
	giveUp []Result
	due    []Attempt // open, and nobody is at them
	next   time.Time // when the earliest line that waits may be routed
}

func (r *plan) order(w *Work) {
	for i := range w.Order.Lines {
		if line := &w.Order.Lines[i]; !line.Status.Final() {
			r.planLine(w, line)
		}
	}
}

// again wants the orders to be routed once more.
func (r *plan) again(at time.Time) {
	if r.next.IsZero() || at.Before(r.next) {
		r.next = at
	}
}

func (r *plan) planLine(w *Work, line *order.Line) {
	attempts := w.Attempts[line.ID]
	if len(attempts) > 0 {
		last := attempts[len(attempts)-1]
		if !last.Status.Settled() {
			if last.Status != AttemptParked && (last.NextCheckAt == nil || !last.NextCheckAt.After(r.now)) {
				r.due = append(r.due, last)
			}
			return
		}
	}
	c := r.choose(w, line, attempts)
	r.remember(w, line, &c)
	r.judged(w, line, &c)
	switch {
	case c.found:
		r.spend(&c.offer, line.Open())
		r.begin = append(r.begin, r.attempt(w, line, &c.offer, w.Tried[line.ID]+1))
	case !c.again.IsZero():
		r.again(c.again)
	default:
		r.giveUp = append(r.giveUp, c.giveUp(w, line, attempts, r.now))
	}
}

// deadline is until when the line may wait for a provider that can be reached;
// the zero time when it may not.
func (w *Work) deadline(line *order.Line) time.Time {
	if within := w.Within[line.ProductID]; within > 0 {
		return w.Order.CreatedAt.Add(within)
	}
	return time.Time{}
}

// ranked are the product's offers, best first: those whose provider does not
// answer at all come last; apart from that priority counts, then cost in the currency
// of the sale, where one that cannot be told in it is dearer than any and one that nobody
// has said is dearer still, then how often the provider failed lately.
func (r *plan) ranked(productID int64, sale money.Currency) []Offer {
	offers := slices.Clone(r.offers[productID])
	if len(offers) < 2 {
		return offers
	}
	slices.SortStableFunc(offers, func(a, b Offer) int {
		aBroken, aFailed := r.health(a.ProviderID)
		bBroken, bFailed := r.health(b.ProviderID)
		if aBroken != bBroken {
			if aBroken {
				return 1
			}
			return -1
		}
		return cmp.Or(
			cmp.Compare(a.Priority, b.Priority), r.cheaper(&a, &b, sale), cmp.Compare(aFailed, bFailed),
			cmp.Compare(a.ID, b.ID),
		)
	})
	return offers
}

// cheaper compares what two offers cost in a currency.
func (r *plan) cheaper(a, b *Offer, sale money.Currency) int {
	aCost, aKnown := a.CostIn(sale, r.rates, r.now)
	bCost, bKnown := b.CostIn(sale, r.rates, r.now)
	switch {
	case aKnown && bKnown:
		return cmp.Compare(aCost, bCost)
	case aKnown:
		return -1
	case bKnown:
		return 1
	case a.CostKnown() != b.CostKnown():
		if a.CostKnown() {
			return -1
		}
		return 1
	case a.Currency == b.Currency:
		return cmp.Compare(a.Cost, b.Cost)
	default:
		return 0
	}
}

// lastOf finds the last of the attempts that were made on the offer, and counts
// them.
func lastOf(attempts []Attempt, offerID int64) (last *Attempt, tries int) {
	for i := range attempts {
		if attempts[i].OfferID == offerID {
			last = &attempts[i]
			tries++
		}
	}
	return last, tries
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (r *plan) attempt(w *Work, line *order.Line, offer *Offer, number int) Attempt {
	due := r.now.Add(r.lease)
	return Attempt{
		OrderID: w.Order.ID, LineID: line.ID, ReplacementID: w.ReplacementID, MerchantID: w.Order.MerchantID,
		ProviderID: offer.ProviderID, OfferID: offer.ID, ProviderSKU: offer.ProviderSKU, Cost: offer.Cost,
		Currency: offer.Currency,
		Number:   number,
		// Derived from the attempt, so that after a crash the call is repeated
		// under the name the provider may already know.
		Reference: fmt.Sprintf("%s-%d-%d", w.Order.Number, line.Position, number),
		Quantity:  line.Open(), Status: AttemptSubmitting, SubmittedAt: r.now, NextCheckAt: &due,
	}
}
