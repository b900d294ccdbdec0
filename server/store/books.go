package store

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	"orderhub/server/audit"
	"orderhub/server/money"
)

// AccountCost is the kind of the accounts that purchases from providers come from, one per currency.
const AccountCost = "cost"

// accountHeld is the kind of the accounts that have what holds take from wallets, one per currency.
const accountHeld = "held"

// HeldAccount is the account that has what holds take, which is made where there is none. It must not be called inside
// a transaction unless it was before.
func (s *DB) HeldAccount(ctx context.Context, currency money.Currency) (int64, error) {
	return s.bookAccount(ctx, accountKey{accountHeld, currency})
}

// ProviderAccountKind is the kind of a provider's accounts, one per currency. It has the provider's id in it, because
// kind and currency name an account that is no wallet.
func ProviderAccountKind(providerID int64) string { return fmt.Sprintf("provider:%d", providerID) }

// Books are the accounts between which a purchase from a provider moves.
type Books struct{ Cost, Provider int64 }

// bookAccounts are the ids of accounts that this process knows; they never change.
type bookAccounts struct{ ids sync.Map } // accountKey to int64

type accountKey struct {
	kind     string
	currency money.Currency
}

// BooksOf has the accounts of a provider in a currency, which are made where there are none. It must not be called
// inside a transaction.
func (s *DB) BooksOf(ctx context.Context, providerID int64, currency money.Currency) (b Books, err error) {
	if b.Cost, err = s.bookAccount(ctx, accountKey{AccountCost, currency}); err != nil {
		return b, err
	}
	b.Provider, err = s.bookAccount(ctx, accountKey{ProviderAccountKind(providerID), currency})
	return b, err
}

var insertAccount = Same(
	`INSERT INTO accounts (kind, currency, created_at, updated_at) VALUES ($1, $2, $3, $3)
		ON CONFLICT (kind, currency) WHERE merchant_id IS NULL DO NOTHING`,
)

// EnsureAccount makes an account of the hub's own unless it is there.
func (s *DB) EnsureAccount(ctx context.Context, tx *ent.Tx, kind string, currency money.Currency) error {
	return s.Execute(ctx, tx, insertAccount, kind, string(currency), s.Now())
}

func (s *DB) bookAccount(ctx context.Context, key accountKey) (id int64, err error) {
	if known, found := s.books.ids.Load(key); found {
		return known.(int64), nil
	}
	// It is nobody's act: it comes of the first purchase.
	err = s.InTx(audit.With(ctx, nil), func(tx *ent.Tx) error {
		if err := s.EnsureAccount(ctx, tx, key.kind, key.currency); err != nil {
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
	s.books.ids.Store(key, id)
	return id, nil
}

// PurchasesTable takes transfers between the hub and its providers.
var PurchasesTable = &Table[TransferRow]{Name: "transfers", Columns: append(
	slices.Clone(TransferColumns), Bigint("attempt_id", func(r *TransferRow) int64 { return r.AttemptID }),
)}
