package order

import (
	"fmt"
	"time"

	"orderhub/server/event"
	"orderhub/server/money"
)

// Settlement changes one line: units delivered, failed or cancelled, or merely
// that a provider has been asked.
type Settlement struct {
	MerchantID     int64
	OrderID        int64
	LineID         int64
	ReplacementID  int64   // that the units are for; 0 for what was ordered
	Started        bool    // a provider is being asked: pending becomes processing
	Delivered      []Goods // one per unit; Status and DeliveredAt are filled in
	Failed         int64
	Cancelled      int64
	Reason         string  // with Cancelled: the merchant's words, kept in the event; "" for none
	DoorState      *string // with Cancelled; nil leaves what the door keeps with the line
	Parked         string  // why an attempt for the line waits for an operator; "" when none does
	FailureCode    string  // with Failed
	FailureMessage string
	Notes          []Note // what else the merchant's log is to say of the line
}

// Note is an event about a line that changes no counter.
type Note struct {
	Type event.Type
	Data map[string]string // small facts for people; never goods or personal data
}

// SettleState is what a settlement transaction read after it locked the
// wallets. Settle changes it, so that afterwards it is what has to be written.
type SettleState struct {
	Now     time.Time
	Wallets map[int64]*WalletState
	Orders  map[int64]*Order    // with all their lines, without goods
	Tickets map[int64][]*Ticket // of ticketed lines, by id
	// Replacements are those that settlements are for, by id.
	Replacements map[int64]*Replacement

	orderEvents map[int64]*orderEvent // the last event about the whole order, by order
}

// orderEvent is an event about a whole order that this transaction writes. What becomes
// of further lines in the same transaction it tells too.
type orderEvent struct {
	event   *event.Event
	changed map[int64]bool // lines
}

// Settled is what one settlement changed. Order and Line point into the state.
type Settled struct {
	Order   *Order
	Line    *Line
	Goods   []Goods // delivered now, other than tickets
	Changed []GoodsChange
	// Released is how many units of a ticketed line are for sale again.
	Released  int64
	DoorState *string // nil when it stays
	Refund    money.Amount
	Balance   money.Amount // of the wallet after the refund; only with a refund
	Wallet    *WalletState
	// Replacement is what the settlement was for, nil for what was ordered. Replaced are
	// the units whose place Goods take, in their order, and Returned those for which
	// nothing could be bought, because of FailureCode.
	Replacement *Replacement
	Replaced    []ClaimedUnit
	Returned    []ClaimedUnit
	FailureCode string
	// Events may get other states from further settlements of the transaction: they
	// are to be written after the last one.
	Events []event.Event
}

// Settle applies one settlement: counters, statuses, the refund for exactly the
// units that failed or were cancelled, and the order's event when its status
// changes. It refuses to settle more units than are open.
func (s *SettleState) Settle(in Settlement) (*Settled, error) {
	if in.ReplacementID != 0 {
		return s.settleReplacement(&in)
	}
	out, err := s.begin(in.MerchantID, in.OrderID, in.LineID)
	if err != nil {
		return nil, err
	}
	o, line := out.Order, out.Line
	if line.Ticketed() {
		s.confirm(out, &in)
		out.Released = in.Failed + in.Cancelled
	} else {
		out.Goods = in.Delivered
	}
	units := int64(len(in.Delivered)) + in.Failed + in.Cancelled
	if in.Failed < 0 || in.Cancelled < 0 || units > line.Open() {
		return nil, fmt.Errorf(
			"settle line %d of order %s: %d units, but only %d are open", in.LineID, o.Number, units, line.Open(),
		)
	}
	s.deliver(out)
	out.DoorState = in.DoorState
	line.Completed += int64(len(in.Delivered))
	line.Failed += in.Failed
	line.Cancelled += in.Cancelled
	if in.Failed > 0 && line.FailureCode == "" {
		line.FailureCode, line.FailureMessage = in.FailureCode, in.FailureMessage
	}
	status := line.Status
	line.Status = line.statusOf(in.Started || units > 0 || line.Status == StatusProcessing)
	if err := out.refund(); err != nil {
		return nil, err
	}
	s.advance(out, in.Reason)
	if len(out.Events) == 0 && (line.Status != status || units > 0) && !s.joinOrderEvent(out) {
		s.addLineEvent(out, status)
	}
	s.addNotes(out, &in)
	s.freeze(out)
	return out, nil
}

