package store

import (
	"context"
	"time"

	"orderhub/server/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

var (
	// The lanes with something planned are found one after the other in the index,
	// however many deliveries wait in each.
	selectDueLanes = same(`WITH RECURSIVE lanes(lane) AS (
			SELECT * FROM (SELECT lane FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY lane LIMIT 1) AS first
			UNION ALL
			SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.next_attempt_at IS NOT NULL
			AND d.lane > lanes.lane ORDER BY d.lane LIMIT 1)
			FROM lanes WHERE lanes.lane IS NOT NULL)
		SELECT lane FROM lanes WHERE lane IS NOT NULL
		AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.lane = lanes.lane AND d.next_attempt_at <= $1)`)

	selectDeliveries = statement{
		postgres: `SELECT id, status FROM webhook_deliveries WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
		sqlite:   `SELECT id, status FROM webhook_deliveries WHERE id IN (SELECT value FROM json_each($1))`,
	}
	settleDelivery = &change{table: "webhook_deliveries", columns: []column{
		{name: "status", kind: "text"},
		{name: "attempts", kind: "bigint"},
		{name: "response_status", kind: "bigint"},
		{name: "response_excerpt", kind: "text"},
		{name: "duration_ms", kind: "bigint"},
		{name: "next_attempt_at", kind: "timestamptz"},
		{name: "claimed_until", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	webhookAttemptsTable = &table{name: "webhook_attempts", columns: []column{
		{name: "delivery_id", kind: "bigint"},
		{name: "number", kind: "bigint"},
		{name: "request_id", kind: "text"},
		{name: "status", kind: "bigint"},
		{name: "excerpt", kind: "text"},
		{name: "duration_ms", kind: "bigint"},
		{name: "created_at", kind: "timestamptz"},
	}}
)

// ignoreRow is for statements whose rows say nothing new.
func ignoreRow(row scanner) error {
	var ignored any
	return row.Scan(&ignored)
}

// DueLanes implements webhook.Outbox.
func (s *Store) DueLanes(ctx context.Context, now time.Time) ([]string, error) {
	var lanes []string
	err := s.peek(ctx, read{selectDueLanes, []any{now.UTC()}, func(row scanner) error {
		var lane string
		err := row.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	}})
	return lanes, during("find lanes with deliveries due", unavailable(err))
}

// SettleDeliveries implements webhook.Outbox.
func (s *Store) SettleDeliveries(ctx context.Context, outcomes []webhook.Outcome) error {
	ids := make([]int64, len(outcomes))
	for i := range outcomes {
		ids[i] = outcomes[i].Due.ID
	}
	err := s.bulk(ctx, func(tx bulkTx) error {
		statuses := make(map[int64]webhook.DeliveryStatus)
		// Endpoints before their deliveries, as whoever changes an endpoint does.
		err := tx.read(
			ctx, append(endpointHealth(outcomes), read{selectDeliveries, []any{distinct(ids)}, func(row scanner) error {
				var id int64
				var status webhook.DeliveryStatus
				err := row.Scan(&id, &status)
				statuses[id] = status
				return err
			}})...,
		)
		if err != nil {
			return err
		}
		rows, attempts := update{change: settleDelivery}, insert{table: webhookAttemptsTable}
		now := s.now()
		for i := range outcomes {
			o := &outcomes[i]
			a := &o.Attempt
			took := a.Took.Milliseconds()
			attempts.add(o.Due.ID, a.Number, a.RequestID, a.Status, a.Excerpt, took, a.At.UTC().Truncate(time.Microsecond))
			// Another process that had claimed it too, when this one took too long, may
			// have delivered it.
			if statuses[o.Due.ID] != webhook.DeliveryPending && o.Status != webhook.DeliveryDelivered {
				continue
			}
			statuses[o.Due.ID] = o.Status
			var next any
			if o.NextAt != nil {
				next = o.NextAt.UTC().Truncate(time.Microsecond)
			}
			rows.add(o.Due.ID, string(o.Status), a.Number, a.Status, a.Excerpt, took, next, nil, now)
		}
		byID(rows.rows)
		return tx.commit(ctx, &rows, &attempts)
	})
	return during("settle deliveries", err)
}

// AddTest implements webhook.DeliveryStore.
func (s *Store) AddTest(ctx context.Context, d webhook.NewDelivery) (due *webhook.Due, err error) {
	err = s.bulk(ctx, func(tx bulkTx) error {
		t := &claimedDelivery{endpointID: d.EndpointID}
		t.Endpoint = webhook.Endpoint{MerchantID: d.MerchantID, Format: d.Format}
		t.Parcel = webhook.Parcel{MessageID: d.MessageID, Type: d.Type, Body: d.Body}
		around, err := s.readSurroundings(ctx, tx, []*claimedDelivery{t}, s.now())
		if err != nil {
			return err
		}
		to := around.endpoints[d.EndpointID]
		if to == nil || to.MerchantID != d.MerchantID {
			return webhook.ErrEndpointNotFound
		}
		around.address(t, to)
		rows := insert{table: testsTable, each: func(row scanner) error { return row.Scan(&t.ID) }}
		rows.add(s.deliveryRow(&d, webhook.StatusActive)...)
		due = &t.Due
		return tx.commit(ctx, &rows)
	})
	return due, during("send a test event", err)
}

var testsTable = &table{name: "webhook_deliveries", columns: deliveryColumns, suffix: "RETURNING id"}
