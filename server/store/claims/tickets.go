package claims

import (
	"context"
	"strconv"
	"time"

	"orderhub/server/audit"
	"orderhub/server/claim"
	"orderhub/server/event"
	"orderhub/server/order"
	"orderhub/server/store"
)

// keptTicket is a ticket with where it belongs.
type keptTicket struct {
	claim.Ticket

	orderID, lineID int64
	delivered       *time.Time
	by              claim.By
	at              time.Time
}

func (t *keptTicket) fields() store.Fields {
	return store.Fields{
		"u.id", &t.UnitID, "u.ticket_code", &t.Code, "u.status", &t.Status, "u.use_date", &t.UseDate,
		"u.product_id", &t.ProductID, "o.merchant_id", &t.MerchantID, "o.number", &t.OrderNumber,
		"coalesce(r.reference, '')", &t.Reference, "coalesce(r.place, '')", &t.Place, "r.redeemed_at", &t.RedeemedAt,
		"u.order_id", &t.orderID, "u.line_id", &t.lineID, "u.delivered_at", &t.delivered,
	}
}

func (t *keptTicket) scan(row store.Scanner) error {
	err := t.fields().Scan(row)
	t.DeliveredAt = store.Value(t.delivered)
	return err
}

var (
	ticketColumns = `SELECT ` + store.Selected((*keptTicket).fields) +
		` FROM units u JOIN orders o ON o.id = u.order_id LEFT JOIN redemptions r ON r.id = u.id `
	selectTicket  = store.Same(ticketColumns + `WHERE u.ticket_code = $1 AND ($2 = 0 OR o.merchant_id = $2)`)
	selectTickets = store.Same(ticketColumns + `WHERE u.product_id = $1 AND u.use_date = $2
		AND u.ticket_code IS NOT NULL AND u.id > $3 AND ($4 = 0 OR o.merchant_id = $4) ORDER BY u.id LIMIT $5`)
)

var redemptionsTable = &store.Table[keptTicket]{Name: "redemptions", Columns: []store.Column[keptTicket]{
	store.Bigint("id", func(t *keptTicket) int64 { return t.UnitID }),
	store.Bigint("merchant_id", func(t *keptTicket) int64 { return t.MerchantID }),
	store.Bigint("order_id", func(t *keptTicket) int64 { return t.orderID }),
	store.Bigint("line_id", func(t *keptTicket) int64 { return t.lineID }),
	store.Bigint("product_id", func(t *keptTicket) int64 { return t.ProductID }),
	store.Text("reference", func(t *keptTicket) string { return t.Reference }),
	store.Text("place", func(t *keptTicket) string { return t.Place }),
	store.NullTime("redeemed_at", func(t *keptTicket) *time.Time { return t.RedeemedAt }),
	store.Text("redeemed_kind", func(t *keptTicket) string { return t.by.Kind }),
	store.Text("redeemed_by", func(t *keptTicket) string { return t.by.Name }),
	store.Time("created_at", func(t *keptTicket) time.Time { return t.at }),
}}

// ticket finds by code. claim.ErrTicketNotFound.
func (s *Store) ticket(ctx context.Context, run store.Runner, v order.Viewer, code string) (t keptTicket, err error) {
	merchantID, ok := v.Sees()
	if !ok {
		return t, claim.ErrTicketNotFound
	}
	err = run(ctx, store.NewQuery(selectTicket, []any{code, merchantID}, t.scan))
	if err == nil && t.UnitID == 0 {
		err = claim.ErrTicketNotFound
	}
	return t, err
}

func (s *Store) Redeem(ctx context.Context, r claim.Redemption) (claim.Ticket, error) {
	var redeemed keptTicket
	seen, err := s.ticket(ctx, s.db.Peek, r.Viewer, r.Code)
	if err == nil {
		err = s.db.Bulk(ctx, func(tx store.BulkTx) (err error) {
			redeemed, err = s.redeem(ctx, tx, &seen, &r)
			return err
		})
	}
	if err != nil {
		return claim.Ticket{}, store.During("redeem a ticket", err)
	}
	return redeemed.Ticket, nil
}

// redeem locks what was seen of the ticket, which never changes, and reads the rest anew.
func (s *Store) redeem(ctx context.Context, tx store.BulkTx, seen *keptTicket, r *claim.Redemption) (
	t keptTicket, err error,
) {
	// Without its line: the tickets and the day of that are not needed, for no place is for sale again, and a gate that
	// locked the day would wait for whoever places orders for it.
	d, err := s.attempts.OpenDelivered(ctx, tx, seen.MerchantID, seen.orderID, nil, 0)
	if err != nil {
		return t, err
	}
	if t, err = s.ticket(ctx, tx.Query, r.Viewer, r.Code); err != nil {
		return t, err
	}
	policy, err := s.policy(ctx, tx.Query, t.ProductID)
	if err != nil {
		return t, err
	}
	now := d.State().Now
	if again, err := t.Ticket.Redeem(r, &policy, now); err != nil || again {
		return t, err
	}
	settled, err := d.State().ChangeUnits(order.UnitChange{
		MerchantID: t.MerchantID, OrderID: t.orderID, LineID: t.lineID, Units: []int64{t.UnitID},
		Status: order.GoodsUsed,
		Note:   order.NoteOf(event.TicketRedeemed, map[string]string{"redeem_time": t.RedeemedAt.Format(time.RFC3339)}),
	})
	if err != nil {
		return t, err
	}
	if err := d.Add(ctx, settled); err != nil {
		return t, err
	}
	t.by, t.at = r.By, now
	audit.At(ctx, "unit", strconv.FormatInt(t.UnitID, 10))
	audit.Changed(ctx, "status", order.GoodsDelivered, t.Status)
	rows := redemptionsTable.Insert(t)
	return t, d.Commit(ctx, tx, &rows)
}

func (s *Store) Tickets(ctx context.Context, f claim.TicketFilter) (found []claim.Ticket, err error) {
	merchantID, ok := f.Viewer.Sees()
	if !ok {
		return nil, nil
	}
	args := []any{f.ProductID, f.UseDate, f.AfterID, merchantID, store.LimitOf(f.Limit)}
	err = s.db.Peek(ctx, store.NewQuery(selectTickets, args, func(row store.Scanner) error {
		var t keptTicket
		err := t.scan(row)
		found = append(found, t.Ticket)
		return err
	}))
	return found, store.During("list tickets", err)
}
