package jsonhttp

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

const itemsPage = 500

func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	call := Call{Type: TypeList, Limit: itemsPage}
	return pages(&call, func() (next string, err error) {
		page, err := ask[Page](ctx, c, &call, nil)
		if err != nil {
			return "", err
		}
		if page.Items == nil {
			return "", fmt.Errorf("no list: %w", dialect.ErrMalformed)
		}
		items := make([]dialect.Item, len(*page.Items))
		for i := range items {
			if items[i], err = itemOf(&(*page.Items)[i]); err != nil {
				return "", err
			}
		}
		return page.NextCursor, take(items)
	})
}

// itemOf reads an item. One without a word about its stock is available.
func itemOf(listed *Item) (dialect.Item, error) {
	item := dialect.Item{SKU: listed.SKU, Name: listed.Name, Category: listed.Category, Stock: -1, Available: true}
	if listed.Stock != nil {
		item.Stock, item.Available = *listed.Stock, *listed.Stock > 0
	}
	if listed.Available != nil {
		item.Available = *listed.Available
	}
	if listed.Cost == "" {
		return item, nil
	}
	var err error
	if item.Cost, item.Currency, err = amountOf(listed.Cost, listed.Currency); err != nil {
		return item, fmt.Errorf("the cost of an item: %w", err)
	}
	return item, nil
}

func amountOf(text, currency string) (money.Amount, money.Currency, error) {
	c, err := money.ParseCurrency(currency)
	if err != nil {
		return 0, "", fmt.Errorf("a currency: %w", dialect.ErrMalformed)
	}
	amount, err := money.Parse(text, c)
	if err != nil {
		return 0, "", fmt.Errorf("an amount: %w", dialect.ErrMalformed)
	}
	return amount, c, nil
}
