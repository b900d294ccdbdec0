package command

import (
	"context"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type orderExportCommand struct {
	hubFlags
	orderFilter
	JSON bool `name:"json" help:"One JSON object per order and line, with everything that \"order list --json\" shows."`
}

// Help explains the command with examples.
func (*orderExportCommand) Help() string {
	return `CSV on standard output, a row for each line of each order, newest order first, without goods and what is
personal. It is written while it is read: memory does not grow with the number of orders. A text of a merchant's that a
spreadsheet would take for a formula is given an apostrophe; --json has it as it is.

Examples:

    orderhub order export --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z > november.csv
    orderhub order export --merchant shop --status failed --json | jq .orderNumber`
}

// exportedColumns are those of the file. Columns are only ever added at the end.
var exportedColumns = []string{
	"order_number", "reference_id", "merchant", "order_status", "placed", "completed", "position", "sku", "product_name",
	"external_reference", "line_status", "quantity", "completed_quantity", "currency", "unit_price", "discount", "total",
	"refunded", "coupon",
}

// Run exports orders.
func (c *orderExportCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		orders := eachItem(ctx, api.orders.ListOrders, c.request(), (*orderhubv1.ListOrdersResponse).GetOrders, 0)
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
		file := csv.NewWriter(std.Out)
		if err := file.Write(exportedColumns); err != nil {
			return err
		}
		for o, err := range orders {
			if err != nil {
				return err
			}
			if err := file.WriteAll(exportedRows(o)); err != nil {
				return err
			}
		}
		file.Flush() // the heading alone, where there are no orders
		return file.Error()
	})
}

func exportedRows(o *orderhubv1.Order) [][]string {
	rows := make([][]string, len(o.GetLines()))
	for i, l := range o.GetLines() {
		rows[i] = []string{
			o.GetOrderNumber(), plain(o.GetReferenceId()), plain(o.GetMerchant()), word(o.GetStatus()),
			exportedTime(o.GetCreateTime()), exportedTime(o.GetCompleteTime()), strconv.Itoa(i + 1), plain(l.GetSku()),
			plain(l.GetProductName()), plain(l.GetExternalReference()), word(l.GetStatus()),
			strconv.Itoa(int(l.GetQuantity())), strconv.Itoa(int(l.GetCompletedQuantity())), o.GetCurrency(),
			l.GetUnitPrice(), l.GetDiscountAmount(), l.GetTotalAmount(), l.GetRefundedAmount(), plain(o.GetCoupon()),
		}
	}
	return rows
}

// plain is a text that no spreadsheet takes for a formula.
func plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

func exportedTime(t *timestamppb.Timestamp) string {
	if t == nil {
		return ""
	}
	return t.AsTime().Format(time.RFC3339Nano)
}
