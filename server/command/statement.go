package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type statementCommand struct {
	listFlags
	Merchant string    `arg:"" help:"Name or id of the merchant."`
	Kind     []string  `enum:"deposit,charge,refund,adjustment,hold,release" help:"Only these of ${enum}."`
	From     moment    `placeholder:"TIME" help:"Only movements at this moment or later, such as 2026-11-25T08:00:00Z."`
	To       moment    `placeholder:"TIME" help:"Only movements before this moment."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
	At       moment    `placeholder:"TIME" help:"Only what the wallet had at this moment."`
	As       string    `enum:"list,html,text" default:"list" placeholder:"FORM" help:"One of ${enum} (default: list)."`
}

func (*statementCommand) Help() string {
	return `Every movement of a wallet with the balance after it, newest first; on standard error what it has now, what
may be spent and what is held. With --as html or text it is a document for people, of all movements from --from until
before --to (a minute ago unless given), however many there are: oldest first, with what the wallet had at first and at
last, and the sums of each kind.

Examples:

    orderhub statement shop
    orderhub statement shop --at 2026-11-01T00:00:00Z
    orderhub statement shop --kind deposit,adjustment --from 2026-11-01T00:00:00Z --json
    orderhub statement shop --as html --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.html`
}

func (c *statementCommand) Run(ctx context.Context, std *Streams) error {
	if c.As != "list" {
		return c.document(ctx, std)
	}
	request := &orderhubv1.ListTransfersRequest{
		Merchant: c.Merchant, Kind: valuesOf[orderhubv1.TransferKind](c.Kind), CreateTimeFrom: c.From.Timestamp,
		CreateTimeTo: c.To.Timestamp,
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		if c.At.Timestamp != nil {
			return c.watch(ctx, std, func(std *Streams) error { return c.balance(ctx, std, api) })
		}
		found := contract.Each(
			ctx, api.accounts.ListTransfers, request, (*orderhubv1.ListTransfersResponse).GetTransfers, int(c.Limit),
		)
		err := showList(
			ctx, std, c, found, transferCells, "ID", "TIME", "KIND", "AMOUNT", "BALANCE", "ORDER", "REFERENCE", "WHAT",
		)
		if err != nil || c.JSON || c.Watch {
			return err
		}
		return c.present(ctx, std, api)
	})
}

// present says beside the list what the wallet has now, held money too.
func (c *statementCommand) present(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.accounts.GetAccount(ctx, &orderhubv1.GetAccountRequest{Merchant: c.Merchant})
	if err != nil {
		return err
	}
	a := answer.GetAccount()
	fmt.Fprintf(
		std.Err, "%s has %s now, may spend %s, and %s is held.\n", a.GetName(), sum(a.GetCurrency(), a.GetBalance()),
		sum(a.GetCurrency(), a.GetAvailableBalance()), sum(a.GetCurrency(), a.GetHeldBalance()),
	)
	return nil
}

func (c *statementCommand) document(ctx context.Context, std *Streams) error {
	if len(c.Kind) > 0 || c.At.Timestamp != nil || c.JSON || c.Watch {
		return errors.New("--as html and text are of all movements: without --kind, --at, --json and --watch")
	}
	return c.withAPI(ctx, std, access{}, func(api *client) error {
		request := &orderhubv1.GetStatementRequest{
			Merchant: c.Merchant, CreateTimeFrom: c.From.Timestamp, CreateTimeTo: c.To.Timestamp, Format: c.As,
		}
		stream, err := api.accounts.GetStatement(ctx, request)
		if err != nil {
			return err
		}
		return inWordsOf(request, contract.WriteStream(std.Out, stream, contract.StatementPart))
	})
}

// balance shows what the wallet had at a moment.
func (c *statementCommand) balance(ctx context.Context, std *Streams, api *client) error {
	b, err := api.accounts.GetBalance(ctx, &orderhubv1.GetBalanceRequest{Merchant: c.Merchant, AtTime: c.At.Timestamp})
	if err != nil {
		return err
	}
	if c.JSON {
		return c.printJSON(std, message{b})
	}
	fmt.Fprintf(
		std.Out, "At %s %s had %s.\n", shownTime(b.GetAtTime()), c.Merchant, sum(b.GetCurrency(), b.GetBalance()),
	)
	return nil
}

func transferCells(t *orderhubv1.Transfer) []string {
	return []string{
		fmt.Sprint(t.GetId()), shownTime(t.GetCreateTime()), word(t.GetKind()), sum(t.GetCurrency(), t.GetAmount()),
		t.GetBalanceAfter(), orDash(cmp.Or(t.GetOrderNumber(), t.GetHoldNumber())), orDash(t.GetReference()),
		orDash(t.GetDescription()),
	}
}
