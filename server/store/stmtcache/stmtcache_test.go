package stmtcache_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"modernc.org/sqlite"

	"orderhub/server/store/stmtcache"
)

// counting counts what its connections prepare.
type counting struct {
	driver.Connector
	prepared *atomic.Int64
}

func (c counting) Connect(ctx context.Context) (driver.Conn, error) {
	opened, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countingConn{opened.(allOfConn), c.prepared}, nil
}

type allOfConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

type countingConn struct {
	allOfConn
	prepared *atomic.Int64
}

func (c countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.prepared.Add(1)
	return c.allOfConn.PrepareContext(ctx, query)
}

// open returns a handle with one connection, and the number of statements that it has prepared.
func open(t testing.TB, size int) (*sql.DB, *atomic.Int64) {
	t.Helper()
	connector, err := sqlite.NewConnector("file:" + filepath.Join(t.TempDir(), "x.sqlite") +
		"?_time_format=sqlite&_timezone=UTC&_journal_mode=WAL&_synchronous=NORMAL")
	require.NoError(t, err)
	prepared := &atomic.Int64{}
	db := sql.OpenDB(stmtcache.Wrap(counting{connector, prepared}, size))
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = db.Exec("CREATE TABLE x (id INTEGER PRIMARY KEY, name TEXT UNIQUE, at DATETIME)")
	require.NoError(t, err)
	return db, prepared
}

func TestStatementsAreKept(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 10)
	for i := range 5 {
		_, err := db.Exec("INSERT INTO x (id, name) VALUES (?, ?)", i, fmt.Sprint(i))
		require.NoError(t, err)
		var name string
		require.NoError(t, db.QueryRow("/* found */ select name FROM x WHERE id = ?", i).Scan(&name))
		require.Equal(t, fmt.Sprint(i), name)
		var id int
		require.NoError(t, db.QueryRow("-- name: Raise :one\nUPDATE x SET id = id WHERE id = ? RETURNING id", i).Scan(&id))
		require.Equal(t, i, id)
	}
	require.EqualValues(t, 3, prepared.Load())
}

func TestLeastRecentlyUsedGoes(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 2)
	query := func(n int) {
		var got int
		require.NoError(t, db.QueryRow(fmt.Sprintf("SELECT %d", n)).Scan(&got))
		require.Equal(t, n, got)
	}
	query(1)
	query(2)
	query(1)
	query(3) // in the place of 2
	query(1)
	require.EqualValues(t, 3, prepared.Load())
	query(2)
	require.EqualValues(t, 4, prepared.Load())
}

func TestOtherStatementsAreNotKept(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 10)
	for _, query := range []string{
		"PRAGMA user_version = 1", "CREATE TABLE y (id INTEGER)", "DROP TABLE y", "", "-- nothing", "/* nothing",
		"SAVEPOINT a", "RELEASE a", "SELECT '" + strings.Repeat("x", 64<<10) + "'",
	} {
		_, err := db.Exec(query)
		require.NoError(t, err, "%.40s", query)
	}
	require.Zero(t, prepared.Load())
}

// One text runs while its rows are being read, in the same transaction.
func TestNestedUse(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 10)
	_, err := db.Exec("INSERT INTO x (id) VALUES (1), (2), (3)")
	require.NoError(t, err)
	tx, err := db.Begin()
	require.NoError(t, err)
	defer func() { require.NoError(t, tx.Rollback()) }()
	const query = "SELECT id FROM x WHERE id > ? ORDER BY id"
	above := func(id int, each func(int)) {
		rows, err := tx.Query(query, id)
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		for rows.Next() {
			var found int
			require.NoError(t, rows.Scan(&found))
			each(found)
		}
		require.NoError(t, rows.Err())
	}
	var pairs [][2]int
	above(0, func(a int) {
		above(a, func(b int) { pairs = append(pairs, [2]int{a, b}) })
	})
	require.Equal(t, [][2]int{{1, 2}, {1, 3}, {2, 3}}, pairs)
	require.EqualValues(t, 3, prepared.Load(), "insert, outer, inner")
}

