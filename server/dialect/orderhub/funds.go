package orderhub

import (
	"context"
	"fmt"

	orderhubv1 "orderhub/gen/orderhub/v1"
	"orderhub/server/dialect"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader: the wallet's balance, and the
// credit that the other hub grants.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	ctx, err := c.connected(ctx)
	if err != nil {
		return dialect.Balance{}, err
	}
	answer, err := c.account.GetAccount(ctx, &orderhubv1.GetAccountRequest{})
	if err != nil {
		return dialect.Balance{}, failed(err)
	}
	b := dialect.Balance{Currency: money.Currency(answer.GetAccount().GetCurrency())}
	if b.Amount, err = money.ParseSigned(answer.GetAccount().GetAvailableBalance(), b.Currency); err != nil {
		return dialect.Balance{}, fmt.Errorf("a balance: %w", dialect.ErrMalformed)
	}
	return b, nil
}
