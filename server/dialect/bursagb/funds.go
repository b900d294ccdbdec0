package bursagb

import (
	"context"
	"fmt"
	"net/http"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader by the account's details.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	answer, err := c.session.do(ctx, outbound.Request{Method: http.MethodGet, Path: "/Customer/Get"})
	if err != nil {
		return dialect.Balance{}, err
	}
	if !answer.OK() {
		return dialect.Balance{}, fmt.Errorf("status %d", answer.Status)
	}
	// A balance that is missing must not be read as an empty account.
	var account envelope[*struct {
		Balance      *price `json:"balance"`
		CurrencyCode string `json:"currencyCode"`
	}]
	if err := outbound.Decode(answer.Body, &account); err != nil {
		return dialect.Balance{}, err
	}
	if !account.Success || account.Data == nil || account.Data.Balance == nil {
		return dialect.Balance{}, fmt.Errorf("no balance in the account's details: %w", dialect.ErrMalformed)
	}
	return dialect.Balance{
		Amount: money.Amount(*account.Data.Balance), Currency: money.Currency(account.Data.CurrencyCode),
	}, nil
}
