package erasure

import (
	"context"
	"fmt"

	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/webhook"
)

// erasing is what one erasing transaction read and will write.
type erasing struct {
	store *Store
	state *order.EraseState

	orderID, merchantID int64
	wallets             map[int64]*order.WalletState
	sealed              []byte // of the order: what is personal of it
	fingerprint         []byte
	inClear             store.Personal
	targets             map[int64][]int64 // by event: endpoints to tell, the own address among them
	ownDeliveries       map[int64]bool    // by event: there is one to an own address
	waiting             []webhook.Range   // events with deliveries that wait
	events              store.EventRows
	checks              store.Pairs // of its recipient: merchant and mark
}

func (s *Store) Erase(ctx context.Context, merchantID, orderID int64, e order.Erasure) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		t := &erasing{
			store: s, orderID: orderID, merchantID: merchantID, wallets: make(map[int64]*order.WalletState),
			state: &order.EraseState{Now: s.db.Now()}, targets: make(map[int64][]int64),
			ownDeliveries: make(map[int64]bool),
			events:        store.NewEventRows(),
		}
		if err := t.read(ctx, tx); err != nil {
			return err
		}
		if err := t.state.Erase(e); err != nil || e.Dry {
			return err
		}
		return t.write(ctx, tx)
	})
	return store.During("erase order", err)
}

