package catalog

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"orderhub/server/fault"
	"orderhub/server/money"
)

var (
	skuPattern  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)
	slugPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
	couponCode  = regexp.MustCompile(`^[A-Z0-9][A-Z0-9_-]{0,63}$`)
)

// Normalize fills in what may be left out and checks the rest; the error is an
// *fault.InvalidError. Every way to create or change a product goes through it.
func (p *Product) Normalize() error {
	if p.Slug == "" {
		p.Slug = SlugOf(p.SKU)
	}
	if p.MinQuantity == 0 {
		p.MinQuantity = 1
	}
	if p.MaxQuantity == 0 {
		p.MaxQuantity = MaxQuantity
	}
	if p.Status == "" {
		p.Status = StatusActive
	}
	bad := &fault.InvalidError{}
	if !skuPattern.MatchString(p.SKU) {
		bad.Add("sku", "must be 1 to 100 letters, digits or . _ : -")
	}
	if !slugPattern.MatchString(p.Slug) {
		bad.Add("slug", "must be 1 to 100 lower-case letters, digits or . _ -")
	}
	if p.Name == "" || utf8.RuneCountInString(p.Name) > 200 {
		bad.Add("name", "must have 1 to 200 characters")
	}
	if utf8.RuneCountInString(p.Description) > 10_000 {
		bad.Add("description", "must have at most 10,000 characters")
	}
	if _, err := money.ParseCurrency(string(p.Currency)); err != nil {
		bad.Add("currency", "must be an ISO 4217 code")
	} else if p.Price < 0 || int64(p.Price)%int64(money.MinorUnit(p.Currency)) != 0 {
		bad.Add("price", "must be a whole number of minor units, not negative")
	}
	if p.Source != SourceStock && p.Source != SourceProvider {
		bad.Add("source", `must be "stock" or "provider"`)
	}
	if p.Status != StatusActive && p.Status != StatusArchived {
		bad.Add("status", `must be "active" or "archived"`)
	}
	if p.MinQuantity < 1 || p.MaxQuantity < p.MinQuantity || p.MaxQuantity > MaxQuantity {
		bad.Add("max_quantity", "must be from min_quantity, which is at least 1, to 1,000,000")
	}
	checkFields(bad, p.Fields)
	checkAttributes(bad, p.Attributes)
	return bad.OrNil()
}

func checkAttributes(bad *fault.InvalidError, attributes map[string]string) {
	if len(attributes) > 50 {
		bad.Add("attributes", "must have at most 50 entries")
	}
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		if !attributeKey.MatchString(key) || utf8.RuneCountInString(attributes[key]) > 500 {
			bad.Add("attributes", "must have keys such as \"axcloud.product_code\" and values of at most 500 characters")
		}
	}
}

var attributeKey = regexp.MustCompile(`^[a-z][a-z0-9]*\.[a-z][a-z0-9_]{0,63}$`)

func checkFields(bad *fault.InvalidError, fields []Field) {
	seen := make(map[string]bool)
	for i := range fields {
		f, at := &fields[i], fmt.Sprintf("fields[%d]", i)
		if f.Type == "" {
			f.Type = FieldText
		}
		name := strings.ToLower(f.Identifier)
		switch {
		case f.Identifier == "" || utf8.RuneCountInString(f.Identifier) > 64:
			bad.Add(at+".identifier", "must have 1 to 64 characters")
		case seen[name]:
			bad.Add(at+".identifier", "is used twice")
		}
		seen[name] = true
		if f.Type != FieldText && f.Type != FieldSelect {
			bad.Add(at+".type", `must be "text" or "select"`)
		}
		if f.MinLength < 0 || f.MaxLength < 0 || (f.MaxLength > 0 && f.MinLength > f.MaxLength) {
			bad.Add(at+".max_length", "must not be below min_length")
		}
		if (f.Type == FieldSelect) != (len(f.Options) > 0) {
			bad.Add(at+".options", "must be given for a select, and only there")
		}
	}
}

// Normalize brings the code into its stored form and checks the rest; the
// error is an *fault.InvalidError.
func (c *Coupon) Normalize() error {
	c.Code = NormalizeCouponCode(c.Code)
	if c.Status == "" {
		c.Status = StatusActive
	}
	bad := &fault.InvalidError{}
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
		if c.Amount <= 0 {
			bad.Add("amount", "must be above 0")
		}
		if c.PercentBasisPoints != 0 {
			bad.Add("percent", "must not be given with an amount")
		}
	default:
		bad.Add("kind", `must be "percent" or "amount"`)
	}
	c.checkMoney(bad)
	if c.StartsAt != nil && c.EndsAt != nil && !c.StartsAt.Before(*c.EndsAt) {
		bad.Add("end_time", "must be after start_time")
	}
	if c.MaxUses != nil && *c.MaxUses < 0 {
		bad.Add("max_uses", "must not be negative")
	}
	if c.MaxUsesPerMerchant != nil && *c.MaxUsesPerMerchant < 0 {
		bad.Add("max_uses_per_merchant", "must not be negative")
	}
	return bad.OrNil()
}

func (c *Coupon) checkMoney(bad *fault.InvalidError) {
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
	minor := int64(money.MinorUnit(c.Currency))
	if int64(c.Amount)%minor != 0 {
		bad.Add("amount", "must be a whole number of minor units")
	}
	if c.MinSubtotal < 0 || int64(c.MinSubtotal)%minor != 0 {
		bad.Add("min_subtotal", "must be a whole number of minor units, not negative")
	}
}
