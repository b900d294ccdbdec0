package catalog

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// What products, categories and coupons may have. Texts are in characters.
const (
	maxName             = 200
	maxDescription      = 10_000
	maxFormat           = 200
	maxFields           = 50
	maxFieldLength      = 1000
	maxOptions          = 500
	maxAttribute        = 500
	maxCouponProducts   = 1000
	maxCouponCategories = 100
	maxFulfilWithin     = 7 * 24 * time.Hour
	maxExpiryMargin     = 3650 * 24 * time.Hour
	maxLowStock         = 1_000_000_000
	minCheckWithin      = time.Minute
	maxCheckWithin      = 24 * time.Hour

	// tooDear is the first amount of 13 digits.
	tooDear = 1_000_000_000_000 * money.Unit
)

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)
	slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
	couponCode  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,63}$`)
)

// Normalize fills in what may be left out and checks the rest; the error is an
// *errs.InvalidError. Every way to create or change a product goes through it.
func (p *Product) Normalize() error {
	if p.Slug == "" {
		p.Slug = SlugOf(p.SKU)
	}
	if p.MinQuantity == 0 {
		p.MinQuantity = 1
	}
	p.MaxQuantity = cmp.Or(p.MaxQuantity, MaxQuantity)
	p.Status, p.LossPolicy = cmp.Or(p.Status, StatusActive), cmp.Or(p.LossPolicy, LossFails)
	bad := &errs.InvalidError{}
	if !skuPattern.MatchString(p.SKU) {
		bad.Add("sku", "must be 1 to 100 letters, digits or . _ : -")
	}
	if !slugPattern.MatchString(p.Slug) {
		bad.Add("slug", "must be 1 to 100 lower-case letters, digits or . _ -")
	}
	bad.CheckLine("name", p.Name, 1, maxName)
	bad.CheckText("description", p.Description, maxDescription)
	bad.CheckLine("format", p.Format, 0, maxFormat)
	if _, err := money.ParseCurrency(string(p.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
	} else {
		checkPrice(bad, "price", p.Price, p.Currency)
	}
	if p.Source != SourceStock && p.Source != SourceProvider {
		bad.Add("source", `must be "stock" or "provider"`)
	}
	if p.Status != StatusActive && p.Status != StatusArchived {
		bad.Add("status", `must be "active" or "archived"`)
	}
	if p.MinQuantity < 1 || p.MinQuantity > MaxQuantity {
		bad.Add("min_quantity", "must be from 1 to %d", MaxQuantity)
	} else if p.MaxQuantity < p.MinQuantity || p.MaxQuantity > MaxQuantity {
		bad.Add("max_quantity", "must be from %s to %d", errs.Field("min_quantity"), MaxQuantity)
	}
	if p.FulfilWithin < 0 || p.FulfilWithin > maxFulfilWithin || p.FulfilWithin%time.Second != 0 {
		bad.Add("fulfil_within", "must be whole seconds, from 0 to %d", int(maxFulfilWithin/time.Second))
	}
	p.checkStock(bad)
	p.checkLoss(bad)
	p.checkRecipientCheck(bad)
	p.Fields = slices.Clone(p.Fields) // they may be the catalogue's own
	checkFields(bad, p.Fields)
	checkAttributes(bad, p.Attributes)
	return bad.OrNil()
}

// checkStock checks what is said of a product's units.
func (p *Product) checkStock(bad *errs.InvalidError) {
	if p.ExpiryMargin < 0 || p.ExpiryMargin > maxExpiryMargin || p.ExpiryMargin%time.Second != 0 {
		bad.Add("expiry_margin", "must be whole seconds, from 0 to %d", int(maxExpiryMargin/time.Second))
	}
	switch {
	case p.LowStock < 0 || p.LowStock > maxLowStock:
		bad.Add("low_stock", "must be from 0 to %d", maxLowStock)
	case p.LowStock > 0 && !p.UsesUnits():
		bad.Add("low_stock", "must not be given: the product does not sell units of our own stock")
	}
}

// maxLoss is all of a cost, in hundredths of a percent.
const maxLoss = 10_000

func (p *Product) checkLoss(bad *errs.InvalidError) {
	if p.MaxLoss < 0 || p.MaxLoss > maxLoss {
		bad.Add("max_loss_basis_points", "must be from 0 to %d", maxLoss)
	}
	switch p.LossPolicy {
	case LossFails:
	case LossWaits:
		if p.FulfilWithin == 0 {
			bad.Add("loss_policy", "can only be to wait where %s is set", errs.Field("fulfil_within"))
		}
	default:
		bad.Add("loss_policy", `must be "fail" or "wait"`)
	}
}

// checkRecipientCheck holds a check to the time in which it can be asked for and used.
func (p *Product) checkRecipientCheck(bad *errs.InvalidError) {
	within := p.RecipientCheckWithin
	switch {
	case within == 0:
	case within < minCheckWithin || within > maxCheckWithin || within%time.Second != 0:
		bad.Add(
			"recipient_check_within", "must be 0 or whole seconds, from %d to %d",
			int(minCheckWithin/time.Second), int(maxCheckWithin/time.Second),
		)
	case p.Source != SourceProvider:
		bad.Add("recipient_check_within", "must not be given: no provider could be asked, the product is sold from stock")
	}
}

func checkAttributes(bad *errs.InvalidError, attributes map[string]string) {
	if len(attributes) > 50 {
		bad.Add("attributes", "must have at most 50 entries")
	}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if !attributeKey.MatchString(key) {
			bad.Add("attributes", "must have keys such as \"axcloud.product_code\"")
			continue
		}
		bad.CheckText(errs.Entry("attributes", key), attributes[key], maxAttribute)
	}
}

var attributeKey = regexp.MustCompile(`^[a-z][a-z0-9]*\.[a-z][a-z0-9_]{0,63}$`)

// CheckCurrencyChange refuses another currency for a product that so many listings
// have prices of their own for: those would be as many of the new one. The error is
// an *errs.InvalidError.
func CheckCurrencyChange(from, to money.Currency, ownPrices int) error {
	if from == to || ownPrices == 0 {
		return nil
	}
	return errs.Invalid(
		"currency", "must stay %s: merchants have prices of their own in it, in %d listings; delete those first",
		from, ownPrices,
	)
}

// checkPrice bounds an amount that the contract writes with 12 digits before the
// point and those of the currency behind it.
func checkPrice(bad *errs.InvalidError, field string, price money.Amount, c money.Currency) {
	if price < 0 || price >= tooDear {
		bad.Add(field, "must not be negative, and have at most 12 digits before the point")
		return
	}
	checkWhole(bad, field, price, c)
}

func checkWhole(bad *errs.InvalidError, field string, a money.Amount, c money.Currency) {
	if int64(a)%int64(money.MinorUnit(c)) != 0 {
		bad.Add(field, "must be a whole number of minor units")
	}
}

// checkFields numbers the fields that have no number by their place.
func checkFields(bad *errs.InvalidError, fields []Field) {
	if len(fields) > maxFields {
		bad.Add("fields", "must have at most %d entries", maxFields)
		return
	}
	numbers := make(map[int64]bool)
	for i := range fields {
		f, at := &fields[i], fmt.Sprintf("fields[%d]", i)
		f.ID = cmp.Or(f.ID, int64(i+1))
		switch {
		case f.ID < 0 || f.ID > math.MaxInt32:
			bad.Add(at+".id", "must be from 1 to %d", math.MaxInt32)
		case numbers[f.ID]:
			bad.Add(at+".id", "is used twice")
		}
		numbers[f.ID] = true
		if slices.ContainsFunc(fields[:i], func(o Field) bool { return strings.EqualFold(o.Identifier, f.Identifier) }) {
			bad.Add(at+".identifier", "is used twice")
		}
		f.normalize(bad, at)
	}
}

func (f *Field) normalize(bad *errs.InvalidError, at string) {
	f.Type = cmp.Or(f.Type, FieldText)
	bad.CheckLine(at+".identifier", f.Identifier, 1, 64)
	bad.CheckLine(at+".title", f.Title, 0, maxName)
	if f.Type != FieldText && f.Type != FieldSelect {
		bad.Add(at+".type", `must be "text" or "select"`)
	}
	switch {
	case f.MinLength < 0 || f.MinLength > maxFieldLength:
		bad.Add(at+".min_length", "must be from 0 to %d", maxFieldLength)
	case f.MaxLength < 0 || f.MaxLength > maxFieldLength:
		bad.Add(at+".max_length", "must be from 0 to %d", maxFieldLength)
	case f.MaxLength > 0 && f.MinLength > f.MaxLength:
		bad.Add(at+".max_length", "must not be below %s", errs.Field("min_length"))
	}
	if (f.Type == FieldSelect) != (len(f.Options) > 0) || len(f.Options) > maxOptions {
		bad.Add(at+".options", "must be given for a select, at most %d of them, and only there", maxOptions)
		return
	}
	for i, option := range f.Options {
		bad.CheckLine(fmt.Sprintf("%s.options[%d]", at, i), option, 1, maxName)
		if slices.Contains(f.Options[:i], option) {
			bad.Add(fmt.Sprintf("%s.options[%d]", at, i), "is given twice")
		}
	}
}

// Normalize brings the code into its stored form and checks the rest; the
// error is an *errs.InvalidError.
func (c *Coupon) Normalize() error {
	c.Code = NormalizeCouponCode(c.Code)
	c.Status = cmp.Or(c.Status, StatusActive)
	bad := &errs.InvalidError{}
	if !couponCode.MatchString(c.Code) {
		bad.Add("code", "must be 1 to 64 letters, digits, _ or -")
	}
	switch c.Kind {
	case CouponPercent:
		if c.PercentBasisPoints < 1 || c.PercentBasisPoints > 10_000 {
			bad.Add("percent", "must be above 0 and at most 100")
		}
		if c.Amount != 0 {
			bad.Add("amount", "must not be given with a percentage")
		}
	case CouponAmount:
		if c.Amount <= 0 || c.Amount >= tooDear {
			bad.Add("amount", "must be above 0, with at most 12 digits before the point")
		}
		if c.PercentBasisPoints != 0 {
			bad.Add("percent", "must not be given with an amount")
		}
	default:
		bad.Add("kind", `must be "percent" or "amount"`)
	}
	c.checkMoney(bad)
	if c.StartsAt != nil && c.EndsAt != nil && !c.StartsAt.Before(*c.EndsAt) {
		bad.Add("end_time", "must be after %s", errs.Field("start_time"))
	}
	checkUses(bad, "max_uses", c.MaxUses)
	checkUses(bad, "max_uses_per_merchant", c.MaxUsesPerMerchant)
	checkScope(bad, "products", c.ProductIDs, maxCouponProducts)
	checkScope(bad, "categories", c.CategoryIDs, maxCouponCategories)
	if c.Status != StatusActive && c.Status != StatusArchived {
		bad.Add("status", `must be "active" or "archived"`)
	}
	return bad.OrNil()
}

func checkUses(bad *errs.InvalidError, field string, most *int64) {
	if most != nil && (*most < 0 || *most > math.MaxInt32) {
		bad.Add(field, "must be from 0 to %d", math.MaxInt32)
	}
}

func checkScope(bad *errs.InvalidError, field string, ids []int64, most int) {
	if len(ids) > most {
		bad.Add(field, "must have at most %d entries", most)
	}
}

func (c *Coupon) checkMoney(bad *errs.InvalidError) {
	if c.Currency == "" {
		if c.Kind == CouponAmount || c.MinSubtotal != 0 {
			bad.Add("currency", "must be given with an amount or a minimum")
		}
		return
	}
	if _, err := money.ParseCurrency(string(c.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
		return
	}
	checkWhole(bad, "amount", c.Amount, c.Currency)
	checkPrice(bad, "min_subtotal", c.MinSubtotal, c.Currency)
}
