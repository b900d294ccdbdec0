package fulfil

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// Source is from whom a line would be bought now.
type Source struct {
	Offer    Offer  // with id 0 for none
	Provider string // its name
	// Cost is that of all units, in the order's currency: the most that it may be, as the
	// rule against losses has it. Nil where it is not known, or no rate says so.
	Cost *money.Amount
	// PassedOver says of each offer that is not bought from why, for operators.
	PassedOver []string
}

// Sources says from whom the lines of an order would be bought that is not placed, by
// product; their products are those given. Nothing is bought.
func (e *Engine) Sources(ctx context.Context, o *order.Order, products map[int64]*catalog.Product) ([]Source, error) {
	w := Work{Order: o, Loss: make(map[int64]LossRule, len(products))}
	for id, p := range products {
		w.Loss[id] = LossRule{Most: p.MaxLoss}
	}
	r, err := e.plan(ctx, []Work{w})
	if err != nil {
		return nil, err
	}
	names, err := e.names(ctx)
	if err != nil {
		return nil, err
	}
	sources := make([]Source, len(o.Lines))
	for i := range o.Lines {
		line, s := &o.Lines[i], &sources[i]
		c := r.choose(&w, line, nil)
		s.PassedOver = passedOver(c.passed, names)
		if !c.found {
			continue
		}
		s.Offer, s.Provider = c.offer, names[c.offer.ProviderID]
		s.Cost = r.mostOf(&c.offer, line.Quantity, o.Currency)
		r.spend(&c.offer, line.Quantity)
	}
	return sources, nil
}

// mostOf is what units of an offer cost at most, in a currency; nil where that is not
// known.
func (r *plan) mostOf(o *Offer, quantity int64, c money.Currency) *money.Amount {
	dearest := o.dearest()
	if dearest == 0 || dearest == UnknownCost {
		return nil
	}
	cost := costOf(dearest, quantity, o.Currency)
	converted, known := r.convert(cost.Amount, cost.Currency, c)
	if !known {
		return nil
	}
	return &converted
}
