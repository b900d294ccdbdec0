package retention

import (
	"context"
	"errors"
	"fmt"
	"time"

	"orderhub/server/job"
	"orderhub/server/retention"
	"orderhub/server/store"
)

// An event goes when it is old enough and its order is final, and only with everything before it in the log of all
// merchants: what is kept has no gaps. The last event stays, so that the log has an end. $3 is what age goes by.
const eventColumns = `SELECT e.id, e.merchant_id, e.sequence, coalesce(e.order_id, 0), e.created_at,
	e.created_at < $3 AND (e.order_id IS NULL OR coalesce(` + finalOrder + `, false))
		AND e.id < (SELECT max(id) FROM events), e.transaction_id
	FROM events e LEFT JOIN orders o ON o.id = e.order_id `

var (
	// The order is that of readers of the log of all merchants, see package eventlog: what was restored first, by ids.
	lookRestoredEvents = store.Same(eventColumns + `WHERE e.id > $1 AND e.id <= $2 ORDER BY e.id LIMIT $4`)
	lookEvents         = store.FromPostgres(eventColumns + `WHERE (e.transaction_id, e.id) > ($5, $1) AND e.id > $2
		AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
		ORDER BY e.transaction_id, e.id LIMIT $4`)
	deleteEvents = store.FromPostgres(`DELETE FROM events WHERE id = ANY($1::bigint[]) RETURNING id`)
	// The log has no name before somebody has read it.
	selectLog = store.Same(`SELECT generation, restored_id FROM event_logs WHERE id = 1`)
	// A replay reads the log until it is done.
	selectReplays = store.Same(`SELECT count(*) FROM (SELECT 1 FROM river_job WHERE queue = '` + job.WebhookQueue + `'
		AND kind = 'replay' AND state IN ('available', 'pending', 'retryable', 'running', 'scheduled') LIMIT 1) AS r`)
)

// eventRow is an event that may go.
type eventRow struct {
	id, merchantID, sequence, orderID int64
	at                                time.Time
}

// eventWindow is what a step sees of the log.
type eventWindow struct {
	generation, restoredID int64
	replays                int

	rows    []eventRow // those that may go
	next    retention.Place
	blocked bool // the event after them stays
}

func (s *Store) stepEvents(ctx context.Context, step retention.Step) (done retention.Stepped, err error) {
	if step.Before, err = s.beforeJobs(ctx, step.Before); err != nil {
		return done, err
	}
	if step.Dry {
		w, err := lookAtLog(ctx, s.db.Peek, step)
		return w.stepped(), err
	}
	err = s.alone(ctx, func(tx store.BulkTx) error {
		w, err := lookAtLog(ctx, tx.Query, step)
		done = w.stepped()
		if err != nil || len(w.rows) == 0 {
			return err
		}
		return w.remove(ctx, tx)
	})
	return done, err
}

func (w *eventWindow) stepped() retention.Stepped {
	return retention.Stepped{Rows: int64(len(w.rows)), Next: w.next, More: len(w.rows) > 0 && !w.blocked}
}

// lookAtLog reads the next events, in the order of the log, up to the first that stays.
func lookAtLog(ctx context.Context, query store.Runner, step retention.Step) (*eventWindow, error) {
	w := &eventWindow{generation: 1, next: step.After}
	err := query(
		ctx, store.NewQuery(selectReplays, nil, store.Into(&w.replays)),
		store.NewQuery(selectLog, nil, store.Into(&w.generation, &w.restoredID)),
	)
	if err != nil || w.replays > 0 {
		return w, err
	}
	after, before := step.After, step.Before.UTC()
	if after.Transaction == 0 && after.ID < w.restoredID {
		err = query(ctx, store.NewQuery(
			lookRestoredEvents, []any{after.ID, w.restoredID, before, step.Most},
			func(row store.Scanner) error { return w.scan(row, true) },
		))
		if err != nil || len(w.rows) > 0 || w.blocked {
			return w, err
		}
		after.ID = w.restoredID
	}
	args := []any{after.ID, w.restoredID, before, step.Most, after.Transaction}
	return w, query(ctx, store.NewQuery(lookEvents, args, func(row store.Scanner) error { return w.scan(row, false) }))
}

func (w *eventWindow) scan(row store.Scanner, restored bool) error {
	var e eventRow
	var goes bool
	var transaction int64
	err := row.Scan(&e.id, &e.merchantID, &e.sequence, &e.orderID, &e.at, &goes, &transaction)
	if err != nil || w.blocked {
		return err
	}
	if w.blocked = !goes; w.blocked {
		return nil
	}
	if restored {
		transaction = 0 // as in positions
	}
	w.rows, w.next = append(w.rows, e), retention.Place{Transaction: transaction, ID: e.id}
	return nil
}

var errEventsGone = errors.New("events went that nobody else may remove")

// remove removes what the window has, and says where the log begins now.
func (w *eventWindow) remove(ctx context.Context, tx store.BulkTx) error {
	ids := make([]int64, len(w.rows))
	sequences := make(map[int64]int64)
	order, at := int64(0), time.Time{}
	for i, e := range w.rows {
		ids[i] = e.id
		sequences[e.merchantID] = max(sequences[e.merchantID], e.sequence)
		order = max(order, e.orderID)
		if created := e.at; created.After(at) {
			at = created
		}
	}
	removed := 0
	queries := []store.Query{
		store.NewQuery(deleteEvents, []any{ids}, store.Count(&removed)),
		store.WriteMark(store.EventsRemovedGeneration, w.generation),
		store.WriteMark(store.EventsRemovedTransaction, w.next.Transaction),
		store.WriteMark(store.EventsRemovedID, w.next.ID),
		store.RaiseMark(store.EventsRemovedOrder, order),
		store.RaiseMark(store.EventsRemovedAt, at.UnixMicro()),
	}
	for merchant, sequence := range sequences {
		queries = append(queries, store.RaiseMark(fmt.Sprint(store.EventsRemovedOf, merchant), sequence))
	}
	if err := tx.Query(ctx, queries...); err != nil {
		return err
	}
	if removed != len(ids) {
		return errEventsGone
	}
	return nil
}
