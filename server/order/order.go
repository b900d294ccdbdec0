// Package order is the heart of the hub: what was ordered, what it costs, and
// what became of it. Every door stands in front of its [Service]; every
// database stands behind its [Store].
//
// It owns pricing, the judgement of drafts against balances, coupons and stock,
// the group commit that makes accepted orders durable, and the rules of
// settlement and refunds. It leaves the buying of goods upstream to package
// fulfil and the telling of merchants to the views of package event.
package order

import (
	"encoding/json"
	"time"

	"orderhub/server/money"
)

// Status is the state of an order or of one of its lines.
type Status string

// The states. Pending and processing are open; the others are final, except
// that delivered units which can still be cancelled may move a completed line
// or order to cancelled.
const (
	StatusPending    Status = "pending"    // accepted and charged, nothing tried yet
	StatusProcessing Status = "processing" // a provider has been asked
	StatusCompleted  Status = "completed"  // every unit that was not cancelled is delivered
	StatusFailed     Status = "failed"     // at least one unit failed and was paid back
	StatusCancelled  Status = "cancelled"  // every unit was cancelled and paid back
)

func (s Status) Final() bool {
	return s == StatusCompleted || s == StatusFailed || s == StatusCancelled
}

// Order is what a merchant bought. Amounts are what was charged at placement
// and never shrink; Refunded grows as units fail or are cancelled.
type Order struct {
	ID             int64
	Number         string // unique, "ord_…", ours
	MerchantID     int64
	Reference      string // the merchant's own, unique per merchant for ever
	Door           string // which API it came through, e.g. "hub"
	Status         Status
	Currency       money.Currency
	Subtotal       money.Amount
	Discount       money.Amount
	Total          money.Amount
	Refunded       money.Amount
	CouponCode     string
	Recipient      Recipient
	NotifyURL      string
	Metadata       map[string]string
	Private        json.RawMessage // the door's own data about the customer; only where goods are asked for
	FailureCode    string          // of the first failed line; "" unless failed
	FailureMessage string
	Lines          []Line // by position
	CreatedAt      time.Time
	UpdatedAt      time.Time
	CompletedAt    *time.Time // when it became final
	ErasedAt       *time.Time // when what it kept of its customer was first erased
}

// size is about how many bytes the order holds.
func (o *Order) size() int {
	const fixed = 500 // of an order or a line, and of what stands beside a unit's content
	size := fixed + len(o.NotifyURL) + len(o.Private) + textSize(o.Metadata)
	for i := range o.Lines {
		line := &o.Lines[i]
		size += fixed + textSize(line.Fields) + len(line.DoorState)
		for j := range line.Goods {
			size += fixed/5 + len(line.Goods[j].Content)
		}
	}
	return size
}

func textSize(texts map[string]string) int {
	size := 0
	for name, text := range texts {
		size += len(name) + len(text)
	}
	return size
}

// Recipient is the end customer who receives the goods, as the game knows them.
type Recipient struct {
	UserID      string
	ServerID    string
	CharacterID string
}

// In reports whether each part that r has is the one of other, exactly.
func (r Recipient) In(other Recipient) bool {
	same := func(wanted, has string) bool { return wanted == "" || wanted == has }
	return same(r.UserID, other.UserID) && same(r.ServerID, other.ServerID) && same(r.CharacterID, other.CharacterID)
}

// Line is one product of an order. Completed + Failed + Cancelled ≤ Quantity,
// equal exactly when the line is final.
type Line struct {
	ID                int64
	OrderID           int64
	Position          int // 1, 2, 3 … in the order of the request
	ProductID         int64
	SKU               string
	ProductName       string
	FromProvider      bool // bought upstream, rather than taken from our own stock
	Quantity          int64
	Completed         int64
	Failed            int64
	Cancelled         int64
	Status            Status
	UnitPrice         money.Amount
	PriceRule         string // what made it; see catalog.Price
	Subtotal          money.Amount
	Discount          money.Amount // its share of the order's discount
	Total             money.Amount
	Refunded          money.Amount
	ExternalReference string            // the merchant's own name for the line
	Fields            map[string]string // customer fields by identifier; kept encrypted
	UseDate           string            // YYYY-MM-DD of a dated product, else ""
	Code              string            // the door's own unique identifier of the line, or ""
	DoorState         string            // what the door keeps with the line, or ""
	FailureCode       string
	FailureMessage    string
	Goods             []Goods // what was delivered; only where asked for
}

