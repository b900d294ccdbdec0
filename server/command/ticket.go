package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type ticketRedeemCommand struct {
	callFlags
	Code      string `arg:"" help:"Code of the ticket; - reads it from standard input."`
	Place     string `placeholder:"TEXT" help:"Where it is used."`
	Reference string `placeholder:"TEXT" help:"A reference with which the command may be repeated."`
	At        moment `placeholder:"TIME" help:"When it was used, such as 2026-12-24T18:05:00Z, where that was before (default: now)."`
}

func (*ticketRedeemCommand) Help() string {
	return `Says that a ticket is used, on its day only. It can be cancelled no more. Whom a venue let in while it was
offline it says afterwards, with --at.

Examples:

    orderhub ticket redeem TKT-4711 --place "Gate 2" --reference gate-2-4711
    orderhub ticket redeem TKT-4711 --place "Gate 2" --reference gate-2-4711 --at 2026-12-24T18:05:00Z
    orderhub ticket redeem - < code.txt`
}

func (c *ticketRedeemCommand) Run(ctx context.Context, std *Streams) error {
	code, err := codeFrom(std, c.Code)
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.tickets.RedeemTicket(ctx, &orderhubv1.RedeemTicketRequest{
			TicketCode: code, Place: c.Place, Reference: c.Reference, RedeemTime: c.At.Timestamp,
		})
		if err != nil {
			return err
		}
		t := answer.GetTicket()
		return c.say(
			std, asMessage(t), "Redeemed ticket %d of order %s, at %s.\n", t.GetUnit(), t.GetOrderNumber(),
			shownTime(t.GetRedeemTime()),
		)
	})
}

// codeFrom is a ticket's code, which "-" has read from standard input.
func codeFrom(std *Streams, code string) (string, error) {
	if code != "-" {
		return code, nil
	}
	read, err := io.ReadAll(io.LimitReader(std.In, maxTicketCode))
	return strings.TrimSpace(string(read)), err
}

// maxTicketCode is more bytes than any code of a ticket has.
const maxTicketCode = 4096

type ticketListCommand struct {
	callFlags
	watchFlag
	Product string    `arg:"" help:"The product, by SKU or id."`
	Date    string    `arg:"" help:"The day, as YYYY-MM-DD."`
	Limit   listLimit `placeholder:"N" help:"At most so many (default: all)."`
}

func (*ticketListCommand) Help() string {
	return `All tickets of a day with their codes, for a venue that is offline. Whoever has a code may come in: the record
says who listed them. A list that breaks off ends with an error.

Example:

    orderhub ticket list PARK_DAY 2026-12-24 --json`
}

func (c *ticketListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListTicketsRequest{Product: c.Product, UseDate: c.Date}
	found := contract.Each(
		ctx, api.tickets.ListTickets, request, (*orderhubv1.ListTicketsResponse).GetTickets, int(c.Limit),
	)
	return showList(ctx, std, c, found, ticketCells, "UNIT", "CODE", "STATUS", "MERCHANT", "ORDER", "USED", "WHERE")
}

func ticketCells(t *orderhubv1.Ticket) []string {
	return []string{
		fmt.Sprint(t.GetUnit()), t.GetTicketCode(), word(t.GetStatus()), t.GetMerchant(), t.GetOrderNumber(),
		orDash(shownTime(t.GetRedeemTime())), orDash(t.GetPlace()),
	}
}
