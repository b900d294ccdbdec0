// Package job runs what is to happen later, on River. Its workers are thin: a
// worker decodes its arguments, calls a service, and maps the outcome to done,
// snooze or retry. Nothing but the wish to act lives in a job; the state is in
// the domain's own tables, so a job may run twice, late or not at all.
package job

// FulfilArgs wakes the fulfilment of a batch of orders.
type FulfilArgs struct {
	OrderIDs []int64 `json:"order_ids"`
}

// Kind is the job's name in the queue.
func (FulfilArgs) Kind() string { return "fulfil" }
