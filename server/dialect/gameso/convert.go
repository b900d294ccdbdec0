package gameso

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"orderhub/server/money"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// toStatus has the partner's four states for the hub's five: it knows no
// cancelled order, and what was cancelled was not delivered and was paid back.
var toStatus = map[order.Status]string{
	order.StatusPending:    "pending",
	order.StatusProcessing: "processing",
	order.StatusCompleted:  "completed",
	order.StatusFailed:     statusFailed,
	order.StatusCancelled:  statusFailed,
}

const statusFailed = "failed"

// Failure codes. Besides the one that the partner publishes there is one for
// whatever a supplier says, and one for units that were cancelled.
const (
	codeItemNotFound  = "ITEM_NOT_FOUND"
	codeProviderError = "PROVIDER_ERROR"
	codeCancelled     = "CANCELLED"

	messageProviderError = "The provider could not deliver"
	messageCancelled     = "Order was cancelled"
)

// toAmount has the two decimals that the partner's amounts have, whatever the
// wallet's currency; what is finer is rounded.
func toAmount(a money.Amount) string {
	const baht = money.Currency("THB")
	return a.Round(baht).Format(baht)
}

func toDraft(o *createOrderWire) *order.Draft {
	d := &order.Draft{
		Reference: o.ReferenceID, Door: Name, NewNumber: newOrderNumber,
		Recipient: order.Recipient{UserID: o.UserID, ServerID: o.ServerID, CharacterID: o.CharacterID},
	}
	for _, item := range o.Items {
		d.Lines = append(d.Lines, order.DraftLine{SKU: orderable(item.SKU), Quantity: item.Quantity})
	}
	return d
}

// orderable is a SKU, or another that no product has either: the hub would
// refuse one that is too long before it looks at the reference, and the partner
// looks at the reference first.
func orderable(sku string) string {
	if len(sku) <= maxSKUBytes {
		return sku
	}
	sum := sha256.Sum256([]byte(sku))
	return "too long: " + hex.EncodeToString(sum[:])
}

func toOrder(o *order.Order) orderWire {
	converted := orderWire{
		OrderNumber: o.Number, ReferenceID: o.Reference, UserID: o.Recipient.UserID, ServerID: optional(o.Recipient.ServerID),
		CharacterID: optional(o.Recipient.CharacterID), Status: toStatus[o.Status], SubtotalAmount: toAmount(o.Subtotal),
		DiscountAmount: toAmount(o.Discount), TotalAmount: toAmount(o.Total), SourceType: "api",
		CreatedBy: createdByWire{ID: 0, Name: "API"}, CreatedAt: instant(o.CreatedAt), UpdatedAt: instant(o.UpdatedAt),
		Items: make([]itemWire, len(o.Lines)),
	}
	for i := range o.Lines {
		item := toItem(&o.Lines[i])
		converted.Items[i] = item
		// A final order has the failure of its first failed item; completed means
		// that everything arrived.
		if o.Status.Final() && item.FailureCode != nil && converted.FailureCode == nil {
			converted.Status = statusFailed
			converted.FailureCode = item.FailureCode
			converted.FailureMessage = item.FailureMessage
		}
	}
	return converted
}

func toItem(l *order.Line) itemWire {
	item := itemWire{
		SKU: l.SKU, Quantity: l.Quantity, CompletedQuantity: l.Completed, FailedQuantity: l.Failed + l.Cancelled,
		Status:         toStatus[l.Status],
		SubtotalAmount: toAmount(l.Subtotal), DiscountAmount: toAmount(l.Discount), TotalAmount: toAmount(l.Total),
	}
	if l.Status.Final() && item.FailedQuantity > 0 {
		code, message := toFailure(l)
		item.Status, item.FailureCode, item.FailureMessage = statusFailed, &code, &message
	}
	return item
}

// toFailure is why units of a line did not arrive.
func toFailure(l *order.Line) (code, message string) {
	if l.Failed == 0 {
		return codeCancelled, messageCancelled
	}
	code, message = codeProviderError, cmp.Or(l.FailureMessage, messageProviderError)
	if l.FailureCode == codeItemNotFound {
		code = codeItemNotFound
	}
	return code, message
}

// accepted is the order as it was when it had just been taken: what own stock
// delivers at once shows in the next read.
func accepted(o *order.Order) orderWire {
	before := *o
	before.Status, before.UpdatedAt, before.Lines = order.StatusPending, o.CreatedAt, slices.Clone(o.Lines)
	for i := range before.Lines {
		l := &before.Lines[i]
		l.Status = order.StatusPending
		l.Completed = 0
		l.Failed = 0
		l.Cancelled = 0
	}
	return toOrder(&before)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func toWebhook(e *webhook.Endpoint) webhookWire {
	schedule := e.Schedule()
	converted := webhookWire{
		ID: e.ID, URL: e.URL, Events: e.EventTypes, SecretHint: e.SecretHint, Status: string(e.Status),
		MaxRetries: schedule.MaxRetries, RetryDelay: int64(schedule.RetryDelay / time.Second),
		CreatedAt: instant(e.CreatedAt), UpdatedAt: instant(e.UpdatedAt),
	}
	if len(e.EventTypes) == 0 { // of the hub's own API: all that there are
		converted.Events = events
	}
	return converted
}
