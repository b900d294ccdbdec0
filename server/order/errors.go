package order

import (
	"errors"
	"fmt"
	"time"

	"orderhub/server/money"
)

// What a caller can act on without knowing more.
var (
	// ErrNotFound: no such order of this merchant.
	ErrNotFound = errors.New("order not found")
	// ErrNotCancellable: every unit is delivered, given up, or with a provider
	// that does not take it back.
	ErrNotCancellable = errors.New("order can no longer be cancelled")
	// ErrOverloaded: too many drafts are waiting; nothing was stored, try later.
	ErrOverloaded = errors.New("too many orders are waiting to be placed")
	// ErrShuttingDown: this process takes no more orders; nothing was stored.
	ErrShuttingDown = errors.New("shutting down")
	// ErrBusy: the order is just being handed to a provider; ask again.
	ErrBusy = errors.New("the order is just being handed to a provider")
	// ErrNumberTaken: another order has the number that was made for this one.
	ErrNumberTaken = errors.New("order number is taken")
	// ErrMerchantSuspended: suspended since the request was authenticated.
	ErrMerchantSuspended = errors.New("merchant is suspended")
)

// DuplicateReferenceError: the reference belongs to an order with another content, or
// to a hold.
type DuplicateReferenceError struct {
	Reference   string
	OrderNumber string // or the hold's
	Held        bool   // it is a hold
}

func (e *DuplicateReferenceError) Error() string {
	if e.Held {
		return fmt.Sprintf("reference %q belongs to hold %s", e.Reference, e.OrderNumber)
	}
	return fmt.Sprintf("reference %q already belongs to order %s with another content", e.Reference, e.OrderNumber)
}

// InsufficientBalanceError: the wallet, credit limit included, lacks Missing.
type InsufficientBalanceError struct {
	Currency money.Currency
	Missing  money.Amount
}

func (e *InsufficientBalanceError) Error() string {
	return fmt.Sprintf("insufficient wallet balance: %s %s missing", e.Currency, e.Missing.Format(e.Currency))
}

// TooManyUnitsError: the order asks for more units of stock and tickets than one
// order may.
type TooManyUnitsError struct{ Units, Max int64 }

func (e *TooManyUnitsError) Error() string {
	return fmt.Sprintf("one order has at most %d units from stock and tickets, not %d", e.Max, e.Units)
}

// TotalTooLargeError: the order costs more than one order may.
type TotalTooLargeError struct {
	Currency money.Currency
	Max      money.Amount
}

func (e *TotalTooLargeError) Error() string {
	return fmt.Sprintf("one order costs at most %s %s", e.Currency, e.Max.Format(e.Currency))
}

// LineReason says why one line cannot be ordered. The values are stable.
type LineReason string

// The reasons a line is refused.
const (
	ReasonProductNotFound     LineReason = "PRODUCT_NOT_FOUND"     // unknown, or not sold to this merchant
	ReasonProductNotAvailable LineReason = "PRODUCT_NOT_AVAILABLE" // archived
	ReasonQuantityNotAllowed  LineReason = "QUANTITY_NOT_ALLOWED"
	ReasonFieldInvalid        LineReason = "FIELD_INVALID"
	ReasonDateNotAvailable    LineReason = "DATE_NOT_AVAILABLE" // no allotment on the day, or a day where none belongs
	ReasonOutOfStock          LineReason = "OUT_OF_STOCK"
	ReasonRecipientUnchecked  LineReason = "RECIPIENT_UNCHECKED" // no check that is recent enough; see package recipient
	ReasonRecipientNotFound   LineReason = "RECIPIENT_NOT_FOUND" // as the check said
	ReasonReferenceUsed       LineReason = "REFERENCE_USED"      // by an earlier order; see Draft.UniqueLines
	ReasonPriceChanged        LineReason = "PRICE_CHANGED"       // while being placed; see Draft.FixedPrices
)

// LineProblem is one refused line.
type LineProblem struct {
	Index   int // 0-based position in the request
	SKU     string
	Reason  LineReason
	Field   string // the customer field's identifier, with ReasonFieldInvalid
	Missing bool   // the field has no value, with ReasonFieldInvalid
	Message string
}

// LinesError: nothing was ordered because of these lines, in request order.
type LinesError struct{ Problems []LineProblem }

func (e *LinesError) Error() string {
	p := e.Problems[0]
	return fmt.Sprintf("line %d (%s): %s", p.Index, p.SKU, p.Message)
}

// PriceChangedError: the total is not the one the caller expected.
type PriceChangedError struct {
	Currency money.Currency
	Expected money.Amount
	Actual   money.Amount
}

func (e *PriceChangedError) Error() string {
	return fmt.Sprintf("the total is %s %s, not the expected %s",
		e.Currency, e.Actual.Format(e.Currency), e.Expected.Format(e.Currency))
}

// CouponCause says why a coupon cannot be used.
type CouponCause string

// The causes. The values are stable.
const (
	CouponUnknown    CouponCause = "unknown"
	CouponNotStarted CouponCause = "not_started"
	CouponExpired    CouponCause = "expired"
	CouponUsedUp     CouponCause = "used_up"
	CouponMinimum    CouponCause = "minimum"
	CouponScope      CouponCause = "scope" // no line in scope, or another currency
)

// CouponError: the coupon named cannot be used for this order.
type CouponError struct {
	Code  string
	Cause CouponCause
}

func (e *CouponError) Error() string {
	return fmt.Sprintf("coupon %q cannot be used: %s", e.Code, e.Cause)
}

// RetryLaterError wraps a failure after which the same request, with the same
// reference, may be sent again and makes at most one order.
type RetryLaterError struct {
	Err   error
	After time.Duration
}

func (e *RetryLaterError) Error() string { return "try again later: " + e.Err.Error() }
func (e *RetryLaterError) Unwrap() error { return e.Err }
