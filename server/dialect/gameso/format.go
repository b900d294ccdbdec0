package gameso

import (
	"time"

	"orderhub/server/event"
	"orderhub/server/webhook"
)

// The partner's webhooks, sections 4.2 and 5: three more attempts, a minute apart,
// and what is due while a webhook is inactive is given up.
var _ = webhook.Register(Name, webhook.Traits{
	Signed: true, Events: events, Name: eventName, Renames: true,
	Schedule: webhook.Schedule{MaxRetries: 3, RetryDelay: time.Minute}, Timeout: 10 * time.Second,
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