// Ticketed reports whether each unit is a ticket with its own code, which exists
// from placement on.
func (l *Line) Ticketed() bool { return l.UseDate != "" }

// Goods is one delivered unit, or a ticket. Content is secret: never logged,
// never part of an error.
type Goods struct {
	UnitID      int64  // 0 before it is kept
	Content     string // "" of a ticket that is not confirmed
	TicketCode  string // of a ticket
	UseDate     string
	Status      GoodsStatus
	DeliveredAt time.Time // the zero time before
	Unreadable  bool      // what is kept of the content is damaged
}

// Contents are those of the units that the customer has, without what cannot be read or was erased.
func (l *Line) Contents() []string {
	contents := make([]string, 0, len(l.Goods))
	for i := range l.Goods {
		if g := &l.Goods[i]; g.Content != "" && !g.Unreadable && (g.Status == GoodsDelivered || g.Status == GoodsUsed) {
			contents = append(contents, g.Content)
		}
	}
	return contents
}

// GoodsStatus is the state of a delivered unit, or of a ticket.
type GoodsStatus string

// The states of delivered units and of tickets.
const (
	GoodsPending   GoodsStatus = "pending" // a ticket that its provider has not confirmed
	GoodsDelivered GoodsStatus = "delivered"
	GoodsUsed      GoodsStatus = "used" // a ticket that can no longer be cancelled
	GoodsCancelled GoodsStatus = "cancelled"
	GoodsFailed    GoodsStatus = "failed" // a ticket that its provider refused
	// GoodsReplaced did not work, and another unit of the line took its place.
	GoodsReplaced GoodsStatus = "replaced"
)

// ticket finds a ticket of the line by its code, or nil.
func (l *Line) ticket(code string) *Goods {
	for i := range l.Goods {
		if l.Goods[i].TicketCode == code {
			return &l.Goods[i]
		}
	}
	return nil
}

// Open is how many units are neither delivered nor given up.
func (l *Line) Open() int64 { return l.Quantity - l.Completed - l.Failed - l.Cancelled }

// owed is what must have been paid back for the units that failed or were
// cancelled, the line's discount shared out to the last minor unit.
func (l *Line) owed(currency money.Currency) (money.Amount, error) {
	kept := l.Quantity - l.Failed - l.Cancelled
	return l.Total.Sub(money.Kept(l.UnitPrice, l.Discount, l.Quantity, kept, currency))
}

// statusOf follows from the counters. Processing tells pending from processing
// while the line is open.
func (l *Line) statusOf(processing bool) Status {
	switch {
	case l.Open() > 0 && processing:
		return StatusProcessing
	case l.Open() > 0:
		return StatusPending
	case l.Failed > 0:
		return StatusFailed
	case l.Cancelled == l.Quantity:
		return StatusCancelled
	default:
		return StatusCompleted
	}
}

// statusOf an order follows from its lines: final exactly when they all are. An order
// that was processing never becomes pending again, though: see advance.
func statusOf(lines []Line) Status {
	open := false
	started := false
	failed := false
	cancelled := 0
	for i := range lines {
		switch lines[i].Status {
		case StatusPending:
			open = true
		case StatusProcessing:
			open, started = true, true
		case StatusFailed:
			started, failed = true, true
		case StatusCancelled:
			cancelled++
		default:
			started = true
		}
	}
	switch {
	case open && started:
		return StatusProcessing
	case open:
		return StatusPending
	case failed:
		return StatusFailed
	case cancelled == len(lines):
		return StatusCancelled
	default:
		return StatusCompleted
	}
}
