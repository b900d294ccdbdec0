// Package jsonhttp buys from any system that answers the JSON contract of
// docs/http-supplier.md: a small shop's script as well as a large one's service.
// In configuration it is the connector "http".
package jsonhttp

import "orderhub/server/webhook/standard"

// Name is that of the connector.
const Name = "http"

// The types of calls. Each is in the body, so that the signature is over it.
const (
	TypePlace   = "place"
	TypeLookUp  = "lookup"
	TypeCancel  = "cancel"
	TypeList    = "list"
	TypeBalance = "balance"
	TypeCheck   = "check"

	TypeStatement = "statement"
	// TypeUpdated is what the supplier tells the hub by itself.
	TypeUpdated = "updated"
)

// The headers of a call.
const (
	HeaderID        = standard.HeaderID
	HeaderTimestamp = standard.HeaderTimestamp
	HeaderSignature = standard.HeaderSignature
	HeaderKey       = "Idempotency-Key" // of place: the reference
)

// The states of an order.
const (
	StatusAccepted  = "accepted"
	StatusDelivered = "delivered"
	StatusRefused   = "refused"
	StatusCancelled = "cancelled"
)

// What a row of a statement says.
const (
	SaysCharged  = "charged"
	SaysCredited = "credited"
	SaysRefused  = "refused"
	SaysOpen     = "open"
)

// What an error answer's code may be.
const (
	CodeUnauthenticated = "unauthenticated"
	CodeItemNotFound    = "item_not_found"
	CodeOutOfStock      = "out_of_stock"
	CodeOutOfFunds      = "out_of_funds"
	CodeInvalid         = "invalid_request"
	CodeConflict        = "reference_conflict"
	CodeNotFound        = "not_found"
	CodeNotSupported    = "not_supported"
)

// Call is what the hub posts. Which names it has depends on the type.
type Call struct {
	Type      string            `json:"type"`
	Reference string            `json:"reference,omitempty"`
	SKU       string            `json:"sku,omitempty"`
	Quantity  int64             `json:"quantity,omitempty"`
	Recipient *Recipient        `json:"recipient,omitempty"`
	Fields    map[string]string `json:"fields,omitempty"`
	UseDate   string            `json:"useDate,omitempty"`  // YYYY-MM-DD
	UnitCost  string            `json:"unitCost,omitempty"` // what the hub expects to pay for one unit
	Currency  string            `json:"currency,omitempty"`
	PlacedAt  string            `json:"placedAt,omitempty"` // RFC 3339, UTC
	From      string            `json:"from,omitempty"`     // likewise
	To        string            `json:"to,omitempty"`
	Cursor    string            `json:"cursor,omitempty"`
	Limit     int               `json:"limit,omitempty"`
}

// Recipient is who receives the goods.
type Recipient struct {
	UserID      string `json:"userId,omitempty"`
	ServerID    string `json:"serverId,omitempty"`
	CharacterID string `json:"characterId,omitempty"`
}

// Order is the answer to place, lookup and cancel.
type Order struct {
	Reference  string  `json:"reference"`
	OrderID    string  `json:"orderId,omitempty"`
	Status     string  `json:"status"`
	Quantity   int64   `json:"quantity"`
	Goods      []Goods `json:"goods,omitempty"`
	Total      string  `json:"total,omitempty"` // what was charged for what was delivered
	Currency   string  `json:"currency,omitempty"`
	Reason     string  `json:"reason,omitempty"`
	Message    string  `json:"message,omitempty"`
	CheckAfter int64   `json:"checkAfterSeconds,omitempty"`
}

// Goods is one delivered unit.
type Goods struct {
	Content    *string `json:"content"`
	TicketCode string  `json:"ticketCode,omitempty"`
}

// Page is the answer to list.
type Page struct {
	Items      *[]Item `json:"items"`
	NextCursor string  `json:"nextCursor,omitempty"`
}

// Item is something that the supplier sells.
type Item struct {
	SKU       string `json:"sku"`
	Name      string `json:"name,omitempty"`
	Category  string `json:"category,omitempty"`
	Cost      string `json:"cost,omitempty"`
	Currency  string `json:"currency,omitempty"`
	Stock     *int64 `json:"stock,omitempty"`
	Available *bool  `json:"available,omitempty"`
}

// Funds is the answer to balance.
type Funds struct {
	Balance  string `json:"balance"`
	Currency string `json:"currency"`
}

// Check is the answer to check.
type Check struct {
	Exists *bool  `json:"exists"`
	Name   string `json:"name,omitempty"`
}

// Statement is the answer to statement.
type Statement struct {
	Rows       *[]StatementRow `json:"rows"`
	NextCursor string          `json:"nextCursor,omitempty"`
}

// StatementRow is what was charged for an order, or came back of it.
type StatementRow struct {
	Reference string `json:"reference,omitempty"`
	OrderID   string `json:"orderId,omitempty"`
	Time      string `json:"time"` // RFC 3339
	Says      string `json:"says"`
	Amount    string `json:"amount,omitempty"`
	Currency  string `json:"currency,omitempty"`
}

// Problem is an error answer.
type Problem struct {
	Error ProblemText `json:"error"`
}

// ProblemText is what the problem is.
type ProblemText struct {
	Code    string `json:"code"`
	Message string `json:"message,omitempty"`
}

// Update is what the supplier posts to the hub.
type Update struct {
	Type      string `json:"type"`
	Reference string `json:"reference"`
}
