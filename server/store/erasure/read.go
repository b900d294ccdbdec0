package erasure

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	// Makers of webhooks lock the order too, less strictly: see deliveries.Store.AddDeliveries.
	selectOrder = store.Same(`SELECT ` + store.Selected((*readOrder).fields) + ` FROM orders
		WHERE id = $1 AND merchant_id = $2`).Locked(` FOR UPDATE`)
	selectLines = store.Same(`SELECT ` + store.Selected((*readLine).fields) + ` FROM order_lines
		WHERE order_id = $1 ORDER BY position`)
	selectUnsettled = store.Same(`SELECT (SELECT count(*) FROM attempts WHERE order_id = $1 AND settled_at IS NULL) +
		(SELECT count(*) FROM replacements WHERE order_id = $1 AND ended_at IS NULL)`)
	selectGoods = store.Same(`SELECT u.id, u.content FROM units u WHERE u.line_id IN
		(SELECT l.id FROM order_lines l WHERE l.order_id = $1) ORDER BY u.id`)
	selectEvents = store.Same(
		`SELECT id, sequence, type, data, state, targets FROM events WHERE order_id = $1 ORDER BY sequence`)
	selectDeliveries = store.Same(`SELECT event_id, endpoint_id, sequence, status FROM webhook_deliveries
		WHERE order_id = $1 ORDER BY sequence`)
)

func (t *erasing) read(ctx context.Context, tx store.BulkTx) error {
	merchants, one := []int64{t.merchantID}, []any{t.orderID}
	reads := append(t.store.db.LockLogs(merchants),
		store.LockWallets(merchants, t.wallets),
		t.events.ReadTargets(merchants),
		store.NewQuery(selectOrder, []any{t.orderID, t.merchantID}, store.EachOf((*readOrder).fields, t.addOrder)),
		store.NewQuery(selectLines, one, store.EachOf((*readLine).fields, t.addLine)),
		store.NewQuery(selectUnsettled, one, store.Into(&t.state.Unsettled)),
		store.NewQuery(selectGoods, one, t.scanGoods),
		store.NewQuery(selectEvents, one, t.scanEvent),
		store.NewQuery(selectDeliveries, one, t.scanDelivery),
	)
	if err := tx.Query(ctx, reads...); err != nil {
		return fmt.Errorf("read what is to be erased: %w", err)
	}
	t.state.Wallet = t.wallets[t.merchantID]
	if t.state.Order == nil || t.state.Wallet == nil {
		return order.ErrNotFound
	}
	t.findChecks()
	return nil
}

// readOrder is an order as it is read.
type readOrder struct {
	order.Order

	fingerprint []byte
	sealed      []byte         // what is personal, or
	inClear     store.Personal // where nothing is sealed
	private     []byte         // sealed
}

func (r *readOrder) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "number", &r.Number, "merchant_id", &r.MerchantID, "door", &r.Door, "status", &r.Status,
		"currency", &r.Currency, "refunded_micros", &r.Refunded, "failure_code", &r.FailureCode,
		"completed_at", &r.CompletedAt, "erased_at", &r.ErasedAt, "fingerprint", &r.fingerprint, "personal", &r.sealed,
		"recipient_user_id", &r.inClear.UserID, "recipient_server_id", &r.inClear.ServerID,
		"recipient_character_id", &r.inClear.CharacterID, "notify_url", &r.inClear.NotifyURL, "private", &r.private,
	}
}

func (t *erasing) addOrder(row *readOrder) error {
	o, vault := row.Order, t.store.db.Vault
	t.fingerprint, t.sealed, t.inClear = row.fingerprint, row.sealed, row.inClear
	p, err := vault.OpenPersonal(o.ID, t.sealed, t.inClear)
	if store.IsUnreadable(err) {
		p.NotifyURL = "unreadable" // perhaps there was one
	}
	if err = vault.WithoutIt("personal data of order", o.ID, err); err != nil {
		return err
	}
	o.Recipient, o.NotifyURL = p.Recipient(), p.NotifyURL
	o.Private, err = vault.OpenPrivate(o.ID, row.private)
	t.state.Order = &o
	return vault.WithoutIt("a door's data of order", o.ID, err)
}

// readLine is a line as it is read.
type readLine struct {
	order.Line

	private []byte // the customer's fields, sealed
}

func (r *readLine) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "position", &r.Position, "status", &r.Status, "completed", &r.Completed, "failed", &r.Failed,
		"cancelled", &r.Cancelled, "refunded_micros", &r.Refunded, "failure_code", &r.FailureCode,
		"private", &r.private,
		"product_id", &r.ProductID,
	}
}

func (t *erasing) addLine(row *readLine) error {
	if t.state.Order == nil {
		return nil
	}
	vault, l := t.store.db.Vault, row.Line
	var err error
	l.Fields, err = vault.OpenFields(l.ID, row.private)
	t.state.Order.Lines = append(t.state.Order.Lines, l)
	return vault.WithoutIt("fields of line", l.ID, err)
}

func (t *erasing) scanGoods(row store.Scanner) error {
	g := order.KeptGoods{}
	var sealed []byte
	if err := row.Scan(&g.UnitID, &sealed); err != nil {
		return err
	}
	var err error
	vault := t.store.db.Vault
	g.Content, err = vault.OpenUnit(g.UnitID, sealed)
	t.state.Goods = append(t.state.Goods, g)
	return vault.WithoutIt("unit", g.UnitID, err)
}

func (t *erasing) scanEvent(row store.Scanner) error {
	e := order.KeptEvent{}
	var data, targets string
	if err := row.Scan(&e.ID, &e.Sequence, &e.Type, &data, &e.State, &targets); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(data), &e.Data); err != nil {
		return fmt.Errorf("data of event %d: %w", e.ID, err)
	}
	t.state.Events = append(t.state.Events, e)
	if targets == "" {
		return nil
	}
	var ids []int64
	err := json.Unmarshal([]byte(targets), &ids)
	t.targets[e.ID] = ids
	return err
}

func (t *erasing) scanDelivery(row store.Scanner) error {
	var eventID, endpointID, sequence int64
	var status webhook.DeliveryStatus
	if err := row.Scan(&eventID, &endpointID, &sequence, &status); err != nil {
		return err
	}
	if endpointID == webhook.OwnAddress {
		t.ownDeliveries[eventID] = true
	}
	if last := len(t.waiting) - 1; status == webhook.DeliveryPending && sequence > 0 &&
		(last < 0 || t.waiting[last].Last != sequence) {
		t.waiting = append(t.waiting, webhook.Range{MerchantID: t.merchantID, First: sequence, Last: sequence})
	}
	return nil
}
