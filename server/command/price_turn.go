package command

import (
	"context"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type pricePreviewCommand struct {
	callFlags
	priceFlags
	Name     string    `arg:"" help:"The list's name."`
	Problems bool      `help:"Only products with a problem."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*pricePreviewCommand) Help() string {
	return `What each product would cost, with what is wrong with it; also with changes that the list does not have yet.

Examples:

    orderhub price preview resellers --problems
    orderhub price preview resellers --rules rules.json --limit 10000`
}

func (c *pricePreviewCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask, err := c.list(std)
	if err != nil {
		return err
	}
	if len(mask.GetPaths()) == 0 {
		changes, mask = nil, (*fieldmaskpb.FieldMask)(nil)
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		request := &orderhubv1.PreviewPriceListRequest{
			PriceList: c.Name, Changes: changes, UpdateMask: mask, OnlyProblems: c.Problems,
		}
		prices := contract.Each(
			ctx, api.prices.PreviewPriceList, request, (*orderhubv1.PreviewPriceListResponse).GetPrices, int(c.Limit),
		)
		return showList(
			ctx, std, &once{jsonFlag: c.jsonFlag}, prices, previewedCells, "PRODUCT", "COST", "LIST PRICE", "PRICE",
			"RULE", "PROBLEM",
		)
	})
}

func previewedCells(p *orderhubv1.PreviewedPrice) []string {
	problem := ""
	if p.GetProblem() != orderhubv1.PriceProblem_PRICE_PROBLEM_UNSPECIFIED {
		problem = word(p.GetProblem())
	}
	return []string{
		p.GetSku(), orDash(p.GetCost()), p.GetListPrice(), p.GetPrice(), numberOrDash(p.GetRule()), orDash(problem),
	}
}

type priceActivateCommand struct {
	callFlags
	Name           string `arg:"" help:"The list's name."`
	AcceptProblems bool   `help:"Though there are problems with products."`
}

func (*priceActivateCommand) Help() string {
	return `From then on the list makes prices, in its time. Doing it again changes nothing.

Example:

    orderhub price activate resellers`
}

func (c *priceActivateCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.prices.ActivatePriceList(ctx, &orderhubv1.ActivatePriceListRequest{
		PriceList: c.Name, AcceptProblems: c.AcceptProblems,
	})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetPriceList()), "Price list %s is active, for %s.\n", c.Name,
		count(int(answer.GetPriceList().GetMerchantCount()), "merchant", "merchants"))
}

type priceArchiveCommand struct {
	callFlags
	Name string `arg:"" help:"The list's name."`
}

func (*priceArchiveCommand) Help() string {
	return `The list makes no prices any more; its merchants pay what everybody pays. It may be activated again.

Example:

    orderhub price archive resellers`
}

func (c *priceArchiveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.prices.ArchivePriceList(ctx, &orderhubv1.ArchivePriceListRequest{PriceList: c.Name})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetPriceList()), "Price list %s is archived.\n", c.Name)
}

type priceGiveCommand struct {
	callFlags
	Merchant string `arg:"" help:"Name or id of the merchant."`
	Name     string `arg:"" optional:"" help:"The list's name; none takes the merchant's list away."`
}

func (*priceGiveCommand) Help() string {
	return `A merchant has at most one list; another one takes its place. Its own listings' prices still win.

Examples:

    orderhub price give shop resellers
    orderhub price give shop`
}

func (c *priceGiveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.prices.SetMerchantPriceList(ctx, &orderhubv1.SetMerchantPriceListRequest{
		Merchant: c.Merchant, PriceList: c.Name,
	})
	if err != nil {
		return err
	}
	has := "no price list"
	if c.Name != "" {
		has = "price list " + c.Name
	}
	return c.say(std, asMessage(answer), "%s has %s.\n", c.Merchant, has)
}
