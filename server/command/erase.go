package command

import (
	"context"
	"errors"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type eraseCommand struct {
	callFlags
	Order     string `arg:"" optional:"" help:"Number of the order, or the merchant's reference."`
	User      string `placeholder:"ID" help:"All orders for this user of a game or shop."`
	Server    string `placeholder:"ID" help:"Only where the recipient is on this server."`
	Character string `placeholder:"ID" help:"Only where the recipient is this character."`
	Value     string `placeholder:"TEXT" help:"All orders with this anywhere in what their customer gave: an e-mail address for instance."`
	Merchant  string `placeholder:"NAME" help:"With --user or --value: only orders of this merchant (name or id)."`
	Goods     bool   `help:"The contents of what was delivered, too."`
	DryRun    bool   `help:"Only say what would be erased."`
}

func (*eraseCommand) Help() string {
	return `Erases for good what orders keep of a customer: recipients, fields, metadata, addresses to notify, bodies of
webhooks and what was answered to them, messages of failures, reasons. Amounts, counts, references, states and times
stay; what was delivered stays unless it quotes the customer or --goods is given. Orders that are not final are left
alone and named: come back for them. So are open holds, which forget their customer as they end. It works beside hubs
that serve, may be interrupted and started again. Backups, and the database's files until they are rewritten, still
have it: see "Erase a customer" in docs/operations.md.

Examples:

    orderhub erase ord_2m8f0q4r6t1v3x5z
    orderhub erase --user player-1 --dry-run
    orderhub erase --value ann@example.com --merchant shop --goods`
}

// erased is what an erasure came to, as --json prints it.
type erased struct {
	Read   int64    `json:"read"`
	Erased []string `json:"erased"`
	Open   []string `json:"open"`
	Held   []string `json:"open_holds"`
}

func (c *eraseCommand) Validate() error {
	named := c.User+c.Server+c.Character+c.Value != ""
	switch {
	case c.Order == "" && !named:
		return errors.New("name an order, or a recipient with --user or --value")
	case c.Order != "" && (named || c.Merchant != ""):
		return errors.New("an order is named alone, without a recipient or a merchant")
	default:
		return nil
	}
}

func (c *eraseCommand) Run(ctx context.Context, std *Streams) error {
	recipient := &orderhubv1.Recipient{UserId: c.User, ServerId: c.Server, CharacterId: c.Character}
	done := erased{Erased: []string{}, Open: []string{}, Held: []string{}}
	err := c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		if c.Order != "" {
			return c.one(ctx, api, &done)
		}
		request := &orderhubv1.EraseRecipientRequest{
			Recipient: recipient, Value: c.Value, Merchant: c.Merchant, Goods: c.Goods, DryRun: c.DryRun,
			PageSize: contract.LargestPage,
		}
		for {
			part, err := api.orders.EraseRecipient(ctx, request)
			if err != nil {
				return err
			}
			done.Read += part.GetRead()
			done.Erased = append(done.Erased, part.GetErasedOrderNumbers()...)
			done.Open = append(done.Open, part.GetOpenOrderNumbers()...)
			done.Held = append(done.Held, part.GetOpenHoldNumbers()...)
			if request.PageToken = part.GetNextPageToken(); request.PageToken == "" {
				return nil
			}
		}
	})
	// What was erased before an error stays erased.
	if err == nil || len(done.Erased)+len(done.Open)+len(done.Held) > 0 {
		err = errors.Join(err, c.report(std, &done))
	}
	return err
}

func (c *eraseCommand) one(ctx context.Context, api *client, done *erased) error {
	o, err := findOrder(ctx, api, c.Order)
	if err != nil {
		return err
	}
	done.Read = 1
	_, err = api.orders.EraseOrder(ctx, &orderhubv1.EraseOrderRequest{
		OrderNumber: o.GetOrderNumber(), Goods: c.Goods, DryRun: c.DryRun,
	})
	if err == nil {
		done.Erased = append(done.Erased, o.GetOrderNumber())
	}
	return err
}

func (c *eraseCommand) report(std *Streams, done *erased) error {
	if c.JSON {
		return printJSON(std.Out, done)
	}
	verb := "Erased"
	if c.DryRun {
		verb = "Would erase"
	}
	fmt.Fprintf(std.Out, "%s %s of %s looked at.\n", verb, count(len(done.Erased), "order", "orders"),
		grouped(int(done.Read)))
	if len(done.Erased) > 0 {
		fmt.Fprintln(std.Out, strings.Join(done.Erased, "\n"))
	}
	if len(done.Open) > 0 {
		fmt.Fprintf(std.Out, "Not final, left alone, to be erased later:\n%s\n", strings.Join(done.Open, "\n"))
	}
	if len(done.Held) > 0 {
		fmt.Fprintf(
			std.Out, "Held, left alone; orderhub order release NUMBER has a hold forget its customer:\n%s\n",
			strings.Join(done.Held, "\n"),
		)
	}
	return nil
}
