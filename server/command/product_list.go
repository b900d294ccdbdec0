package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type productListCommand struct {
	listFlags
	Query    string    `placeholder:"TEXT" help:"Only those with this in their name or SKU."`
	Category string    `placeholder:"SLUG" help:"Only those of this category."`
	Merchant string    `placeholder:"NAME" help:"As this merchant sees them, at its prices."`
	Archived bool      `help:"Also those that are archived."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*productListCommand) Help() string {
	return `Examples:

    orderhub product list --category topups
    orderhub product list --query diamond --json`
}

func (c *productListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListProductsRequest{
		Query: c.Query, Category: c.Category, Merchant: c.Merchant, ShowArchived: c.Archived,
	}
	found := contract.Each(
		ctx, api.catalog.ListProducts, request, (*orderhubv1.ListProductsResponse).GetProducts, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, productCells, "ID", "SKU", "CATEGORY", "PRICE", "SOURCE", "STOCK", "STATUS", "NAME",
	)
}

// unlimited is what the API says of a stock that is not known or not limited.
const unlimited = 1_000_000

func productCells(p *orderhubv1.Product) []string {
	stock := "-"
	if p.GetStock() < unlimited {
		stock = grouped(int(p.GetStock()))
	}
	return []string{
		fmt.Sprint(p.GetId()), p.GetSku(), p.GetCategory().GetSlug(), sum(p.GetCurrency(), p.GetPrice()),
		word(p.GetSource()), stock, word(p.GetStatus()), p.GetName(),
	}
}

type productArchiveCommand struct {
	callFlags
	Product string `arg:"" help:"SKU, id or slug of the product."`
}

func (*productArchiveCommand) Help() string {
	return `Takes a product off sale; orders placed before are still served. "product import" with status active puts it
on sale again.

Example:

    orderhub product archive DIAMOND_100`
}

func (c *productArchiveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.ArchiveProduct(ctx, &orderhubv1.ArchiveProductRequest{Product: c.Product})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetProduct()), "Product %s is %s.\n", answer.GetProduct().GetSku(),
		word(answer.GetProduct().GetStatus()))
}
