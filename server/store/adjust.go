package store

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
)

var (
	selectAdjustable = same(
		`SELECT a.id FROM accounts a WHERE a.kind = 'funding' AND a.currency = $1 AND a.merchant_id IS NULL`,
	)
	selectReferenced = same(
		`SELECT id, kind, debit_account_id, amount_micros, balance_micros, description, created_at FROM transfers
		WHERE merchant_id = $1 AND reference = $2`,
	)
	adjustmentsTable = &table{name: "transfers", suffix: "RETURNING id", columns: []column{
		{name: "debit_account_id", kind: "bigint"},
		{name: "credit_account_id", kind: "bigint"},
		{name: "currency", kind: "text"},
		{name: "amount_micros", kind: "bigint"},
		{name: "kind", kind: "text"},
		{name: "merchant_id", kind: "bigint"},
		{name: "reference", kind: "text"},
		{name: "description", kind: "text"},
		{name: "balance_micros", kind: "bigint"},
		{name: "created_at", kind: "timestamptz"},
	}}
)

// adjusting is one adjustment in the making.
type adjusting struct {
	account.Adjustment

	state    *order.WalletState
	wallet   account.Wallet
	events   eventRows
	repeated bool // transfer is the first one with the reference
	transfer account.Transfer
}

// Adjust implements account.Store.
func (s *Store) Adjust(ctx context.Context, a account.Adjustment) (account.Transfer, account.Wallet, error) {
	var adj *adjusting
	err := s.bulk(ctx, func(tx bulkTx) error {
		adj = &adjusting{Adjustment: a, events: newEventRows()}
		if err := s.readAdjusted(ctx, tx, adj); err != nil || adj.repeated {
			return err
		}
		return s.writeAdjusted(ctx, tx, adj)
	})
	if err != nil {
		return account.Transfer{}, account.Wallet{}, unavailable(err)
	}
	return adj.transfer, adj.wallet, nil
}

// readAdjusted locks the wallet and finds the transfer that is repeated, if any.
func (s *Store) readAdjusted(ctx context.Context, tx bulkTx, a *adjusting) error {
	merchants, wallets := []int64{a.MerchantID}, make(map[int64]*order.WalletState)
	var first account.Transfer
	var kind account.TransferKind
	var debited int64
	reads := append(s.lockLogs(merchants),
		read{
			selectWallets.locked(lockAccounts), []any{merchants}, func(row scanner) error { return scanWallet(row, wallets) },
		},
		a.events.readTargets(merchants))
	if a.Reference != "" {
		reads = append(reads, read{selectReferenced, []any{a.MerchantID, a.Reference}, func(row scanner) error {
			var at time.Time
			err := row.Scan(&first.ID, &kind, &debited, &first.Amount, &first.Balance, &first.Description, &at)
			first.CreatedAt = at.UTC()
			return err
		}})
	}
	if err := tx.read(ctx, reads...); err != nil {
		return fmt.Errorf("read wallet: %w", err)
	}
	if a.state = wallets[a.MerchantID]; a.state == nil {
		return s.withoutWallet(ctx, a.MerchantID)
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
func (s *Store) writeAdjusted(ctx context.Context, tx bulkTx, a *adjusting) error {
	after, err := a.wallet.Adjusted(a.Adjustment)
	if err != nil {
		return err
	}
	var funding int64
	err = tx.read(
		ctx, read{selectAdjustable, []any{string(a.Currency)}, func(row scanner) error { return row.Scan(&funding) }},
	)
	if err != nil {
		return fmt.Errorf("find funding account: %w", err)
	}
	now, size := s.now(), max(a.Amount, money.Amount(0).SubCapped(a.Amount))
	debit, credit := funding, a.wallet.AccountID
	if a.Amount < 0 {
		debit, credit = credit, debit
	}
	a.transfer = account.Transfer{
		Kind: account.TransferAdjustment, Currency: a.Currency, Amount: a.Amount, Balance: after, Reference: a.Reference,
		Description: a.Reason, CreatedAt: now,
	}
	moved := insert{table: adjustmentsTable, each: func(row scanner) error { return row.Scan(&a.transfer.ID) }}
	moved.add(
		debit, credit, string(a.Currency), int64(size), string(account.TransferAdjustment), a.MerchantID,
		nullText(a.Reference),
		a.Reason, int64(after), now,
	)
	a.wallet.Balance = after
	if err := a.tell(now); err != nil {
		return err
	}
	raised := update{change: changeWallets}
	raised.add(a.wallet.AccountID, int64(after), a.state.EventSequence, now)
	if err := tx.enqueue(ctx, a.events.jobs()...); err != nil {
		return err
	}
	tx.announce(a.MerchantID)
	return tx.commit(ctx, &moved, &a.events, &raised)
}

func (a *adjusting) tell(now time.Time) error {
	a.state.EventSequence++
	return a.events.add([]event.Event{{
		MerchantID: a.MerchantID, Sequence: a.state.EventSequence, Type: event.WalletAdjusted, CreatedAt: now,
		Data: map[string]string{
			"amount": a.Amount.Format(a.Currency), "balance": a.wallet.Balance.Format(a.Currency),
			"currency": string(a.Currency),
			"reason":   a.Reason, "reference": a.Reference,
		},
	}}, nil)
}
