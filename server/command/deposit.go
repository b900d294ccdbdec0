package command

import (
	"context"
	"errors"
	"fmt"

	"orderhub/server/account"
	"orderhub/server/money"
)

type depositCommand struct {
	databaseFlags
	jsonFlag
	Merchant    string `arg:"" help:"Name or id of the merchant."`
	Amount      string `arg:"" help:"Amount in the wallet's currency, such as 1000.00."`
	Currency    string `placeholder:"CODE" help:"Refuse unless this is the wallet's currency."`
	Reference   string `placeholder:"TEXT" help:"Your own reference, such as a bank's: the same one is booked once."`
	Description string `placeholder:"TEXT" help:"What the merchant reads in its statement."`
}

// Help explains the command with examples.
func (*depositCommand) Help() string {
	return `Examples:

    orderhub deposit shop 1000.00
    orderhub deposit shop 1000.00 --currency THB --reference "bank 2026-11-04/17" --description "Bank transfer"`
}

// Run adds the money.
func (c *depositCommand) Run(ctx context.Context, std *Streams) error {
	return c.withAccounts(ctx, std, func(accounts *account.Service) error {
		deposit, err := c.deposit(ctx, accounts)
		if err != nil {
			return err
		}
		transfer, wallet, err := accounts.Deposit(ctx, deposit)
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
		fmt.Fprintf(std.Out, "Deposited %s to %s: transfer %d, balance %s.\n", amount(transfer.Amount, wallet.Currency),
			c.Merchant, transfer.ID, amount(wallet.Balance, wallet.Currency))
		return nil
	})
}

// jsonDeposit is a deposit as --json prints it.
type jsonDeposit struct {
	TransferID int64  `json:"transferId"`
	Currency   string `json:"currency"`
	Amount     string `json:"amount"`
	Balance    string `json:"balance"` // of the wallet now
}

func (c *depositCommand) deposit(ctx context.Context, accounts *account.Service) (account.Deposit, error) {
	currency, merchantID, err := walletOf(ctx, accounts, c.Merchant, c.Currency)
	if err != nil {
		return account.Deposit{}, err
	}
	sum, err := money.Parse(c.Amount, currency)
	if err != nil {
		return account.Deposit{}, fmt.Errorf("amount %q: %w", c.Amount, err)
	}
	return account.Deposit{
		MerchantID: merchantID, Amount: sum, Currency: currency, Reference: c.Reference, Description: c.Description,
	}, nil
}

// walletOf is the currency of a merchant's wallet, which must be the one expected
// where that is given, and the merchant's id.
func walletOf(ctx context.Context, accounts *account.Service, name, expected string) (money.Currency, int64, error) {
	merchant, err := findMerchant(ctx, accounts, name)
	if err != nil {
		return "", 0, err
	}
	if merchant.Wallet == nil {
		return "", 0, fmt.Errorf("%s is an operator and has no wallet", merchant.Name)
	}
	currency := merchant.Wallet.Currency
	if expected != "" && expected != string(currency) {
		return "", 0, fmt.Errorf("the wallet of %s is in %s, not in %s", name, currency, expected)
	}
	return currency, merchant.ID, nil
}
