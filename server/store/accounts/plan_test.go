package accounts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
	"orderhub/server/store/accounts"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// A page of a statement names its orders without looking at all others of the merchant.
func TestPlanOfOrderNumbers(t *testing.T) {
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		_, err := s.WriteDB.ExecContext(t.Context(), `INSERT INTO orders (id, number, merchant_id, reference, fingerprint,
			door, status, currency, created_at, updated_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
			SELECT i, concat(i), 1, concat(i), '', 'hub', 'completed', 'THB', '2026-01-01', '2026-01-01' FROM n`)
		require.NoError(t, err)
		if s.Pool() != nil {
			_, err := s.WriteDB.ExecContext(t.Context(), `ANALYZE orders`)
			require.NoError(t, err)
		}
		statement := store.Statement{
			Postgres: "EXPLAIN " + accounts.SelectOrderNumbers.Postgres,
			SQLite:   "EXPLAIN QUERY PLAN " + accounts.SelectOrderNumbers.SQLite,
		}
		var steps []string
		err = s.Peek(t.Context(), store.NewQuery(statement, []any{int64(1), []int64{1, 2, 3}}, func(row store.Scanner) error {
			var step string
			into := []any{&step}
			if s.Pool() == nil {
				into = []any{new(int64), new(int64), new(int64), &step}
			}
			err := row.Scan(into...)
			steps = append(steps, step)
			return err
		}))
		require.NoError(t, err)
		require.Regexp(t, `INTEGER PRIMARY KEY|using orders_pkey`, strings.Join(steps, "\n"))
	})
}
