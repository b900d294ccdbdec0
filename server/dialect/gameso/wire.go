package gameso

import "orderhub/server/door"

// instant is as in section 1.4.
type instant = door.Instant

// createOrderWire is the request of section 3.1, as a client sends it.
type createOrderWire struct {
	ReferenceID string           `json:"reference_id"`
	UserID      string           `json:"user_id"`
	ServerID    string           `json:"server_id,omitempty"`
	CharacterID string           `json:"character_id,omitempty"`
	Items       []createItemWire `json:"items"`
}

type createItemWire struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity,omitempty"`
}

// orderWire is the order object of section 2, in the partner's key order.
type orderWire struct {
	OrderNumber    string        `json:"order_number"`
	ReferenceID    string        `json:"reference_id"`
	UserID         string        `json:"user_id"`
	ServerID       *string       `json:"server_id"`
	CharacterID    *string       `json:"character_id"`
	Status         string        `json:"status"`
	SubtotalAmount string        `json:"subtotal_amount"`
	DiscountAmount string        `json:"discount_amount"`
	TotalAmount    string        `json:"total_amount"`
	SourceType     string        `json:"source_type"`
	CreatedBy      createdByWire `json:"created_by"`
	CreatedAt      instant       `json:"created_at"`
	UpdatedAt      instant       `json:"updated_at"`
	FailureCode    *string       `json:"failure_code"`
	FailureMessage *string       `json:"failure_message"`
	Items          []itemWire    `json:"items"`
}

type createdByWire struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

type itemWire struct {
	SKU               string  `json:"sku"`
	Quantity          int64   `json:"quantity"`
	CompletedQuantity int64   `json:"completed_quantity"`
	FailedQuantity    int64   `json:"failed_quantity"`
	Status            string  `json:"status"`
	SubtotalAmount    string  `json:"subtotal_amount"`
	DiscountAmount    string  `json:"discount_amount"`
	TotalAmount       string  `json:"total_amount"`
	FailureCode       *string `json:"failure_code"`
	FailureMessage    *string `json:"failure_message"`
}

// webhookWire is the webhook object of section 4.1.
type webhookWire struct {
	ID         int64    `json:"id"`
	URL        string   `json:"url"`
	Events     []string `json:"events"`
	SecretHint string   `json:"secret_hint"`
	Status     string   `json:"status"`
	MaxRetries int      `json:"max_retries"`
	RetryDelay int64    `json:"retry_delay"` // seconds
	CreatedAt  instant  `json:"created_at"`
	UpdatedAt  instant  `json:"updated_at"`
}

// deliveryWire is what is posted to a webhook, section 5.1.
type deliveryWire struct {
	Event     string           `json:"event"`
	Timestamp int64            `json:"timestamp"` // Unix seconds
	Data      deliveryDataWire `json:"data"`
}

// deliveryDataWire has the order's fields in another key order.
type deliveryDataWire struct {
	OrderNumber    string             `json:"order_number"`
	ReferenceID    string             `json:"reference_id"`
	UserID         string             `json:"user_id"`
	ServerID       *string            `json:"server_id"`
	CharacterID    *string            `json:"character_id"`
	Status         string             `json:"status"`
	FailureCode    *string            `json:"failure_code"`
	FailureMessage *string            `json:"failure_message"`
	SubtotalAmount string             `json:"subtotal_amount"`
	DiscountAmount string             `json:"discount_amount"`
	TotalAmount    string             `json:"total_amount"`
	CreatedAt      instant            `json:"created_at"`
	UpdatedAt      instant            `json:"updated_at"`
	SourceType     string             `json:"source_type"`
	CreatedBy      createdByWire      `json:"created_by"`
	CompletedAt    *instant           `json:"completed_at,omitempty"` // of a completed order
	Items          []deliveryItemWire `json:"items"`
}

type deliveryItemWire struct {
	SKU               string  `json:"sku"`
	Quantity          int64   `json:"quantity"`
	CompletedQuantity int64   `json:"completed_quantity"`
	FailedQuantity    int64   `json:"failed_quantity"`
	SubtotalAmount    string  `json:"subtotal_amount"`
	DiscountAmount    string  `json:"discount_amount"`
	TotalAmount       string  `json:"total_amount"`
	Status            string  `json:"status"`
	FailureCode       *string `json:"failure_code"`
	FailureMessage    *string `json:"failure_message"`
}

// errorWire is section 1.5: these three fields in this order and nothing else.
type errorWire struct {
	Status  int    `json:"status"`
	Code    string `json:"code"`
	Message string `json:"message"`
}
