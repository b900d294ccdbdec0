package orders

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"orderhub/server/account"
	"orderhub/server/catalog"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/store"
)

var ordersTable = &store.Table{Name: "orders", Columns: []store.Column{
	{Name: "id", Kind: "bigint"},
	{Name: "number", Kind: "text"},
	{Name: "merchant_id", Kind: "bigint"},
	{Name: "reference", Kind: "text"},
	{Name: "fingerprint", Kind: "bytea"},
	{Name: "door", Kind: "text"},
	{Name: "status", Kind: "text"},
	{Name: "currency", Kind: "text"},
	{Name: "subtotal_micros", Kind: "bigint"},
	{Name: "discount_micros", Kind: "bigint"},
	{Name: "total_micros", Kind: "bigint"},
	{Name: "coupon_id", Kind: "bigint"},
	{Name: "coupon_code", Kind: "text"},
	{Name: "personal", Kind: "bytea"},
	{Name: "recipient_user_id", Kind: "text"},
	{Name: "recipient_server_id", Kind: "text"},
	{Name: "recipient_character_id", Kind: "text"},
	{Name: "notify_url", Kind: "text"},
	{Name: "metadata", Kind: "text", Cast: "jsonb"},
	{Name: "private", Kind: "bytea"},
	{Name: "created_at", Kind: "timestamptz"},
	{Name: "updated_at", Kind: "timestamptz"},
	{Name: "completed_at", Kind: "timestamptz"},
}}

var linesTable = &store.Table{Name: "order_lines", Columns: []store.Column{
	{Name: "id", Kind: "bigint"},
	{Name: "order_id", Kind: "bigint"},
	{Name: "merchant_id", Kind: "bigint"},
	{Name: "position", Kind: "bigint"},
	{Name: "product_id", Kind: "bigint"},
	{Name: "sku", Kind: "text"},
	{Name: "product_name", Kind: "text"},
	{Name: "source", Kind: "text"},
	{Name: "quantity", Kind: "bigint"},
	{Name: "completed", Kind: "bigint"},
	{Name: "status", Kind: "text"},
	{Name: "unit_price_micros", Kind: "bigint"},
	{Name: "subtotal_micros", Kind: "bigint"},
	{Name: "discount_micros", Kind: "bigint"},
	{Name: "total_micros", Kind: "bigint"},
	{Name: "external_reference", Kind: "text"},
	{Name: "use_date", Kind: "text"},
	{Name: "code", Kind: "text"},
	{Name: "sealed_door_state", Kind: "bytea"},
	{Name: "door_state", Kind: "text"},
	{Name: "private", Kind: "bytea"},
	{Name: "created_at", Kind: "timestamptz"},
	{Name: "updated_at", Kind: "timestamptz"},
}}

var lineReferencesTable = &store.Table{Name: "line_references", Columns: []store.Column{
	{Name: "merchant_id", Kind: "bigint"}, {Name: "reference", Kind: "text"}, {Name: "order_id", Kind: "bigint"},
}}

var couponUsesTable = &store.Table{Name: "coupon_uses", Columns: []store.Column{
	{Name: "coupon_id", Kind: "bigint"}, {Name: "merchant_id", Kind: "bigint"}, {Name: "order_id", Kind: "bigint"},
}}

var claimUnits = &store.Change{Table: "units", Guard: "status = 'available'", Columns: []store.Column{
	{Name: "status", Kind: "text"},
	{Name: "order_id", Kind: "bigint"},
	{Name: "line_id", Kind: "bigint"},
	{Name: "delivered_at", Kind: "timestamptz"},
}}

var changeCoupons = &store.Change{Table: "coupons", Columns: []store.Column{{Name: "uses", Kind: "bigint"}}}

