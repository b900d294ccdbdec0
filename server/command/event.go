package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type eventListCommand struct {
	listFlags
	Kind     string    `placeholder:"NAME" help:"Only this, such as cost.differs."`
	Provider string    `placeholder:"NAME" help:"Only what is about this provider."`
	Product  string    `placeholder:"SKU" help:"Only what is about this product."`
	From     moment    `placeholder:"TIME" help:"Only from this moment on, such as 2026-11-25T08:00:00Z."`
	To       moment    `placeholder:"TIME" help:"Only before this moment."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*eventListCommand) Help() string {
	return `Newest first: what operators should see and merchants are not told. With --json also the details. What became
of an order is in "order explain".

Examples:

    orderhub event list --provider topups
    orderhub event list --kind cost.differs --json`
}

func (c *eventListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListOperatorEventsRequest{
		Kind: c.Kind, Provider: c.Provider, Product: c.Product, TimeFrom: c.From.Timestamp, TimeTo: c.To.Timestamp,
	}
	found := contract.Each(
		ctx, api.events.ListOperatorEvents, request, (*orderhubv1.ListOperatorEventsResponse).GetEvents, int(c.Limit),
	)
	return showList(ctx, std, c, found, operatorEventCells, "NUMBER", "TIME", "KIND", "PROVIDER", "PRODUCT", "WHAT")
}

func operatorEventCells(e *orderhubv1.OperatorEvent) []string {
	return []string{
		fmt.Sprint(e.GetId()), shownTime(e.GetCreateTime()), e.GetKind(), orDash(e.GetProvider()), orDash(e.GetProduct()),
		e.GetMessage(),
	}
}
