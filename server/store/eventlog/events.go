package eventlog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/store"
)

// On PostgreSQL ids are given out before their transactions commit, so that a
// reader that goes by ids alone can pass an event it could not see yet. The
// number of the transaction tells: every transaction below the oldest that is
// still open has ended, and no later one has a number below it.
var (
	entryColumns = `SELECT ` + store.Selected((*readEntry).fields) + ` FROM events e
		LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN order_lines l ON l.id = e.line_id `
	selectMerchantEntries = store.FromPostgres(entryColumns + `WHERE e.merchant_id = $1 AND e.sequence > $2
		AND (cardinality($3::text[]) = 0 OR e.type = ANY($3::text[]))
		ORDER BY e.sequence LIMIT $4`)
	selectAllEntries = store.FromPostgres(entryColumns + `WHERE (e.transaction_id, e.id) > ($1, $2)
		AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
		AND e.id > $5 AND (cardinality($3::text[]) = 0 OR e.type = ANY($3::text[]))
		ORDER BY e.transaction_id, e.id LIMIT $4`)
	selectLastSequence = store.Same(`SELECT event_sequence FROM accounts WHERE merchant_id = $1`)
	// Of restored events the ids alone are the order: each merchant's were given
	// out under a lock.
	selectRestoredEntries = store.FromPostgres(entryColumns + `WHERE e.id > $1 AND e.id <= $2 AND
		(cardinality($3::text[]) = 0 OR e.type = ANY($3::text[])) ORDER BY e.id LIMIT $4`)
)

// Entries implements event.Store. A merchant's numbers are given out under the
// lock of its wallet, so that they become visible in order.
func (s *Store) Entries(ctx context.Context, after event.Cursor, limit int) ([]event.Entry, error) {
	types := store.Strings(after.Types)
	if after.MerchantID == 0 {
		entries, err := s.entriesOfAll(ctx, after.Position, types, limit)
		for tries := 1; errors.Is(err, errMoved) && tries < mostMoves; tries++ {
			s.db.Primaries.Add(1) // the log is looked for anew
			entries, err = s.entriesOfAll(ctx, after.Position, types, limit)
		}
		if errors.Is(err, errMoved) {
			err = fmt.Errorf("%w: %w", errs.ErrUnavailable, err)
		}
		return entries, store.During("read the event log", err)
	}
	entries, err := s.entriesOfOne(ctx, after, types, limit)
	return entries, store.During("read the event log", err)
}

func (s *Store) entriesOfOne(ctx context.Context, after event.Cursor, types []string, limit int) (
	[]event.Entry, error,
) {
	return store.ReadAnywhere(ctx, s.db, func(ctx context.Context, r *store.Reads) ([]event.Entry, error) {
		return entriesOfOne(ctx, r.Peek, after, types, limit)
	})
}

func entriesOfOne(ctx context.Context, peek store.Runner, after event.Cursor, types []string, limit int) (
	[]event.Entry, error,
) {
	var removed, last int64
	// Both are read after the entries, or with them: what was removed, and what was written, by then is known.
	bounds := []store.Query{
		store.ReadMarks(
			func(_ string, value int64) { removed = value }, fmt.Sprint(store.EventsRemovedOf, after.MerchantID),
		),
		store.NewQuery(selectLastSequence, []any{after.MerchantID}, store.Into(&last)),
	}
	entries, err := readEntries(ctx, peek, bounds, selectMerchantEntries, after.MerchantID, after.Sequence, types,
		limit)
	switch {
	case err != nil || after.Sequence == 0:
		return entries, err
	case after.Sequence < removed:
		return nil, &event.NoLongerKeptError{Last: event.Cursor{MerchantID: after.MerchantID, Sequence: removed}}
	case after.Sequence > last:
		return nil, &event.BeyondEndError{Last: event.Cursor{MerchantID: after.MerchantID, Sequence: last}}
	default:
		return entries, nil
	}
}

// mostMoves is how often the log is looked for in one read.
const mostMoves = 5

// entriesOfAll reads what was restored, if anything, before what was written here. Errors: errMoved.
func (s *Store) entriesOfAll(ctx context.Context, after event.Position, types []string, limit int) (
	entries []event.Entry, err error,
) {
	log, err := s.eventLog(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.holds(ctx, log, after)
	if err != nil {
		return nil, err
	}
	from, removed := after, marks{}
	peek := func(ctx context.Context, queries ...store.Query) error { return s.peek(ctx, log, queries...) }
	if after.Transaction == 0 && after.ID < log.restoredID {
		entries, err = readEntries(ctx, peek, removed.read(), selectRestoredEntries, after.ID, log.restoredID, types,
			limit)
		for i := range entries {
			entries[i].Position.Transaction = 0
		}
		after.ID = log.restoredID
	}
	if err == nil && len(entries) < limit {
		var written []event.Entry
		written, err = readEntries(
			ctx, peek, removed.read(), selectAllEntries, after.Transaction, after.ID, types, limit-len(entries),
			log.restoredID,
		)
		entries = append(entries, written...)
	}
	if err == nil {
		err = removed.check(log, from, found)
	}
	if err != nil {
		return nil, err
	}
	for i := range entries {
		entries[i].Position.Log = log.name
	}
	return entries, nil
}

// readEntries reads entries, and then more on the way.
func readEntries(
	ctx context.Context, peek store.Runner, more []store.Query, text store.Statement, args ...any,
) (entries []event.Entry, err error) {
	read := store.NewQuery(text, args, store.EachOf((*readEntry).fields, func(row *readEntry) error {
		e := row.Entry
		if err := json.Unmarshal(row.data, &e.Data); err != nil {
			return fmt.Errorf("data of event %d: %w", e.Position.ID, err)
		}
		entries = append(entries, e)
		return nil
	}))
	err = peek(ctx, append([]store.Query{read}, more...)...)
	return entries, err
}

// readEntry is an entry as it is read.
type readEntry struct {
	event.Entry

	data []byte // JSON
}

func (r *readEntry) fields() store.Fields {
	return store.Fields{
		"e.id", &r.Position.ID, "e.transaction_id", &r.Position.Transaction, "e.merchant_id", &r.MerchantID,
		"e.sequence", &r.Sequence, "coalesce(e.order_id, 0)", &r.OrderID, "coalesce(e.line_id, 0)", &r.LineID,
		"e.type", &r.Type, "e.data", &r.data, "e.created_at", &r.CreatedAt, "coalesce(o.number, '')", &r.OrderNumber,
		"coalesce(o.reference, '')", &r.Reference, "coalesce(l.position, 0)", &r.LinePosition,
	}
}
