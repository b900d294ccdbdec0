package accounts

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectMerchant = store.Same(`SELECT id FROM merchants WHERE id = $1`)
	changeLimits   = &store.Change[limitRow]{
		Table: "accounts", ID: func(r *limitRow) int64 { return r.accountID },
		Columns: []store.Column[limitRow]{
			store.Bigint("credit_limit_micros", func(r *limitRow) money.Amount { return r.limit }),
			store.Time("updated_at", func(r *limitRow) time.Time { return r.at }),
		},
	}
	touchMerchants = &store.Change[limitRow]{
		Table: "merchants", ID: func(r *limitRow) int64 { return r.merchantID },
		Columns: []store.Column[limitRow]{store.Time("updated_at", func(r *limitRow) time.Time { return r.at })},
	}
)

// limitRow is a credit limit to be written.
type limitRow struct {
	merchantID, accountID int64
	limit                 money.Amount
	at                    time.Time
}

// LockLimit locks a merchant and its wallet, in the order of every change of both. account.ErrNoWallet, also for a
// merchant that is not there.
func LockLimit(ctx context.Context, tx store.BulkTx, merchantID int64) (account.Wallet, error) {
	wallets := make(map[int64]*order.WalletState)
	err := tx.Query(
		ctx, store.NewQuery(selectMerchant.Locked(store.LockRows), []any{merchantID}, store.IgnoreRow),
		store.LockWallets([]int64{merchantID}, wallets),
	)
	if err != nil {
		return account.Wallet{}, fmt.Errorf("lock wallet: %w", err)
	}
	if wallets[merchantID] == nil {
		return account.Wallet{}, account.ErrNoWallet
	}
	return walletOf(merchantID, wallets[merchantID]), nil
}

// WriteLimit gives a wallet that LockLimit returned another credit limit.
func (s *Store) WriteLimit(ctx context.Context, tx store.BulkTx, w *account.Wallet, limit money.Amount) error {
	row := limitRow{merchantID: w.MerchantID, accountID: w.AccountID, limit: limit, at: s.db.Now()}
	merchants, limits := touchMerchants.Update(), changeLimits.Update()
	merchants.Add(row)
	limits.Add(row)
	audit.Changed(ctx, "creditLimit", w.CreditLimit.Format(w.Currency), limit.Format(w.Currency))
	return tx.Write(ctx, &merchants, &limits)
}
