package retention

import (
	"context"
	"time"

	"orderhub/server/job"
	"orderhub/server/retention"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// jobMargin is how far the clock that a job was dated by may be from that of its events.
const jobMargin = time.Hour

var (
	// A delivery is done when it has been for long enough, and so has its event, when its order is final, and when no
	// older news about the same line waits, which is passed over because this one was told. The offset keeps PostgreSQL
	// from gathering all that wait out of the whole table, in each step.
	doneDelivery = `d.status <> 'pending' AND d.next_attempt_at IS NULL AND d.updated_at < $2
		AND coalesce(d.happened_at, d.created_at) < $2 AND (d.order_id = 0 OR ` + finalOrder + `)
		AND NOT EXISTS (SELECT 1 FROM webhook_deliveries p WHERE p.line_id > 0 AND p.line_id = d.line_id
			AND p.status = 'pending' LIMIT 1 OFFSET 0)`
	lookDeliveries = store.Same(`SELECT d.id, d.created_at < $2, coalesce(` + doneDelivery + `, false)
		FROM webhook_deliveries d LEFT JOIN orders o ON o.id = d.order_id
		WHERE d.id > $1 ORDER BY d.id LIMIT $3`)

	// Another process may send one again in this moment; that is looked at once it is locked.
	deleteDeliveries = store.FromPostgres(`DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(SELECT id
			FROM webhook_deliveries WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE SKIP LOCKED))
		AND status <> 'pending' AND updated_at < $2 RETURNING id, event_id, format`)
	deleteAttempts = store.FromPostgres(`DELETE FROM webhook_attempts WHERE delivery_id = ANY($1::bigint[])
		RETURNING id`)
	// A body goes with its last delivery. A replay dates the bodies of its deliveries anew, so that one that is being
	// made cannot lose its own.
	unusedBody = ` AND created_at < $2 AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d
		WHERE d.event_id > 0 AND d.event_id = webhook_bodies.event_id AND d.format = webhook_bodies.format
		AND d.line_id = webhook_bodies.line_id) RETURNING id`
	deleteBodies = store.FromPostgres(`DELETE FROM webhook_bodies WHERE event_id = ANY($1::bigint[])` + unusedBody)

	// Jobs that make deliveries of events, and are not done, would make them again. 0 for none.
	unfinished = `FROM river_job WHERE queue = '` + job.WebhookQueue + `'
		AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled')`
	selectUnfinished = store.Statement{
		Postgres: `SELECT coalesce(date_part('epoch', min(created_at)), 0)::bigint ` + unfinished,
		SQLite:   `SELECT coalesce(CAST(strftime('%s', min(created_at)) AS integer), 0) ` + unfinished,
	}
)

func (s *Store) stepDeliveries(ctx context.Context, step retention.Step) (done retention.Stepped, err error) {
	if step.Before, err = s.beforeJobs(ctx, step.Before); err != nil {
		return done, err
	}
	return s.stepRows(ctx, step, lookDeliveries, s.removeDeliveries)
}

// beforeJobs is the moment, or one from before the events of every job that still has to make deliveries.
func (s *Store) beforeJobs(ctx context.Context, moment time.Time) (time.Time, error) {
	var seconds int64
	err := s.db.Peek(ctx, store.NewQuery(selectUnfinished, nil, store.Into(&seconds)))
	if oldest := time.Unix(seconds, 0).Add(-jobMargin); seconds > 0 && oldest.Before(moment) {
		return oldest, err
	}
	return moment, err
}

// removeDeliveries removes deliveries with their attempts, and bodies that nobody is told any more.
func (s *Store) removeDeliveries(ctx context.Context, tx store.BulkTx, ids []int64, before time.Time) (int64, error) {
	var removed, events []int64
	mark := int64(0)
	remove := store.NewQuery(deleteDeliveries, []any{ids, before}, store.Each3(func(id, event int64, format string) {
		removed = append(removed, id)
		if event > 0 {
			events = append(events, event)
		}
		if format != webhook.FormatOperators { // their events have numbers of their own
			mark = max(mark, event)
		}
	}))
	if err := tx.Query(ctx, remove); err != nil || len(removed) == 0 {
		return 0, err
	}
	rest := []store.Query{store.NewQuery(deleteAttempts, []any{removed}, store.IgnoreRow)}
	if len(events) > 0 {
		rest = append(rest, store.NewQuery(deleteBodies, []any{store.Distinct(events), before}, store.IgnoreRow))
	}
	if mark > 0 {
		rest = append(rest, store.RaiseMark(store.DeliveriesRemoved, mark))
	}
	return int64(len(removed)), tx.Query(ctx, rest...)
}
