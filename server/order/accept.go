package order

import (
	"fmt"
	"time"

	"orderhub/server/catalog"
	"orderhub/server/event"
	"orderhub/server/money"
)

// accept turns the candidate into an order and takes what it needs from s. After
// an error s is worth nothing.
func (s *State) accept(c *Candidate, wallet *WalletState, b *bill) (*Accepted, error) {
	d, coupon := c.Draft, b.coupon
	before := wallet.Balance
	after, err := before.Sub(b.total)
	if err != nil {
		return nil, fmt.Errorf("balance: %w", err)
	}
	a := &Accepted{
		Order: Order{
			ID: s.NewOrderID(), Number: c.Number, MerchantID: d.MerchantID, Reference: d.Reference, Door: d.Door,
			Currency: d.Currency, Subtotal: c.Subtotal, Discount: b.discount, Total: b.total,
			Recipient: d.Recipient, NotifyURL: d.NotifyURL, Metadata: d.Metadata, Private: d.Private,
			Lines: make([]Line, len(c.Lines)), CreatedAt: s.Now, UpdatedAt: s.Now,
		},
		Coupon:      coupon,
		Fingerprint: c.Fingerprint,
		Trail:       c.Trail,
		uniqueLines: d.UniqueLines,
	}
	for i := range c.Lines {
		if a.Order.Lines[i], err = s.acceptLine(a, c, i, b.lines[i]); err != nil {
			return nil, err
		}
	}
	a.Order.Status = statusOf(a.Order.Lines)
	if a.Order.Status.Final() {
		a.Order.CompletedAt = &s.Now
	}
	if coupon != nil {
		a.Order.CouponCode = coupon.Code
		if c.Confirms == nil { // a hold has used it
			coupon.use(d.MerchantID)
		}
	}
	wallet.Balance = after
	a.Charge = Charge{WalletAccountID: wallet.AccountID, Amount: b.total, Balance: after}
	a.Events = append(a.Events, wallet.newOrderEvent(&a.Order, s.Now, event.OrderCreated))
	if a.Order.Status != StatusPending {
		a.Events = append(a.Events, wallet.newOrderEvent(&a.Order, s.Now, eventOf(a.Order.Status)))
	}
	changed := make(map[int64]bool)
	for i := range a.Order.Lines {
		changed[a.Order.Lines[i].ID] = a.Order.Lines[i].Status != StatusPending
	}
	state := a.Order.freeze(changed, 0)
	for i := range a.Events {
		a.Events[i].State = state
	}
	if c.Confirms == nil { // a hold told of it
		a.Events = append(a.Events, wallet.LowBalanceEvents(a.Order.MerchantID, before, s.Now)...)
	}
	return a, nil
}

// acceptLine serves what our own stock has at once; the rest stays pending.
func (s *State) acceptLine(a *Accepted, c *Candidate, i int, b billLine) (Line, error) {
	priced, wanted := &c.Lines[i], &c.Draft.Lines[i]
	p := priced.Product
	line := Line{
		ID: s.NewLineID(), OrderID: a.Order.ID, Position: i + 1, ProductID: p.ID, SKU: p.SKU, ProductName: p.Name,
		FromProvider: p.Source == catalog.SourceProvider, Quantity: priced.Quantity, UnitPrice: priced.UnitPrice,
		PriceRule: priced.PriceRule,
		Subtotal:  priced.Subtotal, Discount: b.discount, Total: b.total, ExternalReference: wanted.ExternalReference,
		Fields: priced.Fields, UseDate: wanted.UseDate, Code: wanted.Code, DoorState: wanted.DoorState,
	}
	if day := s.Allotments[AllotmentKey{p.ID, wanted.UseDate}]; day != nil && c.Confirms == nil {
		day.Sold += priced.Quantity
		day.Used = true
	}
	switch {
	case line.FromProvider:
		a.Unplaced = true
		if line.Ticketed() {
			s.makeTickets(a, &line, i, GoodsPending)
		}
	case p.UsesUnits():
		if err := s.claimUnits(a, c, &line, i); err != nil {
			return Line{}, err
		}
	default:
		s.makeTickets(a, &line, i, GoodsDelivered)
		line.Completed = line.Quantity
	}
	line.Status = line.statusOf(false)
	return line, nil
}

// claimUnits takes the units of a line: those that were held for it, which are open, or some of the stock.
func (s *State) claimUnits(a *Accepted, c *Candidate, line *Line, index int) error {
	var taken []Unit
	var held map[int64]string
	if c.Confirms == nil {
		taken = s.Units[line.ProductID].take(line.Quantity)
	} else {
		confirming := s.Holds.Confirming[c.Confirms.ID]
		taken, held = confirming.Units[index], confirming.contents
	}
	if int64(len(taken)) != line.Quantity {
		return fmt.Errorf("line %d: %d units for %d", index+1, len(taken), line.Quantity)
	}
	for _, u := range taken {
		content, opened := held[u.ID]
		if !opened {
			var err error
			if content, err = s.Open(u); err != nil {
				return fmt.Errorf("unit %d: %w", u.ID, err)
			}
		}
		a.Claims = append(a.Claims, UnitClaim{UnitID: u.ID, LineIndex: index})
		line.Goods = append(
			line.Goods, Goods{UnitID: u.ID, Content: content, Status: GoodsDelivered, DeliveredAt: s.Now},
		)
	}
	line.Completed = line.Quantity
	return nil
}

func (s *State) makeTickets(a *Accepted, line *Line, index int, status GoodsStatus) {
	for range line.Quantity {
		goods := Goods{TicketCode: s.NewTicketCode(), UseDate: line.UseDate, Status: status}
		if status == GoodsDelivered {
			goods.Content, goods.DeliveredAt = goods.TicketCode, s.Now
		}
		a.Tickets = append(a.Tickets, NewTicket{LineIndex: index, Index: len(line.Goods), Goods: goods})
		line.Goods = append(line.Goods, goods)
	}
}

// newOrderEvent numbers one event of the order for the merchant's log.
func (w *WalletState) newOrderEvent(o *Order, now time.Time, t event.Type) event.Event {
	w.EventSequence++
	return event.Event{
		MerchantID: o.MerchantID, Sequence: w.EventSequence, OrderID: o.ID, Type: t,
		Data: map[string]string{"order_number": o.Number, "status": string(o.Status)}, CreatedAt: now,
	}
}

// LowBalanceEvents are what a balance that was before and is another now has to
// tell: one event where it fell below the threshold.
func (w *WalletState) LowBalanceEvents(merchantID int64, before money.Amount, now time.Time) []event.Event {
	if w.LowBalance == nil || w.Balance >= *w.LowBalance || before < *w.LowBalance {
		return nil
	}
	w.EventSequence++
	return []event.Event{{
		MerchantID: merchantID, Sequence: w.EventSequence, Type: event.WalletLowBalance, CreatedAt: now,
		Data: map[string]string{
			"balance": w.Balance.Format(w.Currency), "threshold": w.LowBalance.Format(w.Currency),
			"currency": string(w.Currency),
		},
	}}
}

func eventOf(s Status) event.Type {
	switch s {
	case StatusProcessing:
		return event.OrderProcessing
	case StatusCompleted:
		return event.OrderCompleted
	case StatusFailed:
		return event.OrderFailed
	default:
		return event.OrderCancelled
	}
}
