package attempts

import (
	"context"
	"fmt"

	"orderhub/server/account"
	"orderhub/server/fulfil"
	"orderhub/server/money"
	"orderhub/server/operatorevent"
	"orderhub/server/order"
	"orderhub/server/store"
	"orderhub/server/trail"
)

// settlement is what one settlement transaction read and will write.
type settlement struct {
	store     *Store
	tx        store.BulkTx
	state     *order.SettleState
	unsettled map[purpose]openAttempt
	tried     map[int64]int // by line: the highest number of its attempts, where it was read

	settled []*order.Settled // whose events are to be written

	events      store.EventRows
	transfers   store.Insert[store.TransferRow]
	purchases   store.Insert[store.TransferRow] // from providers
	told        []operatorevent.Event
	units       store.Insert[store.DeliveredUnit]
	newAttempts store.Insert[newAttempt]
	lines       store.Update[changedLine]
	orders      store.Update[changedOrder]
	wallets     store.Update[store.WalletRow]
	attempts    store.Update[changedAttempt]
	tickets     store.Update[confirmedTicket]
	withdrawn   store.Update[order.GoodsChange] // of ticketed lines, no longer anybody's
	closed      store.Update[closedAttempt]
	allotments  store.Update[order.AllotmentState]
	claims      claimWrites
	doorStates  store.Update[doorState]

	touchedLines  map[int64]*order.Line
	touchedOrders map[int64]*order.Order
	touched       map[int64]*order.WalletState

	days    map[order.AllotmentKey]*order.AllotmentState // of the ticketed lines
	unitIDs store.UnitIDs                                // as many as goods may be delivered

	leftOpen []int64 // orders with units that a settled attempt did not bring to an end
	proofs   []*fulfil.Proof
}

// purpose is what an attempt is for: what was ordered on a line, or a replacement of units of it.
type purpose struct{ lineID, replacementID int64 }

// purposeOf is what a settlement is about.

// openAttempt is the unsettled attempt for a purpose.
type openAttempt struct {
	id     int64
	status fulfil.AttemptStatus
	byHand bool // a person has delivered it
}

func (s *Store) Settle(ctx context.Context, results []fulfil.Result) ([]bool, error) {
	if len(results) == 0 {
		return nil, nil
	}
	settlements := make([]order.Settlement, len(results))
	for i := range results {
		settlements[i] = results[i].Settlement
	}
	books, err := s.booksOf(ctx, results)
	if err != nil {
		return nil, err
	}
	applied := make([]bool, len(results))
	var told []operatorevent.Event
	err = s.db.Bulk(ctx, func(tx store.BulkTx) error {
		t, err := s.loadSettlement(ctx, tx, settlements)
		if err == nil {
			err = t.readByHand(ctx, results)
		}
		if err != nil {
			return err
		}
		for i := range results {
			in := &results[i].Settlement
			if applied[i] = results[i].Applies(t.lineState(in)); !applied[i] {
				continue
			}
			completed := t.completed(in)
			if err := t.settle(ctx, *in); err != nil {
				return err
			}
			if err := t.settleAttempt(&results[i], t.completed(in)-completed, books); err != nil {
				return err
			}
			if results[i].Strands(t.open(in)) {
				t.leftOpen = append(t.leftOpen, in.OrderID)
			}
			if results[i].Proof != nil {
				t.proofs = append(t.proofs, results[i].Proof)
			}
		}
		told = t.told
		return t.write(ctx, tx.Commit)
	})
	if err != nil {
		return nil, err // not even what was judged to apply
	}
	s.differences.note(told)
	return applied, nil
}

func (s *Store) Begin(ctx context.Context, attempts []fulfil.Attempt) ([]fulfil.Attempt, error) {
	settlements := make([]order.Settlement, len(attempts))
	for i, a := range attempts {
		settlements[i] = order.Settlement{
			MerchantID: a.MerchantID, OrderID: a.OrderID, LineID: a.LineID, ReplacementID: a.ReplacementID,
			Started: true,
		}
	}
	var begun []fulfil.Attempt
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		begun = nil
		t, err := s.loadSettlement(ctx, tx, settlements)
		if err == nil {
			err = t.readTried(ctx, attempts)
		}
		if err != nil {
			return err
		}
		for i, a := range attempts {
			if !a.MayBegin(t.lineState(&settlements[i])) {
				continue
			}
			if err := t.settle(ctx, settlements[i]); err != nil {
				return err
			}
			t.newAttempts.Add(newAttempt{a, t.state.Now})
			t.began(&a)
			begun = append(begun, a)
		}
		t.newAttempts.Each = learnIDs(begun)
		if err := t.write(ctx, tx.Write); err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, callJobs(begun, true, trail.In(ctx))...); err != nil {
			return err
		}
		return tx.Commit(ctx)
	})
	return begun, err
}

// learnIDs takes the ids that the database gave to new attempts.
func learnIDs(attempts []fulfil.Attempt) func(row store.Scanner) error {
	byReference := make(map[string]*fulfil.Attempt, len(attempts))
	for i := range attempts {
		byReference[attempts[i].Reference] = &attempts[i]
	}
	return store.Each2(func(id int64, reference string) { byReference[reference].ID = id })
}

