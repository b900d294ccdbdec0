package fulfil

import (
	"context"
	"fmt"
	"strings"
	"time"

	"orderhub/server/operatorevent"
	"orderhub/server/order"
)

// Passed is why offers were passed over for a line, as it was judged last.
type Passed struct {
	OrderID, LineID int64
	Reasons         []string // one sentence for each offer; for operators only
	At              time.Time
}

// remember notes what a choice passed over, to be kept with the line.
func (r *plan) remember(w *Work, line *order.Line, c *choice) {
	if len(c.passed) > 0 {
		r.passed = append(r.passed, passedLine{w.Order.ID, line.ID, line.ProductID, c.passed})
	}
}

// passedLine is a line with what was passed over for it.
type passedLine struct {
	orderID, lineID, productID int64
	offers                     []passedOffer
}

// keepPassed keeps what was passed over: when the line is final nobody could tell any more. Operators are told of
// products that have become too dear.
func (e *Engine) keepPassed(ctx context.Context, r *plan) error {
	if len(r.passed) == 0 {
		e.dears.note(nil, r.sales)
		return nil
	}
	names, err := e.names(ctx)
	if err != nil {
		return err
	}
	kept := make([]Passed, len(r.passed))
	for i, line := range r.passed {
		kept[i] = Passed{OrderID: line.orderID, LineID: line.lineID, At: r.now, Reasons: passedOver(line.offers, names)}
	}
	tells := r.tells(&e.dears, names)
	events := make([]operatorevent.Event, len(tells))
	for i := range tells {
		events[i] = *tells[i].dear
	}
	if err := e.Store.KeepPassed(ctx, kept, events); err != nil {
		return fmt.Errorf("keep what %d lines passed over: %w", len(kept), err)
	}
	e.dears.note(tells, r.sales)
	return nil
}

// passed tells what was passed over for lines, those that wait as it would be now.
func (t *narrator) passed(kept []Passed) {
	for i := range kept {
		for j := range t.order.Lines {
			line := &t.order.Lines[j]
			if _, waits := t.choices[line.ID]; line.ID == kept[i].LineID && !waits {
				t.cause = causeAsked
				t.add(kept[i].At, line.Position, "Passed over: %s", strings.Join(kept[i].Reasons, " "))
			}
		}
	}
}