// Kept statements see a new schema, also one that another connection made.
func TestSchemaChanges(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 10)
	columns := func() []string {
		rows, err := db.Query("SELECT * FROM x")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		names, err := rows.Columns()
		require.NoError(t, err)
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			require.NoError(t, rows.Scan(values...))
		}
		require.NoError(t, rows.Err())
		return names
	}
	_, err := db.Exec("INSERT INTO x (id) VALUES (1)")
	require.NoError(t, err)
	require.Equal(t, []string{"id", "name", "at"}, columns())
	_, err = db.Exec("ALTER TABLE x ADD COLUMN more TEXT")
	require.NoError(t, err)
	require.Equal(t, []string{"id", "name", "at", "more"}, columns())

	var path string
	require.NoError(t, db.QueryRow("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path))
	elsewhere, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = elsewhere.Exec("ALTER TABLE x DROP COLUMN at")
	require.NoError(t, err)
	require.NoError(t, elsewhere.Close())
	require.Equal(t, []string{"id", "name", "more"}, columns())
	require.EqualValues(t, 3, prepared.Load())

	_, err = db.Exec("DROP TABLE x")
	require.NoError(t, err, "nothing keeps the table busy")
	_, err = db.Query("SELECT * FROM x") //nolint:rowserrcheck,sqlclosecheck // fails
	require.ErrorContains(t, err, "no such table")
}

// A statement works again after it failed.
func TestAfterErrors(t *testing.T) {
	t.Parallel()
	db, _ := open(t, 10)
	insert := func(id int, name string) error {
		_, err := db.Exec("INSERT INTO x (id, name) VALUES (?, ?)", id, name)
		return err
	}
	insertReturning := func(id int, name string) (got string, err error) {
		err = db.QueryRow("INSERT INTO x (id, name) VALUES (?, ?) RETURNING name", id, name).Scan(&got)
		return got, err
	}
	require.NoError(t, insert(1, "a"))
	require.ErrorContains(t, insert(1, "b"), "UNIQUE")
	require.NoError(t, insert(2, "b"))
	_, err := insertReturning(2, "c")
	require.ErrorContains(t, err, "UNIQUE")
	name, err := insertReturning(3, "c")
	require.NoError(t, err)
	require.Equal(t, "c", name)

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = db.ExecContext(cancelled, "INSERT INTO x (id, name) VALUES (?, ?)", 4, "d")
	require.ErrorIs(t, err, context.Canceled)
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
	_, err = db.ExecContext(soon, endless)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, insert(4, "d"))
}

// Rows that are left early release what they hold.
func TestRowsLeftEarly(t *testing.T) {
	t.Parallel()
	db, prepared := open(t, 10)
	_, err := db.Exec("INSERT INTO x (id) VALUES (1), (2), (3)")
	require.NoError(t, err)
	readOne := func() {
		rows, err := db.Query("SELECT id FROM x")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		require.True(t, rows.Next())
		require.NoError(t, rows.Err())
	}
	for range 3 {
		readOne()
		_, err := db.Exec("DELETE FROM x WHERE id = 17")
		require.NoError(t, err)
	}
	require.EqualValues(t, 3, prepared.Load())
}

func TestArguments(t *testing.T) {
	t.Parallel()
	db, _ := open(t, 10)
	at := time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.FixedZone("+03", 3*60*60))
	_, err := db.Exec("INSERT INTO x (id, at) VALUES (1, ?)", at)
	require.NoError(t, err)
	prepared, err := db.Prepare("INSERT INTO x (id, at) VALUES (2, ?)")
	require.NoError(t, err)
	defer func() { require.NoError(t, prepared.Close()) }()
	_, err = prepared.Exec(sql.NullTime{Time: at, Valid: true})
	require.NoError(t, err)
	for id := 1; id <= 2; id++ {
		var text string
		require.NoError(t, db.QueryRow("SELECT CAST(at AS TEXT) FROM x WHERE id = ?", id).Scan(&text))
		require.Equal(t, "2026-01-02 00:04:05.123456+00:00", text)
	}
	_, err = db.Exec("INSERT INTO x (id) VALUES (?)", struct{}{})
	require.Error(t, err)
}

// The statements that the store sends most: an insert of a row and a look at one, within a transaction.
func BenchmarkStatements(b *testing.B) {
	for _, bench := range []struct {
		name string
		size int
	}{{"compiled each time", 0}, {"kept", 256}} {
		b.Run(bench.name, func(b *testing.B) {
			db, _ := open(b, bench.size)
			tx, err := db.Begin()
			require.NoError(b, err)
			defer func() { require.NoError(b, tx.Commit()) }()
			b.ResetTimer()
			for i := range b.N {
				_, err := tx.Exec(
					"INSERT INTO x (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name", i, "a name",
				)
				if err == nil {
					_, err = tx.Exec("UPDATE x SET name = NULL WHERE id = ? AND name IS NOT NULL AND at IS NULL", i)
				}
				var id int
				if err == nil {
					err = tx.QueryRow("SELECT id FROM x WHERE id = ? AND name IS NULL ORDER BY id LIMIT 1", i).Scan(&id)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
