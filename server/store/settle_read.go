package store

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/order"
)

var (
	selectOpenOrders = statement{
		postgres: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros,
			failure_code, failure_message, completed_at
			FROM orders WHERE id = ANY($1::bigint[])`,
		sqlite: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros,
			failure_code, failure_message, completed_at
			FROM orders WHERE id IN (SELECT value FROM json_each($1))`,
	}
	lineColumns = `SELECT id, order_id, position, product_id, quantity, completed, failed, cancelled, status,
		unit_price_micros,
			discount_micros, total_micros, refunded_micros, use_date, failure_code, failure_message FROM order_lines `
	selectOpenLines = statement{
		postgres: lineColumns + `WHERE order_id = ANY($1::bigint[]) ORDER BY order_id, position`,
		sqlite:   lineColumns + `WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, position`,
	}
	selectUnsettled = statement{
		postgres: `SELECT id, line_id, status FROM attempts WHERE line_id = ANY($1::bigint[]) AND settled_at IS NULL`,
		sqlite: `SELECT id, line_id, status FROM attempts WHERE line_id IN (SELECT value FROM json_each($1)) AND ` +
			`settled_at IS NULL`,
	}

	changeLines = &change{table: "order_lines", columns: []column{
		{name: "completed", kind: "bigint"},
		{name: "failed", kind: "bigint"},
		{name: "cancelled", kind: "bigint"},
		{name: "status", kind: "text"},
		{name: "refunded_micros", kind: "bigint"},
		{name: "failure_code", kind: "text"},
		{name: "failure_message", kind: "text"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	changeOrders = &change{table: "orders", columns: []column{
		{name: "status", kind: "text"},
		{name: "refunded_micros", kind: "bigint"},
		{name: "failure_code", kind: "text"},
		{name: "failure_message", kind: "text"},
		{name: "updated_at", kind: "timestamptz"},
		{name: "completed_at", kind: "timestamptz"},
	}}
	changeAttempts = &change{table: "attempts", guard: "settled_at IS NULL", columns: []column{
		{name: "status", kind: "text"},
		{name: "provider_reference", kind: "text"},
		{name: "failure_code", kind: "text"},
		{name: "failure_message", kind: "text"},
		{name: "checks", kind: "bigint"},
		{name: "delivered", kind: "bigint"},
		{name: "held", kind: "bytea"},
		{name: "dispute", kind: "text"},
		{name: "next_check_at", kind: "timestamptz"},
		{name: "settled_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	closeAttempts = &change{table: "attempts", guard: "settled_at IS NULL", columns: []column{
		{name: "status", kind: "text"},
		{name: "next_check_at", kind: "timestamptz"},
		{name: "settled_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	attemptsTable = &table{name: "attempts", suffix: "RETURNING id, reference", columns: []column{
		{name: "order_id", kind: "bigint"},
		{name: "line_id", kind: "bigint"},
		{name: "merchant_id", kind: "bigint"},
		{name: "provider_id", kind: "bigint"},
		{name: "offer_id", kind: "bigint"},
		{name: "provider_sku", kind: "text"},
		{name: "cost_micros", kind: "bigint"},
		{name: "currency", kind: "text"},
		{name: "number", kind: "bigint"},
		{name: "reference", kind: "text"},
		{name: "quantity", kind: "bigint"},
		{name: "status", kind: "text"},
		{name: "submitted_at", kind: "timestamptz"},
		{name: "next_check_at", kind: "timestamptz"},
		{name: "created_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
)

// loadSettlement locks the merchants' wallets in id order, which makes every
// other reader of the same lines wait, and then reads what is to be settled.
func (s *Store) loadSettlement(ctx context.Context, tx bulkTx, settlements []order.Settlement) (*settlement, error) {
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
			Now: s.now(), Wallets: make(map[int64]*order.WalletState), Orders: make(map[int64]*order.Order),
			Tickets: make(map[int64][]*order.Ticket),
		},
		unsettled: make(map[int64]openAttempt),
		transfers: insert{table: transfersTable}, units: insert{table: deliveredUnitsTable}, events: newEventRows(),
		newAttempts: insert{table: attemptsTable},
		lines:       update{change: changeLines}, orders: update{change: changeOrders},
		wallets:  update{change: changeWallets},
		attempts: update{change: changeAttempts},
		tickets:  update{change: changeTickets}, withdrawn: update{change: keepTickets},
		closed: update{change: closeAttempts}, allotments: update{change: changeAllotments},
		doorStates:   update{change: changeDoorStates},
		days:         make(map[order.AllotmentKey]*order.AllotmentState),
		touchedLines: make(map[int64]*order.Line), touchedOrders: make(map[int64]*order.Order),
		touched: make(map[int64]*order.WalletState),
	}
	reads := append(s.lockLogs(distinct(merchants)),
		read{
			selectWallets.locked(lockAccounts),
			[]any{distinct(merchants)},
			func(row scanner) error { return scanWallet(row, t.state.Wallets) },
		},
		t.events.readTargets(distinct(merchants)),
		read{selectOpenOrders, []any{distinct(orderIDs)}, t.scanOrder},
		read{selectOpenLines, []any{distinct(orderIDs)}, t.scanLine},
		read{selectUnsettled, []any{distinct(lineIDs)}, func(row scanner) error {
			var attempt openAttempt
			var line int64
			err := row.Scan(&attempt.id, &line, &attempt.status)
			t.unsettled[line] = attempt
			return err
		}},
	)
	if delivered > 0 {
		reads = append(reads, t.unitIDs.read(delivered))
	}
	err := tx.read(ctx, reads...)
	if err == nil {
		err = t.loadTickets(ctx, tx, lineIDs)
	}
	if err != nil {
		return nil, fmt.Errorf("read settlement state: %w", err)
	}
	return t, nil
}

func (t *settlement) scanOrder(row scanner) error {
	o := &order.Order{}
	var completedAt *time.Time
	var sealed []byte
	var inClear personal
	err := row.Scan(
		&o.ID, &o.Number, &o.MerchantID, &o.Door, &sealed, &inClear.NotifyURL, &o.Status, &o.Currency, &o.Refunded,
		&o.FailureCode, &o.FailureMessage,
		&completedAt,
	)
	if err != nil {
		return err
	}
	p, err := t.store.openPersonal(o.ID, sealed, inClear)
	// Where it cannot be read nothing can be posted; money goes its way all the same.
	if err = t.store.withoutIt("address to notify of order", o.ID, err); err != nil {
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

func (t *settlement) scanLine(row scanner) error {
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
