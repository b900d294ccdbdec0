// Package job is what is to happen later, on River. Its workers are thin: a
// worker decodes its arguments, calls a service, and maps the outcome to done,
// snooze or retry. Nothing but the wish to act lives in a job; the state is in
// the domain's own tables, so a job may run twice, late or not at all.
package job

import (
	"math"
	"strconv"

	"orderhub/server/trail"
	"orderhub/server/webhook"
)

// FulfilArgs routes a batch of orders.
type FulfilArgs struct {
	OrderIDs []int64 `json:"order_ids"`
	// Trails are those of the orders, by their ids; left out while nothing is traced.
	Trails trail.Orders `json:"trails,omitempty"`
}

// Kind is the job's name in the queue.
func (FulfilArgs) Kind() string { return "fulfil" }

// CallArgs sees to attempts at one provider. It is inserted into the provider's
// own queue, so that a slow one never delays another.
type CallArgs struct {
	AttemptIDs []int64 `json:"attempt_ids"`
	// Fresh is true of the job inserted with the attempts: on its first run nobody
	// has called the provider yet.
	Fresh bool `json:"fresh,omitempty"`
	// Trails are those of the orders, by their ids; left out while nothing is traced.
	Trails trail.Orders `json:"trails,omitempty"`
}

// Kind is the job's name in the queue.
func (CallArgs) Kind() string { return "call" }

// NoticeArgs looks at settled attempts of which the provider told something
// more.
type NoticeArgs struct {
	AttemptIDs []int64 `json:"attempt_ids"`
	// Trails are those of the orders, by their ids; left out while nothing is traced.
	Trails trail.Orders `json:"trails,omitempty"`
}

// Kind is the job's name in the queue.
func (NoticeArgs) Kind() string { return "notice" }

// ProviderQueue is the queue of the jobs that call a provider.
func ProviderQueue(providerID int64) string { return "provider_" + strconv.FormatInt(providerID, 10) }

// WebhookQueue is the queue of the jobs that make deliveries of events.
const WebhookQueue = "webhooks"

// FanoutAttempts is how often such a job may fail: as often as it takes, for
// nothing else makes those deliveries.
const FanoutAttempts = math.MaxInt16

// FanoutArgs makes the deliveries of events.
type FanoutArgs struct {
	Ranges []webhook.Range `json:"ranges"`
	// Trails are those of the orders, by their ids; left out while nothing is traced.
	Trails trail.Orders `json:"trails,omitempty"`
}

// Kind is the job's name in the queue.
func (FanoutArgs) Kind() string { return "fanout" }

// ReplayArgs makes deliveries of past events, one part after the other.
type ReplayArgs struct {
	Replay webhook.Replay `json:"replay"`
}

// Kind is the job's name in the queue.
func (ReplayArgs) Kind() string { return "replay" }
