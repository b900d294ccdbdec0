package gameso

import (
	"time"

	"orderhub/server/event"
	"orderhub/server/webhook"
)

// The partner's webhooks, sections 4.2 and 5: three more attempts, a minute apart,
// and what is due while a webhook is inactive is given up.
var _ = webhook.Register(Name, webhook.Traits{
	Signed: true, Events: events, Name: eventName, Renames: true, Says: says,
	Schedule: webhook.Schedule{MaxRetries: 3, RetryDelay: time.Minute}, Timeout: 10 * time.Second,
	Shown: []string{
		"event", "timestamp", "data.order_number", "data.reference_id", "data.status", "data.failure_code",
		"data.subtotal_amount", "data.discount_amount", "data.total_amount", "data.created_at", "data.updated_at",
		"data.completed_at", "data.items.sku", "data.items.quantity", "data.items.completed_quantity",
		"data.items.failed_quantity", "data.items.status", "data.items.subtotal_amount", "data.items.discount_amount",
		"data.items.total_amount", "data.items.failure_code",
	},
})

// events are those that a webhook may want, section 5.1.
var events = []string{eventCompleted, eventFailed}

const (
	eventCompleted = "order.completed"
	eventFailed    = "order.failed"
)

// eventName knows the two ends of an order: one that was cancelled has failed.
func eventName(t event.Type) string {
	switch t {
	case event.OrderCompleted:
		return eventCompleted
	case event.OrderFailed, event.OrderCancelled:
		return eventFailed
	default:
		return ""
	}
}
