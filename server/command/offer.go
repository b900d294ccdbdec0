package command

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
	"orderhub/server/money"
)

type offerCreateCommand struct {
	callFlags
	Product  string `arg:"" help:"SKU of the product."`
	Provider string `arg:"" help:"Name or id of the provider."`
	SKU      string `arg:"" name:"its-sku" help:"The provider's own code."`
	Cost     string `required:"" placeholder:"AMOUNT" help:"What one unit costs."`
	Currency string `placeholder:"CODE" help:"Currency of the cost (default: the product's)."`
	Priority int32  `placeholder:"N" help:"Offers are tried from the lowest number up (default: 0)."`
	MaxLoss  *int32 `placeholder:"N" help:"Share of the cost that may be lost by selling for less, in hundredths of a percent: 500 is 5 % (default: what the product says)."`
}

func (*offerCreateCommand) Help() string {
	return `Example:

    orderhub offer create DIAMOND_100 topups D100 --cost 82.50 --priority 1`
}

func (c *offerCreateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.CreateOffer(ctx, &orderhubv1.CreateOfferRequest{Offer: &orderhubv1.Offer{
		Product: c.Product, Provider: c.Provider, ProviderSku: c.SKU, Cost: c.Cost, Currency: c.Currency,
		Priority: c.Priority, MaxLossBasisPoints: c.MaxLoss,
	}})
	if err != nil {
		return err
	}
	offer := answer.GetOffer()
	return c.say(
		std, asMessage(offer), "%s sells %s as %s for %s, offer %d.\n", offer.GetProvider(), offer.GetProduct(),
		offer.GetProviderSku(), sum(offer.GetCurrency(), offer.GetCost()), offer.GetId(),
	)
}

type offerListCommand struct {
	listFlags
	Product  string `placeholder:"SKU" help:"Only those of this product."`
	Provider string `placeholder:"NAME" help:"Only those of this provider."`
}

func (*offerListCommand) Help() string {
	return `Example:

    orderhub offer list --product DIAMOND_100`
}

func (c *offerListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.admin.ListOffers, &orderhubv1.ListOffersRequest{Product: c.Product, Provider: c.Provider},
		(*orderhubv1.ListOffersResponse).GetOffers, 0,
	)
	return showList(
		ctx, std, c, found, offerCells, "ID", "PRODUCT", "PROVIDER", "ITS SKU", "COST", "COMPARED AS", "PRIORITY",
		"STATUS",
	)
}

func offerCells(o *orderhubv1.Offer) []string {
	cost := sum(o.GetCurrency(), o.GetCost())
	if o.GetListedCost() != "" {
		cost += " (held: " + o.GetListedCost() + ")"
	}
	return []string{
		fmt.Sprint(o.GetId()), o.GetProduct(), o.GetProvider(), o.GetProviderSku(), cost, comparedAs(o),
		fmt.Sprint(o.GetPriority()), word(o.GetStatus()),
	}
}

// comparedAs is what an offer costs in its product's currency.
func comparedAs(o *orderhubv1.Offer) string {
	if o.GetSaleCost() != "" {
		return sum(o.GetSaleCurrency(), o.GetSaleCost())
	}
	cost, err := money.Parse(o.GetCost(), money.Currency(o.GetCurrency()))
	if err == nil && cost == 0 {
		return "not known"
	}
	return "no rate in " + o.GetSaleCurrency()
}

type offerSetCommand struct {
	callFlags
	ID       int64   `arg:"" name:"offer-id" help:"Id of the offer, as \"offer list\" shows it."`
	SKU      *string `name:"sku" placeholder:"CODE" help:"The provider's own code."`
	Cost     *string `placeholder:"AMOUNT" help:"What one unit costs the hub."`
	Currency *string `placeholder:"CODE" help:"Currency of the cost."`
	Priority *int32  `placeholder:"N" help:"Offers are tried from the lowest number up."`
	MaxLoss  *string `placeholder:"N" help:"Share of the cost that may be lost by selling for less, in hundredths of a percent: 500 is 5 %; empty for what the product says."`
	Status   string  `enum:",active,disabled" default:"" placeholder:"STATUS" help:"active, or disabled: nothing new is bought by it."`
	LockCost *bool   `name:"lock-cost" negatable:"" help:"Keep the cost as it is, whatever the provider lists."`
	LockStat *bool   `name:"lock-status" negatable:"" help:"Keep the status as it is, whatever the provider lists."`
}

func (*offerSetCommand) Help() string {
	return `What is not named stays as it is. A hub that is running notices within two seconds.

Examples:

    orderhub offer set 17 --cost 84.00
    orderhub offer set 17 --status disabled
    orderhub offer set 17 --cost 80.00 --lock-cost`
}

func (c *offerSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask := &orderhubv1.Offer{}, &fieldmaskpb.FieldMask{}
	take(mask, "provider_sku", c.SKU, &changes.ProviderSku)
	take(mask, "cost", c.Cost, &changes.Cost)
	take(mask, "currency", c.Currency, &changes.Currency)
	take(mask, "priority", c.Priority, &changes.Priority)
	take(mask, "price_locked", c.LockCost, &changes.PriceLocked)
	take(mask, "state_locked", c.LockStat, &changes.StateLocked)
	if c.MaxLoss != nil {
		mask.Paths = append(mask.Paths, "max_loss_basis_points")
		if *c.MaxLoss != "" {
			most, err := strconv.ParseInt(*c.MaxLoss, 10, 32)
			if err != nil {
				return errors.New("--max-loss must be a whole number of hundredths of a percent")
			}
			changes.MaxLossBasisPoints = new(int32(most))
		}
	}
	takeWord(mask, "status", c.Status, &changes.Status)
	if len(mask.Paths) == 0 {
		return errNothingToChange
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.admin.UpdateOffer(
			ctx, &orderhubv1.UpdateOfferRequest{Offer: c.ID, Changes: changes, UpdateMask: mask},
		)
		if err != nil {
			return err
		}
		offer := answer.GetOffer()
		return c.say(
			std, asMessage(offer), "Changed offer %d: %s of %s for %s, %s.\n", offer.GetId(), offer.GetProduct(),
			offer.GetProvider(), sum(offer.GetCurrency(), offer.GetCost()), word(offer.GetStatus()),
		)
	})
}

type offerDeleteCommand struct {
	callFlags
	ID int64 `arg:"" name:"offer-id" help:"Id of the offer, as \"offer list\" shows it."`
}

func (*offerDeleteCommand) Help() string {
	return `Purchases that were made by it go on. "offer set --status disabled" keeps it.

Example:

    orderhub offer delete 17`
}

func (c *offerDeleteCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.DeleteOfferRequest{Offer: c.ID}
	if _, err := api.admin.DeleteOffer(ctx, request); err != nil {
		return err
	}
	return c.say(std, asMessage(request), "Deleted offer %d.\n", c.ID)
}
