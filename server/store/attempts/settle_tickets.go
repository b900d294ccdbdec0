package attempts

import (
	"context"
	"fmt"

	"orderhub/server/order"
	"orderhub/server/store"
)

var selectTickets = store.FromPostgres(`SELECT line_id, id, ticket_code, status FROM units WHERE line_id =
	ANY($1::bigint[]) ORDER BY line_id, id`)

// loadTickets reads the tickets of the ticketed lines and locks their days: the
// lock order is that of placement, wallets before allotments.
func (t *settlement) loadTickets(ctx context.Context, tx store.BulkTx, lineIDs []int64) error {
	var ticketed []int64
	var days store.Pairs
	for _, o := range t.state.Orders {
		for i := range o.Lines {
			line := &o.Lines[i]
			if line.Ticketed() {
				ticketed = append(ticketed, line.ID)
				days.Add(line.ProductID, line.UseDate)
			}
		}
	}
	if ticketed = intersection(ticketed, lineIDs); len(ticketed) == 0 {
		return nil
	}
	return tx.Query(ctx,
		store.LockAllotments(&days, t.days),
		store.NewQuery(selectTickets, []any{ticketed}, func(row store.Scanner) error {
			var line int64
			var code *string
			ticket := &order.Ticket{}
			err := row.Scan(&line, &ticket.ID, &code, &ticket.Status)
			ticket.Code = store.Value(code)
			t.state.Tickets[line] = append(t.state.Tickets[line], ticket)
			return err
		}),
	)
}

// intersection is the values of a that are in b, in order and each once.
func intersection(a, b []int64) []int64 {
	wanted := make(map[int64]bool, len(b))
	for _, v := range b {
		wanted[v] = true
	}
	var both []int64
	for _, v := range store.Distinct(a) {
		if wanted[v] {
			both = append(both, v)
		}
	}
	return both
}

// changeTickets gathers what became of tickets, and puts those that nobody has any
// more on sale again.
func (t *settlement) changeTickets(settled *order.Settled) {
	for _, change := range settled.Changed {
		if change.Status == order.GoodsDelivered {
			content := t.store.db.Vault.SealUnit(change.ID, change.Content)
			t.tickets.Add(confirmedTicket{change, content, t.state.Now})
			continue
		}
		t.withdrawn.Add(change)
	}
	day := t.days[order.AllotmentKey{ProductID: settled.Line.ProductID, UseDate: settled.Line.UseDate}]
	if day != nil && settled.Released > 0 {
		// A day of a provider's product may have been sold before it had an allotment.
		day.Sold, day.Used = max(0, day.Sold-settled.Released), true
	}
}

func (s *Store) CancelTickets(ctx context.Context, in order.TicketCancellation) error {
	err := s.db.Bulk(ctx, func(tx store.BulkTx) error {
		t, err := s.loadSettlement(
			ctx, tx, []order.Settlement{{MerchantID: in.MerchantID, OrderID: in.OrderID, LineID: in.LineID}},
		)
		if err != nil {
			return err
		}
		if t.unsettled[purpose{lineID: in.LineID}].id != in.AttemptID {
			return order.ErrBusy
		}
		settled, err := t.state.CancelTickets(in)
		if err != nil {
			return err
		}
		if err := t.gather(ctx, settled); err != nil {
			return err
		}
		if attempt := t.unsettled[purpose{lineID: in.LineID}].id; attempt != 0 && settled.Line.Status.Final() {
			t.closed.Add(closedAttempt{attempt, t.state.Now})
		}
		return t.write(ctx, tx.Commit)
	})
	if err != nil {
		return fmt.Errorf("cancel tickets of line %d: %w", in.LineID, err)
	}
	return nil
}
