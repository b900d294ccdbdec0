package standard

import (
	"time"

	"orderhub/server/event"
	"orderhub/server/operatorevent"
	"orderhub/server/webhook"
)

// Name is that of the hub's own format.
var Name = webhook.Register(webhook.FormatStandard, webhook.Traits{
	Shown: []string{
		"type", "timestamp", "data.changedLines", "data.event.sequence", "data.event.type", "data.event.orderNumber",
		"data.event.referenceId", "data.event.linePosition", "data.event.createTime", "data.event.position",
		"data.order.orderNumber", "data.order.referenceId", "data.order.status", "data.order.currency",
		"data.order.subtotalAmount", "data.order.discountAmount", "data.order.totalAmount",
		"data.order.refundedAmount", "data.order.failureCode", "data.order.door", "data.order.createTime",
		"data.order.updateTime", "data.order.completeTime", "data.order.eraseTime", "data.order.lines.id",
		"data.order.lines.position", "data.order.lines.sku", "data.order.lines.quantity",
		"data.order.lines.productId", "data.order.lines.status", "data.order.lines.completedQuantity",
		"data.order.lines.failedQuantity", "data.order.lines.cancelledQuantity", "data.order.lines.unitPrice",
		"data.order.lines.subtotalAmount", "data.order.lines.discountAmount", "data.order.lines.totalAmount",
		"data.order.lines.refundedAmount", "data.order.lines.failureCode", "data.order.lines.useDate",
	},
	Signed: true, Rotates: true, Name: func(t event.Type) string { return string(t) }, Obeys: true, Waits: true,
	Schedule: webhook.Schedule{MaxRetries: 7}, Timeout: 15 * time.Second,
	Gaps: []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
	},
})

// Operators is the name of the format in which operators' endpoints are told. Its gaps
// are shorter: later events wait until one is answered or given up.
var Operators = webhook.Register(webhook.FormatOperators, webhook.Traits{
	Shown: []string{
		"type", "timestamp", "data.event.id", "data.event.kind", "data.event.provider", "data.event.product",
		"data.event.createTime",
	},
	Signed: true, Rotates: true, House: true, Obeys: true, Waits: true,
	Name: func(event.Type) string { return "" }, Events: webhook.Names(operatorevent.Kinds),
	Schedule: webhook.Schedule{MaxRetries: 7}, Timeout: 15 * time.Second,
	Gaps: []time.Duration{
		5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	},
})
