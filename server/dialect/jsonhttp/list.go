package jsonhttp

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// Bounds of a list.
const (
	itemsPage = 500
	mostPages = 1000
)

func isMalformed(err error) bool { return errors.Is(err, dialect.ErrMalformed) }

// ListItems implements dialect.Lister. A list that never ends, or that comes back
// to where it was, is none.
func (c *Connector) ListItems(ctx context.Context, take func([]dialect.Item) error) error {
	seen := map[string]bool{}
	for cursor := ""; ; {
		seen[cursor] = true
		page, err := c.page(ctx, cursor)
		if err != nil {
			return err
		}
		items := make([]dialect.Item, len(*page.Items))
		for i := range items {
			if items[i], err = itemOf(&(*page.Items)[i]); err != nil {
				return err
			}
		}
		if err := take(items); err != nil {
			return err
		}
		if cursor = page.NextCursor; cursor == "" {
			return nil
		}
		if seen[cursor] || len(seen) >= mostPages {
			return dialect.ErrEndless
		}
	}
}

func (c *Connector) page(ctx context.Context, cursor string) (Page, error) {
	answer, err := c.post(ctx, &Call{Type: TypeList, Cursor: cursor, Limit: itemsPage})
	if err != nil {
		return Page{}, err
	}
	var page Page
	if !answer.OK() {
		return page, fmt.Errorf("status %d", answer.Status)
	}
	if err := outbound.Decode(answer.Body, &page); err != nil {
		return page, err
	}
	if page.Items == nil {
		return page, fmt.Errorf("no list: %w", dialect.ErrMalformed)
	}
	return page, nil
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

// amountOf reads money of the supplier.
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