// lineState is the line, or the replacement, as it is now, also amid the batch.
func (t *settlement) lineState(in *order.Settlement) fulfil.LineState {
	attempt := t.unsettled[purpose{in.LineID, in.ReplacementID}]
	return fulfil.LineState{
		AttemptID: attempt.id, Status: attempt.status, Open: t.open(in), ByHand: attempt.byHand,
		Tried: t.tried[in.LineID],
	}
}

// open is how many units of what a settlement is about are neither delivered nor given up.
func (t *settlement) open(in *order.Settlement) int64 {
	if in.ReplacementID != 0 {
		if r := t.state.Replacements[in.ReplacementID]; r != nil {
			return r.Open()
		}
		return 0
	}
	if l := t.line(in.OrderID, in.LineID); l != nil {
		return l.Open()
	}
	return 0
}

// completed is how many units of it are delivered.
func (t *settlement) completed(in *order.Settlement) int64 {
	if in.ReplacementID != 0 {
		if r := t.state.Replacements[in.ReplacementID]; r != nil {
			return r.Completed
		}
		return 0
	}
	if l := t.line(in.OrderID, in.LineID); l != nil {
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

func (t *settlement) settle(ctx context.Context, in order.Settlement) error {
	settled, err := t.state.Settle(in)
	if err != nil {
		return err
	}
	return t.gather(ctx, settled)
}

// gather gathers what a settlement changed.
func (t *settlement) gather(ctx context.Context, settled *order.Settled) error {
	o, line := settled.Order, settled.Line
	came := make([]int64, len(settled.Goods))
	for i, g := range settled.Goods {
		id := t.unitIDs.Next()
		came[i] = id
		t.units.Add(store.DeliveredUnit{
			ID: id, ProductID: line.ProductID, OrderID: o.ID, LineID: line.ID,
			Content: t.store.db.Vault.SealUnit(id, g.Content),
			Status:  g.Status, TicketCode: g.TicketCode, UseDate: g.UseDate, CreatedAt: t.state.Now,
			DeliveredAt: &t.state.Now,
		})
	}
	t.changeTickets(settled)
	t.replaced(settled, came)
	if settled.DoorState != nil {
		sealed, inClear := t.store.db.Vault.SealText(*settled.DoorState, store.LineDoorStates.At(line.ID))
		t.doorStates.Add(doorState{line.ID, sealed, inClear})
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

func (t *settlement) refund(
	ctx context.Context, o *order.Order, wallet *order.WalletState, amount, balance money.Amount,
) error {
	revenue, err := t.store.db.Ledger.Revenue(ctx, o.Currency)
	if err != nil {
		return err
	}
	t.transfers.Add(store.TransferRow{
		Debit: revenue, Credit: wallet.AccountID, Currency: o.Currency, Amount: amount, Kind: account.TransferRefund,
		MerchantID: o.MerchantID, OrderID: o.ID, Balance: balance, At: t.state.Now,
	})
	return nil
}

func (t *settlement) settleAttempt(r *fulfil.Result, delivered int64, books bookmap) error {
	a := r.Attempt
	if a == nil {
		return nil
	}
	row := changedAttempt{Attempt: a, delivered: delivered, at: t.state.Now}
	if a.Status.Settled() {
		row.settledAt = &t.state.Now
		row.booked = t.book(r, books)
		delete(t.unsettled, purpose{a.LineID, a.ReplacementID})
	}
	var err error
	if row.held, err = t.store.db.Vault.SealHeld(a.ID, a.Held); err != nil {
		return err
	}
	if row.exchanges, err = exchangesToDB(a.Exchanges); err != nil {
		return err
	}
	// Of two results of one attempt in a batch, neither of which settles it, the
	// later counts.
	t.attempts.Replace(row)
	return nil
}

// write brings what was touched to the database.
func (t *settlement) write(ctx context.Context, write func(context.Context, ...store.Write) error) error {
	for _, l := range t.touchedLines {
		t.lines.Add(changedLine{l, t.state.Now})
	}
	for _, o := range t.touchedOrders {
		t.orders.Add(changedOrder{o, t.state.Now})
	}
	for merchantID, w := range t.touched {
		t.tx.Announce(merchantID)
		t.wallets.Add(store.WalletRow{WalletState: w, At: t.state.Now})
	}
	for _, day := range t.days {
		if day.Used {
			t.allotments.Add(*day)
		}
	}
	for _, s := range t.settled {
		t.events.Add(s.Events, s.Order)
	}
	trails := trail.In(ctx)
	if err := t.tx.Enqueue(ctx, append(t.events.Jobs(trails), store.RouteJobs(t.leftOpen, trails)...)...); err != nil {
		return fmt.Errorf("have events told and orders routed: %w", err)
	}
	if err := t.settleFindings(ctx); err != nil {
		return err
	}
	t.claims.finish(t.state.Now)
	err := write(ctx, &t.lines, &t.orders, &t.attempts, &t.newAttempts, &t.transfers, &t.purchases, &t.units,
		&t.tickets, &t.withdrawn, &t.closed, &t.doorStates, &t.events, &t.allotments, &t.wallets, &t.claims.replaced,
		&t.claims.returned, &t.claims.replacements, &t.claims.counters,
		store.OperatorEvents(t.state.Now, t.told...))
	if err != nil {
		return fmt.Errorf("write settlement: %w", err)
	}
	return nil
}
