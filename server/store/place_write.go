package store

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/job"
	"orderhub/server/order"
)

var (
	ordersTable = &table{name: "orders", columns: []column{
		{name: "id", kind: "bigint"},
		{name: "number", kind: "text"},
		{name: "merchant_id", kind: "bigint"},
		{name: "reference", kind: "text"},
		{name: "fingerprint", kind: "bytea"},
		{name: "door", kind: "text"},
		{name: "status", kind: "text"},
		{name: "currency", kind: "text"},
		{name: "subtotal_micros", kind: "bigint"},
		{name: "discount_micros", kind: "bigint"},
		{name: "total_micros", kind: "bigint"},
		{name: "coupon_id", kind: "bigint"},
		{name: "coupon_code", kind: "text"},
		{name: "personal", kind: "bytea"},
		{name: "recipient_user_id", kind: "text"},
		{name: "recipient_server_id", kind: "text"},
		{name: "recipient_character_id", kind: "text"},
		{name: "notify_url", kind: "text"},
		{name: "metadata", kind: "text", cast: "jsonb"},
		{name: "private", kind: "bytea"},
		{name: "created_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
		{name: "completed_at", kind: "timestamptz"},
	}}
	linesTable = &table{name: "order_lines", columns: []column{
		{name: "id", kind: "bigint"},
		{name: "order_id", kind: "bigint"},
		{name: "merchant_id", kind: "bigint"},
		{name: "position", kind: "bigint"},
		{name: "product_id", kind: "bigint"},
		{name: "sku", kind: "text"},
		{name: "product_name", kind: "text"},
		{name: "source", kind: "text"},
		{name: "quantity", kind: "bigint"},
		{name: "completed", kind: "bigint"},
		{name: "status", kind: "text"},
		{name: "unit_price_micros", kind: "bigint"},
		{name: "subtotal_micros", kind: "bigint"},
		{name: "discount_micros", kind: "bigint"},
		{name: "total_micros", kind: "bigint"},
		{name: "external_reference", kind: "text"},
		{name: "use_date", kind: "text"},
		{name: "code", kind: "text"},
		{name: "sealed_door_state", kind: "bytea"},
		{name: "door_state", kind: "text"},
		{name: "private", kind: "bytea"},
		{name: "created_at", kind: "timestamptz"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	transfersTable = &table{name: "transfers", columns: []column{
		{name: "debit_account_id", kind: "bigint"},
		{name: "credit_account_id", kind: "bigint"},
		{name: "currency", kind: "text"},
		{name: "amount_micros", kind: "bigint"},
		{name: "kind", kind: "text"},
		{name: "merchant_id", kind: "bigint"},
		{name: "order_id", kind: "bigint"},
		{name: "balance_micros", kind: "bigint"},
		{name: "created_at", kind: "timestamptz"},
	}}
	deliveredUnitsTable = &table{name: "units", columns: []column{
		{name: "id", kind: "bigint"},
		{name: "product_id", kind: "bigint"},
		{name: "content", kind: "bytea"},
		{name: "status", kind: "text"},
		{name: "order_id", kind: "bigint"},
		{name: "line_id", kind: "bigint"},
		{name: "ticket_code", kind: "text"},
		{name: "use_date", kind: "text"},
		{name: "created_at", kind: "timestamptz"},
		{name: "delivered_at", kind: "timestamptz"},
	}}
	lineReferencesTable = &table{name: "line_references", columns: []column{
		{name: "merchant_id", kind: "bigint"}, {name: "reference", kind: "text"}, {name: "order_id", kind: "bigint"},
	}}
	couponUsesTable = &table{name: "coupon_uses", columns: []column{
		{name: "coupon_id", kind: "bigint"}, {name: "merchant_id", kind: "bigint"}, {name: "order_id", kind: "bigint"},
	}}

	claimUnits = &change{table: "units", guard: "status = 'available'", columns: []column{
		{name: "status", kind: "text"},
		{name: "order_id", kind: "bigint"},
		{name: "line_id", kind: "bigint"},
		{name: "delivered_at", kind: "timestamptz"},
	}}
	changeWallets = &change{table: "accounts", columns: []column{
		{name: "balance_micros", kind: "bigint"},
		{name: "event_sequence", kind: "bigint"},
		{name: "updated_at", kind: "timestamptz"},
	}}
	changeAllotments = &change{table: "allotments", columns: []column{{name: "sold", kind: "bigint"}}}
	changeCoupons    = &change{table: "coupons", columns: []column{{name: "uses", kind: "bigint"}}}
)

// writePlacement writes what was accepted, one statement per table.
func (s *Store) writePlacement(
	ctx context.Context, tx bulkTx, state *order.State, events eventRows, verdicts []order.Verdict,
) error {
	p := newPlacementRows(s, state, events)
	if n := ticketsOf(verdicts); n > 0 {
		if err := tx.read(ctx, p.ticketIDs.read(n)); err != nil {
			return fmt.Errorf("take ids of tickets: %w", err)
		}
	}
	for i := range verdicts {
		if a := verdicts[i].Accepted; a != nil {
			if err := p.add(ctx, a); err != nil {
				return err
			}
		}
	}
	if p.orders.empty() {
		return nil
	}
	p.addState()
	jobs := p.events.jobs()
	if len(p.unplaced) > 0 {
		jobs = append(jobs, queued{args: job.FulfilArgs{OrderIDs: p.unplaced}})
	}
	if err := tx.enqueue(ctx, jobs...); err != nil {
		return fmt.Errorf("wake what comes next: %w", err)
	}
	tx.announce(slices.Collect(maps.Keys(p.touched))...)
	err := tx.commit(
		ctx, &p.orders, &p.lines, &p.lineReferences, &p.transfers, &p.claims, &p.tickets, &p.couponUses, &p.events,
		&p.coupons, &p.allotments, &p.wallets,
	)
	if err != nil {
		return fmt.Errorf("write orders: %w", err)
	}
	return nil
}

// ticketsOf is how many tickets were sold.
func ticketsOf(verdicts []order.Verdict) (n int64) {
	for i := range verdicts {
		if a := verdicts[i].Accepted; a != nil {
			n += int64(len(a.Tickets))
		}
	}
	return n
}

// placementRows gathers the rows of one placement transaction.
type placementRows struct {
	store *Store
	state *order.State

	orders, lines, lineReferences, transfers, tickets, couponUses insert
	claims, coupons, allotments, wallets                          update
	events                                                        eventRows

	ticketIDs unitIDs

	unplaced []int64
	touched  map[int64]bool // merchants
}

func newPlacementRows(s *Store, state *order.State, events eventRows) *placementRows {
	return &placementRows{
		store: s, state: state,
		orders: insert{table: ordersTable}, lines: insert{table: linesTable},
		lineReferences: insert{table: lineReferencesTable}, transfers: insert{table: transfersTable},
		tickets: insert{table: deliveredUnitsTable}, couponUses: insert{table: couponUsesTable}, events: events,
		claims: update{change: claimUnits}, coupons: update{change: changeCoupons},
		allotments: update{change: changeAllotments}, wallets: update{change: changeWallets},
		touched: make(map[int64]bool),
	}
}

func (p *placementRows) add(ctx context.Context, a *order.Accepted) error {
	o := &a.Order
	personal, inClear, err := p.store.sealPersonal(o.ID, personalOf(o))
	if err != nil {
		return err
	}
	metadata, err := marshalMap(inClear.Metadata)
	if err != nil {
		return err
	}
	var couponID *int64
	if a.Coupon != nil {
		couponID = &a.Coupon.ID
		p.couponUses.add(a.Coupon.ID, o.MerchantID, o.ID)
	}
	p.orders.add(
		o.ID, o.Number, o.MerchantID, o.Reference, p.store.toDBFingerprint(a.Fingerprint), o.Door, string(o.Status),
		string(o.Currency),
		int64(o.Subtotal), int64(o.Discount), int64(o.Total), nullable(couponID), o.CouponCode, personal, inClear.UserID,
		inClear.ServerID,
		inClear.CharacterID, inClear.NotifyURL, metadata, p.store.sealPrivate(o.ID, o.Private), o.CreatedAt, o.UpdatedAt,
		nullable(o.CompletedAt),
	)
	for i := range o.Lines {
		if err := p.addLine(o, &o.Lines[i]); err != nil {
			return err
		}
	}
	for _, c := range a.Claims {
		p.claims.add(c.UnitID, string(order.GoodsDelivered), o.ID, o.Lines[c.LineIndex].ID, p.state.Now)
	}
	for _, t := range a.Tickets {
		line, id := &o.Lines[t.LineIndex], p.ticketIDs.next()
		content, deliveredAt := []byte{}, any(nil)
		if t.Goods.Status == order.GoodsDelivered {
			content, deliveredAt = p.store.sealUnit(id, t.Goods.Content), p.state.Now
		}
		p.tickets.add(id, line.ProductID, content, string(t.Goods.Status), o.ID, line.ID, t.Goods.TicketCode, t.Goods.UseDate,
			p.state.Now, deliveredAt)
	}
	for reference := range a.LineReferences() {
		p.lineReferences.add(o.MerchantID, reference, o.ID)
	}
	if a.Charge.Amount > 0 {
		revenue, err := p.store.revenueAccount(ctx, o.Currency)
		if err != nil {
			return err
		}
		p.transfers.add(
			a.Charge.WalletAccountID, revenue, string(o.Currency), int64(a.Charge.Amount), string(account.TransferCharge),
			o.MerchantID, o.ID, int64(a.Charge.Balance), p.state.Now,
		)
	}
	if a.Unplaced {
		p.unplaced = append(p.unplaced, o.ID)
	}
	p.touched[o.MerchantID] = true
	return p.events.add(a.Events, o)
}

func (p *placementRows) addLine(o *order.Order, l *order.Line) error {
	private, err := p.store.sealFields(l.ID, l.Fields)
	if err != nil {
		return err
	}
	sealedState, doorState := p.store.sealText(l.DoorState, lineDoorStates.at(l.ID))
	source := catalog.SourceStock
	if l.FromProvider {
		source = catalog.SourceProvider
	}
	p.lines.add(
		l.ID, o.ID, o.MerchantID, l.Position, l.ProductID, l.SKU, l.ProductName, string(source), l.Quantity, l.Completed,
		string(l.Status), int64(l.UnitPrice), int64(l.Subtotal), int64(l.Discount), int64(l.Total), l.ExternalReference,
		l.UseDate,
		nullText(l.Code), nullBytes(sealedState), doorState, private, o.CreatedAt, o.UpdatedAt,
	)
	return nil
}

// addState writes back the running balances and counters, in id order.
func (p *placementRows) addState() {
	for merchant := range p.touched {
		w := p.state.Wallets[merchant]
		p.wallets.add(w.AccountID, int64(w.Balance), w.EventSequence, p.state.Now)
	}
	for _, c := range p.state.Coupons {
		if c.Used && c.MaxUses != nil {
			p.coupons.add(c.ID, c.Uses)
		}
	}
	for _, a := range p.state.Allotments {
		if a.Used {
			p.allotments.add(a.ID, a.Sold)
		}
	}
	byID(p.wallets.rows)
	byID(p.coupons.rows)
	byID(p.allotments.rows)
}

// byID sorts rows by their first value.
func byID(rows [][]any) {
	slices.SortFunc(rows, func(a, b []any) int { return int(a[0].(int64) - b[0].(int64)) })
}

func marshalMap(m map[string]string) (string, error) {
	if len(m) == 0 {
		return "{}", nil
	}
	b, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("encode map: %w", err)
	}
	return string(b), nil
}

// nullable is the value pointed to, or an untyped nil, which every driver takes
// for NULL.
func nullable[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

func nonZero(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// nullBytes is NULL for no bytes.
func nullBytes(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

// nullText is NULL for an empty text.
func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}