// writePlacement writes what was accepted, one statement per table.
func (s *Store) writePlacement(
	ctx context.Context, tx store.BulkTx, state *order.State, events store.EventRows, verdicts []order.Verdict,
) error {
	p := newPlacementRows(s, state, events)
	if n := ticketsOf(verdicts); n > 0 {
		if err := tx.Read(ctx, p.ticketIDs.Read(n)); err != nil {
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
	if p.orders.Empty() {
		return nil
	}
	p.addState()
	jobs := p.events.Jobs()
	if len(p.unplaced) > 0 {
		jobs = append(jobs, store.Queued{Args: job.FulfilArgs{OrderIDs: p.unplaced}})
	}
	if err := tx.Enqueue(ctx, jobs...); err != nil {
		return fmt.Errorf("wake what comes next: %w", err)
	}
	tx.Announce(slices.Collect(maps.Keys(p.touched))...)
	err := tx.Commit(
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

	orders, lines, lineReferences, transfers, tickets, couponUses store.Insert
	claims, coupons, allotments, wallets                          store.Update
	events                                                        store.EventRows

	ticketIDs store.UnitIDs

	unplaced []int64
	touched  map[int64]bool // merchants
}

func newPlacementRows(s *Store, state *order.State, events store.EventRows) *placementRows {
	return &placementRows{
		store: s, state: state,
		orders: store.Insert{Table: ordersTable}, lines: store.Insert{Table: linesTable},
		lineReferences: store.Insert{Table: lineReferencesTable}, transfers: store.Insert{Table: store.TransfersTable},
		tickets: store.Insert{Table: store.DeliveredUnitsTable}, couponUses: store.Insert{Table: couponUsesTable},
		events: events,
		claims: store.Update{Change: claimUnits}, coupons: store.Update{Change: changeCoupons},
		allotments: store.Update{Change: store.ChangeAllotments}, wallets: store.Update{Change: store.ChangeWallets},
		touched: make(map[int64]bool),
	}
}

func (p *placementRows) add(ctx context.Context, a *order.Accepted) error {
	o := &a.Order
	personal, inClear, err := p.store.db.Vault.SealPersonal(o.ID, store.PersonalOf(o))
	if err != nil {
		return err
	}
	metadata, err := store.MarshalMap(inClear.Metadata)
	if err != nil {
		return err
	}
	var couponID *int64
	if a.Coupon != nil {
		couponID = &a.Coupon.ID
		p.couponUses.Add(a.Coupon.ID, o.MerchantID, o.ID)
	}
	p.orders.Add(
		o.ID, o.Number, o.MerchantID, o.Reference, p.store.db.Vault.ToDBFingerprint(a.Fingerprint), o.Door, string(o.Status),
		string(o.Currency),
		int64(o.Subtotal), int64(o.Discount), int64(o.Total), store.Nullable(couponID), o.CouponCode, personal,
		inClear.UserID,
		inClear.ServerID,
		inClear.CharacterID, inClear.NotifyURL, metadata, p.store.db.Vault.SealPrivate(o.ID, o.Private), o.CreatedAt,
		o.UpdatedAt,
		store.Nullable(o.CompletedAt),
	)
	for i := range o.Lines {
		if err := p.addLine(o, &o.Lines[i]); err != nil {
			return err
		}
	}
	for _, c := range a.Claims {
		p.claims.Add(c.UnitID, string(order.GoodsDelivered), o.ID, o.Lines[c.LineIndex].ID, p.state.Now)
	}
	for _, t := range a.Tickets {
		line, id := &o.Lines[t.LineIndex], p.ticketIDs.Next()
		content, deliveredAt := []byte{}, any(nil)
		if t.Goods.Status == order.GoodsDelivered {
			content, deliveredAt = p.store.db.Vault.SealUnit(id, t.Goods.Content), p.state.Now
		}
		p.tickets.Add(id, line.ProductID, content, string(t.Goods.Status), o.ID, line.ID, t.Goods.TicketCode, t.Goods.UseDate,
			p.state.Now, deliveredAt)
	}
	for reference := range a.LineReferences() {
		p.lineReferences.Add(o.MerchantID, reference, o.ID)
	}
	if a.Charge.Amount > 0 {
		revenue, err := p.store.db.RevenueAccount(ctx, o.Currency)
		if err != nil {
			return err
		}
		p.transfers.Add(
			a.Charge.WalletAccountID, revenue, string(o.Currency), int64(a.Charge.Amount), string(account.TransferCharge),
			o.MerchantID, o.ID, int64(a.Charge.Balance), p.state.Now,
		)
	}
	if a.Unplaced {
		p.unplaced = append(p.unplaced, o.ID)
	}
	p.touched[o.MerchantID] = true
	return p.events.Add(a.Events, o)
}

func (p *placementRows) addLine(o *order.Order, l *order.Line) error {
	private, err := p.store.db.Vault.SealFields(l.ID, l.Fields)
	if err != nil {
		return err
	}
	sealedState, doorState := p.store.db.Vault.SealText(l.DoorState, store.LineDoorStates.At(l.ID))
	source := catalog.SourceStock
	if l.FromProvider {
		source = catalog.SourceProvider
	}
	p.lines.Add(
		l.ID, o.ID, o.MerchantID, l.Position, l.ProductID, l.SKU, l.ProductName, string(source), l.Quantity, l.Completed,
		string(l.Status), int64(l.UnitPrice), int64(l.Subtotal), int64(l.Discount), int64(l.Total), l.ExternalReference,
		l.UseDate,
		store.NullText(l.Code), store.NullBytes(sealedState), doorState, private, o.CreatedAt, o.UpdatedAt,
	)
	return nil
}

// addState writes back the running balances and counters, in id order.
func (p *placementRows) addState() {
	for merchant := range p.touched {
		w := p.state.Wallets[merchant]
		p.wallets.Add(w.AccountID, int64(w.Balance), w.EventSequence, p.state.Now)
	}
	for _, c := range p.state.Coupons {
		if c.Used && c.MaxUses != nil {
			p.coupons.Add(c.ID, c.Uses)
		}
	}
	for _, a := range p.state.Allotments {
		if a.Used {
			p.allotments.Add(a.ID, a.Sold)
		}
	}
	store.ByID(p.wallets.Rows)
	store.ByID(p.coupons.Rows)
	store.ByID(p.allotments.Rows)
}
