package fulfil

import (
	"time"

	"orderhub/server/dialect"
	"orderhub/server/money"
	"orderhub/server/order"
)

// choice is what is to become of a line for which nobody is asked.
type choice struct {
	offer Offer // the one to be bought from
	found bool
	again time.Time // when to look again, where none is; the zero time for never
	// passed are the offers that would have been used but for money, best first.
	passed []passedOffer
	lossy  bool // some of them cost more than the line may lose
	// tooDear says that all offers that there are do.
	tooDear bool
}

// passedOffer is an offer that is not bought from, though its provider sells the product.
type passedOffer struct {
	offer Offer
	why   string // for operators, after the provider's name
}

// passedOver says of each offer why it is not bought from, with providers by their names.
func passedOver(offers []passedOffer, names map[int64]string) (reasons []string) {
	for i := range offers {
		reasons = append(reasons, names[offers[i].offer.ProviderID]+" "+offers[i].why+".")
	}
	return reasons
}

// LossRule says how much of its cost may be lost by selling a product for less, and
// what becomes of a line that could only be bought for more.
type LossRule struct {
	Most int // hundredths of a percent
	Wait bool
}

// choose returns the best offer for the line that no attempt has used yet, whose
// provider has the money for it and which costs no more than the line may lose. Where
// all are used, one whose provider could not be reached may be used again while the
// deadline lets it.
func (r *plan) choose(w *Work, line *order.Line, attempts []Attempt) (c choice) {
	deadline := w.deadline(line)
	c.tooDear = true
	for _, o := range r.ranked(line.ProductID, w.Order.Currency) {
		if why := r.loses(w, line, &o); why != "" {
			c.passed, c.lossy = append(c.passed, passedOffer{o, why}), true
			continue
		}
		c.tooDear = false
		at, patience, usable := r.usable(attempts, &o, w.Order.CreatedAt, deadline)
		if !usable {
			continue
		}
		if at.After(r.now) {
			c.waits(earlier(at, patience))
			continue
		}
		cost := costOf(o.Cost, line.Open(), o.Currency)
		why := r.funds[o.ProviderID].whyNot(cost, r.now, r.fresh, r.convert)
		if why == "" {
			c.offer, c.found = o, true
			return c
		}
		r.lacks(o.ProviderID, cost)
		c.passed = append(c.passed, passedOffer{o, why})
		// It was not even asked, and may have money in a moment.
		if patience.IsZero() {
			patience = w.Order.CreatedAt.Add(leftAlonePatience)
		}
		if r.now.Before(patience) {
			c.waits(earlier(r.lookAgain(w), patience))
		}
	}
	c.tooDear = c.tooDear && c.lossy
	if c.lossy && w.Loss[line.ProductID].Wait && r.now.Before(deadline) {
		c.waits(earlier(r.lookAgain(w), deadline))
	}
	return c
}

// waits has the line looked at again.
func (c *choice) waits(at time.Time) {
	if c.again.IsZero() || at.Before(c.again) {
		c.again = at
	}
}

// usable reports whether an offer may be used, when, and until when at the latest; the
// zero times for now, and for what nobody waits for.
func (r *plan) usable(attempts []Attempt, o *Offer, ordered, deadline time.Time) (at, patience time.Time, ok bool) {
	last, tries := lastOf(attempts, o.ID)
	if last == nil {
		return time.Time{}, deadline, true
	}
	patience = deadline
	longest := lastRetry
	switch last.FailureCode {
	case dialect.CodeProviderUnavailable:
	case codeLeftAlone, dialect.CodeOutOfFunds:
		// It was not even asked, or had no money of ours: it may be back in a moment.
		if patience.IsZero() {
			patience = ordered.Add(leftAlonePatience)
		}
		if last.FailureCode == codeLeftAlone {
			longest = leaveAlone // then it is tried again
		}
	default:
		return time.Time{}, patience, false
	}
	at = last.UpdatedAt.Add(min(firstCheck<<min(tries-1, 10), longest))
	return at, patience, r.now.Before(patience)
}