// freeze gives each event the state that the settlement leaves behind: nobody
// ever saw another one.
func (s *SettleState) freeze(out *Settled) {
	for i := range out.Events {
		e := &out.Events[i]
		changed := map[int64]bool{out.Line.ID: true}
		e.State = out.Order.freeze(changed, e.LineID)
		if e.LineID == 0 {
			if s.orderEvents == nil {
				s.orderEvents = make(map[int64]*orderEvent)
			}
			s.orderEvents[e.OrderID] = &orderEvent{e, changed}
		}
	}
}

// joinOrderEvent adds the line to the event about its whole order that this
// transaction writes anyway, if there is one.
func (s *SettleState) joinOrderEvent(out *Settled) bool {
	t := s.orderEvents[out.Order.ID]
	if t == nil {
		return false
	}
	t.changed[out.Line.ID] = true
	t.event.State = out.Order.freeze(t.changed, 0)
	return true
}

// addLineEvent tells of a line what no event of its order tells.
func (s *SettleState) addLineEvent(out *Settled, before Status) {
	kind := event.LineUnitsChanged
	if out.Line.Status != before {
		kind = lineEventOf(out.Line.Status)
	}
	entry := out.Wallet.newOrderEvent(out.Order, s.Now, kind)
	entry.LineID = out.Line.ID
	entry.Data["line_status"] = string(out.Line.Status)
	out.Events = append(out.Events, entry)
}

func lineEventOf(s Status) event.Type {
	switch s {
	case StatusProcessing:
		return event.LineProcessing
	case StatusCompleted:
		return event.LineCompleted
	case StatusFailed:
		return event.LineFailed
	default:
		return event.LineCancelled
	}
}

func (s *SettleState) begin(merchantID, orderID, lineID int64) (*Settled, error) {
	o := s.Orders[orderID]
	if o == nil || o.MerchantID != merchantID {
		return nil, fmt.Errorf("settle line %d: %w", lineID, ErrNotFound)
	}
	wallet, line := s.Wallets[merchantID], o.line(lineID)
	if line == nil || wallet == nil {
		return nil, fmt.Errorf("settle line %d of order %s: %w", lineID, o.Number, ErrNotFound)
	}
	return &Settled{Order: o, Line: line, Wallet: wallet}, nil
}

// refund pays back what the line owes by now. It fails, and the transaction with
// it, when an amount leaves the range that the database can keep.
func (out *Settled) refund() error {
	owed, err := out.Line.owed(out.Order.Currency)
	if err == nil {
		out.Refund, err = owed.Sub(out.Line.Refunded)
	}
	if err == nil && out.Refund != 0 {
		out.Line.Refunded = owed
		if out.Order.Refunded, err = out.Order.Refunded.Add(out.Refund); err == nil {
			out.Wallet.Balance, err = out.Wallet.Balance.Add(out.Refund)
		}
		out.Balance = out.Wallet.Balance
	}
	if err != nil {
		return fmt.Errorf("refund line %d of order %s: %w", out.Line.ID, out.Order.Number, err)
	}
	return nil
}

// advance moves the order to the status its lines give it.
func (s *SettleState) advance(out *Settled, reason string) {
	o := out.Order
	o.UpdatedAt = s.Now
	status := statusOf(o.Lines)
	if status == StatusPending && o.Status == StatusProcessing {
		status = StatusProcessing // what was begun stays so, also when all that had begun is taken back
	}
	if status == o.Status {
		return
	}
	o.Status = status
	if status.Final() && o.CompletedAt == nil {
		o.CompletedAt = &s.Now
	}
	if status == StatusFailed {
		for i := range o.Lines {
			if o.Lines[i].Failed > 0 {
				o.FailureCode, o.FailureMessage = o.Lines[i].FailureCode, o.Lines[i].FailureMessage
				break
			}
		}
	}
	entry := out.Wallet.newOrderEvent(o, s.Now, eventOf(status))
	if reason != "" {
		entry.Data["reason"] = reason
	}
	out.Events = append(out.Events, entry)
}

func (o *Order) line(id int64) *Line {
	for i := range o.Lines {
		if o.Lines[i].ID == id {
			return &o.Lines[i]
		}
	}
	return nil
}
