package command

import (
	"context"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type depositCommand struct {
	callFlags
	Merchant    string `arg:"" help:"Name or id of the merchant."`
	Amount      string `arg:"" help:"Amount in the wallet's currency, such as 1000.00."`
	Currency    string `placeholder:"CODE" help:"Refuse unless this is the wallet's currency."`
	Reference   string `placeholder:"TEXT" help:"Your own reference, such as a bank's: the same one is booked once."`
	Description string `placeholder:"TEXT" help:"What the merchant reads in its statement."`
}

func (*depositCommand) Help() string {
	return `Examples:

    orderhub deposit shop 1000.00
    orderhub deposit shop 1000.00 --currency THB --reference "bank 2026-11-04/17" --description "Bank transfer"`
}

func (c *depositCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.admin.Deposit(ctx, &orderhubv1.DepositRequest{
		Merchant: c.Merchant, Amount: c.Amount, Currency: c.Currency, Reference: c.Reference,
		Description: c.Description,
	})
	if err != nil {
		return err
	}
	if a := answer.GetApproval(); a != nil {
		return notMoved(std, c.JSON, a)
	}
	m := toMovement(answer)
	return c.say(std, m, "Deposited %s to %s: transfer %d, balance %s.\n", sum(m.Currency, m.Amount), c.Merchant,
		m.TransferID, sum(m.Currency, m.Balance))
}

// movement is a deposit or an adjustment as --json prints it.
type movement struct {
	TransferID int64  `json:"transferId"`
	Currency   string `json:"currency"`
	Amount     string `json:"amount"`
	Balance    string `json:"balance"` // of the wallet now
}

func toMovement(answer interface {
	GetTransfer() *orderhubv1.Transfer
	GetAccount() *orderhubv1.Account
},
) movement {
	t := answer.GetTransfer()
	return movement{t.GetId(), t.GetCurrency(), t.GetAmount(), answer.GetAccount().GetBalance()}
}
