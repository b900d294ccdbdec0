package order

import (
	"fmt"
	"strings"
	"time"

	"orderhub/server/catalog"
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
	Limits      Limits
	Trail       string // of the caller; see package trail
	Held        catalog.PricesHeld
	HoldFor     time.Duration // it is to be held for so long; 0 for an order
	Confirms    *Hold         // what becomes this order; nil for a new one

	refusalCounted bool // its refusal is kept; see refusals
}

// PricedLine is a line with the product it means and what one unit costs.
type PricedLine struct {
	Product   *catalog.Product
	Quantity  int64
	UnitPrice money.Amount
	PriceRule string // what made it; see catalog.Price
	Subtotal  money.Amount
	Fields    map[string]string // by the product's own spelling of the identifiers
}

// handedOut is how many rows of goods the line takes or makes as it is placed:
// units of stock and tickets. What a provider delivers later is not among them.
func (l *PricedLine) handedOut() int64 {
	if l.Product.UsesUnits() || l.Product.Dated {
		return l.Quantity
	}
	return 0
}

// Units is how many units of stock and tickets the candidate takes as it is placed.
func (c *Candidate) Units() int64 {
	var units int64
	for i := range c.Lines {
		units += c.Lines[i].handedOut() // at most MaxLines times maxQuantity
	}
	return units
}

// StockUnits is how many of these are units that are in stock already.
func (c *Candidate) StockUnits() int64 {
	var units int64
	for i := range c.Lines {
		if c.Lines[i].Product.UsesUnits() {
			units += c.Lines[i].Quantity
		}
	}
	return units
}

// AddUnits adds the units of stock that the candidate wants, by product.
func (c *Candidate) AddUnits(wanted map[int64]int64) {
	for i := range c.Lines {
		if p := c.Lines[i].Product; p.UsesUnits() {
			wanted[p.ID] += c.Lines[i].Quantity
		}
	}
}

// price resolves the draft's lines against the snapshot, as it is at a moment. Errors: *LinesError
// with every problem, *TotalTooLargeError when a sum cannot even be represented.
func price(d *Draft, snapshot *catalog.Snapshot, limits Limits, at time.Time) (*Candidate, error) {
	c := &Candidate{
		Draft: d, Lines: make([]PricedLine, len(d.Lines)), Limits: limits, Held: snapshot.PricesHeld(d.MerchantID, at),
	}
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
		unitPrice := snapshot.PriceFor(d.MerchantID, product, at)
		subtotal, err := unitPrice.Amount.Mul(line.Quantity)
		if err != nil {
			return nil, &TotalTooLargeError{Currency: d.Currency, Max: limits.Total}
		}
		if c.Subtotal, err = c.Subtotal.Add(subtotal); err != nil {
			return nil, &TotalTooLargeError{Currency: d.Currency, Max: limits.Total}
		}
		c.Lines[i] = PricedLine{
			Product: product, Quantity: line.Quantity, UnitPrice: unitPrice.Amount, PriceRule: unitPrice.Rule,
			Subtotal: subtotal, Fields: fields,
		}
	}
	if len(problems) > 0 {
		return nil, &LinesError{Problems: problems}
	}
	return c, nil
}

// refuse returns why the line cannot be ordered at all, stock apart, or nil.
func refuse(index int, line *DraftLine, p *catalog.Product, currency money.Currency) *LineProblem {
	var reason LineReason
	var message string
	switch {
	case p == nil || p.Currency != currency:
		reason, message = ReasonProductNotFound, "no such product"
	case !p.Active():
		reason, message = ReasonProductNotAvailable, "the product is no longer on sale"
	case line.Quantity < p.MinQuantity || line.Quantity > p.MaxQuantity:
		reason = ReasonQuantityNotAllowed
		message = fmt.Sprintf("the quantity must be from %d to %d", p.MinQuantity, p.MaxQuantity)
	case p.Dated && line.UseDate == "":
		reason, message = ReasonDateNotAvailable, "a day of use is needed"
	case !p.Dated && line.UseDate != "":
		reason, message = ReasonDateNotAvailable, "the product has no day of use"
	default:
		return nil
	}
	return &LineProblem{Index: index, SKU: line.SKU, Reason: reason, Message: message}
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

// bill is what a candidate costs with its coupon.
type bill struct {
	coupon          *CouponState // nil without one
	discount, total money.Amount
	lines           []billLine
}

type billLine struct{ discount, total money.Amount }

// bill makes the candidate's. The error is a *CouponError, or money.ErrOverflow.
func (s *State) bill(c *Candidate) (*bill, error) {
	coupon, err := s.coupon(c.Draft)
	if err != nil {
		return nil, err
	}
	discount, shares, err := c.discount(coupon, s.Now)
	if err != nil {
		return nil, err
	}
	b := &bill{coupon: coupon, discount: discount, lines: make([]billLine, len(c.Lines))}
	if b.total, err = c.Subtotal.Sub(discount); err != nil {
		return nil, err
	}
	for i := range c.Lines {
		b.lines[i].discount = shares[i]
		if b.lines[i].total, err = c.Lines[i].Subtotal.Sub(shares[i]); err != nil {
			return nil, err
		}
	}
	return b, nil
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
			base = base.AddCapped(c.Lines[i].Subtotal) // no more than the candidate's own sum, which fits
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
