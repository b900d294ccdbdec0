package bursagb

import (
	"time"

	"orderhub/server/event"
	"orderhub/server/webhook"
)

// The partner's callbacks, section 6, which carry the account's key instead of a
// signature. Each has a line's present state, so that a newer one replaces those
// that wait.
var _ = webhook.Register(Name, webhook.Traits{
	// Goods are in DeliveryData and DeliveryNote.
	Shown: []string{"DeliverID", "OrderDetailID", "Status"},
	Keyed: true, Door: true, Name: eventName, Says: says, Replaces: true, Waits: true,
	Schedule: webhook.Schedule{MaxRetries: 7}, Timeout: 10 * time.Second,
	Gaps: []time.Duration{
		30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
	},
})

// eventName leaves out what changes no line's status: the order's creation and
// parts of a line.
func eventName(t event.Type) string {
	switch t {
	case event.OrderProcessing, event.OrderCompleted, event.OrderFailed, event.OrderCancelled,
		event.LineProcessing, event.LineCompleted, event.LineFailed, event.LineCancelled:
		return string(t)
	default:
		return ""
	}
}
