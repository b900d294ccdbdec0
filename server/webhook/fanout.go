package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"orderhub/server/batch"
	"orderhub/server/order"
)

// FanoutStore is what making deliveries needs of the database.
type FanoutStore interface {
	// TargetedEvents returns the events of the ranges that somebody is to be told of,
	// ascending by merchant and sequence.
	TargetedEvents(ctx context.Context, ranges []Range) ([]TargetedEvent, error)
	// Selected returns at most limit events of the merchant that the query wants,
	// ascending, whoever was told of them; without Targets.
	Selected(ctx context.Context, q Query, limit int) ([]TargetedEvent, error)
	// OrdersWithGoods returns orders with their lines and goods, by id.
	OrdersWithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error)
	// AddDeliveries keeps deliveries, none of them twice: one that is there already
	// stays as it is unless it is to be sent again. Those of endpoints that are not
	// active wait, or are given up at once where the format does not wait.
	// ErrErasedMeanwhile, and then none of them is kept.
	AddDeliveries(ctx context.Context, deliveries []NewDelivery) error
}

// Fanout makes deliveries of events.
type Fanout struct {
	store   FanoutStore
	to      Receivers
	formats map[string]Format
	newID   func() string
	wake    func(lanes ...string)
	now     func() time.Time
	log     *slog.Logger

	added *batch.Committer[[]NewDelivery, error]
}

// Deliveries of several jobs go into one transaction.
const (
	fanoutBatch   = 64
	fanoutWaiting = 4096
)

// NewFanout makes deliveries in the formats, by their names. NewID makes a
// message's identifier; wake is told which lanes have something new.
func NewFanout(
	store FanoutStore, to Receivers, formats map[string]Format, newID func() string, wake func(lanes ...string),
	now func() time.Time, log *slog.Logger,
) *Fanout {
	mustKnow(formats)
	f := &Fanout{store: store, to: to, formats: formats, newID: newID, wake: wake, now: now, log: log}
	f.added = batch.New(batch.Options{Max: fanoutBatch, Waiting: fanoutWaiting, Timeout: writeTimeout}, f.addAll)
	return f
}

// Close ends what writes. It is called when nothing more is fanned out.
func (f *Fanout) Close() { f.added.Close() }

// addAll keeps deliveries together; where the database refuses them so, each
// job's alone, so that one that it cannot keep harms no other.
func (f *Fanout) addAll(ctx context.Context, jobs [][]NewDelivery) []error {
	out := make([]error, len(jobs))
	err := f.store.AddDeliveries(ctx, slices.Concat(jobs...))
	for i := range jobs {
		if out[i] = err; err != nil && len(jobs) > 1 {
			out[i] = f.store.AddDeliveries(ctx, jobs[i])
		}
	}
	return out
}

// FanOut makes the deliveries of the events in the ranges. It may be repeated.
// What cannot be put into words, because its order cannot be read for instance,
// is an error, but keeps nothing else back.
func (f *Fanout) FanOut(ctx context.Context, ranges []Range) error {
	events, err := f.store.TargetedEvents(ctx, ranges)
	if err != nil || len(events) == 0 {
		return err
	}
	var endpointIDs []int64
	for i := range events {
		endpointIDs = append(endpointIDs, events[i].Targets...)
	}
	endpoints, err := f.to.EndpointsByID(ctx, endpointIDs)
	if err != nil {
		return err
	}
	problems, err := f.make(ctx, events, endpoints, func(*NewDelivery, int) {})
	if err != nil {
		return err
	}
	return errors.Join(problems...)
}

// make keeps what tells the events to their targets; finish completes each
// delivery, of which it gets the event's place among the events. The problems are
// of events that cannot be put into words; they are logged.
func (f *Fanout) make(
	ctx context.Context, events []TargetedEvent, endpoints map[int64]Endpoint, finish func(d *NewDelivery, event int),
) (problems []error, err error) {
	r, err := f.read(ctx, events, endpoints)
	if err != nil {
		return nil, err
	}
	var deliveries []NewDelivery
	for i := range events {
		made, err := r.deliveries(ctx, &events[i])
		if err != nil {
			f.log.ErrorContext(
				ctx, "an event cannot be put into words", "merchant_id", events[i].MerchantID, "sequence",
				events[i].Sequence,
				"error", err,
			)
			problems = append(problems, err)
			continue
		}
		for j := range made {
			finish(&made[j], i)
		}
		deliveries = append(deliveries, made...)
	}
	if len(deliveries) > 0 {
		refused, err := f.added.Do(ctx, deliveries)
		if err == nil {
			err = refused
		}
		if err != nil {
			return problems, fmt.Errorf("keep %d deliveries: %w", len(deliveries), err)
		}
		f.wake(lanesOf(deliveries)...)
	}
	return problems, nil
}

