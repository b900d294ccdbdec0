package store

import (
	"context"
	"fmt"

	"orderhub/server/fulfil"
	"orderhub/server/order"
)

var (
	selectTickets = statement{
		postgres: `SELECT line_id, id, ticket_code, status FROM units WHERE line_id = ANY($1::bigint[]) ORDER BY line_id, id`,
		sqlite: `SELECT line_id, id, ticket_code, status FROM units WHERE line_id IN (SELECT value FROM json_each($1)) ` +
			`ORDER BY line_id, id`,
	}
	changeTickets = &change{table: "units", columns: []column{
		{name: "status", kind: "text"}, {name: "content", kind: "bytea"}, {name: "delivered_at", kind: "timestamptz"},
	}}
	keepTickets      = &change{table: "units", columns: []column{{name: "status", kind: "text"}}}
	changeDoorStates = &change{table: "order_lines", columns: []column{
		{name: "sealed_door_state", kind: "bytea"}, {name: "door_state", kind: "text"},
	}}
)

// loadTickets reads the tickets of the ticketed lines and locks their days: the
// lock order is that of placement, wallets before allotments.
func (t *settlement) loadTickets(ctx context.Context, tx bulkTx, lineIDs []int64) error {
	var ticketed []int64
	var days pairs
	for _, o := range t.state.Orders {
		for i := range o.Lines {
			line := &o.Lines[i]
			if line.Ticketed() {
				ticketed = append(ticketed, line.ID)
				days.add(line.ProductID, line.UseDate)
			}
		}
	}
	if ticketed = intersection(ticketed, lineIDs); len(ticketed) == 0 {
		return nil
	}
	return tx.read(ctx,
		read{selectAllotments.locked(lockRows), []any{&days}, func(row scanner) error { return scanAllotment(row, t.days) }},
		read{selectTickets, []any{ticketed}, func(row scanner) error {
			var line int64
			var code *string
			ticket := &order.Ticket{}
			err := row.Scan(&line, &ticket.ID, &code, &ticket.Status)
			ticket.Code = value(code)
			t.state.Tickets[line] = append(t.state.Tickets[line], ticket)
			return err
		}},
	)
}

// intersection is the values of a that are in b, in order and each once.
func intersection(a, b []int64) []int64 {
	wanted := make(map[int64]bool, len(b))
	for _, v := range b {
		wanted[v] = true
	}
	var both []int64
	for _, v := range distinct(a) {
		if wanted[v] {
			both = append(both, v)
		}
	}
	return both
}

// takeTickets gathers what became of tickets, and puts those that nobody has any
// more on sale again.
func (t *settlement) takeTickets(settled *order.Settled) {
	for _, change := range settled.Tickets {
		if change.Status == order.GoodsDelivered {
			t.tickets.add(change.ID, string(change.Status), t.store.sealUnit(change.ID, change.Content), t.state.Now)
			continue
		}
		t.withdrawn.add(change.ID, string(change.Status))
	}
	day := t.days[order.AllotmentKey{ProductID: settled.Line.ProductID, UseDate: settled.Line.UseDate}]
	if day != nil && settled.Released > 0 {
		// A day of a provider's product may have been sold before it had an allotment.
		day.Sold, day.Used = max(0, day.Sold-settled.Released), true
	}
}

// CancelTickets implements fulfil.Store.
func (s *Store) CancelTickets(ctx context.Context, in order.TicketCancellation) error {
	err := s.bulk(ctx, func(tx bulkTx) error {
		t, err := s.loadSettlement(
			ctx, tx, []order.Settlement{{MerchantID: in.MerchantID, OrderID: in.OrderID, LineID: in.LineID}},
		)
		if err != nil {
			return err
		}
		if t.unsettled[in.LineID].id != in.AttemptID {
			return order.ErrBusy
		}
		settled, err := t.state.CancelTickets(in)
		if err != nil {
			return err
		}
		if err := t.gather(ctx, settled); err != nil {
			return err
		}
		if attempt := t.unsettled[in.LineID].id; attempt != 0 && settled.Line.Status.Final() {
			t.closed.add(attempt, string(fulfil.AttemptCancelled), nil, t.state.Now, t.state.Now)
		}
		return t.write(ctx, tx.commit)
	})
	if err != nil {
		return fmt.Errorf("cancel tickets of line %d: %w", in.LineID, err)
	}
	return nil
}
