package axcloud

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/door"
)

const (
	// An unlimited product is shown with this many tickets on each of these days,
	// today among them.
	unlimited     = 1_000_000
	unlimitedDays = 366

	// void stands where the partner has no value.
	void = "Void"
	// noEnd is the last day of a sale that is not meant to end.
	noEnd = "9999-12-31"
)

// product is what a channel calls one: the options that share its code.
type product struct {
	code    string
	options []*catalog.Product // by id, at least one
}

// attribute is what the partner has to be told of a product, or what stands for it.
func attribute(p *catalog.Product, key, otherwise string) string {
	return cmp.Or(p.Attributes[name+"."+key], otherwise)
}

func productCode(p *catalog.Product) string {
	return strings.ToLower(attribute(p, "product_code", codeOf("product", p.ID)))
}

func optionCode(p *catalog.Product) string {
	return strings.ToLower(attribute(p, "option_code", codeOf("option", p.ID)))
}

func (p *product) title() string { return attribute(p.options[0], "title", p.options[0].Name) }

// products are those that the channel may sell, by the lowest id of their options.
func (d *Door) products(channel *account.Principal) []*product {
	var all []*product
	byCode := make(map[string]*product)
	for _, option := range d.hub.Catalog.Snapshot().Products() {
		if !sellable(option, channel.Currency) {
			continue
		}
		code := productCode(option)
		p := byCode[code]
		if p == nil {
			p = &product{code: code}
			byCode[code] = p
			all = append(all, p)
		}
		p.options = append(p.options, option)
	}
	return all
}

func (d *Door) product(c *call) (*product, error) {
	for _, p := range d.products(&c.channel) {
		if p.code == c.param("product") {
			return p, nil
		}
	}
	return nil, errNoSuchCode
}

// listProducts serves "products the channel may sell".
func (d *Door) listProducts(c *call) error {
	page, err := readPage(c.r)
	if err != nil {
		return err
	}
	all := d.products(&c.channel)
	first, end := page.bounds(len(all))
	listed := make([]listedProduct, 0, end-first)
	for _, p := range all[first:end] {
		option := p.options[0]
		listed = append(listed, listedProduct{
			ProductCode: p.code, Title: p.title(), Category: "Ticket-Day",
			DetailCategory:     attribute(option, "detail_category", option.Category.Name),
			StartDateOfTheSale: attribute(option, "start_date", option.CreatedAt.UTC().Format(time.DateOnly)),
			EndDateOfTheSale:   attribute(option, "end_date", noEnd),
			CancellationType:   attribute(option, "cancellation_type", void),
			MainCountryAndCity: attribute(option, "main_country_and_city", void),
		})
	}
	door.WriteJSON(c.w, http.StatusOK, productsAnswer{StatusCode: http.StatusOK, Products: listed})
	return nil
}

// readProduct serves "product detail".
func (d *Door) readProduct(c *call) error {
	p, err := d.product(c)
	if err != nil {
		return err
	}
	detail := productAnswer{
		StatusCode: http.StatusOK, RequiredTravelerInformation: map[string]bool{},
		Contents: productContents{Title: p.title(), Description: p.options[0].Description},
	}
	for _, option := range p.options {
		detail.Options = append(
			detail.Options, productOption{OptionCode: optionCode(option), Name: attribute(option, "option_name", option.Name)},
		)
		for _, field := range option.Fields {
			detail.RequiredTravelerInformation[field.Identifier] = detail.RequiredTravelerInformation[field.Identifier] ||
				field.Required
		}
	}
	door.WriteJSON(c.w, http.StatusOK, detail)
	return nil
}

// readPrices serves "current prices".
func (d *Door) readPrices(c *call) error {
	p, err := d.product(c)
	if err != nil {
		return err
	}
	prices := pricesAnswer{StatusCode: http.StatusOK}
	for _, option := range p.options {
		prices.Prices = append(prices.Prices, optionPrice{
			OptionCode: optionCode(option), Currency: string(option.Currency),
			Price: price(d.hub.Catalog.Snapshot().PriceFor(c.channel.MerchantID, option, d.hub.Now()).Amount),
		})
	}
	door.WriteJSON(c.w, http.StatusOK, prices)
	return nil
}

// readInventory serves "stock per option and date"; pages are of days, from today
// on.
func (d *Door) readInventory(c *call) error {
	p, err := d.product(c)
	if err != nil {
		return err
	}
	page, err := readPage(c.r)
	if err != nil {
		return err
	}
	inventory := inventoryAnswer{StatusCode: http.StatusOK, OptionCodes: map[string][]inventoryDay{}}
	for _, option := range p.options {
		list := d.unlimitedDays
		if option.NeedsAllotment() {
			list = d.allottedDays
		}
		days, err := list(c.r.Context(), option, page)
		if err != nil {
			return err
		}
		inventory.OptionCodes[optionCode(option)] = days
	}
	door.WriteJSON(c.w, http.StatusOK, inventory)
	return nil
}

func (d *Door) today() time.Time { return d.hub.Now().UTC().Truncate(24 * time.Hour) }

// allottedDays are days of a product that is sold only on days it is given.
func (d *Door) allottedDays(ctx context.Context, p *catalog.Product, page page) ([]inventoryDay, error) {
	allotments, err := d.hub.Catalog.ListAllotments(ctx, p.ID, d.today().Format(time.DateOnly), "", page.end())
	if err != nil {
		return nil, err
	}
	first, end := page.bounds(len(allotments))
	days := make([]inventoryDay, 0, end-first)
	for _, a := range allotments[first:end] {
		days = append(days, toInventoryDay(a))
	}
	return days, nil
}

// unlimitedDays are days of a product that is limited only where it is given
// tickets for the day.
func (d *Door) unlimitedDays(ctx context.Context, p *catalog.Product, page page) ([]inventoryDay, error) {
	first, end := page.bounds(unlimitedDays)
	days := make([]inventoryDay, 0, end-first)
	if first == end {
		return days, nil
	}
	from, to := d.today().AddDate(0, 0, first).Format(time.DateOnly), d.today().AddDate(0, 0, end-1).Format(time.DateOnly)
	allotments, err := d.hub.Catalog.ListAllotments(ctx, p.ID, from, to, maxPageSize)
	if err != nil {
		return nil, err
	}
	limited := make(map[string]catalog.Allotment, len(allotments))
	for _, a := range allotments {
		limited[a.UseDate] = a
	}
	for i := first; i < end; i++ {
		date := d.today().AddDate(0, 0, i).Format(time.DateOnly)
		day, ok := limited[date]
		if !ok {
			day = catalog.Allotment{ProductID: p.ID, UseDate: date, Capacity: unlimited}
		}
		days = append(days, toInventoryDay(day))
	}
	return days, nil
}

func toInventoryDay(a catalog.Allotment) inventoryDay {
	return inventoryDay{
		InventoryCode: codeOf("inventory", a.ProductID, a.UseDate), Date: a.UseDate,
		MaxQuantity: a.Capacity, RemainQuantity: max(a.Capacity-a.Sold, 0), OrderedQuantity: a.Sold,
	}
}
