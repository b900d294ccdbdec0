package jsonhttp

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	funds, err := ask[Funds](ctx, c, &Call{Type: TypeBalance}, dialect.ErrNoBalance)
	if err != nil {
		return dialect.Balance{}, err
	}
	currency, err := money.ParseCurrency(funds.Currency)
	if err != nil {
		return dialect.Balance{}, fmt.Errorf("a currency: %w", dialect.ErrMalformed)
	}
	amount, err := money.ParseSigned(funds.Balance, currency)
	if err != nil {
		return dialect.Balance{}, fmt.Errorf("a balance: %w", dialect.ErrMalformed)
	}
	return dialect.Balance{Amount: amount, Currency: currency}, nil
}
