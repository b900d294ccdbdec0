package command

import (
	"context"
	"fmt"
	"slices"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type reportMarginCommand struct {
	readFlags
	From     string   `placeholder:"DAY" help:"The first day: YYYY-MM-DD (default: 29 days before the last)."`
	To       string   `placeholder:"DAY" help:"The last day (default: today)."`
	By       []string `enum:"day,product,provider,merchant" default:"day" placeholder:"WHAT" help:"A row for each day, product, provider or merchant, or several of these with commas (default: day)."`
	Product  string   `placeholder:"SKU" help:"Only this product."`
	Provider string   `placeholder:"NAME" help:"Only what this provider delivered, or failed to."`
	Merchant string   `placeholder:"NAME" help:"Only what this merchant bought."`
	CSV      bool     `name:"csv" help:"Write CSV, all rows."`
}

func (*reportMarginCommand) Help() string {
	return `Units, revenue after discounts and refunds, what they cost in the currency of the sale, and what was earned.
Days are in UTC, and count orders that were placed on them. Units whose cost is not known are counted as unpriced.

Examples:

    orderhub report margin
    orderhub report margin --by product,provider --from 2026-11-01 --to 2026-11-30
    orderhub report margin --by day,merchant --provider topups --csv > margins.csv`
}

func (c *reportMarginCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.GetMarginsRequest{
		FromDate: c.From, ToDate: c.To, Product: c.Product, Provider: c.Provider, Merchant: c.Merchant,
		GroupBy: valuesOf[orderhubv1.MarginGroup](c.By),
	}
	var last *orderhubv1.GetMarginsResponse
	rows := contract.Each(
		ctx, api.reports.GetMargins, request, func(page *orderhubv1.GetMarginsResponse) []*orderhubv1.Margin {
			last = page
			return page.GetMargins()
		}, 0,
	)
	if c.CSV {
		return contract.WriteMargins(std.Out, rows)
	}
	all, err := collect(std, rows)
	if err != nil {
		return err
	}
	if !c.JSON {
		for _, total := range last.GetTotals() {
			total.Date = "all"
			all = append(all, total)
		}
	}
	err = printList(std, c.JSON, all, asMessage, c.cells,
		"DAY", "PRODUCT", "PROVIDER", "MERCHANT", "UNITS", "FAILED", "REVENUE", "COST", "MARGIN", "SHARE", "UNPRICED",
	)
	if err == nil && !c.JSON {
		c.note(std, last)
	}
	return err
}

func (c *reportMarginCommand) note(std *Streams, last *orderhubv1.GetMarginsResponse) {
	fmt.Fprintf(std.Out, "\nAs of %s.\n", shownTime(last.GetAsOfTime()))
	if last.GetCountedFromDate() != "" {
		fmt.Fprintf(std.Out, "Days before %s are not counted yet.\n", last.GetCountedFromDate())
	}
}

func (c *reportMarginCommand) cells(m *orderhubv1.Margin) []string {
	provider := orDash(m.GetProvider())
	if m.GetProvider() == "" && m.GetDate() != "all" && slices.Contains(c.By, "provider") {
		provider = "own stock"
	}
	return []string{
		orDash(m.GetDate()), orDash(m.GetProduct()), provider, orDash(m.GetMerchant()), fmt.Sprint(m.GetUnits()),
		share(m.FailureRate), sum(m.GetCurrency(), m.GetRevenueAmount()), sum(m.GetCurrency(), m.GetCostAmount()),
		sum(m.GetCurrency(), m.GetMarginAmount()), share(m.MarginRate), fmt.Sprint(m.GetUnpricedUnits()),
	}
}
