package axcloud

import (
	"context"
	"encoding/json"
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
		var list productsAnswer
		query := url.Values{"page": {strconv.Itoa(page)}, "page_size": {strconv.Itoa(supplyPage)}}
		if err := c.get(ctx, root+"/products/day-ticket", query, &list); err != nil {
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
	var detail productAnswer
	if err := c.get(ctx, root+"/products/day-ticket/"+code, nil, &detail); err != nil {
		return nil, err
	}
	var prices pricesAnswer
	if err := c.get(ctx, root+"/price/day-ticket/"+code, nil, &prices); err != nil {
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
	link := c.settings.ProductLink
	if link == "" {
		link = c.settings.BaseURL + "/"
	}
	wanted := registrationRequest{
		MappingData: make(map[string]string, len(options)), ChannelProductName: p.Title,
		ChannelProductLink: link + p.ProductCode, ChannelProductID: p.ProductCode,
	}
	for _, o := range options {
		wanted.MappingData[o.OptionCode] = o.Name + " " + o.OptionCode // must differ
	}
	body, err := json.Marshal(wanted)
	if err != nil {
		return "", err
	}
	reply, err := c.do(ctx, outbound.Request{
		Method: http.MethodPost, Path: root + "/products/day-ticket/registration/" + url.PathEscape(p.ProductCode),
		Body: body,
	})
	if err != nil {
		return "", err
	}
	var registered answer[registration]
	if !reply.OK() {
		return "", fmt.Errorf("registration: status %d", reply.Status)
	}
	if err := outbound.Decode(reply.Body, &registered); err != nil {
		return "", err
	}
	if registered.Data.MappingDataCode == "" {
		return "", dialect.ErrMalformed
	}
	return registered.Data.MappingDataCode, nil
}

func (c *Connector) get(ctx context.Context, path string, query url.Values, into any) error {
	reply, err := c.do(ctx, outbound.Request{Method: http.MethodGet, Path: path, Query: query})
	if err != nil {
		return err
	}
	if !reply.OK() {
		return fmt.Errorf("status %d", reply.Status)
	}
	return outbound.Decode(reply.Body, into)
}
