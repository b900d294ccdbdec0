package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type listingListCommand struct {
	listFlags
	Merchant string    `arg:"" help:"Name or id of the merchant."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*listingListCommand) Help() string {
	return `A listing is a merchant's own identifier, and perhaps its own price, for a product.

Example:

    orderhub listing list shop`
}

func (c *listingListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.catalog.ListListings, &orderhubv1.ListListingsRequest{Merchant: c.Merchant},
		(*orderhubv1.ListListingsResponse).GetListings, int(c.Limit),
	)
	return showList(ctx, std, c, found, listingCells, "ID", "IDENTIFIER", "OPTION", "PRODUCT", "PRICE")
}

func listingCells(l *orderhubv1.Listing) []string {
	return []string{
		fmt.Sprint(l.GetId()), l.GetExternalId(), orDash(l.GetExternalOptionId()), l.GetProduct(),
		orDash(sum(l.GetCurrency(), l.GetPrice())),
	}
}

type listingCreateCommand struct {
	callFlags
	Merchant   string `arg:"" help:"Name or id of the merchant."`
	Identifier string `arg:"" help:"The merchant's own identifier of the product."`
	Product    string `arg:"" help:"SKU, id or slug of the product."`
	Option     string `placeholder:"TEXT" help:"Second part of the identifier, where a partner uses two."`
	Price      string `placeholder:"AMOUNT" help:"What one unit costs this merchant (default: the product's price)."`
}

func (*listingCreateCommand) Help() string {
	return `Examples:

    orderhub listing create shop 2 EPIN_25
    orderhub listing create shop P1 DAY_TICKET --option adult --price 450.00`
}

func (c *listingCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.catalog.CreateListing(ctx, &orderhubv1.CreateListingRequest{
		Merchant: c.Merchant, Listing: &orderhubv1.Listing{
			ExternalId: c.Identifier, ExternalOptionId: c.Option, Product: c.Product, Price: c.Price,
		},
	})
	if err != nil {
		return err
	}
	l := answer.GetListing()
	return c.say(
		std, asMessage(l), "%s orders %s as %s, listing %d.\n", l.GetMerchant(), l.GetProduct(), l.GetExternalId(),
		l.GetId(),
	)
}

type listingDeleteCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	ID       int64  `arg:"" name:"listing-id" help:"Id of the listing, as \"listing list\" shows it."`
}

func (*listingDeleteCommand) Help() string {
	return `The identifier is free again; orders that were placed by it stay as they are.

Example:

    orderhub listing delete shop 17`
}

func (c *listingDeleteCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.DeleteListingRequest{Merchant: c.Merchant, Listing: c.ID}
	if _, err := api.catalog.DeleteListing(ctx, request); err != nil {
		return err
	}
	return c.say(std, asMessage(request), "Deleted listing %d of %s.\n", c.ID, c.Merchant)
}
