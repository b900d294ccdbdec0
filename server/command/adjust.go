package command

import (
	"context"
	"regexp"
	"slices"
	"strings"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type adjustCommand struct {
	callFlags
	Merchant  string `arg:"" help:"Name or id of the merchant."`
	Amount    string `arg:"" help:"Amount in the wallet's currency to add, or with a minus sign to take away, such as -100.00."`
	Reason    string `required:"" placeholder:"TEXT" help:"Why, as the merchant reads it in its statement."`
	Currency  string `placeholder:"CODE" help:"Refuse unless this is the wallet's currency."`
	Reference string `placeholder:"TEXT" help:"Your own reference of the correction: the same one is booked once."`
	Force     bool   `help:"Even if it takes the balance below what the credit limit allows."`
}

// amountLast moves the negative amount of an adjustment to the end, behind "--":
// elsewhere "-1" is taken for a flag named 1.
func amountLast(args []string) []string {
	if len(args) == 0 || args[0] != "adjust" || slices.Contains(args, "--") {
		return args
	}
	for i := 1; i < len(args); i++ {
		if negative.MatchString(args[i]) && !takesValue(args[i-1]) {
			return append(slices.Delete(slices.Clone(args), i, i+1), "--", args[i])
		}
	}
	return args
}

var negative = regexp.MustCompile(`^-[0-9]`)

// takesValue says whether an argument is a flag whose value comes next.
func takesValue(arg string) bool {
	return strings.HasPrefix(arg, "--") && arg != "--force" && arg != "--json" && !strings.Contains(arg, "=")
}

func (*adjustCommand) Help() string {
	return `The merchant's log and webhooks tell of it with wallet.adjusted.

Examples:

    orderhub adjust shop 25.00 --reason "Price agreed by phone" --reference "ticket 4711"
    orderhub adjust shop -100.00 --reason "Deposit booked twice" --reference "ticket 4712"`
}

func (c *adjustCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.AdjustWallet(ctx, &orderhubv1.AdjustWalletRequest{
		Merchant: c.Merchant, Amount: c.Amount, Currency: c.Currency, Reason: c.Reason, Reference: c.Reference,
		Force: c.Force,
	})
	if err != nil {
		return err
	}
	if a := answer.GetApproval(); a != nil {
		return notMoved(std, c.JSON, a)
	}
	m := toMovement(answer)
	return c.say(std, m, "Adjusted the wallet of %s by %s: transfer %d, balance %s.\n", c.Merchant,
		sum(m.Currency, m.Amount), m.TransferID, sum(m.Currency, m.Balance))
}
