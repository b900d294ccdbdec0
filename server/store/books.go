package store

import (
	"context"
	"fmt"
	"slices"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	"orderhub/server/audit"
	"orderhub/server/money"
)

// AccountCost is the kind of the accounts that purchases from providers come from, one per currency.
const AccountCost = "cost"

// accountHeld is the kind of the accounts that have what holds take from wallets, one per currency.
const accountHeld = "held"

// Held is the account that has what holds take, which is made where there is none. It must not be called inside
// a transaction unless it was before.
func (l *Ledger) Held(ctx context.Context, currency money.Currency) (int64, error) {
	return l.account(ctx, accountKey{accountHeld, currency})
}

// ProviderAccountKind is the kind of a provider's accounts, one per currency. It has the provider's id in it, because
// kind and currency name an account that is no wallet.
func ProviderAccountKind(providerID int64) string { return fmt.Sprintf("provider:%d", providerID) }

// Books are the accounts between which a purchase from a provider moves.
type Books struct{ Cost, Provider int64 }

type accountKey struct {
	kind     string
	currency money.Currency
}

// BooksOf has the accounts of a provider in a currency, which are made where there are none. It must not be called
// inside a transaction.
func (l *Ledger) BooksOf(ctx context.Context, providerID int64, currency money.Currency) (b Books, err error) {
	if b.Cost, err = l.account(ctx, accountKey{AccountCost, currency}); err != nil {
		return b, err
	}
	b.Provider, err = l.account(ctx, accountKey{ProviderAccountKind(providerID), currency})
	return b, err
}

var insertAccount = Same(
	`INSERT INTO accounts (kind, currency, created_at, updated_at) VALUES ($1, $2, $3, $3)
		ON CONFLICT (kind, currency) WHERE merchant_id IS NULL DO NOTHING`,
)

// Ensure makes an account of the hub's own unless it is there.
func (l *Ledger) Ensure(ctx context.Context, tx *ent.Tx, kind string, currency money.Currency) error {
	return l.db.Execute(ctx, tx, insertAccount, kind, string(currency), l.db.Now())
}

func (l *Ledger) account(ctx context.Context, key accountKey) (id int64, err error) {
	if known, found := l.ids.Load(key); found {
		return known.(int64), nil
	}
	// It is nobody's act: it comes of the first purchase.
	err = l.db.InTx(audit.With(ctx, nil), func(tx *ent.Tx) error {
		if err := l.Ensure(ctx, tx, key.kind, key.currency); err != nil {
			return err
		}
		id, err = tx.Account.Query().Where(
			entaccount.Kind(key.kind), entaccount.Currency(string(key.currency)), entaccount.MerchantIDIsNil(),
		).OnlyID(ctx)
		return err
	})
	if err != nil {
		return 0, During(fmt.Sprintf("open account %s in %s", key.kind, key.currency), Unavailable(err))
	}
	l.ids.Store(key, id)
	return id, nil
}

// PurchasesTable takes transfers between the hub and its providers.
var PurchasesTable = &Table[TransferRow]{Name: "transfers", Columns: append(
	slices.Clone(TransferColumns), Bigint("attempt_id", func(r *TransferRow) int64 { return r.AttemptID }),
)}
