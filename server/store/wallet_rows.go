package store

import (
	"slices"
	"time"

	"orderhub/server/account"
	"orderhub/server/money"
	"orderhub/server/order"
)

// The locks of merchants' logs are a class of PostgreSQL's advisory locks of their own: "orde", read as a number. A
// merchant's lock has its id, as far as the lock's second half can hold it; two that share one wait for each other.
const (
	logLocks    = "1869771876"
	lockNumbers = "2147483647" // the largest of the second half
)

var lockMerchantLogs = Same(
	`SELECT pg_advisory_xact_lock(` + logLocks + `, (id % ` + lockNumbers + `)::int) FROM unnest($1::bigint[]) AS id`)

// LockLogs comes before everything else in a transaction that writes events of
// the merchants, which are in order. A transaction gets its number with the first
// row that it locks: were that the wallet of one merchant, it could be overtaken
// while it waits for the wallet of another, whose events would then not be in
// their order in the log of all merchants. SQLite has one writer.
func (s *DB) LockLogs(merchantIDs []int64) []Query {
	if s.pool == nil {
		return nil
	}
	return []Query{{lockMerchantLogs, []any{merchantIDs}, func(Scanner) error { return nil }}}
}

// SelectWallets reads the wallets of merchants in the order in which everybody locks
// them; ScanWallet takes its rows.
var SelectWallets = FromPostgres(`SELECT a.merchant_id, a.id, a.currency, a.balance_micros, a.credit_limit_micros,
		a.event_sequence, a.low_balance_micros, m.status
		FROM accounts a JOIN merchants m ON m.id = a.merchant_id
		WHERE a.merchant_id = ANY($1::bigint[]) ORDER BY a.id`)

// What [Statement.Locked] adds: the lock of the rows, and where others are joined to
// them that of the accounts alone.
const (
	LockRows     = ` FOR NO KEY UPDATE`
	LockAccounts = ` FOR NO KEY UPDATE OF a`
)

var lockWallets = SelectWallets.Locked(LockAccounts)

// LockWallets reads the wallets of merchants, and keeps everyone else from changing them, or from placing orders on
// them, until the transaction ends.
func LockWallets(merchantIDs []int64, wallets map[int64]*order.WalletState) Query {
	return Query{lockWallets, []any{merchantIDs}, func(row Scanner) error { return ScanWallet(row, wallets) }}
}

// ScanWallet puts a row of SelectWallets to its merchant.
func ScanWallet(row Scanner, wallets map[int64]*order.WalletState) error {
	var merchant int64
	var status string
	w := &order.WalletState{}
	if err := row.Scan(
		&merchant, &w.AccountID, &w.Currency, &w.Balance, &w.CreditLimit, &w.EventSequence, &w.LowBalance, &status,
	); err != nil {
		return err
	}
	w.Suspended = status != string(account.StatusActive)
	wallets[merchant] = w
	return nil
}

// TransferRow is a transfer to be written.
type TransferRow struct {
	Debit, Credit int64 // accounts
	Currency      money.Currency
	Amount        money.Amount
	Kind          account.TransferKind
	MerchantID    int64
	OrderID       int64
	AttemptID     int64 // of purchases and credits alone, which have neither a merchant nor an order
	HoldID        int64 // of holds and releases alone, which have no order
	HoldNumber    string
	Reference     string
	Description   string
	Balance       money.Amount // of the merchant's wallet afterwards
	At            time.Time
}

// TransferColumns are the columns of every transfer.
var TransferColumns = []Column[TransferRow]{
	Bigint("debit_account_id", func(r *TransferRow) int64 { return r.Debit }),
	Bigint("credit_account_id", func(r *TransferRow) int64 { return r.Credit }),
	Text("currency", func(r *TransferRow) money.Currency { return r.Currency }),
	Bigint("amount_micros", func(r *TransferRow) money.Amount { return r.Amount }),
	Text("kind", func(r *TransferRow) account.TransferKind { return r.Kind }),
	Bigint("merchant_id", func(r *TransferRow) int64 { return r.MerchantID }),
	Bigint("balance_micros", func(r *TransferRow) money.Amount { return r.Balance }),
	Time("created_at", func(r *TransferRow) time.Time { return r.At }),
}

// TransfersTable takes transfers of orders.
var TransfersTable = &Table[TransferRow]{Name: "transfers", Columns: append(
	slices.Clone(TransferColumns), Bigint("order_id", func(r *TransferRow) int64 { return r.OrderID }),
)}

// HoldTransfersTable takes transfers of orders and of holds.
var HoldTransfersTable = &Table[TransferRow]{Name: "transfers", Columns: append(
	slices.Clone(TransferColumns), NullBigint("order_id", func(r *TransferRow) int64 { return r.OrderID }),
	NullBigint("hold_id", func(r *TransferRow) int64 { return r.HoldID }),
	NullText("hold_number", func(r *TransferRow) string { return r.HoldNumber }),
)}

// WalletRow is what a wallet has after a transaction.
type WalletRow struct {
	*order.WalletState

	At time.Time
}

// ChangeWallets writes what a wallet has after a transaction.
var ChangeWallets = &Change[WalletRow]{
	Table: "accounts", ID: func(r *WalletRow) int64 { return r.AccountID },
	Columns: []Column[WalletRow]{
		Bigint("balance_micros", func(r *WalletRow) money.Amount { return r.Balance }),
		Bigint("event_sequence", func(r *WalletRow) int64 { return r.EventSequence }),
		Time("updated_at", func(r *WalletRow) time.Time { return r.At }),
	},
}
