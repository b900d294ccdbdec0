package gameso

import (
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
	order.StatusFailed:     "failed",
	order.StatusCancelled:  "failed",
}

const (
	codeCancelled    = "CANCELLED"
	messageCancelled = "Order was cancelled"
)

// twoDecimals is a currency whose amounts have the decimals that the partner's
// have, whatever the wallet's currency.
const twoDecimals money.Currency = "THB"

func toAmount(a money.Amount) string { return a.Format(twoDecimals) }

func toDraft(o *createOrderWire) *order.Draft {
	d := &order.Draft{
		Reference: o.ReferenceID, Door: Name, NewNumber: newOrderNumber,
		Recipient: order.Recipient{UserID: o.UserID, ServerID: o.ServerID, CharacterID: o.CharacterID},
	}
	for _, item := range o.Items {
		d.Lines = append(d.Lines, order.DraftLine{SKU: item.SKU, Quantity: item.Quantity})
	}
	return d
}

func toOrder(o *order.Order) orderWire {
	failureCode, failureMessage := toFailure(o.Status, o.FailureCode, o.FailureMessage)
	converted := orderWire{
		OrderNumber: o.Number, ReferenceID: o.Reference, UserID: o.Recipient.UserID,
		ServerID: optional(o.Recipient.ServerID), CharacterID: optional(o.Recipient.CharacterID), Status: toStatus[o.Status],
		SubtotalAmount: toAmount(o.Subtotal), DiscountAmount: toAmount(o.Discount), TotalAmount: toAmount(o.Total),
		SourceType: "api", CreatedBy: createdByWire{ID: 0, Name: "API"}, CreatedAt: instant(o.CreatedAt), UpdatedAt: instant(o.UpdatedAt),
		FailureCode: failureCode, FailureMessage: failureMessage, Items: make([]itemWire, len(o.Lines)),
	}
	for i := range o.Lines {
		converted.Items[i] = toItem(&o.Lines[i])
	}
	return converted
}

func toItem(l *order.Line) itemWire {
	failureCode, failureMessage := toFailure(l.Status, l.FailureCode, l.FailureMessage)
	return itemWire{
		SKU: l.SKU, Quantity: l.Quantity, CompletedQuantity: l.Completed, FailedQuantity: l.Failed + l.Cancelled, Status: toStatus[l.Status],
		SubtotalAmount: toAmount(l.Subtotal), DiscountAmount: toAmount(l.Discount), TotalAmount: toAmount(l.Total),
		FailureCode: failureCode, FailureMessage: failureMessage,
	}
}

// toFailure is null unless something failed.
func toFailure(status order.Status, code, message string) (wireCode, wireMessage *string) {
	switch status {
	case order.StatusFailed:
		return &code, &message
	case order.StatusCancelled:
		code, message = codeCancelled, messageCancelled
		return &code, &message
	default:
		return nil, nil
	}
}

// accepted is the order as it is when it has just been taken: what own stock
// delivers at once shows in the next read.
func accepted(o *order.Order) orderWire {
	converted := toOrder(o)
	converted.Status, converted.UpdatedAt = toStatus[order.StatusPending], converted.CreatedAt
	for i := range converted.Items {
		converted.Items[i].Status, converted.Items[i].CompletedQuantity = toStatus[order.StatusPending], 0
	}
	return converted
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func toWebhook(e *webhook.Endpoint) webhookWire {
	return webhookWire{
		ID: e.ID, URL: e.URL, Events: e.EventTypes, SecretHint: e.SecretHint, Status: string(e.Status), MaxRetries: e.MaxRetries,
		RetryDelay: int64(e.RetryDelay / time.Second), CreatedAt: instant(e.CreatedAt), UpdatedAt: instant(e.UpdatedAt),
	}
}
