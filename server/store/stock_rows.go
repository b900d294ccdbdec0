package store

import (
	"time"

	"orderhub/server/order"
)

// SelectAllotments reads days of dated products; ScanAllotment takes its rows.
var SelectAllotments = FromPostgres(`SELECT a.id, a.product_id, a.use_date, a.capacity, a.sold FROM allotments a
	WHERE (a.product_id, a.use_date) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
	ORDER BY a.product_id, a.use_date`)

// LockAllotments reads days, and keeps everyone else from changing them until the transaction ends.
func LockAllotments(days *Pairs, allotments map[order.AllotmentKey]*order.AllotmentState) Query {
	each := func(row Scanner) error { return ScanAllotment(row, allotments) }
	return Query{SelectAllotments.Locked(LockRows), []any{days}, each}
}

// ScanAllotment puts a row of SelectAllotments to its product and day.
func ScanAllotment(row Scanner, allotments map[order.AllotmentKey]*order.AllotmentState) error {
	var key order.AllotmentKey
	a := &order.AllotmentState{}
	if err := row.Scan(&a.ID, &key.ProductID, &key.UseDate, &a.Capacity, &a.Sold); err != nil {
		return err
	}
	allotments[key] = a
	return nil
}

// DeliveredUnit is a unit that has an order from the beginning: goods that were
// bought, and a ticket.
type DeliveredUnit struct {
	ID, ProductID, OrderID, LineID int64
	Content                        []byte // sealed
	Status                         order.GoodsStatus
	TicketCode                     string // "" for none
	UseDate                        string
	CreatedAt                      time.Time
	DeliveredAt                    *time.Time
}

// DeliveredUnitsTable takes units that have an order from the beginning.
var DeliveredUnitsTable = &Table[DeliveredUnit]{Name: "units", Columns: []Column[DeliveredUnit]{
	Bigint("id", func(r *DeliveredUnit) int64 { return r.ID }),
	Bigint("product_id", func(r *DeliveredUnit) int64 { return r.ProductID }),
	Bytes("content", func(r *DeliveredUnit) []byte { return r.Content }),
	Text("status", func(r *DeliveredUnit) order.GoodsStatus { return r.Status }),
	Bigint("order_id", func(r *DeliveredUnit) int64 { return r.OrderID }),
	Bigint("line_id", func(r *DeliveredUnit) int64 { return r.LineID }),
	NullText("ticket_code", func(r *DeliveredUnit) string { return r.TicketCode }),
	Text("use_date", func(r *DeliveredUnit) string { return r.UseDate }),
	Time("created_at", func(r *DeliveredUnit) time.Time { return r.CreatedAt }),
	NullTime("delivered_at", func(r *DeliveredUnit) *time.Time { return r.DeliveredAt }),
}}

// ChangeAllotments writes how much of a day is sold.
var ChangeAllotments = &Change[order.AllotmentState]{
	Table: "allotments", ID: func(r *order.AllotmentState) int64 { return r.ID },
	Columns: []Column[order.AllotmentState]{Bigint("sold", func(r *order.AllotmentState) int64 { return r.Sold })},
}

// ScanContent reads a unit and opens it.
func ScanContent(row Scanner, open func(id int64, sealed []byte) (string, error)) (
	id int64, content string, err error,
) {
	var sealed []byte
	if err := row.Scan(&id, &sealed); err != nil {
		return 0, "", err
	}
	content, err = open(id, sealed)
	return id, content, err
}
