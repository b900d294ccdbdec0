package fulfil

import (
	"context"

	"orderhub/server/catalog"
	"orderhub/server/money"
	"orderhub/server/order"
)

// Source is from whom a line would be bought now.
type Source struct {
	Offer    Offer         // with id 0 for none
	Provider string        // its name
	Cost     *money.Amount // of all units, in the order's currency; nil where no rate says so
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
	t := &narrator{names: names}
	sources := make([]Source, len(o.Lines))
	for i := range o.Lines {
		line, s := &o.Lines[i], &sources[i]
		c := r.choose(&w, line, nil)
		for j := range c.passed {
			s.PassedOver = append(s.PassedOver, t.passedOver(&c.passed[j]))
		}
		if !c.found {
			continue
		}
		s.Offer, s.Provider = c.offer, names[c.offer.ProviderID]
		cost := costOf(c.offer.Cost, line.Quantity, c.offer.Currency)
		if converted, known := r.convert(cost.Amount, cost.Currency, o.Currency); known {
			s.Cost = &converted
		}
		r.spend(&c.offer, line.Quantity)
	}
	return sources, nil
}
