package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type orderRecipientCommand struct {
	callFlags
	User      string    `arg:"" help:"The customer's account in the game or shop."`
	Server    string    `placeholder:"ID" help:"Only where the recipient is on this server."`
	Character string    `placeholder:"ID" help:"Only where the recipient is this character."`
	Merchant  string    `placeholder:"NAME" help:"Only this merchant's."`
	From      moment    `placeholder:"TIME" help:"Only those placed at this moment or later, such as 2026-11-25T08:00:00Z."`
	To        moment    `placeholder:"TIME" help:"Only those placed before this moment."`
	Limit     listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*orderRecipientCommand) Help() string {
	return `Newest first, without goods; open holds of the recipient are named beside the list. Recipients are encrypted,
so every order is opened for it: --from and --merchant make that fewer.

Examples:

    orderhub order recipient player-1
    orderhub order recipient player-1 --merchant shop --from 2026-11-25T08:00:00Z --limit 1`
}

func (c *orderRecipientCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.FindRecipientRequest{
		Recipient: &orderhubv1.Recipient{UserId: c.User, ServerId: c.Server, CharacterId: c.Character},
		Merchant:  c.Merchant, CreateTimeFrom: c.From.Timestamp, CreateTimeTo: c.To.Timestamp,
	}
	var held []string
	find := func(ctx context.Context, r *orderhubv1.FindRecipientRequest, o ...grpc.CallOption) (
		*orderhubv1.FindRecipientResponse, error,
	) {
		page, err := api.orders.FindRecipient(ctx, r, o...)
		held = append(held, page.GetOpenHoldNumbers()...)
		return page, err
	}
	orders, err := collect(std, contract.Each(
		ctx, find, request, (*orderhubv1.FindRecipientResponse).GetOrders, int(c.Limit),
	))
	if err != nil {
		return err
	}
	if len(held) > 0 {
		fmt.Fprintf(std.Err, "Held for this recipient, not ordered yet:\n%s\n", strings.Join(held, "\n"))
	}
	return printList(std, c.JSON, orders, asMessage, orderCells, orderColumns...)
}

type orderGoodsCommand struct {
	callFlags
	File string `arg:"" optional:"" default:"-" help:"File with the content on its first line (default: standard input)."`
}

func (*orderGoodsCommand) Help() string {
	return `Says where something is or went that is sold: a code that somebody complains about, for instance. It is read
from a file or from standard input, so that it stands in no list of processes and no history of a shell. What came from
a file of units is found at once; for what providers delivered every unit is opened. That it was looked for is recorded,
with a fingerprint in its place.

Example:

    orderhub order goods < code.txt`
}

func (c *orderGoodsCommand) Run(ctx context.Context, std *Streams) error {
	file, err := openInput(c.File, std)
	if err != nil {
		return err
	}
	text, err := bufio.NewReader(io.LimitReader(file, mostContent)).ReadString('\n')
	if closed := file.Close(); err == nil || errors.Is(err, io.EOF) {
		err = closed
	}
	if err != nil {
		return err
	}
	saved, err := utf8Text([]byte(strings.TrimRight(text, "\r\n")))
	if err != nil {
		return err
	}
	if len(saved) == 0 {
		return errors.New("there is no content on the first line")
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		found, err := collect(std, contract.Each(
			ctx, api.orders.FindGoods, &orderhubv1.FindGoodsRequest{Content: string(saved)},
			(*orderhubv1.FindGoodsResponse).GetGoods, 0,
		))
		if err != nil {
			return err
		}
		if len(found) == 0 && !c.JSON {
			return errors.New("no unit has this content")
		}
		return printList(
			std, c.JSON, found, asMessage, goodsCells, "UNIT", "PRODUCT", "STATUS", "ORDER", "LINE", "MERCHANT", "DELIVERED",
		)
	})
}

// mostContent is more than the longest content of a unit, in bytes.
const mostContent = 16 << 10

func goodsCells(g *orderhubv1.FoundGoods) []string {
	return []string{
		fmt.Sprint(g.GetUnit()), orDash(g.GetProduct()), g.GetStatus(), orDash(g.GetOrderNumber()),
		numberOrDash(g.GetLinePosition()), orDash(g.GetMerchant()), shownTime(g.GetDeliverTime()),
	}
}
