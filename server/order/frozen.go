package order

import (
	"encoding/json"
	"fmt"
	"time"

	"orderhub/server/event"
	"orderhub/server/money"
)

// frozen is what of an order changes, as it stood when an event happened. It is
// kept with the event: names are short, because there are many.
type frozen struct {
	Status         Status       `json:"s"`
	Refunded       money.Amount `json:"r,omitempty"`
	FailureCode    string       `json:"fc,omitempty"`
	FailureMessage string       `json:"fm,omitempty"`
	CompletedAt    *time.Time   `json:"c,omitempty"`
	Lines          []frozenLine `json:"l"` // all of them, or the one that the event is about
}

type frozenLine struct {
	ID             int64        `json:"i"`
	Status         Status       `json:"s"`
	Completed      int64        `json:"d,omitempty"`
	Failed         int64        `json:"f,omitempty"`
	Cancelled      int64        `json:"x,omitempty"`
	Refunded       money.Amount `json:"r,omitempty"`
	FailureCode    string       `json:"fc,omitempty"`
	FailureMessage string       `json:"fm,omitempty"`
	Changed        bool         `json:"n,omitempty"` // in the moment of the event
}

// freeze is the state of the order. changed has the lines that changed with the
// event; only keeps one line alone, 0 all.
func (o *Order) freeze(changed map[int64]bool, only int64) string {
	state := frozen{
		Status: o.Status, Refunded: o.Refunded, FailureCode: o.FailureCode, FailureMessage: o.FailureMessage,
		CompletedAt: o.CompletedAt, Lines: make([]frozenLine, 0, len(o.Lines)),
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if only != 0 && l.ID != only {
			continue
		}
		state.Lines = append(state.Lines, frozenLine{
			ID: l.ID, Status: l.Status, Completed: l.Completed, Failed: l.Failed, Cancelled: l.Cancelled, Refunded: l.Refunded,
			FailureCode: l.FailureCode, FailureMessage: l.FailureMessage, Changed: changed[l.ID],
		})
	}
	return state.text()
}

func (f *frozen) text() string {
	text, err := json.Marshal(f)
	if err != nil {
		panic("order: a struct of numbers and texts cannot fail to marshal: " + err.Error())
	}
	return string(text)
}

// At is the order as it stood when an event about it happened: with the goods
// that had been delivered by then, and with what of it never changes. Changed
// are the ids of the lines that changed with the event. An event about one line
// leaves the others' states as they are now. The order stays as it is.
func (o *Order) At(e *event.Event) (then *Order, changed map[int64]bool, err error) {
	var state frozen
	if err := json.Unmarshal([]byte(e.State), &state); err != nil {
		return nil, nil, fmt.Errorf("state of event %d of order %s: %w", e.Sequence, o.Number, err)
	}
	past := *o
	past.Status = state.Status
	past.Refunded = state.Refunded
	past.CompletedAt = state.CompletedAt
	past.UpdatedAt = e.CreatedAt
	past.FailureCode, past.FailureMessage = state.FailureCode, state.FailureMessage
	lines := make(map[int64]*frozenLine, len(state.Lines))
	for i := range state.Lines {
		lines[state.Lines[i].ID] = &state.Lines[i]
	}
	past.Lines = make([]Line, len(o.Lines))
	changed = make(map[int64]bool)
	for i, l := range o.Lines {
		if f := lines[l.ID]; f != nil {
			l.Status = f.Status
			l.Completed = f.Completed
			l.Failed = f.Failed
			l.Cancelled = f.Cancelled
			l.Refunded = f.Refunded
			l.FailureCode, l.FailureMessage = f.FailureCode, f.FailureMessage
			l.Goods = goodsAt(l.Goods, f, e.CreatedAt)
			changed[l.ID] = f.Changed
		}
		past.Lines[i] = l
	}
	return &past, changed, nil
}

// StateAt is [Order.At] of an order of which nothing is known but what the event has: its
// status, and those and the counts of its lines.
func StateAt(e *event.Event) (then *Order, changed map[int64]bool, err error) {
	var state frozen
	if err := json.Unmarshal([]byte(e.State), &state); err != nil {
		return nil, nil, fmt.Errorf("state of event %d of merchant %d: %w", e.Sequence, e.MerchantID, err)
	}
	o := &Order{ID: e.OrderID, Lines: make([]Line, len(state.Lines))}
	for i := range state.Lines {
		o.Lines[i].ID = state.Lines[i].ID
	}
	return o.At(e)
}

// goodsAt are the goods as they stood: what came later is left out, and what was
// taken back or refused since is as it was before, as far as it is more than then.
func goodsAt(now []Goods, line *frozenLine, at time.Time) []Goods {
	var then []Goods
	completed, cancelled := line.Completed, line.Cancelled
	for _, g := range now {
		if g.DeliveredAt.After(at) {
			if g.TicketCode == "" {
				continue
			}
			g.Status, g.Content, g.DeliveredAt = GoodsPending, "", time.Time{}
		}
		if g.Status == GoodsDelivered || g.Status == GoodsUsed {
			completed--
		}
		then = append(then, g)
	}
	for i := range then {
		switch g := &then[i]; {
		case g.Status != GoodsCancelled || g.DeliveredAt.IsZero():
		case completed > 0:
			g.Status = GoodsDelivered
			completed--
		default:
			cancelled--
		}
	}
	// What took the place of a unit is counted already: those that are left were not replaced then.
	for i := range then {
		if g := &then[i]; g.Status == GoodsReplaced && completed > 0 {
			g.Status = GoodsDelivered
			completed--
		}
	}
	reopen(then, map[GoodsStatus]int64{GoodsCancelled: cancelled, GoodsFailed: line.Failed})
	return then
}

// reopen makes tickets that nobody ever delivered pending again, but for so many
// that had ended.
func reopen(goods []Goods, ended map[GoodsStatus]int64) {
	for i := range goods {
		g := &goods[i]
		switch {
		case g.TicketCode == "" || !g.DeliveredAt.IsZero():
		case ended[g.Status] > 0:
			ended[g.Status]--
		default:
			g.Status = GoodsPending
		}
	}
}
