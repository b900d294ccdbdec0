package order

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/errs"
	"orderhub/server/money"
)

// HoldStatus is what became of a hold.
type HoldStatus string

// The states of a hold. All but the first are final.
const (
	HoldOpen      HoldStatus = "held"
	HoldConfirmed HoldStatus = "confirmed" // it is an order
	HoldReleased  HoldStatus = "released"  // its merchant, or an operator, gave it up
	HoldExpired   HoldStatus = "expired"   // its time was over before it was confirmed
)

// Limits of holds.
const (
	MinHold       = time.Second
	MaxHold       = time.Hour // from the hold, or its last extension, on
	DefaultHold   = 15 * time.Minute
	MaxExtensions = 2
	MaxOpenHolds  = 1000 // of one merchant at once
)

// Hold is a draft that was priced and has what it needs kept for it: the money, the
// stock, the use of its coupon, its reference and its number. It becomes an order at
// that price, or gives everything back.
type Hold struct {
	ID         int64
	Number     string // the order's, once there is one
	MerchantID int64
	Reference  string // the number where the merchant gave none
	Status     HoldStatus
	Currency   money.Currency
	Total      money.Amount // taken from the wallet while it is held
	CouponID   int64        // 0 for none
	HoldTerms
	Draft      HeldDraft // only while it is held, and where one is asked for
	Extensions int
	CreatedAt  time.Time
	ExpiresAt  time.Time
	EndedAt    *time.Time // nil while it is held
	OrderID    int64      // 0 before it is confirmed

	// Fingerprint is the request's, as the store keeps it.
	Fingerprint []byte
}

// HoldTerms are what a hold costs, kept as JSON for as long as the hold is. They have
// nothing of the customer.
type HoldTerms struct {
	Door       string       `json:"door"`
	Subtotal   money.Amount `json:"subtotal"`
	Discount   money.Amount `json:"discount,omitempty"`
	CouponCode string       `json:"coupon,omitempty"`
	Lines      []HoldLine   `json:"lines"`
	// Until is when the first of its units is sold no more, which no hold outlasts; nil for never.
	Until *time.Time `json:"until,omitempty"`
}

// within is the time, or what the hold's stock leaves of it.
func (h *Hold) within(until time.Time) time.Time {
	if h.Until != nil && until.After(*h.Until) {
		return *h.Until
	}
	return until
}

// EndBefore has the hold end before the unit is sold no more.
func (h *Hold) EndBefore(u Unit, margin time.Duration) {
	if expires := catalog.ExpiryOf(u.Expires); expires != nil {
		until := h.within(expires.Add(-margin))
		h.Until = &until
	}
	h.ExpiresAt = h.within(h.ExpiresAt)
}

// HoldLine is a line as it was priced.
type HoldLine struct {
	ProductID   int64          `json:"product"`
	SKU         string         `json:"sku"`
	ProductName string         `json:"name"`
	Source      catalog.Source `json:"source"`
	Dated       bool           `json:"dated,omitempty"`
	Quantity    int64          `json:"quantity"`
	UseDate     string         `json:"day,omitempty"`
	UnitPrice   money.Amount   `json:"price"`
	PriceRule   string         `json:"rule,omitempty"`
	Subtotal    money.Amount   `json:"subtotal"`
	Discount    money.Amount   `json:"discount,omitempty"`
	Total       money.Amount   `json:"total"`
}

// HeldDraft is what else the order will have. It is the customer's in part: kept
// encrypted, and only while it is held.
type HeldDraft struct {
	Recipient Recipient         `json:"recipient"`
	NotifyURL string            `json:"notify,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"`
	Private   json.RawMessage   `json:"private,omitempty"`
	Lines     []HeldDraftLine   `json:"lines"`
}

// HeldDraftLine is what else a line will have.
type HeldDraftLine struct {
	ExternalReference string            `json:"reference,omitempty"`
	Fields            map[string]string `json:"fields,omitempty"`
	Code              string            `json:"code,omitempty"`
	DoorState         string            `json:"state,omitempty"`
}

// ErrHoldNotFound: no such hold of this merchant.
var ErrHoldNotFound = errors.New("hold not found")

// HoldEndedError: the hold is over, or its time is.
type HoldEndedError struct {
	Number string
	Status HoldStatus
}

func (e *HoldEndedError) Error() string { return fmt.Sprintf("hold %s is %s", e.Number, e.Status) }

// HoldExtendedError: the hold was extended as often as it may be.
type HoldExtendedError struct{ Number string }

func (e *HoldExtendedError) Error() string {
	return fmt.Sprintf("hold %s was extended %d times already, which is the most", e.Number, MaxExtensions)
}

// HoldDamagedError: units that the hold has are damaged, and our stock has none in their
// place.
type HoldDamagedError struct{ Number string }

func (e *HoldDamagedError) Error() string {
	return fmt.Sprintf("hold %s has units that are damaged, and there are no others in stock", e.Number)
}

// TooManyHoldsError: the merchant has as many open holds as one may.
type TooManyHoldsError struct{ Max int }

