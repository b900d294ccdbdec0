package accounts

import (
	"context"
	"fmt"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"orderhub/ent"
	entaccount "orderhub/ent/account"
	enttransfer "orderhub/ent/transfer"
	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/store"
)

const accountWallet = "wallet"

// ensureHubAccounts creates the hub's own accounts in currency unless they are there, and returns the one for revenue.
func (s *Store) ensureHubAccounts(ctx context.Context, tx *ent.Tx, currency money.Currency) (revenue int64, err error) {
	for _, kind := range []string{store.AccountFunding, store.AccountRevenue} {
		if err := s.db.Ledger.Ensure(ctx, tx, kind, currency); err != nil {
			return 0, fmt.Errorf("create %s account in %s: %w", kind, currency, err)
		}
	}
	return hubAccount(ctx, tx, store.AccountRevenue, currency)
}

func hubAccount(ctx context.Context, tx *ent.Tx, kind string, currency money.Currency) (int64, error) {
	id, err := tx.Account.Query().
		Where(entaccount.Kind(kind), entaccount.Currency(string(currency)), entaccount.MerchantIDIsNil()).OnlyID(ctx)
	return id, store.During(fmt.Sprintf("find %s account in %s", kind, currency), err)
}

// The plus keeps both databases from going through all orders of the merchant.
var selectOrderNumbers = store.FromPostgres(
	`SELECT id, number FROM orders WHERE +merchant_id = $1 AND id = ANY($2::bigint[])`,
)

func (s *Store) ListTransfers(ctx context.Context, merchantID int64, f account.TransferFilter) (
	[]account.Transfer, error,
) {
	return store.ReadAnywhere(ctx, s.db, func(ctx context.Context, r *store.Reads) ([]account.Transfer, error) {
		return listTransfers(ctx, r, merchantID, f)
	})
}

