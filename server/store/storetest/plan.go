package storetest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
	"orderhub/server/store/stores"
)

// Plan is how the database goes about a statement, step by step.
func Plan(t *testing.T, s *stores.All, of store.Statement, args ...any) (steps []string) {
	t.Helper()
	explain := store.Statement{Postgres: "EXPLAIN " + of.Postgres, SQLite: "EXPLAIN QUERY PLAN " + of.SQLite}
	err := s.Peek(t.Context(), store.NewQuery(explain, args, func(row store.Scanner) error {
		var step string
		into := []any{&step}
		if s.Pool() == nil {
			into = []any{new(int64), new(int64), new(int64), &step}
		}
		err := row.Scan(into...)
		steps = append(steps, step)
		return err
	}))
	require.NoError(t, err, explain)
	return steps
}

// ManyOrders are as many of one merchant as make a difference to plans, each with a line and a unit.
func ManyOrders(t *testing.T, s *stores.All) {
	t.Helper()
	const numbers = ` WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) `
	fill := []string{
		`INSERT INTO orders (id, number, merchant_id, reference, fingerprint, door, status, currency, created_at,
			updated_at)` + numbers + `SELECT i, concat(i), 1, concat(i), '', 'hub', 'completed', 'THB', '2026-01-01',
			'2026-01-01' FROM n`,
		`INSERT INTO order_lines (id, order_id, merchant_id, position, product_id, sku, product_name, source, quantity,
			status, created_at, updated_at)` + numbers + `SELECT i, i, 1, 1, 1, 'CODE', 'Code', 'stock', 1, 'completed',
			'2026-01-01', '2026-01-01' FROM n`,
		`INSERT INTO units (product_id, content, status, order_id, line_id, created_at)` + numbers +
			`SELECT 1, '', 'delivered', i, i, '2026-01-01' FROM n`,
	}
	if s.Pool() != nil {
		fill = append(fill, `ANALYZE orders, order_lines, units`)
	} else {
		fill = append([]string{`PRAGMA foreign_keys = OFF`}, fill...)
	}
	for _, statement := range fill {
		_, err := s.WriteDB.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}
