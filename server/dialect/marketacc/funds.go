package marketacc

import (
	"context"
	"fmt"
	"net/http"

	"orderhub/server/dialect"
	"orderhub/server/dialect/outbound"
	"orderhub/server/money"
)

// ReadBalance implements dialect.BalanceReader by the account itself.
func (c *Connector) ReadBalance(ctx context.Context) (dialect.Balance, error) {
	answer, err := c.do(ctx, outbound.Request{Method: http.MethodGet, Path: "/api/v2/me"})
	if err != nil {
		return dialect.Balance{}, err
	}
	if !answer.OK() {
		return dialect.Balance{}, fmt.Errorf("status %d", answer.Status)
	}
	// A balance that is missing must not be read as an empty account.
	var account struct {
		Balance  *amount `json:"balance"`
		Currency string  `json:"currency"`
	}
	if err := outbound.Decode(answer.Body, &account); err != nil {
		return dialect.Balance{}, err
	}
	if account.Balance == nil {
		return dialect.Balance{}, fmt.Errorf("no balance in the account: %w", dialect.ErrMalformed)
	}
	return dialect.Balance{Amount: money.Amount(*account.Balance), Currency: money.Currency(account.Currency)}, nil
}
