package command

import (
	"context"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/contract"
)

type rateSetCommand struct {
	callFlags
	Pair string `arg:"" help:"What is worth what, such as USD/THB."`
	Rate string `arg:"" help:"What one unit of the first is worth in the second, such as 34.10."`
	From moment `placeholder:"TIME" help:"From when it holds, such as 2026-12-01T00:00:00Z (default: now)."`
}

func (*rateSetCommand) Help() string {
	return `Costs in another currency than the sale are compared and reported by it, the other way round by its inverse.
Nothing takes a rate away; a later one takes its place, from its moment on.

Examples:

    orderhub rate set USD/THB 34.10
    orderhub rate set EUR/THB 36.85 --from 2026-12-01T00:00:00Z`
}

func (c *rateSetCommand) Run(ctx context.Context, std *Streams) error {
	base, quote, found := strings.Cut(c.Pair, "/")
	if !found {
		return fmt.Errorf("pair: must be two currencies such as USD/THB, not %q", c.Pair)
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.exchange.SetExchangeRate(ctx, &orderhubv1.SetExchangeRateRequest{
			BaseCurrency: base, QuoteCurrency: quote, Rate: c.Rate, StartTime: c.From.Timestamp,
		})
		if err != nil {
			return err
		}
		r := answer.GetExchangeRate()
		return c.say(
			std, asMessage(r), "1 %s is %s %s from %s on.\n", r.GetBaseCurrency(), r.GetRate(), r.GetQuoteCurrency(),
			shownTime(r.GetStartTime()),
		)
	})
}

type rateListCommand struct {
	listFlags
	Base  string    `placeholder:"CODE" help:"Only pairs with this first currency."`
	Quote string    `placeholder:"CODE" help:"Only pairs with this second currency."`
	Limit listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*rateListCommand) Help() string {
	return `Those that were set last come first, whatever became of them; those that hold now are marked.

Examples:

    orderhub rate list
    orderhub rate list --base USD --quote THB`
}

func (c *rateListCommand) call(ctx context.Context, std *Streams, api *client) error {
	found := contract.Each(
		ctx, api.exchange.ListExchangeRates,
		&orderhubv1.ListExchangeRatesRequest{BaseCurrency: c.Base, QuoteCurrency: c.Quote},
		(*orderhubv1.ListExchangeRatesResponse).GetExchangeRates, int(c.Limit),
	)
	return showList(ctx, std, c, found, rateCells, "NUMBER", "PAIR", "RATE", "FROM", "HOLDS", "SET")
}

func rateCells(r *orderhubv1.ExchangeRate) []string {
	holds := "-"
	if r.GetCurrent() {
		holds = "now"
	}
	return []string{
		fmt.Sprint(r.GetId()), r.GetBaseCurrency() + "/" + r.GetQuoteCurrency(), r.GetRate(), shownTime(r.GetStartTime()),
		holds, shownTime(r.GetCreateTime()),
	}
}
