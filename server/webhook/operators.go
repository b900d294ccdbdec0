package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"orderhub/server/clock"
	"orderhub/server/operatorevent"
)

// House is whose operators' endpoints are, where there is else a merchant's id.
const House = 0

// FormatOperators is that of operators' endpoints, and of no others: their events,
// signed as in Standard Webhooks, to each endpoint in the order of their numbers.
const FormatOperators = "operators"

// OperatorWords puts operators' events into words, one message each.
type OperatorWords interface {
	OperatorMessages(ctx context.Context, events []operatorevent.Event) ([]Message, error)
}

// OperatorFanoutStore is what making deliveries of operators' events needs of the
// database beside their outbox.
type OperatorFanoutStore interface {
	AddDeliveries(ctx context.Context, deliveries []NewDelivery) error
}

// OperatorFanoutOptions wire an OperatorFanout.
type OperatorFanoutOptions struct {
	Outbox operatorevent.Outbox
	Store  OperatorFanoutStore
	To     Receivers
	Words  OperatorWords
	NewID  func() string
	Wake   func(lanes ...string)
	Now    func() time.Time
	Log    *slog.Logger
}

// OperatorFanout makes deliveries of operators' events. They are looked for again and
// again rather than made by a job: whoever writes one need not know who listens.
type OperatorFanout struct{ o OperatorFanoutOptions }

// NewOperatorFanout makes none yet.
func NewOperatorFanout(o OperatorFanoutOptions) *OperatorFanout { return &OperatorFanout{o} }

const operatorFanoutMost = 500 // events at once

// Run makes deliveries until ctx ends. Any number of processes may: none is made twice.
func (f *OperatorFanout) Run(ctx context.Context) {
	clock.Every(ctx, lookEvery, func() {
		for {
			told, err := f.FanOut(ctx)
			if err != nil && ctx.Err() == nil {
				f.o.Log.WarnContext(ctx, "operators' endpoints are told later", "error", err)
			}
			if err != nil || told < operatorFanoutMost {
				return
			}
		}
	})
}

// FanOut makes deliveries of the oldest events that were not told, and returns how
// many events that were.
func (f *OperatorFanout) FanOut(ctx context.Context) (told int, err error) {
	events, err := f.o.Outbox.Untold(ctx, operatorFanoutMost)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	endpoints, err := f.o.To.ListEndpoints(ctx, House, FormatOperators)
	if err != nil {
		return 0, err
	}
	deliveries, err := f.deliveries(ctx, events, endpoints)
	if err != nil {
		return 0, err
	}
	if len(deliveries) > 0 {
		if err := f.o.Store.AddDeliveries(ctx, deliveries); err != nil {
			return 0, fmt.Errorf("keep %d deliveries to operators: %w", len(deliveries), err)
		}
		f.o.Wake(lanesOf(deliveries)...)
	}
	ids := make([]int64, len(events))
	for i := range events {
		ids[i] = events[i].ID
	}
	return len(events), f.o.Outbox.Told(ctx, ids)
}

// deliveries are for who is active now and was there when the event happened.
func (f *OperatorFanout) deliveries(ctx context.Context, events []operatorevent.Event, endpoints []Endpoint) (
	made []NewDelivery, err error,
) {
	endpoints = slices.DeleteFunc(endpoints, func(e Endpoint) bool { return e.Status != StatusActive })
	if len(endpoints) == 0 {
		return nil, nil
	}
	messages, err := f.o.Words.OperatorMessages(ctx, events)
	if err != nil {
		return nil, err
	}
	now := f.o.Now()
	for i := range events {
		for j := range endpoints {
			e := &endpoints[j]
			if events[i].At.Before(e.CreatedAt) ||
				len(e.EventTypes) > 0 && !slices.Contains(e.EventTypes, messages[i].Type) {
				continue
			}
			made = append(made, NewDelivery{
				MerchantID: House, EndpointID: e.ID, Format: FormatOperators, EventID: events[i].ID,
				Sequence: events[i].ID,
				Message:  messages[i], MessageID: f.o.NewID(), HappenedAt: events[i].At, DueAt: now,
			})
		}
	}
	return made, nil
}

// CreateForOperators registers an endpoint of operators, as Create does.
func (s *Service) CreateForOperators(ctx context.Context, e Endpoint, secret string) (Endpoint, string, error) {
	e.MerchantID, e.Format = House, FormatOperators
	return s.Create(ctx, e, secret)
}
