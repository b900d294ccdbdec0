package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"orderhub/server/account"
	"orderhub/server/audit"
	"orderhub/server/event"
	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectFunding = store.Same(
		`SELECT a.id FROM accounts a WHERE a.kind = 'funding' AND a.currency = $1 AND a.merchant_id IS NULL`,
	)
	selectReferenced = store.Same(
		`SELECT id, kind, debit_account_id, amount_micros, balance_micros, description, created_at FROM transfers
		WHERE merchant_id = $1 AND reference = $2`,
	)
	selectRequested = store.Same(
		`SELECT id, kind, currency, amount_micros FROM approval_requests WHERE merchant_id = $1 AND reference = $2`,
	)
	movementsTable = &store.Table[store.TransferRow]{Name: "transfers", Suffix: "RETURNING id", Columns: append(
		slices.Clone(store.TransferColumns),
		store.NullText("reference", func(r *store.TransferRow) string { return r.Reference }),
		store.Text("description", func(r *store.TransferRow) string { return r.Description }),
	)}
)

// Movement is money that is moved by hand, in the making: a deposit or an adjustment.
type Movement struct {
	account.Adjustment // a deposit is one whose reason is its description

	Kind      account.TransferKind
	Approving int64 // the request for approval that is carried out, 0 for none

	Wallet   account.Wallet
	Transfer account.Transfer // that was made
	Repeated bool             // Transfer is the first one with the reference

	state  *order.WalletState
	events store.EventRows
}

// Deposit implements account.Store. Further errors: *errs.InvalidError on "amount" when the wallet cannot hold it.
func (s *Store) Deposit(ctx context.Context, d account.Deposit) (account.Transfer, account.Wallet, error) {
	return s.move(ctx, account.TransferDeposit, account.Adjustment{
		MerchantID: d.MerchantID, Amount: d.Amount, Currency: d.Currency, Reference: d.Reference, Reason: d.Description,
	})
}

func (s *Store) Adjust(ctx context.Context, a account.Adjustment) (account.Transfer, account.Wallet, error) {
	return s.move(ctx, account.TransferAdjustment, a)
}

func (s *Store) move(ctx context.Context, kind account.TransferKind, a account.Adjustment) (
	account.Transfer, account.Wallet, error,
) {
	var m *Movement
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		m = &Movement{Adjustment: a, Kind: kind}
		if err := s.ReadMovement(ctx, tx, m); err != nil || m.Repeated {
			return err
		}
		return s.WriteMovement(ctx, tx, m)
	})
	if err != nil {
		return account.Transfer{}, account.Wallet{}, store.Unavailable(s.WithoutWallet(ctx, a.MerchantID, err))
	}
	return m.Transfer, m.Wallet, nil
}

// ReadMovement locks the wallet, before every other lock, and finds the transfer that is repeated, if any. Errors:
// account.ErrNoWallet, also for a merchant that is not there, ErrCurrencyMismatch, ErrReferenceReused, *RequestedError.
func (s *Store) ReadMovement(ctx context.Context, tx store.BulkTx, m *Movement) error {
	m.events = store.NewEventRows()
	merchants, wallets := []int64{m.MerchantID}, make(map[int64]*order.WalletState)
	reads := []store.Query{store.LockWallets(merchants, wallets)}
	if m.isLogged() {
		reads = append(s.db.LockLogs(merchants), reads[0], m.events.ReadTargets(merchants))
	}
	first, requested := &referenced{}, &requested{}
	if m.Reference != "" {
		of := []any{m.MerchantID, m.Reference}
		reads = append(
			reads, store.NewQuery(selectReferenced, of, first.scan),
			store.NewQuery(selectRequested, of, requested.scan),
		)
	}
	if err := tx.Query(ctx, reads...); err != nil {
		return fmt.Errorf("read wallet: %w", err)
	}
	if m.state = wallets[m.MerchantID]; m.state == nil {
		return account.ErrNoWallet
	}
	m.Wallet = walletOf(m.MerchantID, m.state)
	switch {
	case m.Currency != m.Wallet.Currency:
		return account.ErrCurrencyMismatch
	case first.ID != 0:
		return m.repeat(first)
	case requested.id == 0 || requested.id == m.Approving:
		return nil
	case requested.is(m):
		return &account.RequestedError{Request: requested.id}
	default:
		return account.ErrReferenceReused
	}
}

// isLogged says whether the merchant's log has it.
func (m *Movement) isLogged() bool { return m.Kind == account.TransferAdjustment }

func walletOf(merchantID int64, state *order.WalletState) account.Wallet {
	return account.Wallet{
		AccountID: state.AccountID, MerchantID: merchantID, Currency: state.Currency, Balance: state.Balance,
		CreditLimit: state.CreditLimit, LowBalance: state.LowBalance,
	}
}

