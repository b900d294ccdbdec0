package command

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/catalog/importfile"
	"orderhub/server/event"
	"orderhub/server/fulfil"
	"orderhub/server/order"
)

type attemptsListCommand struct {
	databaseFlags
	jsonFlag
	Parked   bool      `help:"Only those that wait for an operator."`
	Disputed bool      `help:"Only those whose provider contradicts what it said before."`
	Provider string    `placeholder:"NAME" help:"Only those at this provider."`
	Limit    listLimit `default:"50" placeholder:"N" help:"At most so many (default: 50)."`
}

// Help explains the command with examples.
func (*attemptsListCommand) Help() string {
	return `Newest first.

Examples:

    orderhub attempts list --parked
    orderhub attempts list --provider topups --limit 200`
}

// Run lists attempts.
func (c *attemptsListCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		f := fulfil.AttemptFilter{Disputed: c.Disputed, Limit: int(c.Limit)}
		if c.Parked {
			f.Status = fulfil.AttemptParked
		}
		if c.Provider != "" {
			p, err := s.provider(ctx, c.Provider)
			if err != nil {
				return err
			}
			f.ProviderID = p.ID
		}
		attempts, err := s.store.Attempts.ListAttempts(ctx, f)
		if err != nil {
			return err
		}
		names, err := s.store.Attempts.ListProviders(ctx)
		if err != nil {
			return err
		}
		providers := make(map[int64]string)
		for _, p := range names {
			providers[p.ID] = p.Name
		}
		if c.JSON {
			return printJSONLines(std.Out, toJSONAttempts(attempts, providers))
		}
		rows := newTable(std.Out, "ID", "REFERENCE", "PROVIDER", "SKU", "UNITS", "STATUS", "SUBMITTED", "WHY")
		for _, a := range attempts {
			why := a.FailureMessage
			if a.Dispute != "" {
				why = a.Dispute
			}
			rows.add(
				fmt.Sprint(a.ID), a.Reference, providers[a.ProviderID], a.ProviderSKU, fmt.Sprint(a.Quantity), string(a.Status),
				instant(a.SubmittedAt), orDash(why),
			)
		}
		return rows.flush()
	})
}

// jsonAttempt is an attempt as --json prints it.
type jsonAttempt struct {
	ID             int64     `json:"id"`
	Reference      string    `json:"reference"`
	OrderNumber    string    `json:"orderNumber,omitempty"`
	Provider       string    `json:"provider"`
	ProviderSKU    string    `json:"providerSku"`
	Quantity       int64     `json:"quantity"`
	Status         string    `json:"status"`
	FailureCode    string    `json:"failureCode,omitempty"`
	FailureMessage string    `json:"failureMessage,omitempty"`
	Dispute        string    `json:"dispute,omitempty"`
	SubmitTime     time.Time `json:"submitTime"`
}

func toJSONAttempts(attempts []fulfil.Attempt, providers map[int64]string) []jsonAttempt {
	rows := make([]jsonAttempt, len(attempts))
	for i := range attempts {
		a := &attempts[i]
		rows[i] = jsonAttempt{
			ID: a.ID, Reference: a.Reference, OrderNumber: a.OrderNumber, Provider: providers[a.ProviderID],
			ProviderSKU: a.ProviderSKU,
			Quantity:    a.Quantity, Status: string(a.Status), FailureCode: a.FailureCode, FailureMessage: a.FailureMessage,
			Dispute: a.Dispute, SubmitTime: a.SubmittedAt,
		}
	}
	return rows
}

type attemptsResolveCommand struct {
	databaseFlags
	ID       int64  `arg:"" name:"attempt-id" help:"Id of the attempt, as \"attempts list\" shows it."`
	Action   string `arg:"" enum:"inquire,delivered,failed,elsewhere" help:"inquire, delivered, failed or elsewhere."`
	Evidence string `required:"" placeholder:"TEXT" help:"How you know; kept in the order's events, where the merchant may read it."`
	Goods    string `placeholder:"FILE" help:"With delivered: a file with what was delivered, as \"units import\" reads it; - for standard input."`
	Operator string `env:"USER" placeholder:"NAME" help:"Who decides (default: the user of this machine)."`
}

