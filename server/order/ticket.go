package order

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"orderhub/server/event"
)

// Ticket is a ticket of a line as a settlement transaction read it.
type Ticket struct {
	ID     int64
	Code   string
	Status GoodsStatus
}

// GoodsChange is what became of a ticket, or of another unit that was delivered.
type GoodsChange struct {
	ID      int64
	Status  GoodsStatus
	Content string // of a ticket that is delivered now
}

// TicketCancellation takes tickets of one line back, confirmed or not.
type TicketCancellation struct {
	MerchantID int64
	OrderID    int64
	LineID     int64
	Codes      []string // empty for every ticket that can be cancelled; twice is as once
	// AttemptID is the line's unsettled attempt whose provider has agreed, 0 when
	// nobody had to. With another one there now the cancellation is ErrBusy.
	AttemptID int64
	Reason    string  // the merchant's words, kept in the event; "" for none
	DoorState *string // nil leaves what the door keeps with the line
}

// CancelTickets applies one cancellation: counters, statuses and the refund.
// Tickets that are cancelled already stay as they are. Errors: ErrNotFound for a
// code that is none of the line's, ErrNotCancellable when a ticket named is used
// or refused, or none is left to cancel.
func (s *SettleState) CancelTickets(in TicketCancellation) (*Settled, error) {
	out, err := s.begin(in.MerchantID, in.OrderID, in.LineID)
	if err != nil {
		return nil, err
	}
	tickets, err := s.cancellable(in)
	if err != nil {
		return nil, err
	}
	for _, t := range tickets {
		if t.Status == GoodsDelivered {
			out.Line.Completed--
		}
		out.Line.Cancelled++
		out.Changed = append(out.Changed, GoodsChange{ID: t.ID, Status: GoodsCancelled})
		t.Status = GoodsCancelled
	}
	out.DoorState = in.DoorState
	if len(tickets) == 0 {
		return out, nil // somebody else was quicker
	}
	out.Released = int64(len(tickets))
	out.Line.Status = out.Line.statusOf(out.Line.Status == StatusProcessing)
	if err := out.refund(); err != nil {
		return nil, err
	}
	entry := out.Wallet.newOrderEvent(out.Order, s.Now, event.TicketsCancelled)
	entry.LineID = out.Line.ID
	entry.Data["tickets"] = strconv.Itoa(len(tickets))
	if in.Reason != "" {
		entry.Data["reason"] = in.Reason
	}
	out.Events = append(out.Events, entry)
	s.advance(out, in.Reason)
	s.freeze(out)
	return out, nil
}

// Returnable are the codes by which a provider is asked to take tickets of the line
// back, of those named or of all: none for everything that it has of the line. ok is
// false when it must not be asked: a ticket named is used or refused, or none is left to
// take back. A provider that has agreed does not let anybody in, whatever is refused
// afterwards. What is read here may change until then; CancelTickets decides.
func (l *Line) Returnable(named []string) (codes []string, ok bool) {
	var open []string
	used := false
	for i := range l.Goods {
		g := &l.Goods[i]
		switch g.Status {
		case GoodsPending, GoodsDelivered:
			open = append(open, g.TicketCode)
		case GoodsUsed:
			used = true
		case GoodsFailed, GoodsCancelled, GoodsReplaced:
		}
		if slices.Contains(named, g.TicketCode) && (g.Status == GoodsUsed || g.Status == GoodsFailed) {
			return nil, false
		}
	}
	switch {
	case len(named) > 0:
		return named, true
	case len(open) == 0:
		return nil, false
	case used:
		return open, true
	default:
		return nil, true
	}
}

// cancellable are the tickets that the cancellation takes back.
func (s *SettleState) cancellable(in TicketCancellation) ([]*Ticket, error) {
	var open []*Ticket
	byCode := make(map[string]*Ticket)
	for _, t := range s.Tickets[in.LineID] {
		byCode[t.Code] = t
		if t.Status == GoodsPending || t.Status == GoodsDelivered {
			open = append(open, t)
		}
	}
	if len(in.Codes) > 0 {
		open = nil
		for _, code := range in.Codes {
			t := byCode[code]
			switch {
			case t == nil:
				return nil, fmt.Errorf("ticket of line %d: %w", in.LineID, ErrNotFound)
			case t.Status == GoodsUsed, t.Status == GoodsFailed:
				return nil, ErrNotCancellable
			case t.Status != GoodsCancelled && !slices.Contains(open, t):
				open = append(open, t)
			}
		}
		return open, nil
	}
	if len(open) == 0 {
		return nil, ErrNotCancellable
	}
	return open, nil
}

// confirm gives what a provider says of a ticketed line to its pending tickets.
// Tickets that were cancelled meanwhile are nobody's any more: the provider's
// answer counts for as many as are left.
func (s *SettleState) confirm(out *Settled, in *Settlement) {
	left := out.Line.Open()
	in.Delivered = in.Delivered[:min(int64(len(in.Delivered)), left)]
	left -= int64(len(in.Delivered))
	in.Failed = min(in.Failed, left)
	in.Cancelled = min(in.Cancelled, left-in.Failed)

	delivered, failed, cancelled := in.Delivered, in.Failed, in.Cancelled
	for _, t := range s.Tickets[out.Line.ID] {
		if t.Status != GoodsPending {
			continue
		}
		change := GoodsChange{ID: t.ID}
		switch {
		case len(delivered) > 0:
			change.Status, change.Content = GoodsDelivered, delivered[0].ticketContent()
			delivered = delivered[1:]
		case failed > 0:
			change.Status = GoodsFailed
			failed--
		case cancelled > 0:
			change.Status = GoodsCancelled
			cancelled--
		default:
			return
		}
		t.Status = change.Status
		out.Changed = append(out.Changed, change)
	}
}

// ticketContent is what a provider's ticket is worth to its bearer.
func (g *Goods) ticketContent() string { return cmp.Or(g.Content, g.TicketCode) }
