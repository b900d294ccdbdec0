package deliveries

import (
	"context"
	"slices"
	"time"

	"orderhub/ent"
	entorder "orderhub/ent/order"
	entattempt "orderhub/ent/webhookattempt"
	entdelivery "orderhub/ent/webhookdelivery"
	entendpoint "orderhub/ent/webhookendpoint"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	_ webhook.FanoutStore   = (*Store)(nil)
	_ webhook.ReplayStore   = (*Store)(nil)
	_ webhook.DeliveryStore = (*Store)(nil)
)

var (
	deliveryColumns = []store.Column[deliveryRow]{
		store.Bigint("merchant_id", func(r *deliveryRow) int64 { return r.MerchantID }),
		store.Bigint("endpoint_id", func(r *deliveryRow) int64 { return r.EndpointID }),
		store.Bytes("sealed_url", func(r *deliveryRow) []byte { return r.sealedURL }),
		store.Text("url", func(r *deliveryRow) string { return r.urlInClear }),
		store.Text("format", func(r *deliveryRow) string { return r.Format }),
		store.Bigint("event_id", func(r *deliveryRow) int64 { return r.EventID }),
		store.Bigint("sequence", func(r *deliveryRow) int64 { return r.Sequence }),
		store.Text("type", func(r *deliveryRow) string { return r.Type }),
		store.Text("lane", func(r *deliveryRow) string { return r.Lane() }),
		store.Bigint("order_id", func(r *deliveryRow) int64 { return r.OrderID }),
		store.Bigint("line_id", func(r *deliveryRow) int64 { return r.LineID }),
		store.Text("message_id", func(r *deliveryRow) string { return r.MessageID }),
		store.Text("status", func(r *deliveryRow) webhook.DeliveryStatus { return r.status }),
		store.Bytes("payload", func(r *deliveryRow) []byte { return r.ownBody }),
		store.Text("response_excerpt", func(r *deliveryRow) string { return r.reason }),
		store.NullTime("next_attempt_at", func(r *deliveryRow) *time.Time { return r.due }),
		store.NullTime("happened_at", func(r *deliveryRow) *time.Time { return r.happened }),
		store.Time("created_at", func(r *deliveryRow) time.Time { return r.at }),
		store.Time("updated_at", func(r *deliveryRow) time.Time { return r.at }),
	}
	onceAnEvent     = "ON CONFLICT (event_id, endpoint_id, line_id) WHERE event_id > 0 DO "
	deliveriesTable = &store.Table[deliveryRow]{
		Name: "webhook_deliveries", Columns: deliveryColumns, Suffix: onceAnEvent + "NOTHING",
	}
	repeatedTable = &store.Table[deliveryRow]{
		Name: "webhook_deliveries", Columns: deliveryColumns, Suffix: onceAnEvent +
			`UPDATE SET status = excluded.status,
		attempts = 0, next_attempt_at = excluded.next_attempt_at, claimed_until = NULL, updated_at = excluded.updated_at
		WHERE webhook_deliveries.status <> 'pending'`,
	}
	replannedTable = &store.Table[deliveryRow]{
		Name: "webhook_deliveries", Columns: deliveryColumns, Suffix: onceAnEvent + `UPDATE SET
		next_attempt_at = excluded.next_attempt_at WHERE webhook_deliveries.status = 'pending'
		AND webhook_deliveries.next_attempt_at IS NULL AND webhook_deliveries.claimed_until IS NULL`,
	}
	selectEndpointStatuses = store.FromPostgres(`SELECT id, status FROM webhook_endpoints WHERE id = ANY($1::bigint[])
		ORDER BY id FOR SHARE`)
)

// selectErased waits for who erases one of the orders, and has them wait until the deliveries are written: what was put
// into words before must not be kept after.
var selectErased = store.FromPostgres(`SELECT id, erased_at IS NOT NULL FROM orders WHERE id = ANY($1::bigint[])
	ORDER BY id FOR KEY SHARE`)

// deliveryRow is a delivery to be written.
type deliveryRow struct {
	*webhook.NewDelivery

	sealedURL     []byte
	urlInClear    string
	status        webhook.DeliveryStatus
	reason        string
	ownBody       []byte // sealed; empty where the body is shared, see bodies
	due, happened *time.Time
	at            time.Time
}

