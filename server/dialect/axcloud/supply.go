package axcloud

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

const (
	supplyPage = 100
	mostPages  = 2000
)

// ListItems implements dialect.Lister: one item for each option of each product.
// Products are registered as they are listed, which gives the code that orders
// name them by and changes nothing when it is repeated.
func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	for page := 1; page <= mostPages; page++ {
		query := url.Values{"page": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(supplyPage)}}
		list, err := outbound.Get[productsAnswer](ctx, c.client, root+"/products/day-ticket", query)
		if err != nil {
			return err
		}
		if list.Products == nil {
			return fmt.Errorf("an answer without products: %w", dialect.ErrMalformed)
		}
		for i := range list.Products {
			options, err := c.listOptions(ctx, &list.Products[i])
			if err == nil {
				err = take(options)
			}
			if err != nil {
				return err
			}
		}
		if len(list.Products) < supplyPage {
			return nil
		}
	}
	return dialect.ErrEndless
}

func (c *Connector) listOptions(ctx context.Context, p *listedProduct) ([]dialect.Item, error) {
	code := url.PathEscape(p.ProductCode)
	detail, err := outbound.Get[productAnswer](ctx, c.client, root+"/products/day-ticket/"+code, nil)
	if err != nil {
		return nil, err
	}
	prices, err := outbound.Get[pricesAnswer](ctx, c.client, root+"/price/day-ticket/"+code, nil)
	if err != nil {
		return nil, err
	}
	mapping, err := c.register(ctx, p, detail.Options)
	if err != nil {
		return nil, err
	}
	items := make([]dialect.Item, 0, len(detail.Options))
	for _, o := range detail.Options {
		item := dialect.Item{
			SKU: mapping + "/" + o.OptionCode, Name: p.Title + ", " + o.Name, Category: p.Category, Stock: -1, Available: true,
		}
		for _, quoted := range prices.Prices {
			if quoted.OptionCode != o.OptionCode {
				continue
			}
			item.Currency = money.Currency(quoted.Currency)
			if item.Cost, err = money.Parse(withoutZeros(quoted.Price), item.Currency); err != nil {
				return nil, fmt.Errorf("a price: %w", dialect.ErrMalformed)
			}
		}
		items = append(items, item)
	}
	return items, nil
}

// withoutZeros is a price without the decimals that say nothing: the partner has
// more of them than a currency.
func withoutZeros(price string) string {
	if !strings.Contains(price, ".") {
		return price
	}
	return strings.TrimRight(strings.TrimRight(price, "0"), ".")
}

// register tells the partner our names for the product's options.
func (c *Connector) register(ctx context.Context, p *listedProduct, options []productOption) (
	mapping string, err error,
) {
	link := cmp.Or(c.settings.ProductLink, c.settings.BaseURL+"/")
	wanted := registrationRequest{
		MappingData: make(map[string]string, len(options)), ChannelProductName: p.Title,
		ChannelProductLink: link + p.ProductCode, ChannelProductID: p.ProductCode,
	}
	for _, o := range options {
		wanted.MappingData[o.OptionCode] = o.Name + " " + o.OptionCode // must differ
	}
	registered, err := outbound.Read[answer[registration]](c.client.Do(ctx, outbound.Request{
		Method: http.MethodPost, Path: root + "/products/day-ticket/registration/" + url.PathEscape(p.ProductCode),
		Body: wanted,
	}))
	switch {
	case err != nil:
		return "", fmt.Errorf("registration: %w", err)
	case registered.Data.MappingDataCode == "":
		return "", dialect.ErrMalformed
	}
	return registered.Data.MappingDataCode, nil
}
