package deliveries

import (
	"context"
	"slices"
	"time"

	"orderhub/server/store"
	"orderhub/server/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

var (
	// The lanes with something planned are found one after the other in the index,
	// however many deliveries wait in each.
	selectDueLanes = store.Same(`WITH RECURSIVE lanes(lane) AS (
			SELECT * FROM (SELECT lane FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY lane
			LIMIT 1) AS first
			UNION ALL
			SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.next_attempt_at IS NOT NULL
			AND d.lane > lanes.lane ORDER BY d.lane LIMIT 1)
			FROM lanes WHERE lanes.lane IS NOT NULL)
		SELECT lane FROM lanes WHERE lane IS NOT NULL
		AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.lane = lanes.lane AND d.next_attempt_at <= $1)
		AND NOT EXISTS (SELECT 1 FROM webhook_lanes l WHERE l.name = lanes.lane AND l.left_alone_until > $1)`)

	selectDeliveries = store.FromPostgres(`SELECT id, status FROM webhook_deliveries WHERE id = ANY($1::bigint[])
		ORDER BY id FOR UPDATE`)
	// It is read after the deliveries are locked: who erases an order locks them too.
	selectErasedDeliveries = store.FromPostgres(`SELECT d.id, true FROM webhook_deliveries d
		JOIN orders o ON o.id = d.order_id WHERE o.erased_at IS NOT NULL AND d.id = ANY($1::bigint[])`)
	settleDelivery = &store.Change[settledDelivery]{
		Table: "webhook_deliveries", ID: (*settledDelivery).deliveryID, Columns: []store.Column[settledDelivery]{
			store.Text("status", func(r *settledDelivery) webhook.DeliveryStatus { return r.Status }),
			store.Bigint("attempts", func(r *settledDelivery) int { return r.Attempt.Number }),
			store.Bigint("response_status", func(r *settledDelivery) int { return r.Attempt.Status }),
			store.Text("response_excerpt", func(r *settledDelivery) string { return r.Attempt.Excerpt }),
			store.Bigint("duration_ms", (*settledDelivery).tookMs),
			store.NullTime("next_attempt_at",
				func(r *settledDelivery) *time.Time { return store.OptionalUTC(r.NextAt) }),
			store.NullTime("claimed_until", func(*settledDelivery) *time.Time { return nil }),
			store.Time("updated_at", func(r *settledDelivery) time.Time { return r.at }),
		},
	}
	webhookAttemptsTable = &store.Table[settledDelivery]{
		Name: "webhook_attempts", Columns: []store.Column[settledDelivery]{
			store.Bigint("delivery_id", (*settledDelivery).deliveryID),
			store.Bigint("number", func(r *settledDelivery) int { return r.Attempt.Number }),
			store.Text("request_id", func(r *settledDelivery) string { return r.Attempt.RequestID }),
			store.Bigint("status", func(r *settledDelivery) int { return r.Attempt.Status }),
			store.Text("excerpt", func(r *settledDelivery) string { return r.Attempt.Excerpt }),
			store.Bigint("duration_ms", (*settledDelivery).tookMs),
			store.Time("created_at", func(r *settledDelivery) time.Time { return *store.OptionalUTC(&r.Attempt.At) }),
		},
	}
)

// settledDelivery is a delivery after an attempt.
type settledDelivery struct {
	*webhook.Outcome

	at time.Time
}

func (r *settledDelivery) deliveryID() int64 { return r.Due.ID }

func (r *settledDelivery) tookMs() int64 { return r.Attempt.Took.Milliseconds() }

func (s *Store) DueLanes(ctx context.Context, now time.Time) ([]string, error) {
	var lanes []string
	err := s.db.Peek(ctx, store.NewQuery(selectDueLanes, []any{now.UTC()}, store.Gather(&lanes)))
	return lanes, store.During("find lanes with deliveries due", err)
}

func (s *Store) SettleDeliveries(ctx context.Context, outcomes []webhook.Outcome) (health []webhook.Health, err error) {
	ids := make([]int64, len(outcomes))
	for i := range outcomes {
		ids[i] = outcomes[i].Due.ID
	}
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		statuses, erased := make(map[int64]webhook.DeliveryStatus), make(map[int64]bool)
		now, lanes := s.db.Now(), make(laneHealth)
		// Lanes before endpoints, and those before their deliveries, as whoever changes an endpoint does.
		err := tx.Query(ctx, slices.Concat(
			lanes.lock(outcomes, now),
			endpointHealth(outcomes),
			[]store.Query{
				store.NewQuery(selectDeliveries, []any{store.Distinct(ids)}, store.Keyed(statuses)),
				store.NewQuery(selectErasedDeliveries, []any{store.Distinct(ids)}, store.Keyed(erased)),
			},
		)...)
		if err != nil {
			return err
		}
		var writes []store.Query
		if health, writes = lanes.settle(outcomes, now); len(writes) > 0 {
			if err := tx.Query(ctx, writes...); err != nil {
				return err
			}
		}
		rows, attempts := settledRows(outcomes, statuses, erased, now)
		return tx.Commit(ctx, rows, attempts)
	})
	return health, store.During("settle deliveries", err)
}

// settledRows are what is written of attempts at deliveries that have these statuses, and of which those of erased
// orders keep nothing of the answer: it may repeat what was posted before.
func settledRows(
	outcomes []webhook.Outcome, statuses map[int64]webhook.DeliveryStatus, erased map[int64]bool, now time.Time,
) (rows *store.Update[settledDelivery], attempts *store.Insert[settledDelivery]) {
	changed, added := settleDelivery.Update(), webhookAttemptsTable.Insert()
	for i := range outcomes {
		o := settledDelivery{&outcomes[i], now}
		if erased[o.Due.ID] {
			forgetful := outcomes[i]
			forgetful.Attempt.Excerpt = ""
			o.Outcome = &forgetful
		}
		added.Add(o)
		// Another process that had claimed it too, when this one took too long, may
		// have delivered it.
		if statuses[o.Due.ID] != webhook.DeliveryPending && o.Status != webhook.DeliveryDelivered {
			continue
		}
		statuses[o.Due.ID] = o.Status
		changed.Add(o)
	}
	return &changed, &added
}

func (s *Store) AddTest(ctx context.Context, d webhook.NewDelivery) (due *webhook.Due, err error) {
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		t := &claimedDelivery{endpointID: d.EndpointID}
		t.Endpoint = webhook.Endpoint{MerchantID: d.MerchantID, Format: d.Format}
		t.Parcel = webhook.Parcel{MessageID: d.MessageID, Type: d.Type, Body: d.Body}
		around, err := s.readSurroundings(ctx, tx, []*claimedDelivery{t}, s.db.Now())
		if err != nil {
			return err
		}
		to := around.endpoints[d.EndpointID]
		if to == nil || to.MerchantID != d.MerchantID {
			return webhook.ErrEndpointNotFound
		}
		around.address(t, to)
		rows := testsTable.Insert(s.deliveryRow(&d, webhook.StatusActive))
		rows.Each = store.Into(&t.ID)
		due = &t.Due
		return tx.Commit(ctx, &rows)
	})
	return due, store.During("send a test event", err)
}

var testsTable = &store.Table[deliveryRow]{Name: "webhook_deliveries", Columns: deliveryColumns, Suffix: "RETURNING id"}
