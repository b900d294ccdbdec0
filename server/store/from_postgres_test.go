package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"orderhub/server/store"
)

func TestFromPostgres(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, postgres, sqlite string }{
		{"nothing of its own", `SELECT id FROM orders WHERE id = $1`, `SELECT id FROM orders WHERE id = $1`},
		{
			"lists", "SELECT id FROM t WHERE id =\n\t ANY($12::bigint[]) AND name <> ALL($1::text[]) LIMIT $2",
			`SELECT id FROM t WHERE id IN (SELECT value FROM json_each($12)) ` +
				`AND name NOT IN (SELECT value FROM json_each($1)) LIMIT $2`,
		},
		{
			"a list that may be empty", `WHERE cardinality($3::text[]) = 0 OR e.type = ANY($3::text[])`,
			`WHERE $3 = '[]' OR e.type IN (SELECT value FROM json_each($3))`,
		},
		{
			"pairs", `WHERE (a, b) IN (SELECT * FROM unnest($1::bigint[], $2::text[])) ORDER BY a`,
			`WHERE (a, b) IN (SELECT value ->> 0, value ->> 1 FROM json_each($1)) ORDER BY a`,
		},
		{
			"joined pairs",
			`FROM unnest($1::bigint[], $2::text[]) AS pair(id, text) ` +
				`JOIN t ON t.a = pair.id AND t.b = pair.text AND t.c`,
			`FROM json_each($1) AS pair JOIN t ON t.a = pair.value ->> 0 AND t.b = pair.value ->> 1 AND t.c`,
		},
		{
			"a list of rows", `WHERE id = ANY(ARRAY(SELECT (id) FROM t WHERE u = ANY($1::bigint[]) FOR UPDATE)) AND b`,
			`WHERE id IN (SELECT (id) FROM t WHERE u IN (SELECT value FROM json_each($1))) AND b`,
		},
		{
			"a list of bytes", `= ANY(ARRAY(SELECT decode(value, 'hex') FROM unnest($2::text[]) AS list(value)))`,
			`IN (SELECT unhex(value) FROM json_each($2) AS list)`,
		},
		{
			"what nobody writes any more",
			`WHERE a AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint`,
			`WHERE a`,
		},
		{"a moment", `WHERE at < to_timestamp($1)`, `WHERE at < strftime('%Y-%m-%d %H:%M:%S', $1, 'unixepoch')`},
		{"a lock", `SELECT id FROM t ORDER BY id FOR NO KEY UPDATE OF t`, `SELECT id FROM t ORDER BY id`},
		{
			"a lock within", "DELETE FROM t WHERE id IN (SELECT id FROM t\n\t\tFOR UPDATE SKIP LOCKED) RETURNING id",
			`DELETE FROM t WHERE id IN (SELECT id FROM t) RETURNING id`,
		},
		{"a shared lock", `SELECT id FROM t FOR KEY SHARE`, `SELECT id FROM t`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, store.Statement{Postgres: c.postgres, SQLite: c.sqlite}, store.FromPostgres(c.postgres))
		})
	}
	for _, c := range []struct{ postgres, left string }{
		{`WHERE id > ANY($1::bigint[])`, "ANY("},
		{`WHERE id < ALL ($1::bigint[])`, "ALL ($"},
		{`SELECT id FROM unnest($1::bigint[]) AS id`, "unnest("},
		{`WHERE cardinality($1::text[]) > 1`, "cardinality("},
		{`WHERE id = ANY(ARRAY(SELECT 1`, "ANY("},
		{`SELECT $1::text[]`, "::text[]"},
	} {
		t.Run(c.postgres, func(t *testing.T) {
			t.Parallel()
			require.PanicsWithValue(
				t, fmt.Sprintf("store: SQLite does not know %q in %s", c.left, c.postgres),
				func() { store.FromPostgres(c.postgres) },
			)
		})
	}
}
