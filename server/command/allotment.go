package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type allotmentListCommand struct {
	listFlags
	Product string    `arg:"" help:"SKU, id or slug of the product."`
	From    string    `placeholder:"DATE" help:"First day, such as 2026-12-01."`
	To      string    `placeholder:"DATE" help:"Last day."`
	Limit   listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*allotmentListCommand) Help() string {
	return `How many tickets of a dated product exist for each day, how many are sold, and how many are
kept for holds.

Example:

    orderhub allotment list DAY_TICKET --from 2026-12-01 --to 2026-12-31`
}

func (c *allotmentListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.catalog.ListAllotments,
		&orderhubv1.ListAllotmentsRequest{Product: c.Product, UseDateFrom: c.From, UseDateTo: c.To},
		(*orderhubv1.ListAllotmentsResponse).GetAllotments, int(c.Limit),
	)
	return showList(ctx, std, c, found, allotmentCells, "DAY", "TICKETS", "SOLD", "HELD", "LEFT")
}

func allotmentCells(a *orderhubv1.Allotment) []string {
	return []string{
		a.GetUseDate(), grouped(int(a.GetCapacity())), grouped(int(a.GetSoldCount() - a.GetHeldCount())),
		grouped(int(a.GetHeldCount())), grouped(int(a.GetCapacity() - a.GetSoldCount())),
	}
}

type allotmentSetCommand struct {
	callFlags
	Product string     `arg:"" help:"SKU, id or slug of the product."`
	Days    []capacity `arg:"" name:"day=tickets" help:"A day, or a first and a last one, and how many tickets exist for each."`
}

// capacity is how many tickets there are on some days, as a person writes it.
type capacity struct {
	first, last time.Time
	tickets     int32
}

// UnmarshalText reads 2026-12-01=50 and 2026-12-01..2026-12-31=50.
func (c *capacity) UnmarshalText(text []byte) error {
	days, tickets, _ := strings.Cut(string(text), "=")
	first, last, several := strings.Cut(days, "..")
	if !several {
		last = first
	}
	count, err := strconv.ParseInt(tickets, 10, 32)
	for i, day := range []string{first, last} {
		at, failed := time.Parse(time.DateOnly, day)
		if failed != nil {
			err = failed
		}
		*[]*time.Time{&c.first, &c.last}[i] = at
	}
	if err != nil || c.last.Before(c.first) {
		return fmt.Errorf("must be like 2026-12-01=50 or 2026-12-01..2026-12-31=50, not %q", text)
	}
	c.tickets = int32(count)
	return nil
}

func (*allotmentSetCommand) Help() string {
	return `All days or none; other days stay as they are. There cannot be fewer tickets than are sold.

Examples:

    orderhub allotment set DAY_TICKET 2026-12-01=50 2026-12-24=0
    orderhub allotment set DAY_TICKET 2026-12-01..2026-12-31=50`
}

// mostDays is how many days the API sets at once.
const mostDays = 1000

func (c *allotmentSetCommand) Run(ctx context.Context, std *Streams) error {
	var days []*orderhubv1.Allotment
	for _, part := range c.Days {
		for day := part.first; !day.After(part.last); day = day.AddDate(0, 0, 1) {
			if len(days) == mostDays {
				return fmt.Errorf("at most %s at once", count(mostDays, "day", "days"))
			}
			days = append(days, &orderhubv1.Allotment{UseDate: day.Format(time.DateOnly), Capacity: part.tickets})
		}
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.catalog.SetAllotments(ctx, &orderhubv1.SetAllotmentsRequest{Product: c.Product, Allotments: days})
		if err != nil {
			return err
		}
		if c.JSON {
			return printList(std, true, answer.GetAllotments(), asMessage, nil)
		}
		fmt.Fprintf(std.Out, "Set %s of %s.\n", count(len(days), "day", "days"), c.Product)
		return nil
	})
}
