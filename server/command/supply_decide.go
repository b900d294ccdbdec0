package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type supplyApproveCommand struct {
	callFlags
	ID int64 `arg:"" name:"sync" help:"Number of a sync that is held."`
}

func (*supplyApproveCommand) Help() string {
	return `Example:

    orderhub supply approve 7`
}

func (c *supplyApproveCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.supply.ApproveSync(ctx, &orderhubv1.ApproveSyncRequest{Sync: c.ID})
	return saySync(std, c.jsonFlag, answer.GetSync(), err)
}

type supplyRejectCommand struct {
	callFlags
	ID int64 `arg:"" name:"sync" help:"Number of a sync that is held."`
}

func (*supplyRejectCommand) Help() string {
	return `Example:

    orderhub supply reject 7`
}

func (c *supplyRejectCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.supply.RejectSync(ctx, &orderhubv1.RejectSyncRequest{Sync: c.ID})
	return saySync(std, c.jsonFlag, answer.GetSync(), err)
}

type supplyUndoCommand struct {
	callFlags
	ID     int64 `arg:"" name:"sync" help:"Number of the sync; with --change, of nothing but that change."`
	Change bool  `help:"The number is that of one change."`
	Lock   bool  `help:"Lock what is put back, so that the next sync leaves it alone."`
}

func (*supplyUndoCommand) Help() string {
	return `Puts back what was before, wherever it is still as the sync left it. Without --lock the next sync takes the
list over again.

Examples:

    orderhub supply undo 7 --lock
    orderhub supply undo --change 1042`
}

func (c *supplyUndoCommand) call(ctx context.Context, std *Streams, api *client) error {
	if !c.Change {
		answer, err := api.supply.UndoSync(ctx, &orderhubv1.UndoSyncRequest{Sync: c.ID, Lock: c.Lock})
		return saySync(std, c.jsonFlag, answer.GetSync(), err)
	}
	answer, err := api.supply.UndoSyncChange(ctx, &orderhubv1.UndoSyncChangeRequest{Change: c.ID, Lock: c.Lock})
	if err != nil {
		return err
	}
	done := answer.GetChange()
	return c.say(std, asMessage(done), "Change %d is %s. %s\n", done.GetId(), word(done.GetStatus()), done.GetNote())
}

type supplyProposalsCommand struct {
	listFlags
	Provider string    `placeholder:"NAME" help:"Only those of this provider."`
	Status   string    `enum:",open,accepted,dismissed,gone" default:"" placeholder:"STATUS" help:"Those of which this became (default: open)."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*supplyProposalsCommand) Help() string {
	return `Lists items that providers list and no offer is about.

Example:

    orderhub supply proposals --provider topups`
}

func (c *supplyProposalsCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListProposalsRequest{
		Provider: c.Provider, Status: valueOf[orderhubv1.ProposalStatus](c.Status),
	}
	found := contract.Each(
		ctx, api.supply.ListProposals, request, (*orderhubv1.ListProposalsResponse).GetProposals, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, proposalCells, "NUMBER", "PROVIDER", "ITS SKU", "NAME", "CATEGORY", "COST", "STOCK", "NOTE",
	)
}

func proposalCells(p *orderhubv1.Proposal) []string {
	return []string{
		fmt.Sprint(p.GetId()), p.GetProvider(), p.GetProviderSku(), p.GetName(), orDash(p.GetCategory()),
		orDash(sum(p.GetCurrency(), p.GetCost())), stock(p.GetStock()), orDash(p.GetNote()),
	}
}

type supplyAcceptCommand struct {
	callFlags
	Proposals []int64 `arg:"" help:"Numbers of the proposals, as \"supply proposals\" shows them."`
	Category  string  `placeholder:"SLUG" help:"Category of the products."`
	Markup    string  `placeholder:"PERCENT" help:"What is added to the cost for the price, such as 12.5."`
	RoundUpTo string  `placeholder:"AMOUNT" help:"The price is rounded up to a multiple of this."`
	Currency  string  `placeholder:"CODE" help:"The currency to sell in, reached by the exchange rates (default: that of the cost)."`
	Prefix    string  `placeholder:"TEXT" help:"What stands before the provider's code in the SKU (default: its name and a colon)."`
	Product   string  `placeholder:"SKU" help:"They become offers of this product instead."`
}

func (*supplyAcceptCommand) Help() string {
	return `Examples:

    orderhub supply accept 12 13 --category epin --markup 12.5
    orderhub supply accept 12 --category epin --markup 12.5 --currency THB
    orderhub supply accept 14 --product DIAMOND_100`
}

func (c *supplyAcceptCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.AcceptProposalsRequest{Proposals: c.Proposals, Product: c.Product}
	if c.Product == "" {
		request.Terms = &orderhubv1.ImportTerms{
			Category: c.Category, MarkupPercent: c.Markup, RoundUpTo: c.RoundUpTo, SkuPrefix: c.Prefix,
			Currency: c.Currency,
		}
	}
	answer, err := api.supply.AcceptProposals(ctx, request)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(std.Out, message{answer})
	}
	for _, p := range answer.GetRefused() {
		fmt.Fprintf(std.Out, "Not %d, %s: %s\n", p.GetId(), p.GetProviderSku(), p.GetNote())
	}
	fmt.Fprintf(std.Out, "Imported %s.\n", count(int(answer.GetAccepted()), "item", "items"))
	return nil
}

type supplyDismissCommand struct {
	callFlags
	Proposals []int64 `arg:"" help:"Numbers of the proposals, as \"supply proposals\" shows them."`
}

func (*supplyDismissCommand) Help() string {
	return `Has items not proposed again.

Example:

    orderhub supply dismiss 12 13`
}

func (c *supplyDismissCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.supply.DismissProposals(ctx, &orderhubv1.DismissProposalsRequest{Proposals: c.Proposals})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer), "Dismissed %s.\n", count(int(answer.GetDismissed()), "proposal", "proposals"))
}