func listTransfers(ctx context.Context, r *store.Reads, merchantID int64, f account.TransferFilter) (
	[]account.Transfer, error,
) {
	wallet, err := r.Client.Account.Query().Where(entaccount.MerchantID(merchantID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil // no wallet, no statement
	}
	if err != nil {
		return nil, store.During("find wallet", err)
	}
	query, err := transferQuery(ctx, r, merchantID, f)
	if err != nil {
		return nil, store.During("list transfers", err)
	}
	rows, err := query.All(ctx)
	if err != nil {
		return nil, store.During("list transfers", err)
	}
	numbers, err := orderNumbers(ctx, r, merchantID, rows)
	if err != nil {
		return nil, err
	}
	return store.Mapped(rows, func(row *ent.Transfer) account.Transfer {
		number := ""
		if row.OrderID != nil {
			number = numbers[*row.OrderID]
		}
		return fromDBTransfer(row, wallet, number)
	}), nil
}

func transferQuery(ctx context.Context, r *store.Reads, merchantID int64, f account.TransferFilter) (
	*ent.TransferQuery, error,
) {
	query := r.Client.Transfer.Query().
		Where(enttransfer.MerchantID(merchantID), store.Given(enttransfer.IDLT, f.BeforeID))
	if len(f.Kinds) > 0 {
		query.Where(enttransfer.KindIn(store.Strings(f.Kinds)...))
	}
	// There is no index of times: ids say where in the statement to look.
	if !f.From.IsZero() {
		first, _, err := around(ctx, r.Peek, merchantID, f.From)
		if err != nil {
			return nil, err
		}
		query.Where(enttransfer.IDGTE(first), enttransfer.CreatedAtGTE(atOrAfter(f.From)))
	}
	if !f.To.IsZero() {
		_, last, err := around(ctx, r.Peek, merchantID, f.To)
		if err != nil {
			return nil, err
		}
		query.Where(enttransfer.IDLT(last), enttransfer.CreatedAtLT(atOrAfter(f.To)))
	}
	return query.Order(enttransfer.ByID(entsql.OrderDesc())).Limit(store.LimitOf(f.Limit)), nil
}

var (
	aTransfer = store.Same(`SELECT id, created_at FROM transfers WHERE merchant_id = $1 AND id >= $2 ORDER BY id
		LIMIT 1`)
	lastOfAll = store.Same(`SELECT id FROM transfers WHERE merchant_id = $1 ORDER BY id DESC LIMIT 1`)

	balanceBy = store.Same(`SELECT id, balance_micros FROM transfers
		WHERE merchant_id = $1 AND id >= $2 AND id < $3 AND created_at <= $4 ORDER BY id DESC LIMIT 1`)
	balanceBefore = store.Same(`SELECT id, balance_micros FROM transfers
		WHERE merchant_id = $1 AND id < $2 ORDER BY id DESC LIMIT 1`)
)

// around is where in a merchant's statement a moment is: what is below first was before it, what is from last on after.
func around(
	ctx context.Context, peek store.Runner, merchantID int64, at time.Time,
) (first, last int64, err error) {
	of := []any{merchantID}
	var high int64
	if err = peek(ctx, store.NewQuery(lastOfAll, of, store.Into(&high))); err != nil {
		return 0, 0, err
	}
	if first, err = store.FirstSince(ctx, peek, aTransfer, of, at, high+1); err != nil {
		return 0, 0, err
	}
	last, err = store.FirstAfter(ctx, peek, aTransfer, of, at, high+1)
	return first, last, err
}

func (s *Store) BalanceAt(ctx context.Context, merchantID int64, at time.Time) (account.Balance, error) {
	balance, err := store.ReadAnywhere(ctx, s.db, func(ctx context.Context, r *store.Reads) (account.Balance, error) {
		return balanceAt(ctx, r, merchantID, at)
	})
	return balance, store.During("read a balance", err)
}

func balanceAt(ctx context.Context, r *store.Reads, merchantID int64, at time.Time) (account.Balance, error) {
	currency, err := r.Client.Account.Query().Where(entaccount.MerchantID(merchantID)).Select(entaccount.FieldCurrency).
		String(ctx)
	if ent.IsNotFound(err) {
		return account.Balance{}, account.ErrNoWallet
	}
	if err != nil {
		return account.Balance{}, err
	}
	first, last, err := around(ctx, r.Peek, merchantID, at)
	if err != nil {
		return account.Balance{}, err
	}
	b := account.Balance{Currency: money.Currency(currency)}
	into := store.Into(&b.TransferID, &b.Amount)
	err = r.Peek(ctx, store.NewQuery(balanceBy, []any{merchantID, first, last, at.UTC()}, into))
	if err == nil && b.TransferID == 0 { // nothing moved about then
		err = r.Peek(ctx, store.NewQuery(balanceBefore, []any{merchantID, first}, into))
	}
	return b, err
}

// lastYear is the last that a timestamp of the contract can have.
const lastYear = 9999

// atOrAfter is t in UTC, rounded up to microseconds: what is kept in microseconds is before t exactly when it is before
// that.
func atOrAfter(t time.Time) time.Time {
	rounded := t.UTC().Truncate(time.Microsecond)
	if up := rounded.Add(time.Microsecond); rounded.Before(t) && up.Year() <= lastYear {
		return up
	}
	return rounded // also at the end of the last year that a timestamp can have
}

// orderNumbers finds the numbers of the orders that transfers belong to.
func orderNumbers(ctx context.Context, r *store.Reads, merchantID int64, transfers []*ent.Transfer) (
	map[int64]string, error,
) {
	var ids []int64
	for _, t := range transfers {
		if t.OrderID != nil {
			ids = append(ids, *t.OrderID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	numbers := make(map[int64]string, len(ids))
	err := r.Peek(ctx, store.NewQuery(selectOrderNumbers, []any{merchantID, ids}, store.Keyed(numbers)))
	return numbers, store.During("find order numbers", err)
}