func (s *Store) AddDeliveries(ctx context.Context, deliveries []webhook.NewDelivery) error {
	var endpointIDs, orderIDs []int64
	for i := range deliveries {
		endpointIDs, orderIDs = append(endpointIDs, deliveries[i].EndpointID), append(orderIDs, deliveries[i].OrderID)
	}
	return s.db.Bulk(ctx, func(tx store.BulkTx) error {
		statuses, erased := make(map[int64]webhook.Status), make(map[int64]bool)
		err := tx.Query(
			ctx, store.NewQuery(selectEndpointStatuses, []any{store.Distinct(endpointIDs)}, store.Keyed(statuses)),
			store.NewQuery(selectErased, []any{store.Distinct(orderIDs)}, store.Keyed(erased)),
		)
		if err != nil {
			return err
		}
		once, again, replanned := deliveriesTable.Insert(), repeatedTable.Insert(), replannedTable.Insert()
		said, saidAgain := s.newBodies(bodiesTable), s.newBodies(repeatedBodiesTable)
		for i := range deliveries {
			d := &deliveries[i]
			into, body := &once, said
			switch {
			case erased[d.OrderID] && !d.Erased:
				return webhook.ErrErasedMeanwhile
			case d.Again:
				into, body = &again, saidAgain
			case d.Erased:
				into = &replanned
			}
			status := statuses[d.EndpointID]
			if d.EndpointID == webhook.OwnAddress {
				status = webhook.StatusActive
			}
			if status == "" {
				continue // deleted meanwhile
			}
			body.share(d)
			into.Add(s.deliveryRow(d, status))
		}
		return tx.Commit(ctx, said, saidAgain, &once, &again, &replanned)
	})
}

// deliveryRow is a delivery to an endpoint in a state.
func (s *Store) deliveryRow(d *webhook.NewDelivery, endpoint webhook.Status) deliveryRow {
	row := deliveryRow{NewDelivery: d, ownBody: []byte{}, at: s.db.Now()}
	row.status, row.reason = webhook.Begin(d.Format, endpoint)
	if endpoint == webhook.StatusActive && !d.DueAt.IsZero() {
		row.due = store.OptionalUTC(&d.DueAt)
	}
	if !d.HappenedAt.IsZero() {
		row.happened = &d.HappenedAt
	}
	if d.EventID == 0 {
		row.ownBody = s.db.Sealer.Seal(d.Body, store.DeliveryBodies.AtRow(d.MessageID))
	}
	row.sealedURL, row.urlInClear = s.db.Vault.SealText(d.URL, store.DeliveryURLs.AtRow(d.MessageID))
	return row
}

func (s *Store) ListDeliveries(ctx context.Context, merchantID int64, f webhook.Filter) ([]webhook.Delivery, error) {
	return store.ReadAnywhere(ctx, s.db, func(ctx context.Context, r *store.Reads) ([]webhook.Delivery, error) {
		return s.listDeliveries(ctx, r.Client, merchantID, f)
	})
}

func (s *Store) listDeliveries(ctx context.Context, c *ent.Client, merchantID int64, f webhook.Filter) (
	[]webhook.Delivery, error,
) {
	query := c.WebhookDelivery.Query().Where(
		entdelivery.MerchantID(merchantID), store.Given(entdelivery.EndpointID, f.EndpointID),
		store.Given(entdelivery.IDLT, f.BeforeID),
	).Order(ent.Desc(entdelivery.FieldID)).Limit(f.Limit)
	if len(f.Statuses) > 0 {
		query.Where(entdelivery.StatusIn(store.Strings(f.Statuses)...))
	}
	if f.OrderNumber != "" {
		id, err := c.Order.Query().Where(entorder.MerchantID(merchantID), entorder.Number(f.OrderNumber)).
			OnlyID(ctx)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, store.During("list webhook deliveries", err)
		}
		query.Where(entdelivery.OrderID(id))
	}
	rows, err := query.Select(listedDelivery...).All(ctx)
	if err != nil {
		return nil, store.During("list webhook deliveries", err)
	}
	listed := make([]webhook.Delivery, len(rows))
	for i, row := range rows {
		listed[i] = s.fromDBDelivery(row)
	}
	return listed, s.nameDeliveries(ctx, c, rows, listed)
}

// listedDelivery leaves out the body.
var listedDelivery = slices.DeleteFunc(
	slices.Clone(entdelivery.Columns), func(name string) bool { return name == entdelivery.FieldPayload },
)

// nameDeliveries fills in whose order and where to.
func (s *Store) nameDeliveries(
	ctx context.Context, c *ent.Client, rows []*ent.WebhookDelivery, listed []webhook.Delivery,
) error {
	var orderIDs, endpointIDs []int64
	for _, row := range rows {
		orderIDs, endpointIDs = append(orderIDs, row.OrderID), append(endpointIDs, row.EndpointID)
	}
	orders, err := c.Order.Query().Where(entorder.IDIn(store.Distinct(orderIDs)...)).
		Select(entorder.FieldID, entorder.FieldNumber).All(ctx)
	if err != nil {
		return store.During("list webhook deliveries", err)
	}
	numbers := make(map[int64]string, len(orders))
	for _, o := range orders {
		numbers[o.ID] = o.Number
	}
	endpoints, err := s.endpoints.ByID(ctx, c, endpointIDs)
	if err != nil {
		return err
	}
	for i, row := range rows {
		listed[i].OrderNumber = numbers[row.OrderID]
		if e, there := endpoints[row.EndpointID]; there {
			listed[i].URL = e.URL
		}
	}
	return nil
}

