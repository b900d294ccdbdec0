package command

import (
	"context"
	"fmt"
	"strconv"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type orderQuoteCommand struct {
	callFlags
	Merchant string            `arg:"" help:"Who would order."`
	Products []string          `arg:"" name:"sku" help:"What, each a SKU or SKU=QUANTITY."`
	Coupon   string            `placeholder:"CODE" help:"A coupon."`
	Field    map[string]string `placeholder:"NAME=VALUE" help:"What products ask of the customer; repeat it for more."`
	UseDate  string            `placeholder:"DATE" help:"Day of use of tickets, YYYY-MM-DD."`
}

func (*orderQuoteCommand) Help() string {
	return `Prices lines as an order of the merchant's would be at this moment, and orders nothing. For each line it
says what made its price, which offer would serve it and what would be earned, and which offers would be passed over.

Examples:

    orderhub order quote shop EPIN_25
    orderhub order quote shop DIAMOND_100=3 --field userid=player-1 --coupon WELCOME10`
}

func (c *orderQuoteCommand) Run(ctx context.Context, std *Streams) error {
	lines, err := contract.LinesOf(c.Products, c.Field, c.UseDate)
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

func printQuote(std *Streams, q *orderhubv1.Quote) error {
	rows := newTable(
		std.Out, "PRODUCT", "UNITS", "PRICE", "BY", "TOTAL", "OFFER", "PROVIDER", "COST", "MARGIN", "WHY NOT",
	)
	for _, l := range q.GetLines() {
		supply := l.GetSupply()
		rows.add(
			l.GetSku(), strconv.Itoa(int(l.GetQuantity())), sum(q.GetCurrency(), l.GetUnitPrice()),
			orDash(l.GetPriceRule()), sum(q.GetCurrency(), l.GetTotalAmount()), numberOrDash(supply.GetOffer()),
			orDash(supply.GetProvider()), orDash(sum(q.GetCurrency(), supply.GetCostAmount())),
			orDash(sum(q.GetCurrency(), supply.GetMarginAmount())), orDash(l.GetFailureMessage()),
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
