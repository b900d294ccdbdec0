package order

import (
	"fmt"
	"strings"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/fault"
	"orderhub/server/money"
)

// Candidate is a draft priced from one snapshot, ready to be judged inside a
// placement transaction.
type Candidate struct {
	Draft       *Draft
	Fingerprint [32]byte
	Number      string // the order number it will have
	Lines       []PricedLine
	Subtotal    money.Amount
}

// PricedLine is a line with the product it means and what one unit costs.
type PricedLine struct {
	Product   *catalog.Product
	Quantity  int64
	UnitPrice money.Amount
	Subtotal  money.Amount
	Fields    map[string]string // by the product's own spelling of the identifiers
}

// price resolves the draft's lines against the snapshot. Errors: *LinesError
// with every problem, *fault.InvalidError when a sum cannot be represented.
func price(d *Draft, snapshot *catalog.Snapshot) (*Candidate, error) {
	c := &Candidate{Draft: d, Lines: make([]PricedLine, len(d.Lines))}
	var problems []LineProblem
	for i := range d.Lines {
		line := &d.Lines[i]
		product := snapshot.ProductBySKU(line.SKU)
		if problem := refuse(i, line, product, d.Currency); problem != nil {
			problems = append(problems, *problem)
			continue
		}
		fields, problem := matchFields(i, line, product)
		if problem != nil {
			problems = append(problems, *problem)
			continue
		}
		unitPrice := snapshot.PriceFor(d.MerchantID, product)
		subtotal, err := unitPrice.Mul(line.Quantity)
		if err != nil {
			return nil, fault.Invalid(fmt.Sprintf("lines[%d].quantity", i), "makes an amount too large to handle")
		}
		if c.Subtotal, err = c.Subtotal.Add(subtotal); err != nil {
			return nil, fault.Invalid("lines", "make an amount too large to handle")
		}
		c.Lines[i] = PricedLine{Product: product, Quantity: line.Quantity, UnitPrice: unitPrice, Subtotal: subtotal, Fields: fields}
	}
	if len(problems) > 0 {
		return nil, &LinesError{Problems: problems}
	}
	return c, nil
}

// refuse returns why the line cannot be ordered at all, stock apart, or nil.
func refuse(index int, line *DraftLine, p *catalog.Product, currency money.Currency) *LineProblem {
	problem := &LineProblem{Index: index, SKU: line.SKU}
	switch {
	case p == nil || p.Currency != currency:
		problem.Reason, problem.Message = ReasonProductNotFound, "no such product"
	case !p.Active():
		problem.Reason, problem.Message = ReasonProductNotAvailable, "the product is no longer on sale"
	case line.Quantity < p.MinQuantity || line.Quantity > p.MaxQuantity:
		problem.Reason = ReasonQuantityNotAllowed
		problem.Message = fmt.Sprintf("the quantity must be from %d to %d", p.MinQuantity, p.MaxQuantity)
	case p.Dated && line.UseDate == "":
		problem.Reason, problem.Message = ReasonDateNotAvailable, "a day of use is needed"
	case !p.Dated && line.UseDate != "":
		problem.Reason, problem.Message = ReasonDateNotAvailable, "the product has no day of use"
	default:
		return nil
	}
	return problem
}

// matchFields picks out the values of the product's own fields. Values of
// fields it does not have are ignored: partners send more than is needed.
func matchFields(index int, line *DraftLine, p *catalog.Product) (map[string]string, *LineProblem) {
	if len(p.Fields) == 0 {
		return nil, nil
	}
	values := make(map[string]string, len(p.Fields))
	for i := range p.Fields {
		field := &p.Fields[i]
		value := line.Fields[field.Identifier]
		if value == "" {
			for name, v := range line.Fields {
				if strings.EqualFold(name, field.Identifier) {
					value = v
				}
			}
		}
		if message := field.Check(value); message != "" {
			return nil, &LineProblem{
				Index: index, SKU: line.SKU, Reason: ReasonFieldInvalid,
				Field: field.Identifier, Missing: value == "", Message: fmt.Sprintf("field %q %s", field.Identifier, message),
			}
		}
		if value != "" {
			values[field.Identifier] = value
		}
	}
	return values, nil
}

// discount is what the coupon takes off the candidate, and each line's share
// of it. A nil coupon takes off nothing. The error is a *CouponError.
func (c *Candidate) discount(coupon *CouponState, now time.Time) (money.Amount, []money.Amount, error) {
	if coupon == nil {
		return 0, make([]money.Amount, len(c.Lines)), nil
	}
	eligible := make([]money.Amount, len(c.Lines))
	var base money.Amount
	for i := range c.Lines {
		if coupon.Covers(c.Lines[i].Product) {
			eligible[i] = c.Lines[i].Subtotal
			base += c.Lines[i].Subtotal
		}
	}
	if cause := coupon.refuses(c.Draft, base, now); cause != "" {
		return 0, nil, &CouponError{Code: c.Draft.Coupon, Cause: cause}
	}
	amount := coupon.Amount
	if coupon.Kind == catalog.CouponPercent {
		var err error
		if amount, err = money.Percent(base, coupon.PercentBasisPoints, c.Draft.Currency); err != nil {
			return 0, nil, fmt.Errorf("discount of coupon %q: %w", c.Draft.Coupon, err)
		}
	}
	amount = min(amount, base)
	return amount, money.ShareOut(amount, eligible, c.Draft.Currency), nil
}

// refuses returns why the coupon cannot be used for lines in scope worth base,
// or "".
func (s *CouponState) refuses(d *Draft, base money.Amount, now time.Time) CouponCause {
	switch {
	case s.Status != catalog.StatusActive:
		return CouponUnknown
	case s.StartsAt != nil && now.Before(*s.StartsAt):
		return CouponNotStarted
	case s.EndsAt != nil && !now.Before(*s.EndsAt):
		return CouponExpired
	case s.Currency != "" && s.Currency != d.Currency:
		return CouponScope
	case base == 0:
		return CouponScope
	case base < s.MinSubtotal:
		return CouponMinimum
	case s.MaxUses != nil && s.Uses >= *s.MaxUses:
		return CouponUsedUp
	case s.MaxUsesPerMerchant != nil && s.UsesByMerchant[d.MerchantID] >= *s.MaxUsesPerMerchant:
		return CouponUsedUp
	default:
		return ""
	}
}

// changedSince returns the lines that cost something else than when the draft
// was first priced.
func (c *Candidate) changedSince(first *Candidate) error {
	var problems []LineProblem
	for i := range c.Lines {
		if c.Lines[i].UnitPrice != first.Lines[i].UnitPrice {
			problems = append(problems, LineProblem{
				Index: i, SKU: c.Lines[i].Product.SKU, Reason: ReasonPriceChanged, Message: "the price has changed",
			})
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return &LinesError{Problems: problems}
}