func (s *Store) fromDBDelivery(row *ent.WebhookDelivery) webhook.Delivery {
	address, err := s.db.Vault.OpenText(row.SealedURL, row.URL, store.DeliveryURLs.AtRow(row.MessageID))
	if err != nil { // the others are listed all the same
		s.db.Vault.SetAside("address of webhook delivery", row.ID, err)
	}
	d := webhook.Delivery{
		ID: row.ID, MerchantID: row.MerchantID, EndpointID: row.EndpointID, URL: address, Format: row.Format,
		EventID:  row.EventID,
		Sequence: row.Sequence, Type: row.Type, MessageID: row.MessageID, Status: webhook.DeliveryStatus(row.Status),
		Attempts: row.Attempts,
		Last: webhook.Answer{
			Status: row.ResponseStatus, Excerpt: row.ResponseExcerpt,
			Took: time.Duration(row.DurationMs) * time.Millisecond,
		},
		NextAt: row.NextAttemptAt, CreatedAt: row.CreatedAt,
		UpdatedAt: row.UpdatedAt,
	}
	if row.HappenedAt != nil {
		d.HappenedAt = *row.HappenedAt
	}
	return d
}

func (s *Store) Delivery(ctx context.Context, merchantID, id int64) (webhook.Delivery, error) {
	return store.ReadAnywhere(ctx, s.db, func(ctx context.Context, r *store.Reads) (webhook.Delivery, error) {
		return s.delivery(ctx, r.Client, merchantID, id)
	})
}

func (s *Store) delivery(ctx context.Context, c *ent.Client, merchantID, id int64) (webhook.Delivery, error) {
	row, err := c.WebhookDelivery.Query().Where(entdelivery.ID(id), entdelivery.MerchantID(merchantID)).
		Select(listedDelivery...).Only(ctx)
	if err != nil {
		return webhook.Delivery{}, store.During("find webhook delivery",
			store.Translate(err, webhook.ErrDeliveryNotFound))
	}
	found := []webhook.Delivery{s.fromDBDelivery(row)}
	if err := s.nameDeliveries(ctx, c, []*ent.WebhookDelivery{row}, found); err != nil {
		return webhook.Delivery{}, err
	}
	if found[0].Body, err = s.shownBody(ctx, c, row); err != nil {
		return webhook.Delivery{}, store.During("read what is delivered", err)
	}
	attempts, err := c.WebhookAttempt.Query().Where(entattempt.DeliveryID(id)).Order(entattempt.ByID()).
		Limit(webhook.MaxAttemptsShown).All(ctx)
	if err != nil {
		return webhook.Delivery{}, store.During("read attempts", err)
	}
	for _, a := range attempts {
		found[0].Log = append(found[0].Log, webhook.Attempt{
			Number: a.Number, RequestID: a.RequestID, At: a.CreatedAt,
			Answer: webhook.Answer{
				Status: a.Status, Excerpt: a.Excerpt,
				Took: time.Duration(a.DurationMs) * time.Millisecond,
			},
		})
	}
	return found[0], nil
}

func (s *Store) Redeliver(ctx context.Context, merchantID, id int64) (lane string, err error) {
	err = s.db.InTx(ctx, func(tx *ent.Tx) error {
		row, err := tx.WebhookDelivery.Query().Where(entdelivery.ID(id), entdelivery.MerchantID(merchantID)).
			Select(listedDelivery...).Only(ctx)
		if err != nil {
			return store.Translate(err, webhook.ErrDeliveryNotFound)
		}
		if row.EndpointID != webhook.OwnAddress {
			active, err := tx.WebhookEndpoint.Query().
				Where(entendpoint.ID(row.EndpointID), entendpoint.Status(string(webhook.StatusActive))).Exist(ctx)
			if err != nil {
				return err
			}
			if !active {
				return webhook.ErrNowhere
			}
		}
		if row.EndpointID == webhook.OwnAddress && len(row.SealedURL) == 0 && row.URL == "" {
			return webhook.ErrNowhere // erased with its order
		}
		lane = row.Lane
		now := s.db.Now()
		if row.ClaimedUntil != nil && row.ClaimedUntil.After(now) {
			return nil // being posted in this moment
		}
		err = tx.WebhookDelivery.UpdateOneID(id).SetStatus(string(webhook.DeliveryPending)).SetAttempts(0).
			SetNextAttemptAt(now).ClearClaimedUntil().SetUpdatedAt(now).Exec(ctx)
		return store.Translate(err, webhook.ErrDeliveryNotFound) // it may have been removed in this moment
	})
	return lane, store.During("redeliver", err)
}