func (t *erasing) write(ctx context.Context, tx store.BulkTx) error {
	s := t.state
	fingerprint := t.store.db.Vault.KeyedFingerprint(t.fingerprint)
	var writes []store.Query
	if s.GivesUpAddress { // lanes before deliveries, as whoever posts
		writes = append(writes, store.NewQuery(eraseLanes, []any{t.orderID}, store.IgnoreRow))
	}
	err := tx.Query(ctx, append(writes,
		store.NewQuery(eraseOrder, []any{t.orderID, fingerprint, s.Order.ErasedAt, s.Now}, store.IgnoreRow),
		store.NewQuery(eraseLines, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseAttempts, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(erasePurchases, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseClaims, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseAnswersToClaims, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseBodies, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseDeliveries, []any{t.orderID, s.Now}, store.IgnoreRow),
		store.NewQuery(eraseAnswers, []any{t.orderID}, store.IgnoreRow),
		store.NewQuery(eraseChecks, []any{&t.checks}, store.IgnoreRow),
	)...)
	if err == nil && s.GivesUpAddress {
		err = tx.Query(ctx, store.NewQuery(
			eraseAddresses, []any{t.orderID, webhook.NoLane(t.merchantID), webhook.ReasonErased, s.Now},
			store.IgnoreRow,
		))
	}
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	goods, told, raised := eraseGoods.Update(), eraseEvents.Update(), store.ChangeWallets.Update()
	for i := range s.Goods {
		if s.Goods[i].Erased {
			goods.Add(s.Goods[i])
		}
	}
	t.addEvents(&told)
	if len(s.FirstEvents) > 0 {
		t.events.Add(s.FirstEvents, s.Order)
		raised.Add(store.WalletRow{WalletState: s.Wallet, At: s.Now})
		tx.Announce(t.merchantID)
	}
	jobs := t.events.Jobs(nil)
	if len(t.waiting) > 0 {
		jobs = append(jobs, store.Queued{
			Args: job.FanoutArgs{Ranges: t.waiting}, Queue: job.WebhookQueue, Attempts: job.FanoutAttempts,
		})
	}
	if err := tx.Enqueue(ctx, jobs...); err != nil {
		return fmt.Errorf("have webhooks made anew: %w", err)
	}
	return tx.Commit(ctx, &goods, &told, &t.events, &raised)
}

// findChecks finds those of the order's recipient, while it is known.
func (t *erasing) findChecks() {
	o := t.state.Order
	for i := range o.Lines {
		t.checks.Add(o.MerchantID, t.store.db.Vault.RecipientMark(o.RecipientMark(&o.Lines[i])))
	}
}

// addEvents gathers the events that are others now. An own address that the order named and that nothing was sent to
// yet is not told any more.
func (t *erasing) addEvents(told *store.Update[erasedEvent]) {
	for i := range t.state.Events {
		e := &t.state.Events[i]
		targets, changed := t.stillTold(e.ID)
		if !changed && !e.Erased {
			continue
		}
		told.Add(erasedEvent{id: e.ID, data: store.MarshalMap(e.Data), state: e.State, targets: targets})
	}
}

func (t *erasing) stillTold(eventID int64) (targets string, changed bool) {
	var still []int64
	for _, id := range t.targets[eventID] {
		if _, named := webhook.OwnTarget(t.state.Order.Door, ""); id == webhook.OwnAddress && !named &&
			!t.ownDeliveries[eventID] {
			changed = true
			continue
		}
		still = append(still, id)
	}
	return store.MarshalTargets(still), changed
}

// erasedEvent is an event without what was in somebody's words.
type erasedEvent struct {
	id                   int64
	data, state, targets string
}

var (
	eraseEvents = &store.Change[erasedEvent]{
		Table: "events", ID: func(r *erasedEvent) int64 { return r.id }, Columns: []store.Column[erasedEvent]{
			store.Text("data", func(r *erasedEvent) string { return r.data }),
			store.Text("state", func(r *erasedEvent) string { return r.state }),
			store.Text("targets", func(r *erasedEvent) string { return r.targets }),
		},
	}
	eraseGoods = &store.Change[order.KeptGoods]{
		Table: "units", ID: func(r *order.KeptGoods) int64 { return r.UnitID },
		Columns: []store.Column[order.KeptGoods]{
			store.Bytes("content", func(*order.KeptGoods) []byte { return []byte{} }),
		},
	}

	eraseOrder = store.Same(`UPDATE orders SET personal = NULL, recipient_user_id = '', recipient_server_id = '',
		recipient_character_id = '', notify_url = '', metadata = '{}', private = NULL, failure_message = '',
		fingerprint = $2, updated_at = CASE WHEN erased_at IS NULL THEN $4 ELSE updated_at END, erased_at = $3
		WHERE id = $1 RETURNING id`)
	eraseLines = store.Same(`UPDATE order_lines SET private = NULL, sealed_door_state = NULL, door_state = '',
		failure_message = '' WHERE order_id = $1 RETURNING id`)
	erasePurchases = store.Same(`UPDATE purchases SET goods = NULL, reason = ''
		WHERE id IN (SELECT a.id FROM attempts a WHERE a.order_id = $1) RETURNING id`)
	eraseClaims          = store.Same(`UPDATE claims SET said = NULL WHERE order_id = $1 RETURNING id`)
	eraseAnswersToClaims = store.Same(`UPDATE claimed_units SET answer = '' WHERE claim_id IN
		(SELECT c.id FROM claims c WHERE c.order_id = $1) RETURNING id`)
	eraseAttempts = store.Same(`UPDATE attempts SET failure_message = '', held = NULL, exchanges = NULL
		WHERE order_id = $1 RETURNING id`)
	// Operators' events have numbers of their own: the same number is another event there.
	eraseBodies = store.Same(`DELETE FROM webhook_bodies
		WHERE format <> '` + webhook.FormatOperators + `' AND event_id IN
		(SELECT e.id FROM events e WHERE e.order_id = $1) RETURNING id`)
	// What waits and is not being posted in this moment is not planned any more until its body is made anew.
	eraseDeliveries = store.Statement{
		Postgres: `UPDATE webhook_deliveries SET payload = ''::bytea` + withoutAnswer,
		SQLite:   `UPDATE webhook_deliveries SET payload = x''` + withoutAnswer,
	}
	withoutAnswer = `, response_excerpt = '', next_attempt_at = CASE WHEN claimed_until > $2 THEN next_attempt_at END
		WHERE order_id = $1 RETURNING id`
	eraseChecks = store.FromPostgres(`DELETE FROM recipient_checks WHERE (merchant_id, mark) IN
		(SELECT * FROM unnest($1::bigint[], $2::text[])) RETURNING id`)
	eraseAnswers = store.Same(`UPDATE webhook_attempts SET excerpt = '' WHERE excerpt <> '' AND delivery_id IN
		(SELECT d.id FROM webhook_deliveries d WHERE d.order_id = $1) RETURNING id`)
	eraseLanes = store.Same(`DELETE FROM webhook_lanes WHERE name IN
		(SELECT d.lane FROM webhook_deliveries d WHERE d.order_id = $1 AND d.endpoint_id = 0) RETURNING id`)
	eraseAddresses = store.Same(`UPDATE webhook_deliveries SET sealed_url = NULL, url = '', lane = $2,
		status = CASE WHEN status = 'pending' THEN 'failed' ELSE status END,
		response_excerpt = CASE WHEN status = 'pending' THEN $3 ELSE '' END,
		updated_at = CASE WHEN status = 'pending' THEN $4 ELSE updated_at END, next_attempt_at = NULL
		WHERE order_id = $1 AND endpoint_id = 0 RETURNING id`)
)
