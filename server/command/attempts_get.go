package command

import (
	"cmp"
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type attemptsGetCommand struct {
	callFlags
	ID int64 `arg:"" name:"attempt-id" help:"Id of the attempt, as \"attempts list\" shows it."`
}

func (*attemptsGetCommand) Help() string {
	return `The latest requests to the provider and its answers are shown with everything masked but what is known to be
harmless: goods, credentials and customers are never in them.

Example:

    orderhub attempts get 4711`
}

func (c *attemptsGetCommand) call(ctx context.Context, std *Streams, api *client) error {
	found, err := api.admin.GetAttempt(ctx, &orderhubv1.GetAttemptRequest{Attempt: c.ID})
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(std.Out, message{found.GetAttempt()})
	default:
		return printAttempt(std, found.GetAttempt())
	}
}

func printAttempt(std *Streams, a *orderhubv1.Attempt) error {
	fmt.Fprintf(std.Out, "Attempt %d, try %d of line %d of order %s, is %s.\n\n", a.GetId(), a.GetNumber(),
		a.GetLinePosition(), a.GetOrderNumber(), word(a.GetStatus()))
	facts := newTable(std.Out, "Provider", a.GetProvider())
	facts.add("Asked for", fmt.Sprintf("%d of %s", a.GetQuantity(), a.GetProviderSku()))
	facts.add("Reference", a.GetReference())
	facts.add("Its reference", orDash(a.GetProviderReference()))
	facts.add("Submitted", shownTime(a.GetSubmitTime()))
	facts.add("Why", cmp.Or(a.GetDispute(), a.GetFailureMessage(), noLongerKept(a), "-"))
	if err := facts.flush(); err != nil {
		return err
	}
	for _, e := range a.GetExchanges() {
		fmt.Fprintf(std.Out, "\n%s %s, %s after %s\n", shownTime(e.GetSendTime()), e.GetOperation(), e.GetResult(),
			e.GetDuration().AsDuration())
		for _, part := range []struct{ name, text string }{
			{"sent to", e.GetTarget()},
			{"request", e.GetRequest()},
			{"status", e.GetStatus()},
			{"answer", e.GetAnswer()},
			{"no answer", e.GetError()},
		} {
			if part.text != "" {
				fmt.Fprintf(std.Out, "  %s: %s\n", part.name, part.text)
			}
		}
	}
	return nil
}
