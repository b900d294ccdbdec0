package fulfil

import (
	"fmt"

	"orderhub/server/errs"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
)

// CostDiffers tells that a provider charged otherwise than its offer says.
const CostDiffers operatorevent.Kind = "cost.differs"

// Booking is what goes into the books when an attempt is settled: a purchase from the
// provider, and what it credits of it. Both are of one currency; the zero value is
// nothing.
type Booking struct {
	Purchase money.Sum
	Credit   money.Amount
}

// Net is what is left of the purchase.
func (b *Booking) Net() money.Sum {
	return money.Sum{Amount: b.Purchase.Amount.SubCapped(b.Credit), Currency: b.Purchase.Currency}
}

// Booking is what a result books: what the provider charges for what it delivered or,
// where it has not said, what the offer says that costs. Of a charge for all units those
// that did not come are credited in proportion, of one for a purchase that came to
// nothing all of it. Nothing while the attempt is open.
func (r *Result) Booking() Booking {
	a := r.Attempt
	if a == nil || !a.Status.Settled() {
		return Booking{}
	}
	units := int64(len(r.Settlement.Delivered))
	switch {
	case a.Status != AttemptDelivered && a.Charged.Known():
		return Booking{Purchase: a.Charged, Credit: a.Charged.Amount}
	case a.Status != AttemptDelivered:
		return Booking{Purchase: money.Sum{Currency: a.Currency}}
	case !a.Charged.Known():
		cost, err := a.Cost.Mul(units)
		if err != nil {
			return Booking{} // more than any book holds
		}
		return Booking{Purchase: money.Sum{Amount: cost, Currency: a.Currency}}
	case a.Final || units >= a.Quantity:
		return Booking{Purchase: a.Charged}
	default:
		shares := money.ShareOut(
			a.Charged.Amount, []money.Amount{money.Amount(units), money.Amount(a.Quantity - units)}, a.Charged.Currency,
		)
		return Booking{Purchase: a.Charged, Credit: shares[1]}
	}
}

// Differs is what operators are told of a delivery that was charged otherwise than the
// offer says, for a product; nil where it was not.
func (r *Result) Differs(productID int64) *operatorevent.Event {
	a, b := r.Attempt, r.Booking()
	if a == nil || a.Status != AttemptDelivered || !a.Charged.Known() {
		return nil
	}
	units := int64(len(r.Settlement.Delivered))
	cost, err := a.Cost.Mul(units)
	expected, booked := money.Sum{Amount: cost, Currency: a.Currency}, b.Net()
	if err != nil || expected == booked {
		return nil
	}
	return &operatorevent.Event{
		Kind: CostDiffers, ProviderID: a.ProviderID, ProductID: productID,
		Message: fmt.Sprintf(
			"%s of %s charged as %s rather than %s.", errs.Counted(units, "unit", "units"), a.ProviderSKU, booked, expected,
		),
		Data: map[string]any{
			"attempt": a.Reference, "offer": fmt.Sprint(a.OfferID), "units": float64(units), "charged": booked.Text(),
			"chargedCurrency": string(booked.Currency), "expected": expected.Text(), "currency": string(expected.Currency),
			"cost":        a.Cost.Format(a.Currency),
			"chargedEach": (booked.Amount / money.Amount(max(units, 1))).Format(booked.Currency),
		},
	}
}
