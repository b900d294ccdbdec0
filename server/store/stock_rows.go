package store

import (
	"orderhub/server/order"
)

// SelectAllotments reads days of dated products; ScanAllotment takes its rows.
var SelectAllotments = Statement{
	Postgres: `SELECT a.id, a.product_id, a.use_date, a.capacity, a.sold FROM allotments a
			WHERE (a.product_id, a.use_date) IN (SELECT * FROM unnest($1::bigint[], $2::text[]))
			ORDER BY a.product_id, a.use_date`,
	SQLite: `SELECT a.id, a.product_id, a.use_date, a.capacity, a.sold FROM allotments a
			WHERE (a.product_id, a.use_date) IN
			(SELECT value ->> 0, value ->> 1 FROM json_each($1))
			ORDER BY a.product_id, a.use_date`,
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

// DeliveredUnitsTable takes units that have an order from the beginning: goods that
// were bought, and tickets.
var DeliveredUnitsTable = &Table{Name: "units", Columns: []Column{
	{Name: "id", Kind: "bigint"},
	{Name: "product_id", Kind: "bigint"},
	{Name: "content", Kind: "bytea"},
	{Name: "status", Kind: "text"},
	{Name: "order_id", Kind: "bigint"},
	{Name: "line_id", Kind: "bigint"},
	{Name: "ticket_code", Kind: "text"},
	{Name: "use_date", Kind: "text"},
	{Name: "created_at", Kind: "timestamptz"},
	{Name: "delivered_at", Kind: "timestamptz"},
}}

// ChangeAllotments writes how much of a day is sold.
var ChangeAllotments = &Change{Table: "allotments", Columns: []Column{{Name: "sold", Kind: "bigint"}}}

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
