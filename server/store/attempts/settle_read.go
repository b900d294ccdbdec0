package attempts

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/fulfil"
	"orderhub/server/order"
	"orderhub/server/store"
)

var (
	selectOpenOrders = store.Statement{
		Postgres: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros,
			failure_code, failure_message, completed_at
			FROM orders WHERE id = ANY($1::bigint[])`,
		SQLite: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros,
			failure_code, failure_message, completed_at
			FROM orders WHERE id IN (SELECT value FROM json_each($1))`,
	}
	lineColumns = `SELECT id, order_id, position, product_id, quantity, completed, failed, cancelled, status,
		unit_price_micros,
			discount_micros, total_micros, refunded_micros, use_date, failure_code, failure_message FROM order_lines `
	selectOpenLines = store.Statement{
		Postgres: lineColumns + `WHERE order_id = ANY($1::bigint[]) ORDER BY order_id, position`,
		SQLite:   lineColumns + `WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, position`,
	}
	selectUnsettled = store.Statement{
		Postgres: `SELECT id, line_id, status FROM attempts WHERE line_id = ANY($1::bigint[]) AND settled_at IS NULL`,
		SQLite: `SELECT id, line_id, status FROM attempts WHERE line_id IN (SELECT value FROM json_each($1)) AND ` +
			`settled_at IS NULL`,
	}
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
		unsettled: make(map[int64]openAttempt),
		events:    store.NewEventRows(),
		transfers: store.TransfersTable.Insert(), purchases: store.PurchasesTable.Insert(),
		units:       store.DeliveredUnitsTable.Insert(),
		newAttempts: attemptsTable.Insert(), attempts: changeAttempts.Update(), closed: closeAttempts.Update(),
		lines: changeLines.Update(), orders: changeOrders.Update(), wallets: store.ChangeWallets.Update(),
		tickets: changeTickets.Update(), withdrawn: keepTickets.Update(), allotments: store.ChangeAllotments.Update(),
		doorStates:   changeDoorStates.Update(),
		days:         make(map[order.AllotmentKey]*order.AllotmentState),
		touchedLines: make(map[int64]*order.Line), touchedOrders: make(map[int64]*order.Order),
		touched: make(map[int64]*order.WalletState),
	}
	reads := append(s.db.LockLogs(store.Distinct(merchants)),
		store.NewQuery(
			store.SelectWallets.Locked(store.LockAccounts),
			[]any{store.Distinct(merchants)},
			func(row store.Scanner) error { return store.ScanWallet(row, t.state.Wallets) },
		),
		t.events.ReadTargets(store.Distinct(merchants)),
		store.NewQuery(selectOpenOrders, []any{store.Distinct(orderIDs)}, t.scanOrder),
		store.NewQuery(selectOpenLines, []any{store.Distinct(orderIDs)}, t.scanLine),
		store.NewQuery(selectUnsettled, []any{store.Distinct(lineIDs)}, func(row store.Scanner) error {
			var attempt openAttempt
			var line int64
			err := row.Scan(&attempt.id, &line, &attempt.status)
			t.unsettled[line] = attempt
			return err
		}),
	)
	if delivered > 0 {
		reads = append(reads, t.unitIDs.Take(delivered))
	}
	err := tx.Query(ctx, reads...)
	if err == nil {
		err = t.loadTickets(ctx, tx, lineIDs)
	}
	if err != nil {
		return nil, fmt.Errorf("read settlement state: %w", err)
	}
	return t, nil
}

var (
	lockDecided = store.Statement{
		Postgres: `SELECT id FROM attempts WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,
		SQLite:   `SELECT id FROM attempts WHERE id IN (SELECT value FROM json_each($1))`,
	}
	selectByHand = store.Statement{
		Postgres: deliveredByHand + `= ANY($1::bigint[])`,
		SQLite:   deliveredByHand + `IN (SELECT value FROM json_each($1))`,
	}
)

const deliveredByHand = `SELECT a.line_id FROM purchases p JOIN attempts a ON a.id = p.id
	WHERE p.state = 'delivered' AND p.id `

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
		store.NewQuery(selectByHand, []any{decided}, func(row store.Scanner) error {
			var line int64
			err := row.Scan(&line)
			attempt := t.unsettled[line]
			attempt.byHand = true
			t.unsettled[line] = attempt
			return err
		}))
	if err != nil {
		return fmt.Errorf("read what people have delivered: %w", err)
	}
	return nil
}

func (t *settlement) scanOrder(row store.Scanner) error {
	o := &order.Order{}
	var completedAt *time.Time
	var sealed []byte
	var inClear store.Personal
	err := row.Scan(
		&o.ID, &o.Number, &o.MerchantID, &o.Door, &sealed, &inClear.NotifyURL, &o.Status, &o.Currency, &o.Refunded,
		&o.FailureCode, &o.FailureMessage, &completedAt,
	)
	if err != nil {
		return err
	}
	p, err := t.store.db.Vault.OpenPersonal(o.ID, sealed, inClear)
	// Where it cannot be read nothing can be posted; money goes its way all the same.
	if err = t.store.db.Vault.WithoutIt("address to notify of order", o.ID, err); err != nil {
		return err
	}
	o.NotifyURL = p.NotifyURL
	if completedAt != nil {
		at := completedAt.UTC()
		o.CompletedAt = &at
	}
	t.state.Orders[o.ID] = o
	return nil
}

func (t *settlement) scanLine(row store.Scanner) error {
	var l order.Line
	err := row.Scan(
		&l.ID, &l.OrderID, &l.Position, &l.ProductID, &l.Quantity, &l.Completed, &l.Failed, &l.Cancelled, &l.Status,
		&l.UnitPrice, &l.Discount, &l.Total, &l.Refunded, &l.UseDate, &l.FailureCode, &l.FailureMessage,
	)
	if err != nil {
		return err
	}
	if o := t.state.Orders[l.OrderID]; o != nil {
		o.Lines = append(o.Lines, l)
	}
	return nil
}
