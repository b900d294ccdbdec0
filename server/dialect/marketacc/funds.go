package marketacc

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader by the account itself.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	// A balance that is missing must not be read as an empty account.
	account, err := outbound.Get[struct {
		Balance  *amount `json:"balance"`
		Currency string  `json:"currency"`
	}](ctx, c.client, "/api/v2/me", nil)
	if err != nil {
		return dialect.Balance{}, err
	}
	if account.Balance == nil {
		return dialect.Balance{}, fmt.Errorf("no balance in the account: %w", dialect.ErrMalformed)
	}
	return dialect.Balance{Amount: money.Amount(*account.Balance), Currency: money.Currency(account.Currency)}, nil
}
