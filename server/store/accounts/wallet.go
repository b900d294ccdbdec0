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
	now := s.db.Now()
	for _, kind := range []string{store.AccountFunding, store.AccountRevenue} {
		err := tx.Account.Create().SetKind(kind).SetCurrency(string(currency)).SetCreatedAt(now).SetUpdatedAt(now).
			OnConflict(
				entsql.ConflictColumns(entaccount.FieldKind, entaccount.FieldCurrency),
				entsql.ConflictWhere(entsql.IsNull(entaccount.FieldMerchantID)),
				entsql.DoNothing(),
			).Exec(ctx)
		if err != nil && !store.IsNotFound(err) { // no row comes back when it was there
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

// The plus keeps SQLite from going through all orders of the merchant.
var selectOrderNumbers = store.Statement{
	Postgres: `SELECT id, number FROM orders WHERE merchant_id = $1 AND id = ANY($2::bigint[])`,
	SQLite:   `SELECT id, number FROM orders WHERE +merchant_id = $1 AND id IN (SELECT value FROM json_each($2))`,
}

// ListTransfers implements account.Store.
func (s *Store) ListTransfers(ctx context.Context, merchantID int64, f account.TransferFilter) (
	listed []account.Transfer, err error,
) {
	err = s.db.Anywhere(ctx, func(ctx context.Context, r *store.Reads) (err error) {
		listed, err = listTransfers(ctx, r, merchantID, f)
		return err
	})
	return listed, err
}

func listTransfers(ctx context.Context, r *store.Reads, merchantID int64, f account.TransferFilter) (
	[]account.Transfer, error,
) {
	wallet, err := r.Client.Account.Query().Where(entaccount.MerchantID(merchantID)).OnlyID(ctx)
	if ent.IsNotFound(err) {
		return nil, nil // no wallet, no statement
	}
	if err != nil {
		return nil, store.During("find wallet", store.Unavailable(err))
	}
	rows, err := transferQuery(r.Client, merchantID, f).All(ctx)
	if err != nil {
		return nil, store.During("list transfers", store.Unavailable(err))
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

func transferQuery(c *ent.Client, merchantID int64, f account.TransferFilter) *ent.TransferQuery {
	query := c.Transfer.Query().Where(enttransfer.MerchantID(merchantID))
	if len(f.Kinds) > 0 {
		query.Where(
			enttransfer.KindIn(store.Mapped(f.Kinds, func(kind account.TransferKind) string { return string(kind) })...),
		)
	}
	if !f.From.IsZero() {
		query.Where(enttransfer.CreatedAtGTE(atOrAfter(f.From)))
	}
	if !f.To.IsZero() {
		query.Where(enttransfer.CreatedAtLT(atOrAfter(f.To)))
	}
	if f.BeforeID != 0 {
		query.Where(enttransfer.IDLT(f.BeforeID))
	}
	return query.Order(enttransfer.ByID(entsql.OrderDesc())).Limit(store.LimitOf(f.Limit))
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
	err := r.Peek(ctx, store.NewQuery(selectOrderNumbers, []any{merchantID, ids}, func(row store.Scanner) error {
		var id int64
		var number string
		err := row.Scan(&id, &number)
		numbers[id] = number
		return err
	}))
	return numbers, store.During("find order numbers", store.Unavailable(err))
}