// referenced is the transfer that has a reference.
type referenced struct {
	account.Transfer

	debited int64
}

func (r *referenced) scan(row store.Scanner) error {
	var at time.Time
	err := row.Scan(&r.ID, &r.Kind, &r.debited, &r.Amount, &r.Balance, &r.Description, &at)
	r.CreatedAt = at
	return err
}

// repeat answers with what was moved before.
func (m *Movement) repeat(first *referenced) error {
	if first.debited == m.Wallet.AccountID {
		first.Amount = money.Amount(0).SubCapped(first.Amount)
	}
	if first.Kind != m.Kind || first.Amount != m.Amount {
		return account.ErrReferenceReused
	}
	first.Currency, first.Reference = m.Wallet.Currency, m.Reference
	m.Transfer, m.Repeated = first.Transfer, true
	return nil
}

// requested is the request for approval that has a reference.
type requested struct {
	id             int64
	kind, currency string
	amount         money.Amount
}

func (r *requested) scan(row store.Scanner) error {
	return row.Scan(&r.id, &r.kind, &r.currency, &r.amount)
}

func (r *requested) is(m *Movement) bool {
	return r.kind == string(m.Kind) && r.currency == string(m.Currency) && r.amount == m.Amount
}

// WithoutWallet tells a merchant that there is none from an operator. It is for after the transaction: those that each
// hold a connection and wait for another one could wait for ever.
func (s *Store) WithoutWallet(ctx context.Context, merchantID int64, err error) error {
	if !errors.Is(err, account.ErrNoWallet) {
		return err
	}
	if _, err := s.Merchant(ctx, merchantID); err != nil {
		return err
	}
	return account.ErrNoWallet
}

// WriteMovement moves the money and tells of it. Errors: those of [account.Wallet.Adjusted].
func (s *Store) WriteMovement(ctx context.Context, tx store.BulkTx, m *Movement) error {
	after, err := m.Wallet.Adjusted(m.Adjustment)
	if err != nil {
		return err
	}
	var funding int64
	err = tx.Query(ctx, store.NewQuery(selectFunding, []any{string(m.Currency)}, store.Into(&funding)))
	if err != nil {
		return fmt.Errorf("find funding account: %w", err)
	}
	now := s.db.Now()
	moved := m.transfer(funding, after, now)
	before := m.state.Balance
	audit.Changed(ctx, "balance", before.Format(m.Currency), after.Format(m.Currency))
	m.Wallet.Balance, m.state.Balance = after, after
	writes := []store.Write{moved}
	if m.isLogged() {
		m.addEvents(before, now)
		if err := tx.Enqueue(ctx, m.events.Jobs(nil)...); err != nil {
			return err
		}
		tx.Announce(m.MerchantID)
		writes = append(writes, &m.events)
	}
	raised := store.ChangeWallets.Update(store.WalletRow{WalletState: m.state, At: now})
	return tx.Write(ctx, append(writes, &raised)...)
}

// transfer is the row of what is moved.
func (m *Movement) transfer(funding int64, after money.Amount, now time.Time) *store.Insert[store.TransferRow] {
	m.Transfer = account.Transfer{
		Kind: m.Kind, Currency: m.Currency, Amount: m.Amount, Balance: after, Reference: m.Reference,
		Description: m.Reason, CreatedAt: now,
	}
	debit, credit := funding, m.Wallet.AccountID
	if m.Amount < 0 {
		debit, credit = credit, debit
	}
	moved := movementsTable.Insert()
	moved.Each = store.Into(&m.Transfer.ID)
	moved.Add(store.TransferRow{
		Debit: debit, Credit: credit, Currency: m.Currency, Amount: max(m.Amount, money.Amount(0).SubCapped(m.Amount)),
		Kind: m.Kind, MerchantID: m.MerchantID, Reference: m.Reference, Description: m.Reason, Balance: after, At: now,
	})
	return &moved
}

func (m *Movement) addEvents(before money.Amount, now time.Time) {
	m.state.EventSequence++
	adjusted := event.Event{
		MerchantID: m.MerchantID, Sequence: m.state.EventSequence, Type: event.WalletAdjusted, CreatedAt: now,
		Data: map[string]string{
			"amount": m.Amount.Format(m.Currency), "balance": m.Wallet.Balance.Format(m.Currency),
			"currency": string(m.Currency), "reason": m.Reason, "reference": m.Reference,
		},
	}
	m.events.Add(append([]event.Event{adjusted}, m.state.LowBalanceEvents(m.MerchantID, before, now)...), nil)
}
