package deliveries

import (
	"context"
	"time"

	"orderhub/server/store"
	"orderhub/server/webhook"
)

var _ webhook.Outbox = (*Store)(nil)

var (
	// The lanes with something planned are found one after the other in the index,
	// however many deliveries wait in each.
	selectDueLanes = store.Same(`WITH RECURSIVE lanes(lane) AS (
			SELECT * FROM (SELECT lane FROM webhook_deliveries WHERE next_attempt_at IS NOT NULL ORDER BY lane LIMIT 1) AS first
			UNION ALL
			SELECT (SELECT d.lane FROM webhook_deliveries d WHERE d.next_attempt_at IS NOT NULL
			AND d.lane > lanes.lane ORDER BY d.lane LIMIT 1)
			FROM lanes WHERE lanes.lane IS NOT NULL)
		SELECT lane FROM lanes WHERE lane IS NOT NULL
		AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.lane = lanes.lane AND d.next_attempt_at <= $1)`)

	selectDeliveries = store.Statement{
		Postgres: `SELECT id, status FROM webhook_deliveries WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE`,
		SQLite:   `SELECT id, status FROM webhook_deliveries WHERE id IN (SELECT value FROM json_each($1))`,
	}
	settleDelivery = &store.Change{Table: "webhook_deliveries", Columns: []store.Column{
		{Name: "status", Kind: "text"},
		{Name: "attempts", Kind: "bigint"},
		{Name: "response_status", Kind: "bigint"},
		{Name: "response_excerpt", Kind: "text"},
		{Name: "duration_ms", Kind: "bigint"},
		{Name: "next_attempt_at", Kind: "timestamptz"},
		{Name: "claimed_until", Kind: "timestamptz"},
		{Name: "updated_at", Kind: "timestamptz"},
	}}
	webhookAttemptsTable = &store.Table{Name: "webhook_attempts", Columns: []store.Column{
		{Name: "delivery_id", Kind: "bigint"},
		{Name: "number", Kind: "bigint"},
		{Name: "request_id", Kind: "text"},
		{Name: "status", Kind: "bigint"},
		{Name: "excerpt", Kind: "text"},
		{Name: "duration_ms", Kind: "bigint"},
		{Name: "created_at", Kind: "timestamptz"},
	}}
)

// DueLanes implements webhook.Outbox.
func (s *Store) DueLanes(ctx context.Context, now time.Time) ([]string, error) {
	var lanes []string
	err := s.db.Peek(ctx, store.NewRead(selectDueLanes, []any{now.UTC()}, func(row store.Scanner) error {
		var lane string
		err := row.Scan(&lane)
		lanes = append(lanes, lane)
		return err
	}))
	return lanes, store.During("find lanes with deliveries due", store.Unavailable(err))
}

// SettleDeliveries implements webhook.Outbox.
func (s *Store) SettleDeliveries(ctx context.Context, outcomes []webhook.Outcome) error {
	ids := make([]int64, len(outcomes))
	for i := range outcomes {
		ids[i] = outcomes[i].Due.ID
	}
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		statuses := make(map[int64]webhook.DeliveryStatus)
		// Endpoints before their deliveries, as whoever changes an endpoint does.
		err := tx.Read(
			ctx,
			append(
				endpointHealth(outcomes),
				store.NewRead(selectDeliveries, []any{store.Distinct(ids)}, func(row store.Scanner) error {
					var id int64
					var status webhook.DeliveryStatus
					err := row.Scan(&id, &status)
					statuses[id] = status
					return err
				}),
			)...,
		)
		if err != nil {
			return err
		}
		rows, attempts := store.Update{Change: settleDelivery}, store.Insert{Table: webhookAttemptsTable}
		now := s.db.Now()
		for i := range outcomes {
			o := &outcomes[i]
			a := &o.Attempt
			took := a.Took.Milliseconds()
			attempts.Add(o.Due.ID, a.Number, a.RequestID, a.Status, a.Excerpt, took, a.At.UTC().Truncate(time.Microsecond))
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
			rows.Add(o.Due.ID, string(o.Status), a.Number, a.Status, a.Excerpt, took, next, nil, now)
		}
		store.ByID(rows.Rows)
		return tx.Commit(ctx, &rows, &attempts)
	})
	return store.During("settle deliveries", err)
}

// AddTest implements webhook.DeliveryStore.
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
		rows := store.Insert{Table: testsTable, Each: func(row store.Scanner) error { return row.Scan(&t.ID) }}
		rows.Add(s.deliveryRow(&d, webhook.StatusActive)...)
		due = &t.Due
		return tx.Commit(ctx, &rows)
	})
	return due, store.During("send a test event", err)
}

var testsTable = &store.Table{Name: "webhook_deliveries", Columns: deliveryColumns, Suffix: "RETURNING id"}
