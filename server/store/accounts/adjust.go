package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectAdjustable = store.Same(
		`SELECT a.id FROM accounts a WHERE a.kind = 'funding' AND a.currency = $1 AND a.merchant_id IS NULL`,
	)
	selectReferenced = store.Same(
		`SELECT id, kind, debit_account_id, amount_micros, balance_micros, description, created_at FROM transfers
		WHERE merchant_id = $1 AND reference = $2`,
	)
	adjustmentsTable = &store.Table[store.TransferRow]{Name: "transfers", Suffix: "RETURNING id", Columns: append(
		slices.Clone(store.TransferColumns),
		store.NullText("reference", func(r *store.TransferRow) string { return r.Reference }),
		store.Text("description", func(r *store.TransferRow) string { return r.Description }),
	)}
)

// adjusting is one adjustment in the making.
type adjusting struct {
	account.Adjustment

	state    *order.WalletState
	wallet   account.Wallet
	events   store.EventRows
	repeated bool // transfer is the first one with the reference
	transfer account.Transfer
}

// Adjust implements account.Store.
func (s *Store) Adjust(ctx context.Context, a account.Adjustment) (account.Transfer, account.Wallet, error) {
	var adj *adjusting
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		adj = &adjusting{Adjustment: a, events: store.NewEventRows()}
		if err := s.readAdjusted(ctx, tx, adj); err != nil || adj.repeated {
			return err
		}
		return s.writeAdjusted(ctx, tx, adj)
	})
	if errors.Is(err, account.ErrNoWallet) {
		// Not inside: transactions that each hold a connection and wait for another one could wait for ever.
		err = s.withoutWallet(ctx, a.MerchantID)
	}
	if err != nil {
		return account.Transfer{}, account.Wallet{}, store.Unavailable(err)
	}
	return adj.transfer, adj.wallet, nil
}

// readAdjusted locks the wallet and finds the transfer that is repeated, if any.
func (s *Store) readAdjusted(ctx context.Context, tx store.BulkTx, a *adjusting) error {
	merchants, wallets := []int64{a.MerchantID}, make(map[int64]*order.WalletState)
	var first account.Transfer
	var kind account.TransferKind
	var debited int64
	reads := append(s.db.LockLogs(merchants),
		store.NewQuery(
			store.SelectWallets.Locked(store.LockAccounts), []any{merchants},
			func(row store.Scanner) error { return store.ScanWallet(row, wallets) },
		),
		a.events.ReadTargets(merchants))
	if a.Reference != "" {
		reads = append(
			reads, store.NewQuery(selectReferenced, []any{a.MerchantID, a.Reference}, func(row store.Scanner) error {
				var at time.Time
				err := row.Scan(&first.ID, &kind, &debited, &first.Amount, &first.Balance, &first.Description, &at)
				first.CreatedAt = at.UTC()
				return err
			}),
		)
	}
	if err := tx.Query(ctx, reads...); err != nil {
		return fmt.Errorf("read wallet: %w", err)
	}
	if a.state = wallets[a.MerchantID]; a.state == nil {
		return account.ErrNoWallet
	}
	a.wallet = account.Wallet{
		AccountID: a.state.AccountID, MerchantID: a.MerchantID, Currency: a.state.Currency,
		Balance: a.state.Balance, CreditLimit: a.state.CreditLimit, LowBalance: a.state.LowBalance,
	}
	if first.ID == 0 {
		return nil
	}
	if debited == a.state.AccountID {
		first.Amount = money.Amount(0).SubCapped(first.Amount)
	}
	if kind != account.TransferAdjustment || first.Amount != a.Amount || a.Currency != a.wallet.Currency {
		return account.ErrReferenceReused
	}
	first.Kind, first.Currency, first.Reference = kind, a.wallet.Currency, a.Reference
	a.transfer, a.repeated = first, true
	return nil
}

// withoutWallet tells a merchant that there is none from an operator.
func (s *Store) withoutWallet(ctx context.Context, merchantID int64) error {
	if _, err := s.Merchant(ctx, merchantID); err != nil {
		return err
	}
	return account.ErrNoWallet
}

// writeAdjusted moves the money and tells of it.
func (s *Store) writeAdjusted(ctx context.Context, tx store.BulkTx, a *adjusting) error {
	after, err := a.wallet.Adjusted(a.Adjustment)
	if err != nil {
		return err
	}
	var funding int64
	err = tx.Query(ctx, store.NewQuery(
		selectAdjustable, []any{string(a.Currency)}, func(row store.Scanner) error { return row.Scan(&funding) },
	))
	if err != nil {
		return fmt.Errorf("find funding account: %w", err)
	}
	now, size := s.db.Now(), max(a.Amount, money.Amount(0).SubCapped(a.Amount))
	debit, credit := funding, a.wallet.AccountID
	if a.Amount < 0 {
		debit, credit = credit, debit
	}
	a.transfer = account.Transfer{
		Kind: account.TransferAdjustment, Currency: a.Currency, Amount: a.Amount, Balance: after, Reference: a.Reference,
		Description: a.Reason, CreatedAt: now,
	}
	moved := adjustmentsTable.Insert()
	moved.Each = func(row store.Scanner) error { return row.Scan(&a.transfer.ID) }
	moved.Add(store.TransferRow{
		Debit: debit, Credit: credit, Currency: a.Currency, Amount: size, Kind: account.TransferAdjustment,
		MerchantID: a.MerchantID, Reference: a.Reference, Description: a.Reason, Balance: after, At: now,
	})
	before := a.state.Balance
	noteBalance(ctx, a.Currency, before, after)
	a.wallet.Balance, a.state.Balance = after, after
	if err := a.addEvents(before, now); err != nil {
		return err
	}
	raised := store.ChangeWallets.Update()
	raised.Add(store.WalletRow{WalletState: a.state, At: now})
	if err := tx.Enqueue(ctx, a.events.Jobs(nil)...); err != nil {
		return err
	}
	tx.Announce(a.MerchantID)
	return tx.Commit(ctx, &moved, &a.events, &raised)
}

func (a *adjusting) addEvents(before money.Amount, now time.Time) error {
	a.state.EventSequence++
	adjusted := event.Event{
		MerchantID: a.MerchantID, Sequence: a.state.EventSequence, Type: event.WalletAdjusted, CreatedAt: now,
		Data: map[string]string{
			"amount": a.Amount.Format(a.Currency), "balance": a.wallet.Balance.Format(a.Currency),
			"currency": string(a.Currency), "reason": a.Reason, "reference": a.Reference,
		},
	}
	return a.events.Add(append([]event.Event{adjusted}, a.state.LowBalanceEvents(a.MerchantID, before, now)...), nil)
}
