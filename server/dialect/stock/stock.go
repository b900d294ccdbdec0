// Package stock is the provider that is ourselves: it sells on the units of one of
// our own stock products, so that a product may be served from stock first and
// bought upstream when that has run out.
//
// An offer's SKU is that of the stock product. The units of a purchase are set
// aside under its reference and stay so: asking for them again gives the same.
package stock

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/catalog"
	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
)

// Name is that of the connector.
const Name = "stock"

// Units are our own stock.
type Units interface {
	// Withdraw sets units of the product aside for the reference and returns their
	// contents: fewer than asked for where there are no more, and those already set
	// aside where there are any. catalog.ErrProductNotFound for anything but an
	// undated product whose source is stock.
	Withdraw(ctx context.Context, sku, reference string, quantity int64) (contents []string, err error)
	// Withdrawn are the contents that were set aside for the reference.
	Withdrawn(ctx context.Context, reference string) (contents []string, err error)
}

// Connector sells the units.
type Connector struct{ units Units }

var (
	_ dialect.Connector = (*Connector)(nil)
	_ dialect.Inquirer  = (*Connector)(nil)
)

// New sells what is there of the units.
func New(units Units) *Connector { return &Connector{units: units} }

// Idempotent is true: units set aside for a reference stay so.
func (c *Connector) Idempotent() bool { return true }

func (c *Connector) Place(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	contents, err := c.units.Withdraw(ctx, p.SKU, p.Reference, p.Quantity)
	switch {
	case errors.Is(err, catalog.ErrProductNotFound):
		return outbound.Refused("ITEM_NOT_FOUND", "The product is not in stock"), nil
	case err != nil:
		return dialect.Outcome{}, fmt.Errorf("own stock: %w", err)
	}
	return outcomeOf(contents, p.Quantity), nil
}

func (c *Connector) Inquire(ctx context.Context, p dialect.Purchase) (dialect.Outcome, error) {
	contents, err := c.units.Withdrawn(ctx, p.Reference)
	if err != nil {
		return dialect.Outcome{}, fmt.Errorf("own stock: %w", err)
	}
	if len(contents) == 0 {
		return outbound.Refused(dialect.CodeNotReceived, "Nothing was set aside"), nil
	}
	return outcomeOf(contents, p.Quantity), nil
}

func outcomeOf(contents []string, quantity int64) dialect.Outcome {
	outcome := dialect.Outcome{State: dialect.Delivered}
	for _, content := range contents {
		outcome.Goods = append(outcome.Goods, dialect.Goods{Content: content})
	}
	if int64(len(contents)) < quantity {
		outcome.FailureCode, outcome.FailureMessage = "OUT_OF_STOCK", "The product is out of stock"
	}
	if len(contents) == 0 {
		outcome.State = dialect.Refused
	}
	return outcome
}