func lanesOf(deliveries []NewDelivery) []string {
	seen := make(map[string]bool)
	var lanes []string
	for i := range deliveries {
		if lane := deliveries[i].Lane(); !seen[lane] {
			seen[lane] = true
			lanes = append(lanes, lane)
		}
	}
	return lanes
}

// reading is what the events of one run are put into words with.
type reading struct {
	*Fanout
	now       time.Time
	orders    map[int64]*order.Order
	endpoints map[int64]Endpoint
	callbacks map[int64]string // by merchant
}

func (f *Fanout) read(ctx context.Context, events []TargetedEvent, endpoints map[int64]Endpoint) (*reading, error) {
	r := &reading{Fanout: f, now: f.now(), endpoints: endpoints}
	var orderIDs, merchantIDs []int64
	for i := range events {
		if id := events[i].OrderID; id != 0 {
			orderIDs = append(orderIDs, id)
		}
		if slices.Contains(events[i].Targets, OwnAddress) {
			merchantIDs = append(merchantIDs, events[i].MerchantID)
		}
	}
	var err error
	if r.orders, err = f.store.OrdersWithGoods(ctx, orderIDs); err != nil {
		return nil, err
	}
	if len(merchantIDs) > 0 {
		r.callbacks, err = f.to.CallbackURLs(ctx, merchantIDs)
	}
	return r, err
}

// deliveries puts an event into words, once per format.
func (r *reading) deliveries(ctx context.Context, t *TargetedEvent) ([]NewDelivery, error) {
	then, changed, err := r.orderAt(t)
	if err != nil {
		return nil, err
	}
	said := make(map[string][]Message)
	var made []NewDelivery
	for _, id := range t.Targets {
		name, url := r.address(t.MerchantID, id, then)
		if name == "" {
			continue // the endpoint is gone, or there is no address after all
		}
		messages, done := said[name]
		if !done {
			if messages, err = r.formats[name].Messages(ctx, &t.Event, then, changed); err != nil {
				return nil, fmt.Errorf("as %s: %w", name, err)
			}
			said[name] = messages
		}
		target := Target{ID: id, Format: name, Types: r.endpoints[id].EventTypes}
		for _, m := range messages {
			if !target.takes(&m) {
				continue
			}
			made = append(made, NewDelivery{
				MerchantID: t.MerchantID, EndpointID: id, URL: url, Format: name, EventID: t.ID, Sequence: t.Sequence,
				OrderID: t.OrderID, Message: m, MessageID: r.newID(), HappenedAt: t.CreatedAt, DueAt: r.now,
				Erased: then != nil && then.ErasedAt != nil,
			})
		}
	}
	return made, nil
}

func (r *reading) orderAt(t *TargetedEvent) (*order.Order, map[int64]bool, error) {
	if t.OrderID == 0 {
		return nil, nil, nil
	}
	o := r.orders[t.OrderID]
	if o == nil {
		return nil, nil, fmt.Errorf("order %d: %w", t.OrderID, order.ErrNotFound)
	}
	if t.State == "" { // an event from before states were kept: as the order is now
		return o, allLines(o, t), nil
	}
	return o.At(&t.Event)
}

func allLines(o *order.Order, t *TargetedEvent) map[int64]bool {
	changed := make(map[int64]bool)
	for i := range o.Lines {
		changed[o.Lines[i].ID] = t.LineID == 0 || t.LineID == o.Lines[i].ID
	}
	return changed
}

// address is the format that a target wants and, of an own address, its URL.
func (r *reading) address(merchantID, id int64, o *order.Order) (format, url string) {
	if e := r.endpoints[id]; id != OwnAddress {
		if e.MerchantID != merchantID {
			return "", ""
		}
		return e.Format, ""
	}
	if o == nil {
		return "", ""
	}
	own, _ := OwnTarget(o.Door, o.NotifyURL)
	url = o.NotifyURL
	if url == "" && formats[own.Format].Door {
		url = r.callbacks[o.MerchantID]
	}
	if url == "" {
		return "", ""
	}
	return own.Format, url
}
