package fulfil

import (
	"strings"
	"sync"

	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// TooDear tells that all offers of a product cost more than its lines may lose.
const TooDear operatorevent.Kind = "product.too_dear"

// sale is a line as the rule against losses sees it.
type sale struct {
	product  int64
	currency money.Currency
	each     money.Amount // what one unit is sold for, after discounts
	dear     *operatorevent.Event
}

// judged notes a line that was bought for, or for which every offer costs too much.
func (r *plan) judged(w *Work, line *order.Line, c *choice) {
	if !c.found && !c.tooDear {
		return
	}
	s := sale{line.ProductID, w.Order.Currency, line.Total / money.Amount(max(line.Quantity, 1)), nil}
	if !c.found {
		s.dear = &operatorevent.Event{
			Kind: TooDear, ProductID: line.ProductID,
			Data: map[string]any{
				"order": w.Order.Number, "price": s.each.Format(s.currency), "currency": string(s.currency),
			},
		}
	}
	r.sales = append(r.sales, s)
}

// tells is what operators are told of products that have become too dear, with what was passed over by the names of
// providers.
func (r *plan) tells(d *dears, names map[int64]string) (sales []sale) {
	for i, s := range r.sales {
		if s.dear == nil || !d.isNew(&r.sales[i], sales) {
			continue
		}
		for _, line := range r.passed {
			if line.productID == s.product && len(line.offers) > 0 {
				s.dear.Message = "Every offer of the product costs more than its lines may lose: " +
					strings.Join(passedOver(line.offers, names), " ")
				break
			}
		}
		sales = append(sales, s)
	}
	return sales
}

// dears are the products of which operators were told that they are too dear, so that they are told once by each
// process, until a unit that is sold for no more than that can be bought again.
type dears struct {
	mu   sync.Mutex
	told map[dearOf]money.Amount // what a unit was sold for
}

type dearOf struct {
	product  int64
	currency money.Currency
}

// mostDear is of how many products that is remembered.
const mostDear = 10_000

// isNew reports a product of which operators were not told, nor are about to be.
func (d *dears) isNew(s *sale, pending []sale) bool {
	for i := range pending {
		if pending[i].product == s.product && pending[i].currency == s.currency {
			return false
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, told := d.told[dearOf{s.product, s.currency}]
	return !told
}

// note notes what operators were told of, and forgets what can be bought again.
func (d *dears) note(told, all []sale) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range all {
		key := dearOf{all[i].product, all[i].currency}
		if each, dear := d.told[key]; dear && all[i].dear == nil && all[i].each <= each {
			delete(d.told, key)
		}
	}
	if d.told == nil || len(d.told) >= mostDear {
		d.told = make(map[dearOf]money.Amount)
	}
	for i := range told {
		d.told[dearOf{told[i].product, told[i].currency}] = told[i].each
	}
}
