package command

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/catalog/importfile"
	"orderhub/server/contract"
)

type attemptsListCommand struct {
	callFlags
	watchFlag
	Parked   bool      `help:"Only those that wait for an operator."`
	Disputed bool      `help:"Only those whose provider contradicts what it said before."`
	Provider string    `placeholder:"NAME" help:"Only those at this provider."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

func (*attemptsListCommand) Help() string {
	return `Newest first.

Examples:

    orderhub attempts list --parked
    orderhub attempts list --provider topups --limit 200`
}

func (c *attemptsListCommand) call(ctx context.Context, std *Streams, api *client) error {
	request := &orderhubv1.ListAttemptsRequest{Disputed: c.Disputed, Provider: c.Provider}
	if c.Parked {
		request.Status = orderhubv1.AttemptStatus_ATTEMPT_STATUS_PARKED
	}
	found := contract.Each(
		ctx, api.admin.ListAttempts, request, (*orderhubv1.ListAttemptsResponse).GetAttempts, int(c.Limit),
	)
	return showList(
		ctx, std, c, found, attemptCells, "ID", "REFERENCE", "PROVIDER", "SKU", "UNITS", "COST EACH", "CHARGED",
		"STATUS", "SUBMITTED", "WHY",
	)
}

func attemptCells(a *orderhubv1.Attempt) []string {
	return []string{
		fmt.Sprint(a.GetId()), a.GetReference(), a.GetProvider(), a.GetProviderSku(), fmt.Sprint(a.GetQuantity()),
		sum(a.GetCurrency(), a.GetCost()), orDash(sum(a.GetChargedCurrency(), a.GetChargedAmount())), word(a.GetStatus()),
		shownTime(a.GetSubmitTime()),
		cmp.Or(a.GetDispute(), a.GetFailureMessage(), noLongerKept(a), "-"),
	}
}

// noLongerKept is what is left of why an attempt ended as it did; "" where nothing was removed.
func noLongerKept(a *orderhubv1.Attempt) string {
	if a.GetPayloadRemovedTime() == nil {
		return ""
	}
	return strings.TrimSpace(a.GetFailureCode() + " (no longer kept)")
}

type attemptsResolveCommand struct {
	callFlags
	ID       int64  `arg:"" name:"attempt-id" help:"Id of the attempt, as \"attempts list\" shows it."`
	Action   string `arg:"" enum:"inquire,delivered,failed,elsewhere" help:"inquire, delivered, failed or elsewhere."`
	Evidence string `required:"" placeholder:"TEXT" help:"How you know; kept in the order's events, where the merchant may read it."`
	Goods    string `placeholder:"FILE" help:"With delivered: a file with what was delivered, as \"units import\" reads it; - for standard input."`
	Operator string `env:"USER" placeholder:"NAME" help:"Who decides (default: the user of this machine)."`
}

func (*attemptsResolveCommand) Help() string {
	return `Decides about an attempt that is parked; doing it again changes nothing.

    inquire    ask the provider again
    delivered  the provider has delivered: hand the goods over
    failed     it has not and will not: the units fail and are paid back
    elsewhere  it has not and will not: try the next offer

Examples:

    orderhub attempts resolve 17 failed --evidence "their support, ticket 4711"
    orderhub attempts resolve 17 delivered --evidence "their panel" --goods codes.txt`
}

func (c *attemptsResolveCommand) Run(ctx context.Context, std *Streams) error {
	goods, err := readGoods(c.Goods, std)
	if err != nil {
		return err
	}
	return c.withAPI(ctx, std, access{key: keySeals, operator: c.Operator}, func(api *client) error {
		answer, err := api.admin.ResolveAttempt(ctx, &orderhubv1.ResolveAttemptRequest{
			Attempt: c.ID, Action: valueOf[orderhubv1.AttemptAction](c.Action), Evidence: c.Evidence, Goods: goods,
		})
		if err != nil {
			return err
		}
		a := answer.GetAttempt()
		return c.say(std, asMessage(a), "Attempt %s is %s.\n", a.GetReference(), word(a.GetStatus()))
	})
}

// readGoods reads a file as one of units; one bad line refuses all of it. No name is no
// file.
func readGoods(name string, std *Streams) (goods []string, err error) {
	if name == "" {
		return nil, nil
	}
	input, err := openInput(name, std)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	for unit, err := range importfile.Units(input) {
		if err == nil {
			err = unit.ForStock()
		}
		if err != nil {
			return nil, fmt.Errorf("goods: %w", err)
		}
		goods = append(goods, unit.Content)
	}
	return goods, nil
}