// lookAgain is when to look again at a line that was passed over: the later the longer
// it waits.
func (r *plan) lookAgain(w *Work) time.Time {
	return r.now.Add(min(max(r.now.Sub(w.Order.CreatedAt)/4, firstCheck), lastRetry))
}

// spend notes what a purchase takes of our money, and that it tries a provider that
// had none.
func (r *plan) spend(o *Offer, quantity int64) {
	f := r.funds[o.ProviderID]
	if f == nil {
		return
	}
	f.reserve(costOf(o.Cost, quantity, o.Currency))
	if f.Refusal == nil || f.explains(r.convert) {
		return
	}
	until := r.now.Add(r.lease)
	f.Refusal.TryAt = until
	if r.probes == nil {
		r.probes = make(map[int64]time.Time)
	}
	r.probes[o.ProviderID] = until
}

// lacks notes the cheapest purchase for which a provider has too little of our money.
func (r *plan) lacks(providerID int64, cost dialect.Balance) {
	if r.short == nil {
		r.short = make(map[int64]dialect.Balance)
	}
	least, noted := r.short[providerID]
	if !noted || cost.Currency == least.Currency && cost.Amount < least.Amount {
		r.short[providerID] = cost
	}
}

// wholeCost is all of a cost, in hundredths of a percent.
const wholeCost = 10_000

// loses says how an offer costs more than the line may lose, or "" when it does not. A
// cost that nobody has said, or that no rate converts, cannot be compared, and passes.
func (r *plan) loses(w *Work, line *order.Line, o *Offer) string {
	most := w.Loss[line.ProductID].Most
	if o.MaxLoss != nil {
		most = *o.MaxLoss
	}
	if most >= wholeCost {
		return ""
	}
	if o.ListedCost == UnknownCost {
		return "costs by a list that is held what no exchange rate converts"
	}
	cost := costOf(o.dearest(), line.Quantity, o.Currency)
	converted, known := r.convert(cost.Amount, cost.Currency, w.Order.Currency)
	if !known || converted <= line.Total {
		return ""
	}
	least, err := money.Percent(converted, int64(wholeCost-most), w.Order.Currency)
	if err == nil && least <= line.Total {
		return ""
	}
	by := ""
	if o.dearest() > o.Cost {
		by = " by a list that is held"
	}
	return "would cost " + shown(cost) + by + ", and the line is sold for " +
		shown(dialect.Balance{Amount: line.Total, Currency: w.Order.Currency})
}

// What merchants are told of a line that nobody could be asked for: nothing about money.
const (
	soldByNobody = "No provider sells this product"
	notForNow    = "No provider can deliver this product at present"
)

// giveUp fails what is left of a line that nobody can serve.
func (c *choice) giveUp(w *Work, line *order.Line, attempts []Attempt, now time.Time) Result {
	deadline := w.deadline(line)
	code, message := dialect.CodeNoProvider, soldByNobody
	if len(c.passed) > 0 {
		code, message = dialect.CodeProviderUnavailable, notForNow
	}
	if len(attempts) > 0 {
		last := attempts[len(attempts)-1]
		code, message = last.FailureCode, last.FailureMessage
		if code == codeLeftAlone || code == dialect.CodeOutOfFunds {
			code, message = dialect.CodeProviderUnavailable, unreachable
		}
	}
	if code == dialect.CodeProviderUnavailable && !deadline.IsZero() && !now.Before(deadline) {
		code, message = dialect.CodeDeadlineExceeded, "No provider could be reached in time"
	}
	return Result{Settlement: order.Settlement{
		MerchantID: w.Order.MerchantID, OrderID: w.Order.ID, LineID: line.ID, ReplacementID: w.ReplacementID,
		Failed: line.Open(), FailureCode: code, FailureMessage: message,
	}}
}
