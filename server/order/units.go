package order

import (
	"fmt"
	"maps"
	"strconv"

	"orderhub/server/event"
	"orderhub/server/money"
)

// UnitRefund gives back delivered units of one line because they do not work: the
// customer has them no more.
type UnitRefund struct {
	MerchantID int64
	OrderID    int64
	LineID     int64
	Units      []int64 // ids, each once
	Note       Note    // tells of it; how many units and how much money are added
}

// RefundUnits counts the units as cancelled and pays back what the line owes then, as
// any cancellation does. Amounts has what of it is each unit's: rounding makes a
// difference of a minor unit between them. The caller makes sure that the customer
// has the units.
func (s *SettleState) RefundUnits(in UnitRefund) (out *Settled, amounts []money.Amount, err error) {
	if out, err = s.begin(in.MerchantID, in.OrderID, in.LineID); err != nil {
		return nil, nil, err
	}
	line := out.Line
	if int64(len(in.Units)) > line.Completed {
		return nil, nil, fmt.Errorf(
			"refund line %d of order %s: %d units, but only %d are delivered", line.ID, out.Order.Number, len(in.Units),
			line.Completed,
		)
	}
	var total money.Amount
	for _, unit := range in.Units {
		line.Completed--
		line.Cancelled++
		out.Refund = 0
		if err := out.refund(); err != nil {
			return nil, nil, err
		}
		amounts, total = append(amounts, out.Refund), total.AddCapped(out.Refund)
		s.mark(out, unit, GoodsCancelled)
	}
	out.Refund = total
	if line.Ticketed() {
		out.Released = int64(len(in.Units))
	}
	line.Status = line.statusOf(line.Status == StatusProcessing)
	in.Note.Data["refund"], in.Note.Data["currency"] = total.Format(out.Order.Currency), string(out.Order.Currency)
	s.note(out, in.Note, len(in.Units))
	s.advance(out, "")
	s.freeze(out)
	return out, amounts, nil
}

// mark says what became of a unit that was delivered.
func (s *SettleState) mark(out *Settled, unit int64, status GoodsStatus) {
	out.Changed = append(out.Changed, GoodsChange{ID: unit, Status: status})
	for _, t := range s.Tickets[out.Line.ID] {
		if t.ID == unit {
			t.Status = status
		}
	}
}

// note adds an event about units of the line.
func (s *SettleState) note(out *Settled, n Note, units int) {
	noted := out.Wallet.newOrderEvent(out.Order, s.Now, n.Type)
	noted.LineID = out.Line.ID
	noted.Data["units"], noted.Data["line_status"] = strconv.Itoa(units), string(out.Line.Status)
	maps.Copy(noted.Data, n.Data)
	out.Events = append(out.Events, noted)
}

// UnitChange says what became of delivered units of one line where no money moves.
type UnitChange struct {
	MerchantID int64
	OrderID    int64
	LineID     int64
	Units      []int64 // ids, each once
	// Status is what they are from now on; "" leaves them as they are. One that is
	// replaced needs another one delivered for it in the same transaction.
	Status GoodsStatus
	Note   Note // tells of it; how many units is added
}

// ChangeUnits marks units and tells of it.
func (s *SettleState) ChangeUnits(in UnitChange) (*Settled, error) {
	out, err := s.begin(in.MerchantID, in.OrderID, in.LineID)
	if err != nil {
		return nil, err
	}
	for _, unit := range in.Units {
		if in.Status != "" {
			s.mark(out, unit, in.Status)
		}
	}
	out.Order.UpdatedAt = s.Now
	s.note(out, in.Note, len(in.Units))
	s.freeze(out)
	return out, nil
}

// NoteOf is a note of an event with some facts.
func NoteOf(t event.Type, data map[string]string) Note {
	if data == nil {
		data = make(map[string]string)
	}
	return Note{Type: t, Data: data}
}
