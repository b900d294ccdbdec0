package command

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"orderhub/server/account"
	"orderhub/server/money"
)

type adjustCommand struct {
	databaseFlags
	jsonFlag
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

// Help explains the command with examples.
func (*adjustCommand) Help() string {
	return `The merchant's log and webhooks tell of it with wallet.adjusted.

Examples:

    orderhub adjust shop 25.00 --reason "Price agreed by phone" --reference "ticket 4711"
    orderhub adjust shop -100.00 --reason "Deposit booked twice" --reference "ticket 4712"`
}

// Run corrects the balance.
func (c *adjustCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		adjustment, err := c.adjustment(ctx, accounts)
		if err != nil {
			return err
		}
		transfer, wallet, err := accounts.Adjust(ctx, adjustment)
		if errors.Is(err, account.ErrReferenceReused) {
			return fmt.Errorf("reference %q belongs to another movement", c.Reference)
		}
		if err != nil {
			return oneLine(err)
		}
		if c.JSON {
			return printJSON(std.Out, jsonDeposit{
				TransferID: transfer.ID, Currency: string(wallet.Currency),
				Amount: transfer.Amount.Format(wallet.Currency), Balance: wallet.Balance.Format(wallet.Currency),
			})
		}
		fmt.Fprintf(std.Out, "Adjusted the wallet of %s by %s: transfer %d, balance %s.\n", c.Merchant,
			amount(transfer.Amount, wallet.Currency), transfer.ID, amount(wallet.Balance, wallet.Currency))
		return nil
	})
}

func (c *adjustCommand) adjustment(ctx context.Context, accounts *account.Service) (account.Adjustment, error) {
	currency, merchantID, err := walletOf(ctx, accounts, c.Merchant, c.Currency)
	if err != nil {
		return account.Adjustment{}, err
	}
	sum, err := money.ParseSigned(c.Amount, currency)
	if err != nil {
		return account.Adjustment{}, fmt.Errorf("amount %q: %w", c.Amount, err)
	}
	return account.Adjustment{
		MerchantID: merchantID, Amount: sum, Currency: currency, Reason: c.Reason, Reference: c.Reference, Force: c.Force,
	}, nil
}
