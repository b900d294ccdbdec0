package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
)

// size is how much room a table, or an index of it, takes in a database.
type size struct {
	Table string
	Name  string // the table's, or the index's
	For   string // what the index is for; "" of tables
	Bytes int64
}

// purposes are what every index of the tables that grow with orders is for. What no query needs has no place here, nor
// in the schema.
var purposes = map[string]string{
	"orders_pkey":                     "an order by its id",
	"orders_number_key":               "an order by its number",
	"order_merchant_id_reference":     "an order by its reference, which is used once",
	"order_merchant_id_created_at_id": "a merchant's list of orders",
	"order_created_at_id":             "operators' lists over all merchants",
	"order_updated_at":                "orders that are not final, for the sweep and for metrics",
	"order_lines_pkey":                "a line by its id",
	"orderline_order_id_position":     "the lines of an order",
	"orderline_code":                  "a line by the code that a door gave it",
	"units_pkey":                      "a unit by its id",
	"unit_line_id":                    "the goods of a line",
	"unit_product_id_expires_s_id":    "the stock of a product, in the order in which it is sold",
	"unit_product_id_fingerprint":     "contents that are there already, when units are imported",
	"unit_product_id_id":              "the stock of a product, for the release before this one",
	"unit_product_id_use_date_id":     "the tickets of a product for a day",
	"unit_withdrawn_for":              "what our own stock gave for an attempt",
	"units_ticket_code_key":           "a ticket by its code",
	"transfers_pkey":                  "a transfer by its id",
	"transfer_merchant_id":            "what was paid into a wallet",
	"transfer_merchant_id_id":         "a wallet's statement",
	"transfer_merchant_id_reference":  "deposits, whose references are used once",
	"transfer_order_id":               "an order's charge and refunds",
	"events_pkey":                     "an event by its id",
	"event_merchant_id_sequence":      "a merchant's log, whose numbers have no gaps",
	"event_order_id_sequence":         "an order's story",
	"event_transaction_id_id":         "the log over all merchants, in an order to which nothing is added later",
}

// growing are the tables that have rows of every order.
const growing = `('orders', 'order_lines', 'units', 'transfers', 'events')`

// SQLite keeps a table in the tree of its primary key.
func (e sqliteEngine) sizes(ctx context.Context, database string) ([]size, error) {
	return sizes(ctx, e, database, `SELECT m.tbl_name, d.name, d.pgsize FROM dbstat AS d
		JOIN sqlite_schema AS m ON m.name = d.name WHERE d.aggregate = TRUE AND m.tbl_name IN `+growing)
}

func (e postgresEngine) sizes(ctx context.Context, database string) ([]size, error) {
	return sizes(ctx, e, database, `SELECT t.relname, t.relname, pg_table_size(t.oid) FROM pg_class AS t
			WHERE t.relkind = 'r' AND t.relname IN `+growing+`
		UNION ALL SELECT t.relname, i.relname, pg_relation_size(i.oid) FROM pg_class AS t
			JOIN pg_index AS x ON x.indrelid = t.oid JOIN pg_class AS i ON i.oid = x.indexrelid
			WHERE t.relkind = 'r' AND t.relname IN `+growing)
}

// sizes are those that the query gives: tables with their indexes, the largest first.
func sizes(ctx context.Context, e engine, database, query string) (found []size, err error) {
	db, err := e.reads(database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s size
		if err := rows.Scan(&s.Table, &s.Name, &s.Bytes); err != nil {
			return nil, err
		}
		found = append(found, s)
	}
	return explained(found, rows.Err())
}

// explained says of each index what it is for, and puts tables in order.
func explained(all []size, err error) ([]size, error) {
	whole := make(map[string]int64)
	for i, s := range all {
		whole[s.Table] += s.Bytes
		if s.Name == s.Table {
			continue
		}
		purpose, known := purposes[s.Name]
		if !known {
			return nil, fmt.Errorf("nothing says what the index %s of %s is for", s.Name, s.Table)
		}
		all[i].For = purpose
	}
	slices.SortFunc(all, func(a, b size) int {
		return cmp.Or(
			cmp.Compare(whole[b.Table], whole[a.Table]), cmp.Compare(a.Table, b.Table),
			cmp.Compare(len(a.For), 0)-cmp.Compare(len(b.For), 0), cmp.Compare(b.Bytes, a.Bytes),
		)
	})
	return all, err
}

// PerOrder is the bytes that each of so many orders takes of it.
func (s *size) PerOrder(orders int) float64 { return float64(s.Bytes) / float64(orders) }

// total is the room of all of them for each of so many orders.
func total(all []size, orders int) float64 {
	var bytes int64
	for _, s := range all {
		bytes += s.Bytes
	}
	return float64(bytes) / float64(orders)
}
