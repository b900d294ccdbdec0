package store

import (
	"context"
	"encoding/json"
	"fmt"

	"orderhub/server/event"
)

// On PostgreSQL ids are given out before their transactions commit, so that a
// reader that goes by ids alone can pass an event it could not see yet. The
// number of the transaction tells: every transaction below the oldest that is
// still open has ended, and no later one has a number below it.
var (
	entryColumns = `SELECT e.id, e.transaction_id, e.merchant_id, e.sequence, coalesce(e.order_id, 0), coalesce(e.line_id, 0), e.type, e.data, e.created_at,
			coalesce(o.number, ''), coalesce(o.reference, ''), coalesce(l.position, 0)
		FROM events e LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN order_lines l ON l.id = e.line_id `
	selectMerchantEntries = statement{
		postgres: entryColumns + `WHERE e.merchant_id = $1 AND e.sequence > $2 AND (cardinality($3::text[]) = 0 OR e.type = ANY($3::text[]))
			ORDER BY e.sequence LIMIT $4`,
		sqlite: entryColumns + `WHERE e.merchant_id = $1 AND e.sequence > $2 AND ($3 = '[]' OR e.type IN (SELECT value FROM json_each($3)))
			ORDER BY e.sequence LIMIT $4`,
	}
	selectAllEntries = statement{
		postgres: entryColumns + `WHERE (e.transaction_id, e.id) > ($1, $2) AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
			AND (cardinality($3::text[]) = 0 OR e.type = ANY($3::text[])) ORDER BY e.transaction_id, e.id LIMIT $4`,
		sqlite: entryColumns + `WHERE (e.transaction_id, e.id) > ($1, $2)
			AND ($3 = '[]' OR e.type IN (SELECT value FROM json_each($3))) ORDER BY e.transaction_id, e.id LIMIT $4`,
	}
)

var takeLogs = same(`SELECT pg_advisory_xact_lock(1869771876, (id % 2147483647)::int) FROM unnest($1::bigint[]) AS id`)

// lockLogs comes before everything else in a transaction that writes events of
// the merchants, which are in order. A transaction gets its number with the first
// row that it locks: were that the wallet of one merchant, it could be overtaken
// while it waits for the wallet of another, whose events would then not be in
// their order in the log of all merchants. SQLite has one writer.
func (s *Store) lockLogs(merchantIDs []int64) []read {
	if s.pool == nil {
		return nil
	}
	return []read{{takeLogs, []any{merchantIDs}, func(scanner) error { return nil }}}
}

// Entries implements event.Store. A merchant's numbers are given out under the
// lock of its wallet, so that they become visible in order.
func (s *Store) Entries(ctx context.Context, after event.Cursor, limit int) ([]event.Entry, error) {
	types := make([]string, len(after.Types))
	for i, t := range after.Types {
		types[i] = string(t)
	}
	wanted := read{statement: selectMerchantEntries, args: []any{after.MerchantID, after.Sequence, types, limit}}
	if after.MerchantID == 0 {
		wanted = read{statement: selectAllEntries, args: []any{after.Position.Transaction, after.Position.ID, types, limit}}
	}
	var entries []event.Entry
	wanted.each = func(row scanner) error {
		e, err := scanEntry(row)
		entries = append(entries, e)
		return err
	}
	return entries, during("read the event log", wrap(s.peek(ctx, wanted), nil))
}

func scanEntry(row scanner) (e event.Entry, err error) {
	var data []byte
	err = row.Scan(&e.Position.ID, &e.Position.Transaction, &e.MerchantID, &e.Sequence, &e.OrderID, &e.LineID, &e.Type, &data, &e.CreatedAt,
		&e.OrderNumber, &e.Reference, &e.LinePosition)
	if err != nil {
		return e, err
	}
	e.CreatedAt = utc(e.CreatedAt)
	if err := json.Unmarshal(data, &e.Data); err != nil {
		return e, fmt.Errorf("data of event %d: %w", e.Position.ID, err)
	}
	return e, nil
}