func (e *TooManyHoldsError) Error() string {
	return fmt.Sprintf("there are %d open holds already, which is the most", e.Max)
}

// StatusAt is its status at a moment: one whose time is over can be confirmed no more,
// also before what it has is given back.
func (h *Hold) StatusAt(now time.Time) HoldStatus {
	if h.Status == HoldOpen && !now.Before(h.ExpiresAt) {
		return HoldExpired
	}
	return h.Status
}

// Open is nil while the hold can be confirmed, else a *HoldEndedError.
func (h *Hold) Open(now time.Time) error {
	if status := h.StatusAt(now); status != HoldOpen {
		return &HoldEndedError{Number: h.Number, Status: status}
	}
	return nil
}

// HoldChange says what becomes of a hold that is locked. It changes its status, its end
// or its time.
type HoldChange func(h *Hold, now time.Time) error

// extend has the hold expire so long after now.
func extend(by time.Duration) HoldChange {
	return func(h *Hold, now time.Time) error {
		if err := h.Open(now); err != nil {
			return err
		}
		if h.Extensions >= MaxExtensions {
			return &HoldExtendedError{Number: h.Number}
		}
		if until := h.within(now.Add(by)); until.After(h.ExpiresAt) {
			h.ExpiresAt = until
			h.Extensions++
		}
		return nil
	}
}

// release gives the hold up. One that was released, or expired, stays as it is.
func release(h *Hold, now time.Time) error {
	switch h.Status {
	case HoldOpen:
		h.end(HoldReleased, now)
		return nil
	case HoldConfirmed:
		return &HoldEndedError{Number: h.Number, Status: h.Status}
	default:
		return nil
	}
}

// Expire ends the hold if its time is over.
func Expire(h *Hold, now time.Time) error {
	if h.Status == HoldOpen && !now.Before(h.ExpiresAt) {
		h.end(HoldExpired, now)
	}
	return nil
}

func (h *Hold) end(status HoldStatus, now time.Time) { h.Status, h.EndedAt = status, &now }

// checkHoldTime takes 0 for the usual time.
func checkHoldTime(field string, d time.Duration) (time.Duration, error) {
	switch {
	case d == 0:
		return DefaultHold, nil
	case d < MinHold || d > MaxHold || d%time.Second != 0:
		return 0, errs.Invalid(field, "must be whole seconds, from 1 to %d", int(MaxHold/time.Second))
	default:
		return d, nil
	}
}

// candidate is the hold on its way to an order: priced as it was.
func (h *Hold) candidate(limits Limits) *Candidate {
	d := &Draft{
		MerchantID: h.MerchantID, Currency: h.Currency, Reference: h.Reference, Door: h.Door, Coupon: h.CouponCode,
		Recipient: h.Draft.Recipient, NotifyURL: h.Draft.NotifyURL, Metadata: h.Draft.Metadata, Private: h.Draft.Private,
		Lines: make([]DraftLine, len(h.Lines)),
	}
	c := &Candidate{
		Draft: d, Number: h.Number, Lines: make([]PricedLine, len(h.Lines)), Subtotal: h.Subtotal, Limits: limits,
		Confirms: h,
	}
	for i := range h.Lines {
		l := &h.Lines[i]
		d.Lines[i] = DraftLine{SKU: l.SKU, Quantity: l.Quantity, UseDate: l.UseDate}
		c.Lines[i] = PricedLine{
			Product: &catalog.Product{
				ID: l.ProductID, SKU: l.SKU, Name: l.ProductName, Source: l.Source, Dated: l.Dated, Currency: h.Currency,
			},
			Quantity: l.Quantity, UnitPrice: l.UnitPrice, PriceRule: l.PriceRule, Subtotal: l.Subtotal,
		}
		if i < len(h.Draft.Lines) { // what is damaged is left out, as of orders
			held := &h.Draft.Lines[i]
			d.Lines[i].ExternalReference, d.Lines[i].Code = held.ExternalReference, held.Code
			d.Lines[i].DoorState = held.DoorState
			c.Lines[i].Fields = held.Fields
		}
	}
	return c
}

// drafted is what the order will have of its customer.
func (h *Hold) drafted() *Order {
	o := &Order{
		Recipient: h.Draft.Recipient, Metadata: h.Draft.Metadata, Private: h.Draft.Private,
		Lines: make([]Line, len(h.Draft.Lines)),
	}
	for i := range h.Draft.Lines {
		o.Lines[i].Fields = h.Draft.Lines[i].Fields
	}
	return o
}

// bill is what it costs.
func (h *Hold) bill() *bill {
	b := &bill{discount: h.Discount, total: h.Total, lines: make([]billLine, len(h.Lines))}
	if h.CouponID != 0 {
		b.coupon = &CouponState{Coupon: catalog.Coupon{ID: h.CouponID, Code: h.CouponCode}}
	}
	for i := range h.Lines {
		b.lines[i] = billLine{h.Lines[i].Discount, h.Lines[i].Total}
	}
	return b
}
