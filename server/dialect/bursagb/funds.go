package bursagb

import (
	"context"
	"fmt"

	"orderhub/server/dialect"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader by the account's details.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	// A balance that is missing must not be read as an empty account.
	account, err := get[*struct {
		Balance      *price `json:"balance"`
		CurrencyCode string `json:"currencyCode"`
	}](ctx, c.session, "/Customer/Get")
	if err != nil {
		return dialect.Balance{}, err
	}
	if !account.Success || account.Data == nil || account.Data.Balance == nil {
		return dialect.Balance{}, fmt.Errorf("no balance in the account's details: %w", dialect.ErrMalformed)
	}
	return dialect.Balance{
		Amount: money.Amount(*account.Data.Balance), Currency: money.Currency(account.Data.CurrencyCode),
	}, nil
}
