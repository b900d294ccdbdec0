package command

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type orderQuoteCommand struct {
	callFlags
	Merchant string            `arg:"" help:"Who would order."`
	Products []string          `arg:"" name:"sku" help:"What, each a SKU or SKU=QUANTITY."`
	Coupon   string            `placeholder:"CODE" help:"A coupon."`
	Field    map[string]string `placeholder:"NAME=VALUE" help:"What the products ask of the customer; repeat it for more."`
	UseDate  string            `placeholder:"DATE" help:"Day of use of tickets, YYYY-MM-DD."`
}

// Help explains the command with examples.
func (*orderQuoteCommand) Help() string {
	return `Prices lines as an order of the merchant's would be at this moment, and orders nothing. For each line it says
which offer would serve it and what would be earned, and which offers would be passed over.

Examples:

    orderhub order quote shop EPIN_25
    orderhub order quote shop DIAMOND_100=3 --field userid=player-1 --coupon WELCOME10`
}

// Run prices.
func (c *orderQuoteCommand) Run(ctx context.Context, std *Streams) error {
	lines, err := linesOf(c.Products, c.Field, c.UseDate)
	if err != nil {
		return err
	}
	request := &orderhubv1.QuoteOrderRequest{Merchant: c.Merchant, Coupon: c.Coupon, Lines: lines}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.orders.QuoteOrder(ctx, request)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(std.Out, message{answer.GetQuote()})
		}
		return printQuote(std, answer.GetQuote())
	})
}

// linesOf are lines of products, each a SKU or SKU=QUANTITY.
func linesOf(products []string, fields map[string]string, useDate string) (lines []*orderhubv1.OrderLine, err error) {
	for _, product := range products {
		line := &orderhubv1.OrderLine{Sku: product, Quantity: 1, Fields: fields, UseDate: useDate}
		if sku, quantity, several := strings.Cut(product, "="); several {
			n, err := strconv.ParseInt(quantity, 10, 32)
			if err != nil || n < 1 {
				return nil, fmt.Errorf("%s: the quantity must be a whole number above 0", product)
			}
			line.Sku, line.Quantity = sku, int32(n)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func printQuote(std *Streams, q *orderhubv1.Quote) error {
	rows := newTable(std.Out, "PRODUCT", "UNITS", "PRICE", "TOTAL", "OFFER", "PROVIDER", "COST", "MARGIN", "WHY NOT")
	for _, l := range q.GetLines() {
		supply := l.GetSupply()
		rows.add(
			l.GetSku(), strconv.Itoa(int(l.GetQuantity())), sum(q.GetCurrency(), l.GetUnitPrice()),
			sum(q.GetCurrency(), l.GetTotalAmount()), numberOrDash(supply.GetOffer()), orDash(supply.GetProvider()),
			orDash(sum(q.GetCurrency(), supply.GetCostAmount())), orDash(sum(q.GetCurrency(), supply.GetMarginAmount())),
			orDash(l.GetFailureMessage()),
		)
	}
	if err := rows.flush(); err != nil {
		return err
	}
	for _, l := range q.GetLines() {
		for _, passed := range l.GetSupply().GetPassedOver() {
			fmt.Fprintf(std.Out, "%s: passed over: %s\n", l.GetSku(), passed)
		}
	}
	fmt.Fprintf(std.Out, "Altogether %s.\n", sum(q.GetCurrency(), q.GetTotalAmount()))
	return nil
}
