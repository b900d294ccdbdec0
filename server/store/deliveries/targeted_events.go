package deliveries

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/ent"
	entevent "orderhub/ent/event"
	"orderhub/ent/predicate"
	"orderhub/server/event"
	"orderhub/server/job"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

func (s *Store) TargetedEvents(ctx context.Context, ranges []webhook.Range) ([]webhook.TargetedEvent, error) {
	parts := make([]predicate.Event, len(ranges))
	for i, r := range ranges {
		parts[i] = entevent.And(
			entevent.MerchantID(r.MerchantID), entevent.SequenceGTE(r.First), entevent.SequenceLTE(r.Last),
		)
	}
	query := s.db.Reader.Event.Query().Where(entevent.Or(parts...), entevent.TargetsNEQ(""))
	return readTargetedEvents(ctx, query.Order(entevent.ByMerchantID(), entevent.BySequence()))
}

func readTargetedEvents(ctx context.Context, query *ent.EventQuery) ([]webhook.TargetedEvent, error) {
	rows, err := query.All(ctx)
	if err != nil {
		return nil, store.During("read events to be told", err)
	}
	events := make([]webhook.TargetedEvent, len(rows))
	for i, row := range rows {
		e, err := store.FromDBEvent(row)
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

func (s *Store) Selected(ctx context.Context, q webhook.Query, limit int) ([]webhook.TargetedEvent, error) {
	return readTargetedEvents(ctx, s.selected(q).Order(entevent.BySequence()).Limit(limit))
}

func (s *Store) selected(q webhook.Query) *ent.EventQuery {
	query := s.db.Reader.Event.Query().Where(
		entevent.MerchantID(q.MerchantID), entevent.SequenceGT(q.AfterSequence),
		store.Given(entevent.CreatedAtGTE, q.From.UTC()), store.Given(entevent.CreatedAtLT, q.To.UTC()),
	)
	if len(q.Types) > 0 {
		query.Where(entevent.TypeIn(store.Strings(q.Types)...))
	}
	return query
}

func (s *Store) CountSelected(ctx context.Context, q webhook.Query, most int64) (int64, error) {
	n, err := s.selected(q).Count(ctx)
	return min(int64(n), most), store.During("count events", err)
}

func (s *Store) RemovedEvents(ctx context.Context, merchantID int64) (removed event.Removed, err error) {
	own := fmt.Sprint(store.EventsRemovedOf, merchantID)
	err = s.db.Peek(ctx, store.ReadMarks(func(name string, value int64) {
		if name == own {
			removed.Sequence = value
		} else {
			removed.At = time.UnixMicro(value).UTC()
		}
	}, own, store.EventsRemovedAt))
	if removed.Sequence == 0 {
		removed = event.Removed{}
	}
	return removed, store.During("read what of the log was removed", err)
}

func (s *Store) EnqueueReplay(ctx context.Context, r webhook.Replay) error {
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		return tx.Enqueue(
			ctx,
			store.Queued{
				Args: job.ReplayArgs{Replay: r}, Queue: job.WebhookQueue, At: r.StartsAt,
				Attempts: job.FanoutAttempts,
			},
		)
	})
}
