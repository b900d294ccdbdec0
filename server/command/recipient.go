package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type recipientCheckCommand struct {
	callFlags
	SKU       string            `arg:"" name:"sku" help:"What would be ordered."`
	User      string            `placeholder:"ID" help:"The receiving user, such as a game account."`
	Server    string            `placeholder:"ID" help:"The game server."`
	Character string            `placeholder:"ID" help:"The game character."`
	Field     map[string]string `placeholder:"NAME=VALUE" help:"What the product asks of the customer; repeat it for more."`
	Merchant  string            `placeholder:"NAME" help:"Whose orders the check counts for (default: nobody's)."`
}

func (*recipientCheckCommand) Help() string {
	return `Asks those who supply the product whether there is such a player or account, and under which name. With a
merchant the check counts for its orders of the product, as if it had asked itself. It is recorded who asked, the
recipient only as a fingerprint.

Examples:

    orderhub recipient check DIAMOND_100 --user player-1 --server eu-1
    orderhub recipient check DIAMOND_100 --field userid=player-1 --merchant shop --json`
}

func (c *recipientCheckCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.recipients.CheckRecipient(ctx, &orderhubv1.CheckRecipientRequest{
		Sku: c.SKU, Merchant: c.Merchant, Fields: c.Field,
		Recipient: &orderhubv1.Recipient{UserId: c.User, ServerId: c.Server, CharacterId: c.Character},
	})
	if err != nil {
		return err
	}
	check := answer.GetCheck()
	if c.JSON {
		return printJSON(std.Out, message{check})
	}
	fmt.Fprintln(std.Out, checkInWords(check))
	if check.GetExpireTime() != nil {
		fmt.Fprintf(std.Out, "The check counts for orders until %s.\n", shownTime(check.GetExpireTime()))
	}
	return nil
}

func checkInWords(c *orderhubv1.RecipientCheck) string {
	switch {
	case c.GetResult() == orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS && c.GetName() != "":
		return "There is such a recipient, named " + c.GetName() + "."
	case c.GetResult() == orderhubv1.RecipientResult_RECIPIENT_RESULT_EXISTS:
		return "There is such a recipient. Its name is not told."
	case c.GetResult() == orderhubv1.RecipientResult_RECIPIENT_RESULT_NOT_FOUND:
		return "There is no such recipient."
	case c.GetCause() == orderhubv1.RecipientUnknownCause_RECIPIENT_UNKNOWN_CAUSE_NOT_SUPPORTED:
		return "It cannot be told: nobody who supplies the product can be asked."
	default:
		return "It cannot be told: who could be asked gave no answer. Ask again in a moment."
	}
}
