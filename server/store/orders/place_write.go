package orders

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"orderhub/server/account"
	"orderhub/server/job"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/trail"
)

// writePlacement writes what was accepted, one statement per table.
func (s *Store) writePlacement(
	ctx context.Context, tx store.BulkTx, state *order.State, events store.EventRows, verdicts []order.Verdict,
) error {
	p := newPlacementRows(s, state, events)
	if n := ticketsOf(verdicts); n > 0 {
		if err := tx.Query(ctx, p.ticketIDs.Take(n)); err != nil {
			return fmt.Errorf("take ids of tickets: %w", err)
		}
	}
	for i := range verdicts {
		if a := verdicts[i].Accepted; a != nil {
			if err := p.add(ctx, a); err != nil {
				return err
			}
		}
		if t := verdicts[i].Taking; t != nil {
			if err := p.addHold(ctx, t); err != nil {
				return err
			}
		}
	}
	p.refusals = refusalRows(refusalsOf(verdicts))
	if p.orders.Empty() && p.holds == nil && p.refusals.Empty() {
		return nil
	}
	p.addState()
	if err := p.holds.write(ctx, tx); err != nil {
		return fmt.Errorf("write holds: %w", err)
	}
	jobs := p.events.Jobs(p.trails)
	if len(p.unplaced) > 0 {
		jobs = append(jobs, store.Queued{Args: job.FulfilArgs{OrderIDs: p.unplaced, Trails: p.trails.Of(p.unplaced)}})
	}
	if err := tx.Enqueue(ctx, jobs...); err != nil {
		return fmt.Errorf("wake what comes next: %w", err)
	}
	tx.Announce(slices.Collect(maps.Keys(p.touched))...)
	err := tx.Commit(
		ctx, &p.orders, &p.lines, &p.lineReferences, &p.transfers, &p.claims, &p.tickets, &p.couponUses, &p.events,
		&p.coupons, &p.allotments, &p.wallets, &p.keptTrails,
		&p.refusals,
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

	orders         store.Insert[orderRow]
	lines          store.Insert[lineRow]
	lineReferences store.Insert[lineReference]
	transfers      store.Insert[store.TransferRow]
	tickets        store.Insert[store.DeliveredUnit]
	couponUses     store.Insert[couponUse]
	claims         store.Update[claimedUnit]
	coupons        store.Update[order.CouponState]
	allotments     store.Update[order.AllotmentState]
	wallets        store.Update[store.WalletRow]
	events         store.EventRows
	keptTrails     store.Insert[trailRow]
	refusals       store.Insert[order.Refusal]
	holds          *holdRows // nil where nothing is held or confirmed

	ticketIDs store.UnitIDs

	unplaced []int64
	trails   trail.Orders
	touched  map[int64]bool // merchants
}

func newPlacementRows(s *Store, state *order.State, events store.EventRows) *placementRows {
	return &placementRows{
		store: s, state: state, orders: ordersTable.Insert(), lines: linesTable.Insert(),
		lineReferences: lineReferencesTable.Insert(), transfers: store.TransfersTable.Insert(),
		tickets: store.DeliveredUnitsTable.Insert(), couponUses: couponUsesTable.Insert(), claims: claimUnits.Update(),
		coupons: changeCoupons.Update(), allotments: store.ChangeAllotments.Update(),
		wallets: store.ChangeWallets.Update(),
		events:  events, keptTrails: trailsTable.Insert(), touched: make(map[int64]bool),
	}
}

func (p *placementRows) add(ctx context.Context, a *order.Accepted) error {
	o, vault := &a.Order, p.store.db.Vault
	row := orderRow{Order: o, fingerprint: vault.ToDBFingerprint(a.Fingerprint)}
	if a.Confirmation != nil {
		row.fingerprint = vault.FingerprintNow(a.Confirmation.Hold.Fingerprint)
		if err := p.confirm(ctx, a); err != nil {
			return err
		}
	}
	row.private = vault.SealPrivate(o.ID, o.Private)
	var err error
	if row.personal, row.inClear, err = vault.SealPersonal(o.ID, store.PersonalOf(o)); err != nil {
		return err
	}
	row.metadata = store.MarshalMap(row.inClear.Metadata)
	if a.Coupon != nil {
		row.couponID = a.Coupon.ID
		p.couponUses.Add(couponUse{couponID: a.Coupon.ID, merchantID: o.MerchantID, orderID: o.ID})
	}
	p.orders.Add(row)
	for i := range o.Lines {
		if err := p.addLine(o, &o.Lines[i]); err != nil {
			return err
		}
	}
	claims := &p.claims
	if a.Confirmation != nil {
		claims = &p.holds.claims
	}
	for _, c := range a.Claims {
		claims.Add(claimedUnit{id: c.UnitID, orderID: o.ID, lineID: o.Lines[c.LineIndex].ID, at: p.state.Now})
	}
	for i := range a.Tickets {
		p.addTicket(o, &a.Tickets[i])
	}
	for reference := range a.LineReferences() {
		p.lineReferences.Add(lineReference{merchantID: o.MerchantID, reference: reference, orderID: o.ID})
	}
	if a.Charge.Amount > 0 {
		revenue, err := p.store.db.Ledger.Revenue(ctx, o.Currency)
		if err != nil {
			return err
		}
		p.transfers.Add(store.TransferRow{
			Debit: a.Charge.WalletAccountID, Credit: revenue, Currency: o.Currency, Amount: a.Charge.Amount,
			Kind: account.TransferCharge, MerchantID: o.MerchantID, OrderID: o.ID, Balance: a.Charge.Balance,
			At: p.state.Now,
		})
	}
	p.addTrail(a)
	if a.Unplaced {
		p.unplaced = append(p.unplaced, o.ID)
	}
	p.touched[o.MerchantID] = true
	p.events.Add(a.Events, o)
	return nil
}

func (p *placementRows) addTicket(o *order.Order, t *order.NewTicket) {
	line := &o.Lines[t.LineIndex]
	row := store.DeliveredUnit{
		ID: p.ticketIDs.Next(), ProductID: line.ProductID, OrderID: o.ID, LineID: line.ID, Content: []byte{},
		Status: t.Goods.Status, TicketCode: t.Goods.TicketCode, UseDate: t.Goods.UseDate, CreatedAt: p.state.Now,
	}
	line.Goods[t.Index].UnitID = row.ID
	if row.Status == order.GoodsDelivered {
		row.Content, row.DeliveredAt = p.store.db.Vault.SealUnit(row.ID, t.Goods.Content), &p.state.Now
	}
	p.tickets.Add(row)
}

func (p *placementRows) addLine(o *order.Order, l *order.Line) error {
	row := lineRow{Line: l, order: o}
	var err error
	if row.private, err = p.store.db.Vault.SealFields(l.ID, l.Fields); err != nil {
		return err
	}
	row.sealedState, row.stateInClear = p.store.db.Vault.SealText(l.DoorState, store.LineDoorStates.At(l.ID))
	p.lines.Add(row)
	return nil
}

// addState writes back the running balances and counters.
func (p *placementRows) addState() {
	for merchant := range p.touched {
		p.wallets.Add(store.WalletRow{WalletState: p.state.Wallets[merchant], At: p.state.Now})
	}
	for _, c := range p.state.Coupons {
		if c.Used && c.MaxUses != nil {
			p.coupons.Add(*c)
		}
	}
	for _, a := range p.state.Allotments {
		if a.Used {
			p.allotments.Add(*a)
		}
	}
}
