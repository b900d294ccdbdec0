package store

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/ent"
	entevent "orderhub/ent/event"
	"orderhub/ent/predicate"
	"orderhub/server/job"
	"orderhub/server/webhook"
)

// TargetedEvents implements webhook.FanoutStore.
func (s *Store) TargetedEvents(ctx context.Context, ranges []webhook.Range) ([]webhook.TargetedEvent, error) {
	parts := make([]predicate.Event, len(ranges))
	for i, r := range ranges {
		parts[i] = entevent.And(
			entevent.MerchantID(r.MerchantID), entevent.SequenceGTE(r.First), entevent.SequenceLTE(r.Last),
		)
	}
	query := s.reader.Event.Query().Where(entevent.Or(parts...), entevent.TargetsNEQ(""))
	return readTargetedEvents(ctx, query.Order(entevent.ByMerchantID(), entevent.BySequence()))
}

func readTargetedEvents(ctx context.Context, query *ent.EventQuery) ([]webhook.TargetedEvent, error) {
	rows, err := query.All(ctx)
	if err != nil {
		return nil, during("read events to be events", unavailable(err))
	}
	events := make([]webhook.TargetedEvent, len(rows))
	for i, row := range rows {
		e, err := fromDBEvent(row)
		if err != nil {
			return nil, err
		}
		events[i] = webhook.TargetedEvent{Event: e, ID: row.ID}
		if row.Targets == "" {
			continue
		}
		if err := json.Unmarshal([]byte(row.Targets), &events[i].Targets); err != nil {
			return nil, fmt.Errorf("targets of event %d: %w", row.ID, err)
		}
	}
	return events, nil
}

// Selected implements webhook.FanoutStore.
func (s *Store) Selected(ctx context.Context, q webhook.Query, limit int) ([]webhook.TargetedEvent, error) {
	return readTargetedEvents(ctx, s.selected(q).Order(entevent.BySequence()).Limit(limit))
}

func (s *Store) selected(q webhook.Query) *ent.EventQuery {
	query := s.reader.Event.Query().Where(entevent.MerchantID(q.MerchantID), entevent.SequenceGT(q.AfterSequence))
	if len(q.Types) > 0 {
		types := make([]string, len(q.Types))
		for i, t := range q.Types {
			types[i] = string(t)
		}
		query.Where(entevent.TypeIn(types...))
	}
	if !q.From.IsZero() {
		query.Where(entevent.CreatedAtGTE(q.From.UTC()))
	}
	if !q.To.IsZero() {
		query.Where(entevent.CreatedAtLT(q.To.UTC()))
	}
	return query
}

// CountSelected implements webhook.ReplayStore.
func (s *Store) CountSelected(ctx context.Context, q webhook.Query, most int64) (int64, error) {
	n, err := s.selected(q).Count(ctx)
	return min(int64(n), most), during("count events", unavailable(err))
}

// EnqueueReplay implements webhook.ReplayStore.
func (s *Store) EnqueueReplay(ctx context.Context, r webhook.Replay) error {
	return s.bulk(ctx, func(tx bulkTx) error {
		return tx.enqueue(
			ctx, queued{args: job.ReplayArgs{Replay: r}, queue: job.WebhookQueue, at: r.StartsAt, attempts: job.FanoutAttempts},
		)
	})
}
