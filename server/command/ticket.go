package command

import (
	"context"
	"fmt"
	"io"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type ticketRedeemCommand struct {
	hubFlags
	jsonFlag
	Code      string `arg:"" help:"Code of the ticket; - reads it from standard input."`
	Place     string `placeholder:"TEXT" help:"Where it is used."`
	Reference string `placeholder:"TEXT" help:"A reference with which the command may be repeated."`
}

// Help explains the command with examples.
func (*ticketRedeemCommand) Help() string {
	return `Says that a ticket is used, on its day only. It can be cancelled no more.

Examples:

    orderhub ticket redeem TKT-4711 --place "Gate 2" --reference gate-2-4711
    orderhub ticket redeem - < code.txt`
}

// Run redeems a ticket.
func (c *ticketRedeemCommand) Run(ctx context.Context, std *Streams) error {
	code, err := codeFrom(std, c.Code)
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.tickets.RedeemTicket(ctx, &orderhubv1.RedeemTicketRequest{
			TicketCode: code, Place: c.Place, Reference: c.Reference,
		})
		if err != nil {
			return err
		}
		t := answer.GetTicket()
		if c.JSON {
			return printJSON(std.Out, message{t})
		}
		fmt.Fprintf(
			std.Out, "Redeemed ticket %d of order %s, at %s.\n", t.GetUnit(), t.GetOrderNumber(), shownTime(t.GetRedeemTime()),
		)
		return nil
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
	hubFlags
	jsonFlag
	watchFlag
	Product string    `arg:"" help:"The product, by SKU or id."`
	Date    string    `arg:"" help:"The day, as YYYY-MM-DD."`
	Limit   listLimit `default:"1000" placeholder:"N" help:"At most so many (default: 1000)."`
}

// Help explains the command with examples.
func (*ticketListCommand) Help() string {
	return `The tickets of a day with their codes, for a venue that is offline. Whoever has a code may come in: the record
says who listed them.

Example:

    orderhub ticket list PARK_DAY 2026-12-24 --json`
}

// Run lists tickets.
func (c *ticketListCommand) Run(ctx context.Context, std *Streams) error {
	request := &orderhubv1.ListTicketsRequest{Product: c.Product, UseDate: c.Date}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		return c.watch(ctx, std, func(std *Streams) error {
			found, err := readPages(
				ctx, api.tickets.ListTickets, request, (*orderhubv1.ListTicketsResponse).GetTickets, int(c.Limit),
			)
			if err != nil {
				return err
			}
			return printList(std, c.JSON, found, asMessage, func(t *orderhubv1.Ticket) []string {
				return []string{
					fmt.Sprint(t.GetUnit()), t.GetTicketCode(), word(t.GetStatus()), t.GetMerchant(), t.GetOrderNumber(),
					orDash(shownTime(t.GetRedeemTime())), orDash(t.GetPlace()),
				}
			}, "UNIT", "CODE", "STATUS", "MERCHANT", "ORDER", "USED", "WHERE")
		})
	})
}
