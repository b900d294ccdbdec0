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

// Ledger has the ids of the hub's own accounts, which never change, as far as this process knows them.
type Ledger struct {
	db      *DB
	ids     sync.Map    // accountKey to int64, but for those of revenue
	revenue sync.Map    // money.Currency to int64
	read    atomic.Bool // whether those of revenue are known that there were at some moment
}

// KnowRevenue notes an account that takes charges.
func (l *Ledger) KnowRevenue(currency money.Currency, id int64) { l.revenue.Store(currency, id) }

// Revenue is the id of the account that takes the charges in currency. It asks the database for those it does
// not know yet, outside of any transaction.
func (l *Ledger) Revenue(ctx context.Context, currency money.Currency) (int64, error) {
	if id, known := l.revenue.Load(currency); known {
		return id.(int64), nil
	}
	if err := l.learnRevenue(ctx); err != nil {
		return 0, err
	}
	if id, known := l.revenue.Load(currency); known {
		return id.(int64), nil
	}
	return 0, fmt.Errorf("there is no revenue account in %s", currency)
}

func (l *Ledger) learnRevenue(ctx context.Context) error {
	rows, err := l.db.Reader.Account.Query().
		Where(entaccount.Kind(AccountRevenue), entaccount.MerchantIDIsNil()).All(ctx)
	if err != nil {
		return During("read revenue accounts", err)
	}
	for _, row := range rows {
		l.KnowRevenue(money.Currency(row.Currency), row.ID)
	}
	l.read.Store(true)
	return nil
}
