package reports

import (
	"time"

	"orderhub/server/store"
)

// Reads are the reads of large tables, of a part of time.
func (s *Store) Reads(from, to time.Time) []store.Query {
	return []store.Query{
		store.NewQuery(countOrders, []any{from, to}, nil), store.NewQuery(countAttempts, []any{from, to, 1, 2}, nil),
		store.NewQuery(anAttempt, []any{1}, nil), store.NewQuery(lastAttempt, nil, nil),
		store.NewQuery(placedSince, []any{from, 100}, nil),
		store.NewQuery(lastOrder, []any{to}, nil), store.NewQuery(stuckOrders, []any{to}, nil),
		store.NewQuery(lowStock, []any{10, 100, int64(0)}, nil), store.NewQuery(lastDeliveries, []any{1, 200}, nil),
	}
}
