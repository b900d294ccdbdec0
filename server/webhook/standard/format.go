package standard

import (
	"time"

	"orderhub/server/event"
	"orderhub/server/webhook"
)

// Name is that of the hub's own format.
var Name = webhook.Register(webhook.FormatStandard, webhook.Traits{
	Signed: true, Name: func(t event.Type) string { return string(t) }, Obeys: true, Waits: true,
	Schedule: webhook.Schedule{MaxRetries: 7}, Timeout: 15 * time.Second,
	Gaps: []time.Duration{
		5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 10 * time.Hour,
	},
})
