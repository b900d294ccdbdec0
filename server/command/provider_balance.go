package command

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
)

type providerBalanceCommand struct {
	callFlags
	Name string `arg:"" help:"Name or id of the provider."`
}

func (*providerBalanceCommand) Help() string {
	return `Asks the provider how much money the hub has there, and keeps the answer: a hub that serves passes the provider
over where it does not cover a purchase. Providers that can be asked have "reads_balance" among what they can do; see
"provider list".

Example:

    orderhub provider balance topups`
}

func (c *providerBalanceCommand) call(ctx context.Context, std *Streams, api *client) error {
	answer, err := api.funds.ReadProviderBalance(ctx, &orderhubv1.ReadProviderBalanceRequest{Provider: c.Name})
	switch {
	case refused(err, "PROVIDER_TELLS_NO_BALANCE"):
		return fmt.Errorf("%s does not say what the hub has there", c.Name)
	case err != nil:
		return err
	}
	b := answer.GetBalance()
	return c.say(
		std, asMessage(b), "%s at %s; purchases under way may take %s of it.\n", balanceWords(b), c.Name,
		sum(b.GetCurrency(), b.GetReservedAmount()),
	)
}

// balanceWords is a balance with what is wrong about it; "" where none is known.
func balanceWords(b *orderhubv1.ProviderBalance) string {
	words := sum(b.GetCurrency(), b.GetAmount())
	switch {
	case b.GetOutOfFundsTime() != nil:
		words += " (refuses purchases for want of money)"
	case b.GetLow():
		words += " (low)"
	case b.GetReadError() != "":
		words += " (" + b.GetReadError() + ")"
	}
	return words
}
