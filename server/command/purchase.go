package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type purchaseListCommand struct {
	listFlags
	Status   string    `enum:",waiting,taken,delivered,refused,cancelled" default:"" placeholder:"STATUS" help:"Only what is waiting, taken, delivered, refused or cancelled (default: what is open)."`
	Mine     bool      `help:"Only what you have taken or ended."`
	Provider string    `placeholder:"NAME" help:"Only what is asked of this provider."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
	Operator string    `env:"USER" placeholder:"NAME" help:"Whose, with --mine (default: the user of this machine)."`
}

func (*purchaseListCommand) Help() string {
	return `What is open with the oldest first, what has ended with the newest first.

Examples:

    orderhub purchase list
    orderhub purchase list --mine --watch`
}

func (c *purchaseListCommand) Run(ctx context.Context, std *Streams) error {
	request := &orderhubv1.ListPurchasesRequest{
		Status: valueOf[orderhubv1.PurchaseStatus](c.Status), Mine: c.Mine, Provider: c.Provider,
	}
	return c.withAPI(ctx, std, access{key: keySeals, operator: c.Operator}, func(api *client) error {
		found := contract.Each(
			ctx, api.purchases.ListPurchases, request, (*orderhubv1.ListPurchasesResponse).GetPurchases, int(c.Limit),
		)
		return showList(
			ctx, std, c, found, purchaseCells, "NUMBER", "ASKED", "PROVIDER", "WHAT", "UNITS", "ORDER", "STATUS", "BY",
			"WHY",
		)
	})
}

func purchaseCells(p *orderhubv1.Purchase) []string {
	status := word(p.GetStatus())
	if p.GetOverdue() {
		status += " overdue"
	}
	return []string{
		fmt.Sprint(p.GetId()), shownTime(p.GetCreateTime()), p.GetProvider(), p.GetProviderSku(), fmt.Sprint(p.GetQuantity()),
		p.GetOrderNumber(), status, orDash(p.GetTakenBy()), orDash(p.GetReason()),
	}
}

// purchaseFlags are what each act upon a purchase takes.
type purchaseFlags struct {
	hubFlags
	ID       int64  `arg:"" name:"number" help:"Number of the purchase, as \"purchase list\" shows it."`
	Operator string `env:"USER" placeholder:"NAME" help:"Who does it (default: the user of this machine)."`
	jsonFlag
}

func (f *purchaseFlags) access() access { return access{key: keySeals, operator: f.Operator} }

type purchaseTakeCommand struct {
	purchaseFlags
}

func (*purchaseTakeCommand) Help() string {
	return `Makes it yours for a quarter of an hour, and shows who receives it, which is on record. Take it again for
another quarter.

Example:

    orderhub purchase take 17`
}

func (c *purchaseTakeCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.purchases.TakePurchase(ctx, &orderhubv1.TakePurchaseRequest{Purchase: c.ID})
	if err != nil {
		return err
	}
	p := answer.GetPurchase()
	if c.JSON {
		return printJSON(std.Out, message{p})
	}
	rows := newTable(std.Out, "PURCHASE", fmt.Sprint(p.GetId()))
	rows.add("what", fmt.Sprintf("%d × %s", p.GetQuantity(), p.GetProviderSku()))
	for _, row := range [][2]string{
		{"day of use", p.GetUseDate()},
		{"user", p.GetRecipient().GetUserId()},
		{"server", p.GetRecipient().GetServerId()},
		{"character", p.GetRecipient().GetCharacterId()},
	} {
		rows.add(row[0], orDash(row[1]))
	}
	for _, name := range slices.Sorted(maps.Keys(p.GetFields())) {
		rows.add(name, p.GetFields()[name])
	}
	rows.add("order", p.GetOrderNumber())
	rows.add("yours until", shownTime(p.GetLeaseExpireTime()))
	return rows.flush()
}

type purchaseReleaseCommand struct {
	purchaseFlags
}

func (*purchaseReleaseCommand) Help() string {
	return `Example:

    orderhub purchase release 17`
}

func (c *purchaseReleaseCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.purchases.ReleasePurchase(ctx, &orderhubv1.ReleasePurchaseRequest{Purchase: c.ID})
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetPurchase()), "Purchase %d waits for somebody else.\n", c.ID)
}

type purchaseDeliverCommand struct {
	purchaseFlags
	Goods string `arg:"" placeholder:"FILE" help:"A file with what is delivered, as \"units import\" reads it; - for standard input."`
}

func (*purchaseDeliverCommand) Help() string {
	return `One unit a line, at most as many as were asked for; for those that are missing the next offer is tried.
Doing it again with the same goods changes nothing.

Examples:

    orderhub purchase deliver 17 codes.txt
    echo AAAA-BBBB | orderhub purchase deliver 17 -`
}

func (c *purchaseDeliverCommand) Run(ctx context.Context, std *Streams) error {
	goods, err := readGoods(c.Goods, std)
	if err != nil {
		return err
	}
	if len(goods) == 0 {
		return errors.New("goods: the file is empty")
	}
	return c.withAPI(ctx, std, c.access(), func(api *client) error {
		answer, err := api.purchases.DeliverPurchase(
			ctx, &orderhubv1.DeliverPurchaseRequest{Purchase: c.ID, Goods: goods},
		)
		if err != nil {
			return err
		}
		return c.say(std, asMessage(answer.GetPurchase()), "Delivered %d of %s for order %s.\n", len(goods),
			count(int(answer.GetPurchase().GetQuantity()), "unit", "units"), answer.GetPurchase().GetOrderNumber())
	})
}

type purchaseRefuseCommand struct {
	purchaseFlags
	Reason string `required:"" placeholder:"TEXT" help:"Why; the merchant reads it where nobody else delivers."`
}

func (*purchaseRefuseCommand) Help() string {
	return `The next offer is tried; without one the units are paid back.

Example:

    orderhub purchase refuse 17 --reason "The player does not exist"`
}

func (c *purchaseRefuseCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.purchases.RefusePurchase(
		ctx, &orderhubv1.RefusePurchaseRequest{Purchase: c.ID, Reason: c.Reason},
	)
	if err != nil {
		return err
	}
	return c.say(std, asMessage(answer.GetPurchase()), "Refused: %s.\n",
		cmp.Or(answer.GetPurchase().GetReason(), c.Reason))
}
