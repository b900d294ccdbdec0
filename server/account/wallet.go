package account

import (
	"fmt"
	"strings"
	"time"

	"orderhub/server/errs"
	"orderhub/server/money"
)

// Totals are sums over a merchant's whole statement.
type Totals struct {
	Deposited money.Amount // deposits and adjustments
	Spent     money.Amount // charges less refunds
	Orders    int64
}

// Wallet is a merchant's prepaid balance. The balance may go down to minus the
// credit limit.
type Wallet struct {
	AccountID   int64
	MerchantID  int64
	Currency    money.Currency
	Balance     money.Amount
	CreditLimit money.Amount
	LowBalance  *money.Amount // a charge, a hold or an adjustment that takes the balance below it is told; nil for never
}

// MaxBalance is how far money that is paid in may take a balance, and how high a
// credit limit may be. Sums of a few of these fit an amount, so that no refund
// finds its wallet full.
const MaxBalance = 1_000_000_000_000 * money.Unit

// Available is what can still be spent.
func (w *Wallet) Available() money.Amount { return w.Balance.AddCapped(w.CreditLimit) }

// TransferKind says why money moved.
type TransferKind string

// Transfer is one line of a wallet's statement.
type Transfer struct {
	ID          int64
	Kind        TransferKind
	Currency    money.Currency
	Amount      money.Amount // signed as the wallet sees it: a charge is negative
	Balance     money.Amount // of the wallet, after this transfer
	OrderNumber string       // "" when it belongs to no order
	HoldNumber  string       // "" when it belongs to no hold
	Reference   string       // the depositor's own; "" when none
	Description string
	CreatedAt   time.Time
}

// Deposit is money to be added to a wallet. Repeating one with the same
// Reference adds nothing.
type Deposit struct {
	MerchantID  int64
	Amount      money.Amount
	Currency    money.Currency // must be the wallet's
	Reference   string         // "" is never a repetition
	Description string
}

// Check says what is wrong with a deposit, whatever the wallet: *errs.InvalidError.
func (d *Deposit) Check() error {
	bad := &errs.InvalidError{}
	if d.Amount <= 0 || d.Amount >= MaxBalance {
		bad.Add("amount", "must be above 0, with at most 12 digits before the point")
	}
	bad.CheckLine("reference", d.Reference, 0, 255)
	bad.CheckLine("description", d.Description, 0, 500)
	return bad.OrNil()
}

// Adjustment corrects a balance by hand, in either direction. Repeating one with
// the same Reference changes nothing.
type Adjustment struct {
	MerchantID int64
	Amount     money.Amount   // signed, never 0
	Currency   money.Currency // must be the wallet's
	Reason     string         // what the merchant reads
	Reference  string         // "" is never a repetition
	Force      bool           // may take the balance below the credit limit
}

// Check says what is wrong with an adjustment, whatever the wallet: *errs.InvalidError.
func (a *Adjustment) Check() error {
	bad := &errs.InvalidError{}
	if a.Amount == 0 || a.Amount >= MaxBalance || a.Amount <= -MaxBalance {
		bad.Add("amount", "must not be 0 and have at most 12 digits before the point")
	}
	if strings.TrimSpace(a.Reason) == "" {
		bad.Add("reason", "must not be empty")
	}
	bad.CheckLine("reason", a.Reason, 0, 500)
	bad.CheckLine("reference", a.Reference, 0, 255)
	return bad.OrNil()
}

// Adjusted is the balance after an adjustment, or a deposit. Errors: ErrCurrencyMismatch,
// *BelowLimitError, *errs.InvalidError when the wallet cannot hold it.
func (w *Wallet) Adjusted(a Adjustment) (money.Amount, error) {
	if w.Currency != a.Currency {
		return 0, ErrCurrencyMismatch
	}
	after, err := w.Balance.Add(a.Amount)
	if err != nil || after > max(w.Balance, MaxBalance) {
		return 0, errs.Invalid("amount", "must leave a balance that a wallet can hold")
	}
	left := after.AddCapped(w.CreditLimit)
	if a.Amount < 0 && left < 0 && !a.Force {
		return 0, &BelowLimitError{Currency: w.Currency, Missing: money.Amount(0).SubCapped(left)}
	}
	return after, nil
}

// BelowLimitError: the wallet, credit limit included, lacks Missing.
type BelowLimitError struct {
	Currency money.Currency
	Missing  money.Amount
}

func (e *BelowLimitError) Error() string {
	return fmt.Sprintf("insufficient wallet balance: %s %s missing", e.Currency, e.Missing.Format(e.Currency))
}

// RequestedError: with the reference the same movement was asked for before, in a request
// for approval, which says what became of it.
type RequestedError struct{ Request int64 }

func (e *RequestedError) Error() string {
	return fmt.Sprintf("request %d for approval has the reference", e.Request)
}

// Balance is what a wallet had after a transfer.
type Balance struct {
	Amount     money.Amount
	Currency   money.Currency
	TransferID int64 // 0 before the first
}

// TransferFilter pages through a statement, newest first.
type TransferFilter struct {
	Kinds    []TransferKind // empty for all
	From, To time.Time      // [From, To); zero for no bound
	BeforeID int64          // 0 for the first page
	Limit    int
}

// The kinds of transfers.
const (
	TransferDeposit    TransferKind = "deposit"
	TransferCharge     TransferKind = "charge"
	TransferRefund     TransferKind = "refund"
	TransferHold       TransferKind = "hold"    // to what is held
	TransferRelease    TransferKind = "release" // back from there
	TransferAdjustment TransferKind = "adjustment"
	// Between the hub and its providers, which no wallet has.
	TransferPurchase TransferKind = "purchase"
	TransferCredit   TransferKind = "credit"
)
