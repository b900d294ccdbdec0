package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

// priceFlags are what can be said of a price list.
type priceFlags struct {
	Description *string `placeholder:"TEXT" help:"What it is for."`
	Rules       string  `placeholder:"FILE" help:"Its rules, a JSON array as REST has it; - reads standard input. They take the place of all it has."`
	From        moment  `placeholder:"TIME" help:"From when it makes prices, such as 2026-12-24T00:00:00Z."`
	To          moment  `placeholder:"TIME" help:"Until when."`
}

func rulesOfFile(name string, std *Streams) ([]*orderhubv1.PriceRule, error) {
	const longest = 4 << 20
	text, err := readInput(name, std, longest)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, errors.New(`--rules must be a JSON array such as [{"base": "PRICE_BASE_COST", "percent": "12"}]`)
	}
	rules := make([]*orderhubv1.PriceRule, len(all))
	for i, one := range all {
		rules[i] = &orderhubv1.PriceRule{}
		if err := protojson.Unmarshal(one, rules[i]); err != nil {
			return nil, fmt.Errorf(
				"--rules: rule %d has something that no rule has; a base is PRICE_BASE_COST or PRICE_BASE_LIST, "+
					"a rounding PRICE_ROUNDING_NEAREST, PRICE_ROUNDING_UP or PRICE_ROUNDING_ENDING", i+1,
			)
		}
	}
	return rules, nil
}

// list is what is said, and the mask of it.
func (f *priceFlags) list(std *Streams) (*orderhubv1.PriceList, *fieldmaskpb.FieldMask, error) {
	l, mask := &orderhubv1.PriceList{}, &fieldmaskpb.FieldMask{}
	take(mask, "description", f.Description, &l.Description)
	takeIf(mask, "start_time", f.From.Timestamp != nil, f.From.Timestamp, &l.StartTime)
	takeIf(mask, "end_time", f.To.Timestamp != nil, f.To.Timestamp, &l.EndTime)
	if f.Rules != "" {
		rules, err := rulesOfFile(f.Rules, std)
		if err != nil {
			return nil, nil, err
		}
		l.Rules, mask.Paths = rules, append(mask.Paths, "rules")
	}
	return l, mask, nil
}

type priceCreateCommand struct {
	callFlags
	priceFlags
	Name     string `arg:"" help:"What it is called: lower-case letters, digits, . _ or -."`
	Currency string `required:"" placeholder:"CODE" help:"Currency of the products that it is about."`
}

func (*priceCreateCommand) Help() string {
	return `It is a draft, and makes no prices before "price activate".

Example, of prices 12 % above the cost, rounded up to 0.05, and of one category 5 % below the list:

    echo '[{"base": "PRICE_BASE_COST", "percent": "12", "rounding": "PRICE_ROUNDING_UP", "step": "0.05"},
      {"base": "PRICE_BASE_LIST", "percent": "-5", "category": "gems"}]' |
    orderhub price create resellers --currency THB --rules -`
}

func (c *priceCreateCommand) Run(ctx context.Context, std *Streams) error {
	l, _, err := c.list(std)
	if err != nil {
		return err
	}
	l.Name, l.Currency = c.Name, c.Currency
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.prices.CreatePriceList(ctx, &orderhubv1.CreatePriceListRequest{PriceList: l})
		if err != nil {
			return err
		}
		return c.say(
			std, asMessage(answer.GetPriceList()),
			"Made price list %s, a draft: \"orderhub price preview %[1]s\" shows its prices.\n", answer.GetPriceList().GetName(),
		)
	})
}

type priceListCommand struct {
	listFlags
}

func (*priceListCommand) Help() string {
	return `Example:

    orderhub price list`
}

func (c *priceListCommand) call(ctx context.Context, std *Streams, api *client) error {
	return c.watch(ctx, std, func(std *Streams) error { // they are no pages
		answer, err := api.prices.ListPriceLists(ctx, &orderhubv1.ListPriceListsRequest{})
		if err != nil {
			return err
		}
		return printList(
			std, c.JSON, answer.GetPriceLists(), asMessage, priceListCells,
			"NAME", "STATUS", "CURRENCY", "RULES", "MERCHANTS", "FROM", "TO", "VERSION",
		)
	})
}

func priceListCells(l *orderhubv1.PriceList) []string {
	return []string{
		l.GetName(), word(l.GetStatus()), l.GetCurrency(), grouped(len(l.GetRules())), grouped(int(l.GetMerchantCount())),
		shownTime(l.GetStartTime()), shownTime(l.GetEndTime()), fmt.Sprint(l.GetVersion()),
	}
}

type priceShowCommand struct {
	readFlags
	Name string `arg:"" help:"The list's name."`
}

func (*priceShowCommand) Help() string {
	return `Prints the list as JSON, with its rules and merchants, also without --json.

Example:

    orderhub price show resellers`
}

func (c *priceShowCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.prices.GetPriceList(ctx, &orderhubv1.GetPriceListRequest{PriceList: c.Name})
	if err != nil {
		return err
	}
	return printJSON(std.Out, message{answer.GetPriceList()})
}

type priceSetCommand struct {
	callFlags
	priceFlags
	Name           string `arg:"" help:"The list's name."`
	AcceptProblems bool   `help:"Also where an active list has problems with products."`
}

func (*priceSetCommand) Help() string {
	return `What is not named stays as it is. An active list makes other prices at once: look first, with "price preview"
and the same flags.

Example:

    orderhub price set resellers --rules rules.json --to 2027-01-01T00:00:00Z`
}

func (c *priceSetCommand) Run(ctx context.Context, std *Streams) error {
	changes, mask, err := c.list(std)
	if err != nil {
		return err
	}
	if len(mask.Paths) == 0 {
		return errNothingToChange
	}
	return c.withAPI(ctx, std, access{key: keySeals}, func(api *client) error {
		answer, err := api.prices.UpdatePriceList(ctx, &orderhubv1.UpdatePriceListRequest{
			PriceList: c.Name, Changes: changes, UpdateMask: mask, AcceptProblems: c.AcceptProblems,
		})
		if err != nil {
			return err
		}
		return c.say(
			std, asMessage(answer.GetPriceList()), "Changed price list %s, now version %d.\n", c.Name,
			answer.GetPriceList().GetVersion(),
		)
	})
}
