package supply

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/fulfil"
	"orderhub/server/money"
)

// fits reports whether the rule is about the item.
func (r *Rule) fits(item *dialect.Item) bool {
	return (r.Currency == "" || r.Currency == item.Currency) && matches(r.Category, item.Category) &&
		matches(r.Name, item.Name)
}

// matches looks for a pattern in a text, without regard to case; * is anything.
func matches(pattern, text string) bool {
	text = strings.ToLower(text)
	for part := range strings.SplitSeq(strings.ToLower(pattern), "*") {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}

// price is what an item of such a cost is sold for. money.ErrOverflow.
func (t *Terms) price(cost money.Amount, c money.Currency) (money.Amount, error) {
	// Up to the minor unit: below, the hub would sell at less than the markup says.
	added, err := cost.Mul(t.Markup)
	if err != nil {
		return 0, err
	}
	const whole = 10_000 // basis points
	up, err := added.Up(whole)
	if err != nil {
		return 0, err
	}
	price, err := cost.Add(up / whole)
	if err != nil {
		return 0, err
	}
	return price.Up(max(t.RoundUpTo, money.MinorUnit(c)))
}

var noSKU = regexp.MustCompile(`[^A-Za-z0-9._:-]+`)

// Shelf is the catalogue, as far as imports have to know it.
type Shelf interface {
	// Taken reports a SKU or a slug that a product has.
	Taken(sku, slug string) bool
	// HasCategory reports a category.
	HasCategory(id int64) bool
}

const longestName = 200 // characters, of a product

// imported is what the item becomes, or why it cannot.
func (t *Terms) imported(item *dialect.Item, provider string, shelf Shelf, convert fulfil.Converter) (
	p Product, why string,
) {
	switch {
	case item.Cost == 0 || item.Currency == "":
		return p, "the provider does not say what it costs"
	case !shelf.HasCategory(t.CategoryID):
		return p, "its category is none"
	}
	currency := cmp.Or(t.Currency, item.Currency)
	cost, known := convert.Convert(item.Cost, item.Currency, currency)
	if !known {
		return p, fmt.Sprintf("no exchange rate tells its cost in %s: %s/%s", currency, item.Currency, currency)
	}
	price, err := t.price(cost, currency)
	if err != nil {
		return p, "its price would be too large"
	}
	made := catalog.Product{
		SKU:      cmp.Or(t.SKUPrefix, provider+":") + strings.Trim(noSKU.ReplaceAllString(item.SKU, "-"), "-"),
		Name:     firstOf(item.Name, item.SKU),
		Category: catalog.Category{ID: t.CategoryID}, Currency: currency, Price: price,
		Source: catalog.SourceProvider, Dated: t.Dated,
	}
	if err := made.Normalize(); err != nil {
		return p, "it would be no product: " + err.Error()
	}
	if shelf.Taken(made.SKU, made.Slug) {
		return p, "there is a product " + made.SKU
	}
	return Product{
		SKU: made.SKU, Slug: made.Slug, Name: made.Name, CategoryID: t.CategoryID, Price: price, Dated: t.Dated,
		Active: item.Available, Currency: t.Currency,
	}, ""
}

// firstOf is the name, or where there is none the SKU, no longer than a product's.
func firstOf(name, sku string) string {
	name = cmp.Or(name, sku)
	if letters := []rune(name); len(letters) > longestName {
		return strings.TrimSpace(string(letters[:longestName]))
	}
	return name
}
