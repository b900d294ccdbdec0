package command

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type orderExportCommand struct {
	hubFlags
	orderFilter
	JSON bool `name:"json" help:"One JSON object per order and line, with everything that \"order list --json\" shows."`
}

func (*orderExportCommand) Help() string {
	return `CSV on standard output, a row for each line of each order, newest order first, without goods and what is
personal. It is written while it is read: memory does not grow with the number of orders. A text of a merchant's that a
spreadsheet would take for a formula is given an apostrophe; --json has it as it is.

Examples:

    orderhub order export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.csv
    orderhub order export --merchant shop --status failed --json | jq .orderNumber`
}

func (*orderExportCommand) access() access { return access{key: keySeals} }

func (c *orderExportCommand) call(ctx context.Context, std *Streams, api *client) error {
	orders := contract.Each(ctx, api.orders.ListOrders, c.request(), (*orderhubv1.ListOrdersResponse).GetOrders, 0)
	if c.JSON {
		for o, err := range orders {
			if err != nil {
				return err
			}
			if err := printJSONLine(std.Out, asMessage(o)); err != nil {
				return err
			}
		}
		return nil
	}
	return contract.WriteOrders(std.Out, orders)
}
