package store

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	entaccount "orderhub/ent/account"
	"orderhub/server/money"
)

// The kinds of accounts. The hub has one funding and one revenue account per currency.
const (
	AccountFunding = "funding" // where deposits come from
	AccountRevenue = "revenue" // where charges go
)

// revenueAccounts are the ids of the hub's revenue accounts as far as this process knows them; they never change.
type revenueAccounts struct {
	ids  sync.Map    // money.Currency to int64
	read atomic.Bool // whether those that there were at some moment are known
}

// Know notes an account.
func (r *revenueAccounts) Know(currency money.Currency, id int64) { r.ids.Store(currency, id) }

// RevenueAccount is the id of the account that takes the charges in currency. It asks the database for those it does
// not know yet, outside of any transaction.
func (s *DB) RevenueAccount(ctx context.Context, currency money.Currency) (int64, error) {
	if id, known := s.Revenue.ids.Load(currency); known {
		return id.(int64), nil
	}
	if err := s.learnRevenueAccounts(ctx); err != nil {
		return 0, err
	}
	if id, known := s.Revenue.ids.Load(currency); known {
		return id.(int64), nil
	}
	return 0, fmt.Errorf("there is no revenue account in %s", currency)
}

func (s *DB) learnRevenueAccounts(ctx context.Context) error {
	rows, err := s.Reader.Account.Query().Where(entaccount.Kind(AccountRevenue), entaccount.MerchantIDIsNil()).All(ctx)
	if err != nil {
		return During("read revenue accounts", Unavailable(err))
	}
	for _, row := range rows {
		s.Revenue.Know(money.Currency(row.Currency), row.ID)
	}
	s.Revenue.read.Store(true)
	return nil
}
