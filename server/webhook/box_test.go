package webhook_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"orderhub/server/webhook"
)

// box is an outbox in memory.
type box struct {
	mu       sync.Mutex
	entries  []*entry
	endpoint map[int64]*webhook.Endpoint
	attempts []webhook.Outcome
	disabled map[int64]string
	health   map[string]webhook.Health // by lane
}

type entry struct {
	due    webhook.Due
	lane   string
	status webhook.DeliveryStatus
	next   time.Time // zero for nothing planned
}

func newBox(endpoints ...webhook.Endpoint) *box {
	b := &box{
		endpoint: make(map[int64]*webhook.Endpoint), disabled: make(map[int64]string),
		health: make(map[string]webhook.Health),
	}
	for i := range endpoints {
		b.endpoint[endpoints[i].ID] = &endpoints[i]
	}
	return b
}

// add puts a delivery in, due now.
func (b *box) add(endpointID int64, body string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries = append(b.entries, &entry{
		due: webhook.Due{
			ID: int64(len(b.entries) + 1), HappenedAt: time.Now(), Endpoint: webhook.Endpoint{ID: endpointID},
			Parcel: webhook.Parcel{MessageID: fmt.Sprint("m", len(b.entries)+1), Type: "order.completed", Body: []byte(body)},
		},
		lane: webhook.EndpointLane(endpointID), status: webhook.DeliveryPending, next: time.Now(),
	})
}

func (b *box) due(lane string, now time.Time) []*entry {
	var found []*entry
	for _, e := range b.entries {
		if (lane == "" || e.lane == lane) && !e.next.IsZero() && !e.next.After(now) &&
			b.endpoint[e.due.Endpoint.ID].Status == webhook.StatusActive {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b *entry) int { return a.next.Compare(b.next) })
	return found
}

func (b *box) DueLanes(_ context.Context, now time.Time) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lanes := make(map[string]bool)
	for _, e := range b.due("", now) {
		lanes[e.lane] = true
	}
	return slices.Sorted(maps.Keys(lanes)), nil
}

func (b *box) ClaimDeliveries(_ context.Context, claims []webhook.Claim) ([][]*webhook.Due, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([][]*webhook.Due, len(claims))
	for i, c := range claims {
		found := b.due(c.Lane, time.Now())
		for _, e := range found[:min(c.Most, len(found))] {
			e.next = c.Until
			claimed := e.due
			claimed.Endpoint, claimed.Until, claimed.Lane = *b.endpoint[e.due.Endpoint.ID], c.Until, c.Lane
			out[i] = append(out[i], &claimed)
		}
	}
	return out, nil
}

func (b *box) LeaveLanes(context.Context, string) error { return nil }

func (b *box) SettleDeliveries(_ context.Context, outcomes []webhook.Outcome) ([]webhook.Health, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	health := make([]webhook.Health, len(outcomes))
	for i, o := range outcomes {
		health[i] = b.health[o.Due.Lane].After(o.Attempt.OK(), time.Now())
		b.health[o.Due.Lane] = health[i]
		e := b.entries[o.Due.ID-1]
		e.status, e.due.Attempts, e.next = o.Status, o.Attempt.Number, time.Time{}
		if o.NextAt != nil {
			e.next = *o.NextAt
		}
		b.attempts = append(b.attempts, o)
		endpoint := b.endpoint[o.Due.Endpoint.ID]
		switch {
		case o.Attempt.OK():
			endpoint.FailingSince = nil
		case endpoint.FailingSince == nil:
			at := o.Attempt.At
			endpoint.FailingSince = &at
		}
	}
	return health, nil
}

func (b *box) DisableEndpoint(_ context.Context, _, endpointID int64, reason string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.disabled[endpointID] = reason
	b.endpoint[endpointID].Status = webhook.StatusDisabled
	return nil
}

// attemptsOf are the times of the attempts at an endpoint since a moment.
func (b *box) attemptsOf(endpointID int64, since time.Time) []time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	var times []time.Duration
	for _, a := range b.attempts {
		if a.Due.Endpoint.ID == endpointID {
			times = append(times, a.Attempt.At.Sub(since))
		}
	}
	return times
}

func (b *box) statuses() map[webhook.DeliveryStatus]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	counts := make(map[webhook.DeliveryStatus]int)
	for _, e := range b.entries {
		counts[e.status]++
	}
	return counts
}

// receivers answer by URL.
type receivers map[string]func() webhook.Answer

func (r receivers) Post(ctx context.Context, url string, _ map[string][]string, _ []byte) webhook.Answer {
	began := time.Now()
	a := r[url]()
	if a.Took > 0 {
		select {
		case <-time.After(a.Took):
		case <-ctx.Done():
			a = webhook.Answer{Excerpt: "no answer in time"}
		}
	}
	a.Took = time.Since(began)
	return a
}

func answers(status int) func() webhook.Answer {
	return func() webhook.Answer { return webhook.Answer{Status: status} }
}

func slowly(status int, took time.Duration) func() webhook.Answer {
	return func() webhook.Answer { return webhook.Answer{Status: status, Took: took} }
}

type bare struct{ webhook.Format }

func (bare) Header(*webhook.Parcel) map[string][]string { return make(map[string][]string) }

type watcher struct {
	mu   sync.Mutex
	lags map[string]time.Duration // longest by format
}

func (*watcher) Posted(*webhook.Due, *webhook.Answer) {}

func (*watcher) Lanes(int, int) {}

func (w *watcher) Delivered(format string, lag time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lags[format] = max(w.lags[format], lag)
}
