package store

import (
	"context"
	"slices"
	"time"

	"orderhub/ent"
	entmerchant "orderhub/ent/merchant"
	entorder "orderhub/ent/order"
	entattempt "orderhub/ent/webhookattempt"
	entdelivery "orderhub/ent/webhookdelivery"
	entendpoint "orderhub/ent/webhookendpoint"
	"orderhub/server/order"
	"orderhub/server/webhook"
)

var (
	_ webhook.FanoutStore   = (*Store)(nil)
	_ webhook.ReplayStore   = (*Store)(nil)
	_ webhook.DeliveryStore = (*Store)(nil)
)

var (
	deliveryColumns = []column{
		{name: "merchant_id", kind: "bigint"},
		{name: "endpoint_id", kind: "bigint"},
		{name: "sealed_url", kind: "bytea"},
		{name: "url", kind: "text"},
		{name: "format", kind: "text"},
		{name: "event_id", kind: "bigint"},
		{name: "sequence", kind: "bigint"},
		{name: "type", kind: "text"},
		{name: "lane", kind: "text"},
		{name: "order_id", kind: "bigint"},
		{name: "line_id", kind: "bigint"},
		{name: "message_id", kind: "text"},
		{name: "status", kind: "text"},
		{name: "payload", kind: "bytea"},
		{name: "response_excerpt", kind: "text"},
		{name: "next_attempt_at", kind: "timestamptz"},
		{name: "happened_at", kind: "timestamptz"},
		{name: "created_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}
	onceAnEvent     = "ON CONFLICT (event_id, endpoint_id, line_id) WHERE event_id > 0 DO "
	deliveriesTable = &table{name: "webhook_deliveries", columns: deliveryColumns, suffix: onceAnEvent + "NOTHING"}
	repeatedTable   = &table{
		name: "webhook_deliveries", columns: deliveryColumns, suffix: onceAnEvent + `UPDATE SET status = excluded.status,
		attempts = 0, next_attempt_at = excluded.next_attempt_at, claimed_until = NULL, updated_at = excluded.updated_at
		WHERE webhook_deliveries.status <> 'pending'`,
	}
	selectEndpointStatuses = statement{
		postgres: `SELECT id, status FROM webhook_endpoints WHERE id = ANY($1::bigint[]) ORDER BY id FOR SHARE`,
		sqlite:   `SELECT id, status FROM webhook_endpoints WHERE id IN (SELECT value FROM json_each($1))`,
	}
)

// OrdersWithGoods implements webhook.FanoutStore.
func (s *Store) OrdersWithGoods(ctx context.Context, ids []int64) (map[int64]*order.Order, error) {
	found := make(map[int64]*order.Order)
	if len(ids) == 0 {
		return found, nil
	}
	err := s.snapshot(ctx, func(c *ent.Client) error {
		clear(found)
		rows, err := c.Order.Query().Where(entorder.IDIn(distinct(ids)...)).All(ctx)
		if err != nil {
			return err
		}
		orders := make([]*order.Order, len(rows))
		for i, row := range rows {
			if orders[i], err = s.fromDBOrder(row); err != nil {
				return err
			}
			found[row.ID] = orders[i]
		}
		if err := s.addLines(ctx, c, orders); err != nil {
			return err
		}
		return s.addGoods(ctx, c, orders)
	})
	return found, during("read orders", unavailable(err))
}

// EndpointsByID implements webhook.FanoutStore.
func (s *Store) EndpointsByID(ctx context.Context, ids []int64) (map[int64]webhook.Endpoint, error) {
	rows, err := s.reader.WebhookEndpoint.Query().Where(entendpoint.IDIn(distinct(ids)...)).All(ctx)
	if err != nil {
		return nil, during("read webhook endpoints", unavailable(err))
	}
	found := make(map[int64]webhook.Endpoint, len(rows))
	for _, row := range rows {
		if found[row.ID], err = s.fromDBEndpoint(row); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// CallbackURLs implements webhook.FanoutStore.
func (s *Store) CallbackURLs(ctx context.Context, merchantIDs []int64) (map[int64]string, error) {
	rows, err := s.reader.Merchant.Query().Where(entmerchant.IDIn(distinct(merchantIDs)...)).All(ctx)
	if err != nil {
		return nil, during("read callback addresses", unavailable(err))
	}
	urls := make(map[int64]string)
	for _, row := range rows {
		settings, err := fromDBSettings(row)
		if err != nil {
			return nil, err
		}
		address, err := s.callbackURLOf(row.ID, &settings)
		if err = s.withoutIt("callback address of merchant", row.ID, err); err != nil {
			return nil, err
		}
		if address != "" {
			urls[row.ID] = address
		}
	}
	return urls, nil
}

// AddDeliveries implements webhook.FanoutStore.
func (s *Store) AddDeliveries(ctx context.Context, deliveries []webhook.NewDelivery) error {
	var endpointIDs []int64
	for i := range deliveries {
		endpointIDs = append(endpointIDs, deliveries[i].EndpointID)
	}
	return s.bulk(ctx, func(tx bulkTx) error {
		statuses := make(map[int64]webhook.Status)
		err := tx.read(ctx, read{selectEndpointStatuses, []any{distinct(endpointIDs)}, func(row scanner) error {
			var id int64
			var status webhook.Status
			err := row.Scan(&id, &status)
			statuses[id] = status
			return err
		}})
		if err != nil {
			return err
		}
		once, again := insert{table: deliveriesTable}, insert{table: repeatedTable}
		said := s.newBodies()
		for i := range deliveries {
			d := &deliveries[i]
			into := &once
			if d.Again {
				into = &again
			}
			status := statuses[d.EndpointID]
			if d.EndpointID == webhook.OwnAddress {
				status = webhook.StatusActive
			}
			if status == "" {
				continue // deleted meanwhile
			}
			said.take(d)
			into.add(s.deliveryRow(d, status)...)
		}
		return tx.commit(ctx, said, &once, &again)
	})
}

// deliveryRow is a delivery to an endpoint in a state, in the columns' order.
func (s *Store) deliveryRow(d *webhook.NewDelivery, endpoint webhook.Status) []any {
	now := s.now()
	due := any(nil)
	if endpoint == webhook.StatusActive && !d.DueAt.IsZero() {
		due = d.DueAt.UTC().Truncate(time.Microsecond)
	}
	status, reason := webhook.Begin(d.Format, endpoint)
	var happened any
	if !d.HappenedAt.IsZero() {
		happened = d.HappenedAt
	}
	own := []byte{} // the body is kept once, see bodies
	if d.EventID == 0 {
		own = s.sealer.Seal(d.Body, deliveryBodies.atRow(d.MessageID))
	}
	sealedURL, url := s.sealText(d.URL, deliveryURLs.atRow(d.MessageID))
	return []any{
		d.MerchantID, d.EndpointID, nullBytes(sealedURL), url, d.Format, d.EventID, d.Sequence, d.Type, d.Lane(), d.OrderID,
		d.LineID, d.MessageID,
		string(status), own, reason, due, happened, now, now,
	}
}

// ListDeliveries implements webhook.DeliveryStore.
func (s *Store) ListDeliveries(ctx context.Context, merchantID int64, f webhook.Filter) ([]webhook.Delivery, error) {
	query := s.reader.WebhookDelivery.Query().Where(entdelivery.MerchantID(merchantID)).
		Order(ent.Desc(entdelivery.FieldID)).Limit(f.Limit)
	if f.EndpointID != 0 {
		query.Where(entdelivery.EndpointID(f.EndpointID))
	}
	if f.BeforeID != 0 {
		query.Where(entdelivery.IDLT(f.BeforeID))
	}
	if len(f.Statuses) > 0 {
		statuses := make([]string, len(f.Statuses))
		for i, status := range f.Statuses {
			statuses[i] = string(status)
		}
		query.Where(entdelivery.StatusIn(statuses...))
	}
	if f.OrderNumber != "" {
		id, err := s.reader.Order.Query().Where(entorder.MerchantID(merchantID), entorder.Number(f.OrderNumber)).OnlyID(ctx)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, during("list webhook deliveries", unavailable(err))
		}
		query.Where(entdelivery.OrderID(id))
	}
	rows, err := query.Select(listedDelivery...).All(ctx)
	if err != nil {
		return nil, during("list webhook deliveries", unavailable(err))
	}
	listed := make([]webhook.Delivery, len(rows))
	for i, row := range rows {
		listed[i] = s.fromDBDelivery(row)
	}
	return listed, s.nameDeliveries(ctx, rows, listed)
}

// listedDelivery leaves out the body.
var listedDelivery = slices.DeleteFunc(
	slices.Clone(entdelivery.Columns), func(name string) bool { return name == entdelivery.FieldPayload },
)

// nameDeliveries fills in whose order and where to.
func (s *Store) nameDeliveries(ctx context.Context, rows []*ent.WebhookDelivery, listed []webhook.Delivery) error {
	var orderIDs, endpointIDs []int64
	for _, row := range rows {
		orderIDs, endpointIDs = append(orderIDs, row.OrderID), append(endpointIDs, row.EndpointID)
	}
	orders, err := s.reader.Order.Query().Where(entorder.IDIn(distinct(orderIDs)...)).
		Select(entorder.FieldID, entorder.FieldNumber).All(ctx)
	if err != nil {
		return during("list webhook deliveries", unavailable(err))
	}
	numbers := make(map[int64]string, len(orders))
	for _, o := range orders {
		numbers[o.ID] = o.Number
	}
	endpoints, err := s.EndpointsByID(ctx, endpointIDs)
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
	address, err := s.openText(row.SealedURL, row.URL, deliveryURLs.atRow(row.MessageID))
	if err != nil { // the others are listed all the same
		s.setAside("address of webhook delivery", row.ID, err)
	}
	d := webhook.Delivery{
		ID: row.ID, MerchantID: row.MerchantID, EndpointID: row.EndpointID, URL: address, Format: row.Format,
		EventID:  row.EventID,
		Sequence: row.Sequence, Type: row.Type, MessageID: row.MessageID, Status: webhook.DeliveryStatus(row.Status),
		Attempts: row.Attempts,
		Last: webhook.Answer{
			Status: row.ResponseStatus, Excerpt: row.ResponseExcerpt, Took: time.Duration(row.DurationMs) * time.Millisecond,
		},
		NextAt: utcOrNil(row.NextAttemptAt), CreatedAt: utc(row.CreatedAt), UpdatedAt: utc(row.UpdatedAt),
	}
	if row.HappenedAt != nil {
		d.HappenedAt = utc(*row.HappenedAt)
	}
	return d
}

// Delivery implements webhook.DeliveryStore.
func (s *Store) Delivery(ctx context.Context, merchantID, id int64) (webhook.Delivery, error) {
	row, err := s.reader.WebhookDelivery.Query().Where(entdelivery.ID(id), entdelivery.MerchantID(merchantID)).
		Select(listedDelivery...).Only(ctx)
	if err != nil {
		return webhook.Delivery{}, during("find webhook delivery", translate(err, webhook.ErrDeliveryNotFound))
	}
	found := []webhook.Delivery{s.fromDBDelivery(row)}
	if err := s.nameDeliveries(ctx, []*ent.WebhookDelivery{row}, found); err != nil {
		return webhook.Delivery{}, err
	}
	attempts, err := s.reader.WebhookAttempt.Query().Where(entattempt.DeliveryID(id)).Order(entattempt.ByID()).
		Limit(webhook.MaxAttemptsShown).All(ctx)
	if err != nil {
		return webhook.Delivery{}, during("read attempts", unavailable(err))
	}
	for _, a := range attempts {
		found[0].Log = append(found[0].Log, webhook.Attempt{
			Number: a.Number, RequestID: a.RequestID, At: utc(a.CreatedAt),
			Answer: webhook.Answer{Status: a.Status, Excerpt: a.Excerpt, Took: time.Duration(a.DurationMs) * time.Millisecond},
		})
	}
	return found[0], nil
}

// Redeliver implements webhook.DeliveryStore.
func (s *Store) Redeliver(ctx context.Context, merchantID, id int64) (lane string, err error) {
	err = s.inTx(ctx, func(tx *ent.Tx) error {
		row, err := tx.WebhookDelivery.Query().Where(entdelivery.ID(id), entdelivery.MerchantID(merchantID)).
			Select(listedDelivery...).Only(ctx)
		if err != nil {
			return translate(err, webhook.ErrDeliveryNotFound)
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
		lane = row.Lane
		now := s.now()
		if row.ClaimedUntil != nil && row.ClaimedUntil.After(now) {
			return nil // being posted in this moment
		}
		return tx.WebhookDelivery.UpdateOneID(id).SetStatus(string(webhook.DeliveryPending)).SetAttempts(0).
			SetNextAttemptAt(now).ClearClaimedUntil().SetUpdatedAt(now).Exec(ctx)
	})
	return lane, during("redeliver", unavailable(err))
}
