package jsonhttp

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	answer, err := c.post(ctx, &Call{Type: TypeBalance})
	switch {
	case err != nil:
		return dialect.Balance{}, err
	case codeOf(answer) == CodeNotSupported:
		return dialect.Balance{}, dialect.ErrNoBalance
	case !answer.OK():
		return dialect.Balance{}, fmt.Errorf("status %d", answer.Status)
	}
	var funds Funds
	if err := outbound.Decode(answer.Body, &funds); err != nil {
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
