package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/dialect/bursagb"
	"orderhub/server/dialect/gameso"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

// words tell of every event in as many messages as its order has lines that changed, or in one.
type words struct {
	bare

	calls *int
	types []string // of the messages; the event's own where there are none
}

var errWordless = errors.New("no words for it")

func (w words) Messages(_ context.Context, e *event.Event, o *order.Order, changed map[int64]bool) (
	[]webhook.Message, error,
) {
	*w.calls++
	if e.Data["wordless"] != "" {
		return nil, errWordless
	}
	var messages []webhook.Message
	for _, name := range w.types {
		messages = append(messages, webhook.Message{Type: name})
	}
	if o != nil {
		for i := range o.Lines {
			if changed[o.Lines[i].ID] {
				messages = append(messages, webhook.Message{LineID: o.Lines[i].ID, Type: string(e.Type)})
			}
		}
	}
	if messages == nil {
		messages = []webhook.Message{{Type: string(e.Type)}}
	}
	return messages, nil
}

func (words) Test(at time.Time) (webhook.Message, error) {
	return webhook.Message{Type: webhook.TestType, Body: []byte(at.Format(time.DateOnly))}, nil
}

// log is a merchant's log in memory, with what becomes of its events.
type log struct {
	webhook.Receivers // what no test asks for

	mu        sync.Mutex
	events    []webhook.TargetedEvent
	orders    map[int64]*order.Order
	endpoints map[int64]webhook.Endpoint
	callbacks map[int64]string
	kept      []webhook.NewDelivery
	refuse    func([]webhook.NewDelivery) error // nil refuses nothing
	woken     [][]string
	calls     int // for words
}

func (l *log) TargetedEvents(_ context.Context, ranges []webhook.Range) ([]webhook.TargetedEvent, error) {
	var found []webhook.TargetedEvent
	for _, r := range ranges {
		for _, e := range l.events {
			if e.MerchantID == r.MerchantID && e.Sequence >= r.First && e.Sequence <= r.Last && len(e.Targets) > 0 {
				found = append(found, e)
			}
		}
	}
	return found, nil
}

func (l *log) Selected(_ context.Context, q webhook.Query, limit int) ([]webhook.TargetedEvent, error) {
	var found []webhook.TargetedEvent
	for _, e := range l.events {
		if e.MerchantID == q.MerchantID && e.Sequence > q.AfterSequence && len(found) < limit {
			found = append(found, e)
		}
	}
	return found, nil
}

func (l *log) OrdersWithGoods(context.Context, []int64) (map[int64]*order.Order, error) {
	return l.orders, nil
}

func (l *log) EndpointsByID(context.Context, []int64) (map[int64]webhook.Endpoint, error) {
	return l.endpoints, nil
}

func (l *log) CallbackURLs(_ context.Context, merchantIDs []int64) (map[int64]string, error) {
	found := make(map[int64]string)
	for _, id := range merchantIDs {
		if url := l.callbacks[id]; url != "" {
			found[id] = url
		}
	}
	return found, nil
}

func (l *log) AddDeliveries(_ context.Context, deliveries []webhook.NewDelivery) error {
	if l.refuse != nil {
		if err := l.refuse(deliveries); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = append(l.kept, deliveries...)
	return nil
}

// fanout is of the log; end it.
func (l *log) fanout() *webhook.Fanout {
	var ids atomic.Int64
	return webhook.NewFanout(
		l, l, map[string]webhook.Format{
			webhook.FormatStandard: words{calls: &l.calls}, bursagb.Name: words{calls: &l.calls},
			gameso.Name: words{calls: &l.calls, types: []string{"order.completed", "order.failed"}},
		},
		func() string { return fmt.Sprint("m", ids.Add(1)) },
		func(lanes ...string) {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.woken = append(l.woken, lanes)
		},
		func() time.Time { return claimedAt }, slog.New(slog.DiscardHandler),
	)
}

// told says whom the kept deliveries tell what.
func (l *log) told() []string {
	var told []string
	for _, d := range l.kept {
		told = append(told, fmt.Sprintf(
			"%d %s %d %s%s", d.EndpointID, d.Format, d.LineID, strings.TrimPrefix(d.Type, "order."),
			strings.Replace(d.URL, "https://", " ", 1),
		))
	}
	return told
}

// replayAll has a replay make its deliveries to the end.
func replayAll(t require.TestingT, l *log, r webhook.Replay) (steps int) {
	f := l.fanout()
	defer f.Close()
	for more := true; more; steps++ {
		var err error
		r, more, err = f.Step(context.Background(), r)
		require.NoError(t, err)
	}
	return steps
}
