package attempts

import (
	"context"
	"fmt"

	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectOpenOrders = store.FromPostgres(`SELECT ` + store.Selected((*openOrder).fields) + ` FROM orders
		WHERE id = ANY($1::bigint[])`)
	selectOpenLines = store.FromPostgres(`SELECT ` + store.Selected(openLineFields) + ` FROM order_lines
		WHERE order_id = ANY($1::bigint[]) ORDER BY order_id, position`)
	selectUnsettled = store.FromPostgres(`SELECT id, line_id, coalesce(replacement_id, 0), status FROM attempts
		WHERE line_id = ANY($1::bigint[]) AND settled_at IS NULL`)
)

// loadSettlement locks the merchants' wallets in id order, which makes every
// other reader of the same lines wait, and then reads what is to be settled.
func (s *Store) loadSettlement(
	ctx context.Context, tx store.BulkTx, settlements []order.Settlement,
) (*settlement, error) {
	var merchants, orderIDs, lineIDs []int64
	var delivered int64
	for _, in := range settlements {
		delivered += int64(len(in.Delivered))
		merchants = append(merchants, in.MerchantID)
		orderIDs = append(orderIDs, in.OrderID)
		lineIDs = append(lineIDs, in.LineID)
	}
	t := &settlement{
		store: s, tx: tx,
		state: &order.SettleState{
			Now: s.db.Now(), Wallets: make(map[int64]*order.WalletState), Orders: make(map[int64]*order.Order),
			Tickets: make(map[int64][]*order.Ticket),
		},
		unsettled: make(map[purpose]openAttempt),
		events:    store.NewEventRows(),
		transfers: store.TransfersTable.Insert(), purchases: store.PurchasesTable.Insert(),
		units:       store.DeliveredUnitsTable.Insert(),
		newAttempts: attemptsTable.Insert(), attempts: changeAttempts.Update(), closed: closeAttempts.Update(),
		lines: changeLines.Update(), orders: changeOrders.Update(), wallets: store.ChangeWallets.Update(),
		tickets: changeTickets.Update(), withdrawn: keepTickets.Update(), allotments: store.ChangeAllotments.Update(),
		doorStates:   changeDoorStates.Update(),
		claims:       newClaimWrites(),
		days:         make(map[order.AllotmentKey]*order.AllotmentState),
		touchedLines: make(map[int64]*order.Line), touchedOrders: make(map[int64]*order.Order),
		touched: make(map[int64]*order.WalletState),
	}
	reads := append(s.db.LockLogs(store.Distinct(merchants)),
		store.LockWallets(store.Distinct(merchants), t.state.Wallets),
		t.events.ReadTargets(store.Distinct(merchants)),
		store.NewQuery(selectOpenOrders, []any{store.Distinct(orderIDs)},
			store.EachOf((*openOrder).fields, t.addOrder)),
		store.NewQuery(selectOpenLines, []any{store.Distinct(orderIDs)}, store.EachOf(openLineFields, t.addLine)),
		store.NewQuery(selectUnsettled, []any{store.Distinct(lineIDs)}, store.Each4(
			func(id, line, replacement int64, status fulfil.AttemptStatus) {
				t.unsettled[purpose{line, replacement}] = openAttempt{id: id, status: status}
			},
		)),
	)
	if delivered > 0 {
		reads = append(reads, t.unitIDs.Take(delivered))
	}
	err := tx.Query(ctx, reads...)
	if err == nil {
		err = t.loadTickets(ctx, tx, lineIDs)
	}
	if err == nil {
		err = t.loadReplacements(ctx, settlements)
	}
	if err != nil {
		return nil, fmt.Errorf("read settlement state: %w", err)
	}
	return t, nil
}

var (
	lockDecided = store.FromPostgres(`SELECT id FROM attempts WHERE id = ANY($1::bigint[]) ORDER BY id
		FOR NO KEY UPDATE`)
	selectByHand = store.FromPostgres(`SELECT a.line_id, coalesce(a.replacement_id, 0) FROM purchases p
		JOIN attempts a ON a.id = p.id WHERE p.state = 'delivered' AND p.id = ANY($1::bigint[])`)
)

// readByHand finds what people have delivered of the attempts that operators decide about. Whoever delivers locks the
// attempt as well, so that it is before the decision or after it.
func (t *settlement) readByHand(ctx context.Context, results []fulfil.Result) error {
	var decided []int64
	for i := range results {
		if results[i].OnlyParked {
			decided = append(decided, results[i].Attempt.ID)
		}
	}
	if len(decided) == 0 {
		return nil
	}
	err := t.tx.Query(ctx,
		store.NewQuery(lockDecided, []any{decided}, store.IgnoreRow),
		store.NewQuery(selectByHand, []any{decided}, store.Each2(func(line, replacement int64) {
			attempt := t.unsettled[purpose{line, replacement}]
			attempt.byHand = true
			t.unsettled[purpose{line, replacement}] = attempt
		})))
	if err != nil {
		return fmt.Errorf("read what people have delivered: %w", err)
	}
	return nil
}

// openOrder is an order as a settlement reads it.
type openOrder struct {
	order.Order

	sealed  []byte // what is personal, or
	inClear store.Personal
}

func (r *openOrder) fields() store.Fields {
	return store.Fields{
		"id", &r.ID, "number", &r.Number, "merchant_id", &r.MerchantID, "door", &r.Door, "personal", &r.sealed,
		"notify_url", &r.inClear.NotifyURL, "status", &r.Status, "currency", &r.Currency,
		"refunded_micros", &r.Refunded,
		"failure_code", &r.FailureCode, "failure_message", &r.FailureMessage, "completed_at", &r.CompletedAt,
	}
}

func (t *settlement) addOrder(row *openOrder) error {
	o := row.Order
	p, err := t.store.db.Vault.OpenPersonal(o.ID, row.sealed, row.inClear)
	// Where it cannot be read nothing can be posted; money goes its way all the same.
	if err = t.store.db.Vault.WithoutIt("address to notify of order", o.ID, err); err != nil {
		return err
	}
	o.NotifyURL = p.NotifyURL
	t.state.Orders[o.ID] = &o
	return nil
}

func openLineFields(l *order.Line) store.Fields {
	return store.Fields{
		"id", &l.ID, "order_id", &l.OrderID, "position", &l.Position, "product_id", &l.ProductID,
		"quantity", &l.Quantity,
		"completed", &l.Completed, "failed", &l.Failed, "cancelled", &l.Cancelled, "status", &l.Status,
		"unit_price_micros", &l.UnitPrice, "discount_micros", &l.Discount, "total_micros", &l.Total,
		"refunded_micros", &l.Refunded, "use_date", &l.UseDate, "failure_code", &l.FailureCode,
		"failure_message", &l.FailureMessage,
	}
}

func (t *settlement) addLine(l *order.Line) error {
	if o := t.state.Orders[l.OrderID]; o != nil {
		o.Lines = append(o.Lines, *l)
	}
	return nil
}
