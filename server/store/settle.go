package store

import (
	"context"
	"fmt"
	"time"

	"orderhub/server/account"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/order"
)

var (
	selectOpenOrders = statement{
		postgres: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros, failure_code, failure_message, completed_at
			FROM orders WHERE id = ANY($1::bigint[])`,
		sqlite: `SELECT id, number, merchant_id, door, personal, notify_url, status, currency, refunded_micros, failure_code, failure_message, completed_at
			FROM orders WHERE id IN (SELECT value FROM json_each($1))`,
	}
	lineColumns = `SELECT id, order_id, position, product_id, quantity, completed, failed, cancelled, status, unit_price_micros,
			discount_micros, total_micros, refunded_micros, use_date, failure_code, failure_message FROM order_lines `
	selectOpenLines = statement{
		postgres: lineColumns + `WHERE order_id = ANY($1::bigint[]) ORDER BY order_id, position`,
		sqlite:   lineColumns + `WHERE order_id IN (SELECT value FROM json_each($1)) ORDER BY order_id, position`,
	}
	selectUnsettled = statement{
		postgres: `SELECT id, line_id, status FROM attempts WHERE line_id = ANY($1::bigint[]) AND settled_at IS NULL`,
		sqlite:   `SELECT id, line_id, status FROM attempts WHERE line_id IN (SELECT value FROM json_each($1)) AND settled_at IS NULL`,
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

// settlement is what one settlement transaction read and will write.
type settlement struct {
	store     *Store
	tx        bulkTx
	state     *order.SettleState
	unsettled map[int64]openAttempt // by line

	events                           eventRows
	settled                          []*order.Settled // whose events are to be written
	transfers, units, newAttempts    insert
	lines, orders, wallets, attempts update
	tickets, withdrawn               update // of ticketed lines: confirmed, and no longer anybody's
	allotments, doorStates, closed   update

	touchedLines  map[int64]*order.Line
	touchedOrders map[int64]*order.Order
	touched       map[int64]*order.WalletState

	days    map[order.AllotmentKey]*order.AllotmentState // of the ticketed lines
	unitIDs unitIDs                                      // as many as goods may be delivered

	leftOpen []int64 // orders with units that a settled attempt did not bring to an end
}

// openAttempt is the unsettled attempt of a line.
type openAttempt struct {
	id     int64
	status fulfil.AttemptStatus
}

// Settle implements fulfil.Store.
func (s *Store) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	if len(results) == 0 {
		return nil, nil
	}
	settlements := make([]order.Settlement, len(results))
	for i := range results {
		settlements[i] = results[i].Settlement
	}
	applied := make([]bool, len(results))
	err := s.bulk(ctx, func(tx bulkTx) error {
		t, err := s.loadSettlement(ctx, tx, settlements)
		if err != nil {
			return err
		}
		for i := range results {
			if applied[i] = t.applies(&results[i]); !applied[i] {
				continue
			}
			in := &results[i].Settlement
			completed := t.completed(in.OrderID, in.LineID)
			if err := t.settle(ctx, *in); err != nil {
				return err
			}
			if err := t.settleAttempt(results[i].Attempt, t.completed(in.OrderID, in.LineID)-completed); err != nil {
				return err
			}
			if a := results[i].Attempt; a != nil && a.Status.Settled() && t.open(in.OrderID, in.LineID) > 0 {
				t.leftOpen = append(t.leftOpen, in.OrderID)
			}
		}
		return t.write(ctx, tx.seal)
	})
	if err != nil {
		return nil, err // not even what was judged to apply
	}
	return applied, nil
}

// Begin implements fulfil.Store.
func (s *Store) Begin(ctx context.Context, attempts []fulfil.Attempt) ([]fulfil.Attempt, error) {
	settlements := make([]order.Settlement, len(attempts))
	for i, a := range attempts {
		settlements[i] = order.Settlement{MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID, Started: true}
	}
	var begun []fulfil.Attempt
	err := s.bulk(ctx, func(tx bulkTx) error {
		begun = nil
		t, err := s.loadSettlement(ctx, tx, settlements)
		if err != nil {
			return err
		}
		for i, a := range attempts {
			if !t.startable(&a) {
				continue
			}
			if err := t.settle(ctx, settlements[i]); err != nil {
				return err
			}
			t.newAttempts.add(a.OrderID, a.LineID, a.MerchantID, a.ProviderID, a.OfferID, a.ProviderSKU, int64(a.Cost), string(a.Currency),
				a.Number, a.Reference, a.Quantity, string(a.Status), a.SubmittedAt, nullable(a.NextCheckAt), t.state.Now, t.state.Now)
			begun = append(begun, a)
		}
		t.newAttempts.each = learnIDs(begun)
		if err := t.write(ctx, tx.write); err != nil {
			return err
		}
		if err := tx.enqueue(ctx, callJobs(begun, true)...); err != nil {
			return err
		}
		return tx.seal(ctx)
	})
	return begun, err
}

// learnIDs takes the ids that the database gave to new attempts.
func learnIDs(attempts []fulfil.Attempt) func(row scanner) error {
	byReference := make(map[string]*fulfil.Attempt, len(attempts))
	for i := range attempts {
		byReference[attempts[i].Reference] = &attempts[i]
	}
	return func(row scanner) error {
		var id int64
		var reference string
		if err := row.Scan(&id, &reference); err != nil {
			return err
		}
		byReference[reference].ID = id
		return nil
	}
}

// loadSettlement locks the merchants' wallets in id order, which makes every
// other reader of the same lines wait, and then reads what is to be settled.
func (s *Store) loadSettlement(ctx context.Context, tx bulkTx, settlements []order.Settlement) (*settlement, error) {
	var merchants, orderIDs, lineIDs []int64
	var delivered int64
	for _, in := range settlements {
		delivered += int64(len(in.Delivered))
		merchants, orderIDs, lineIDs = append(merchants, in.MerchantID), append(orderIDs, in.OrderID), append(lineIDs, in.LineID)
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
		lines:       update{change: changeLines}, orders: update{change: changeOrders}, wallets: update{change: changeWallets},
		attempts: update{change: changeAttempts},
		tickets:  update{change: changeTickets}, withdrawn: update{change: keepTickets}, closed: update{change: closeAttempts}, allotments: update{change: changeAllotments}, doorStates: update{change: changeDoorStates},
		days:         make(map[order.AllotmentKey]*order.AllotmentState),
		touchedLines: make(map[int64]*order.Line), touchedOrders: make(map[int64]*order.Order), touched: make(map[int64]*order.WalletState),
	}
	reads := append(s.lockLogs(distinct(merchants)),
		read{selectWallets.locked(lockAccounts), []any{distinct(merchants)}, func(row scanner) error { return scanWallet(row, t.state.Wallets) }},
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
	var clear personal
	err := row.Scan(&o.ID, &o.Number, &o.MerchantID, &o.Door, &sealed, &clear.NotifyURL, &o.Status, &o.Currency, &o.Refunded, &o.FailureCode, &o.FailureMessage,
		&completedAt)
	if err != nil {
		return err
	}
	p, err := t.store.openPersonal(o.ID, sealed, clear)
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
	err := row.Scan(&l.ID, &l.OrderID, &l.Position, &l.ProductID, &l.Quantity, &l.Completed, &l.Failed, &l.Cancelled, &l.Status,
		&l.UnitPrice, &l.Discount, &l.Total, &l.Refunded, &l.UseDate, &l.FailureCode, &l.FailureMessage)
	if err != nil {
		return err
	}
	if o := t.state.Orders[l.OrderID]; o != nil {
		o.Lines = append(o.Lines, l)
	}
	return nil
}

// applies reports whether the result still says something new: see
// fulfil.Result.
func (t *settlement) applies(r *fulfil.Result) bool {
	unsettled := t.unsettled[r.Settlement.LineID]
	if r.OnlyParked && unsettled.status != fulfil.AttemptParked {
		return false
	}
	if r.Attempt == nil {
		// What is left of the line may be less by now than when this was decided.
		return unsettled.id == 0 && r.Settlement.Failed+r.Settlement.Cancelled <= t.open(r.Settlement.OrderID, r.Settlement.LineID)
	}
	return unsettled.id == r.Attempt.ID
}

// open is how many units of a line are neither delivered nor given up.
func (t *settlement) open(orderID, lineID int64) int64 {
	if l := t.line(orderID, lineID); l != nil {
		return l.Open()
	}
	return 0
}

// completed is how many units of a line are delivered.
func (t *settlement) completed(orderID, lineID int64) int64 {
	if l := t.line(orderID, lineID); l != nil {
		return l.Completed
	}
	return 0
}

func (t *settlement) line(orderID, lineID int64) *order.Line {
	if o := t.state.Orders[orderID]; o != nil {
		for i := range o.Lines {
			if o.Lines[i].ID == lineID {
				return &o.Lines[i]
			}
		}
	}
	return nil
}

// startable reports whether the line still has something open and nobody is
// asked for it already.
func (t *settlement) startable(a *fulfil.Attempt) bool {
	return t.unsettled[a.LineID].id == 0 && t.open(a.OrderID, a.LineID) >= a.Quantity
}

func (t *settlement) settle(ctx context.Context, in order.Settlement) error {
	settled, err := t.state.Settle(in)
	if err != nil {
		return err
	}
	return t.take(ctx, settled)
}

// take gathers what a settlement changed.
func (t *settlement) take(ctx context.Context, settled *order.Settled) error {
	o, line := settled.Order, settled.Line
	for _, g := range settled.Goods {
		id := t.unitIDs.next()
		t.units.add(id, line.ProductID, t.store.sealUnit(id, g.Content), string(g.Status), o.ID, line.ID,
			nullText(g.TicketCode), g.UseDate, t.state.Now, t.state.Now)
	}
	t.takeTickets(settled)
	if settled.DoorState != nil {
		sealed, clear := t.store.sealText(*settled.DoorState, lineDoorStates.at(line.ID))
		t.doorStates.add(line.ID, nullBytes(sealed), clear)
	}
	if settled.Refund > 0 {
		if err := t.refund(ctx, o, settled.Wallet, settled.Refund, settled.Balance); err != nil {
			return err
		}
	}
	t.touchedLines[line.ID], t.touchedOrders[o.ID], t.touched[o.MerchantID] = line, o, settled.Wallet
	t.settled = append(t.settled, settled)
	return nil
}

func (t *settlement) refund(ctx context.Context, o *order.Order, wallet *order.WalletState, amount, balance money.Amount) error {
	revenue, err := t.store.revenueAccount(ctx, o.Currency)
	if err != nil {
		return err
	}
	t.transfers.add(revenue, wallet.AccountID, string(o.Currency), int64(amount), string(account.TransferRefund),
		o.MerchantID, o.ID, int64(balance), t.state.Now)
	return nil
}

func (t *settlement) settleAttempt(a *fulfil.Attempt, delivered int64) error {
	if a == nil {
		return nil
	}
	var settledAt any
	if a.Status.Settled() {
		settledAt = t.state.Now
		delete(t.unsettled, a.LineID)
	}
	held, err := t.store.sealHeld(a.ID, a.Held)
	if err != nil {
		return err
	}
	// Of two results of one attempt in a batch, neither of which settles it, the
	// later counts.
	t.attempts.replace(a.ID, string(a.Status), a.ProviderReference, a.FailureCode, a.FailureMessage, a.Checks, delivered, held, a.Dispute,
		nullable(a.NextCheckAt), settledAt, t.state.Now)
	return nil
}

// write brings what was touched to the database, every table in id order.
func (t *settlement) write(ctx context.Context, write func(context.Context, ...write) error) error {
	for id, l := range t.touchedLines {
		t.lines.add(id, l.Completed, l.Failed, l.Cancelled, string(l.Status), int64(l.Refunded), l.FailureCode, l.FailureMessage, t.state.Now)
	}
	for id, o := range t.touchedOrders {
		t.orders.add(id, string(o.Status), int64(o.Refunded), o.FailureCode, o.FailureMessage, t.state.Now, nullable(o.CompletedAt))
	}
	for merchantID, w := range t.touched {
		t.tx.announce(merchantID)
		t.wallets.add(w.AccountID, int64(w.Balance), w.EventSequence, t.state.Now)
	}
	for _, day := range t.days {
		if day.Used {
			t.allotments.add(day.ID, day.Sold)
		}
	}
	for _, rows := range [][][]any{t.lines.rows, t.orders.rows, t.wallets.rows, t.attempts.rows, t.tickets.rows, t.withdrawn.rows, t.allotments.rows} {
		byID(rows)
	}

	for _, s := range t.settled {
		if err := t.events.add(s.Events, s.Order); err != nil {
			return err
		}
	}
	if err := t.tx.enqueue(ctx, append(t.events.jobs(), routeJobs(t.leftOpen)...)...); err != nil {
		return fmt.Errorf("have events told and orders routed: %w", err)
	}
	err := write(ctx, &t.lines, &t.orders, &t.attempts, &t.newAttempts, &t.transfers, &t.units, &t.tickets, &t.withdrawn,
		&t.closed, &t.doorStates, &t.events, &t.allotments, &t.wallets)
	if err != nil {
		return fmt.Errorf("write settlement: %w", err)
	}
	return nil
}