// Help explains the command with examples.
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

// Run carries the decision out.
func (c *attemptsResolveCommand) Run(ctx context.Context, std *Streams) error {
	goods, err := c.goods(std)
	if err != nil {
		return err
	}
	return c.withSupply(ctx, std, func(s *supply) error {
		a, err := s.Resolve(ctx, fulfil.Decision{
			AttemptID: c.ID, Action: fulfil.Action(c.Action), Evidence: c.Evidence, Goods: goods, Operator: c.Operator,
		})
		switch {
		case errors.Is(err, fulfil.ErrAttemptNotFound):
			return fmt.Errorf("there is no attempt %d", c.ID)
		case err != nil:
			return oneLine(err)
		}
		fmt.Fprintf(std.Out, "Attempt %s is %s.\n", a.Reference, a.Status)
		return nil
	})
}

// goods reads the file as one of units; one bad line refuses all of it.
func (c *attemptsResolveCommand) goods(std *Streams) (goods []string, err error) {
	if c.Goods == "" {
		return nil, nil
	}
	input, err := openInput(c.Goods, std)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	for unit, err := range importfile.Units(input) {
		if err == nil {
			err = noDay(&unit)
		}
		if err != nil {
			return nil, fmt.Errorf("goods: %w", err)
		}
		goods = append(goods, unit.Content)
	}
	return goods, nil
}

type orderExplainCommand struct {
	databaseFlags
	Number string `arg:"" help:"Number of the order, or the merchant's reference."`
}

// Help explains the command with examples.
func (*orderExplainCommand) Help() string {
	return `Tells an order's whole story: what was asked and charged, tried where with what outcome, delivered, given back,
and what happens next.

Example:

    orderhub order explain ord_2m8f0q4r6t1v3x5z`
}

// explainedEvents is how many events of an order are told.
const explainedEvents = 1000

// Run tells the story.
func (c *orderExplainCommand) Run(ctx context.Context, std *Streams) error {
	return c.withSupply(ctx, std, func(s *supply) error {
		o, err := c.find(ctx, s)
		if err != nil {
			return err
		}
		var events []event.Event
		if events, err = s.store.Orders.OrderEvents(ctx, o.MerchantID, o.ID, 0, explainedEvents); err != nil {
			return err
		}
		story, err := s.Explain(ctx, o, events, true)
		if err != nil {
			return err
		}
		fmt.Fprintf(std.Out, "Order %s is %s.\n\n", o.Number, o.Status)
		rows := newTable(std.Out, "TIME", "LINE", "WHAT")
		for _, step := range story.Steps {
			line := "-"
			if step.Position > 0 {
				line = fmt.Sprint(step.Position)
			}
			rows.add(step.At.UTC().Format("2006-01-02 15:04:05.000"), line, step.Text)
		}
		if err := rows.flush(); err != nil || story.Next == "" {
			return err
		}
		when := ""
		if story.At != nil {
			when = ", at " + instant(*story.At)
		}
		fmt.Fprintf(std.Out, "\nNext%s: %s\n", when, story.Next)
		return nil
	})
}

func (c *orderExplainCommand) find(ctx context.Context, s *supply) (*order.Order, error) {
	o, err := s.store.Orders.Order(ctx, order.ByOperator(), c.Number)
	if !errors.Is(err, order.ErrNotFound) {
		return o, err
	}
	found, err := s.store.Orders.ListOrders(ctx, order.ByOperator(), order.Filter{Reference: c.Number, Limit: 2})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 0:
		return nil, fmt.Errorf("there is no order %q", c.Number)
	case len(found) > 1:
		return nil, fmt.Errorf("several merchants have an order %q: name it by its number", c.Number)
	}
	return s.store.Orders.Order(ctx, order.ByOperator(), found[0].Number)
}
