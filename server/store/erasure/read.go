package erasure

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

var (
	// Makers of webhooks lock the order too, less strictly: see deliveries.Store.AddDeliveries.
	selectOrder = store.Same(`SELECT id, number, merchant_id, door, status, currency, refunded_micros, failure_code,
		completed_at, erased_at, fingerprint, personal, recipient_user_id, recipient_server_id, recipient_character_id,
		notify_url, private FROM orders WHERE id = $1 AND merchant_id = $2`).Locked(` FOR UPDATE`)
	selectLines = store.Same(`SELECT id, position, status, completed, failed, cancelled, refunded_micros, failure_code,
		private, product_id FROM order_lines WHERE order_id = $1 ORDER BY position`)
	selectUnsettled = store.Same(`SELECT count(*) FROM attempts WHERE order_id = $1 AND settled_at IS NULL`)
	selectGoods     = store.Same(`SELECT u.id, u.content FROM units u WHERE u.line_id IN
		(SELECT l.id FROM order_lines l WHERE l.order_id = $1) ORDER BY u.id`)
	selectEvents = store.Same(
		`SELECT id, sequence, type, data, state, targets FROM events WHERE order_id = $1 ORDER BY sequence`)
	selectDeliveries = store.Same(`SELECT event_id, endpoint_id, sequence, status FROM webhook_deliveries
		WHERE order_id = $1 ORDER BY sequence`)
)

func (t *erasing) read(ctx context.Context, tx store.BulkTx) error {
	merchants, one := []int64{t.merchantID}, []any{t.orderID}
	reads := append(t.store.db.LockLogs(merchants),
		store.NewQuery(store.SelectWallets.Locked(store.LockAccounts), []any{merchants},
			func(row store.Scanner) error { return store.ScanWallet(row, t.wallets) }),
		t.events.ReadTargets(merchants),
		store.NewQuery(selectOrder, []any{t.orderID, t.merchantID}, t.scanOrder),
		store.NewQuery(selectLines, one, t.scanLine),
		store.NewQuery(selectUnsettled, one, func(row store.Scanner) error { return row.Scan(&t.state.Unsettled) }),
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

func (t *erasing) scanOrder(row store.Scanner) error {
	o := &order.Order{}
	var completed, erased *time.Time
	var private []byte
	err := row.Scan(
		&o.ID, &o.Number, &o.MerchantID, &o.Door, &o.Status, &o.Currency, &o.Refunded, &o.FailureCode, &completed, &erased,
		&t.fingerprint, &t.sealed, &t.inClear.UserID, &t.inClear.ServerID, &t.inClear.CharacterID, &t.inClear.NotifyURL,
		&private,
	)
	if err != nil {
		return err
	}
	vault := t.store.db.Vault
	o.CompletedAt, o.ErasedAt = store.UTCOrNil(completed), store.UTCOrNil(erased)
	p, err := vault.OpenPersonal(o.ID, t.sealed, t.inClear)
	if store.IsUnreadable(err) {
		p.NotifyURL = "unreadable" // perhaps there was one
	}
	if err = vault.WithoutIt("personal data of order", o.ID, err); err != nil {
		return err
	}
	o.Recipient, o.NotifyURL = p.Recipient(), p.NotifyURL
	o.Private, err = vault.OpenPrivate(o.ID, private)
	t.state.Order = o
	return vault.WithoutIt("a door's data of order", o.ID, err)
}

func (t *erasing) scanLine(row store.Scanner) error {
	var l order.Line
	var fields []byte
	err := row.Scan(
		&l.ID, &l.Position, &l.Status, &l.Completed, &l.Failed, &l.Cancelled, &l.Refunded, &l.FailureCode, &fields,
		&l.ProductID,
	)
	if err != nil || t.state.Order == nil {
		return err
	}
	vault := t.store.db.Vault
	l.Fields, err = vault.OpenFields(l.ID, fields)
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
