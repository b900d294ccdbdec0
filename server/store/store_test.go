package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orderhub/server/errs"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, url, says string
	}{
		{"nothing", "", `must begin with "sqlite:" or "postgres://"`},
		{"another database", "mysql://localhost/orderhub", `must begin with "sqlite:" or "postgres://"`},
		{"memory", "sqlite::memory:", "is not a file"},
		{"memory by URI", "sqlite:file:x?mode=memory", "is not a file"},
		{"no path", "sqlite:", "is not a file"},
		{"parameters", "sqlite:orders.sqlite?mode=ro", "is not a file"},
		{"no such folder", "sqlite:" + filepath.Join(t.TempDir(), "missing", "orders.sqlite"), "opening the database"},
		{"a malformed URL", "postgres://user:secret@host:port/x", "reading the database's URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := stores.Open(context.Background(), store.Options{URL: test.url, Sealer: storetest.Sealer()})
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestOpenWithoutKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "orders.sqlite")
	_, err := stores.Open(context.Background(), store.Options{URL: "sqlite:" + path})
	require.ErrorContains(t, err, "needs a key")
	require.NoFileExists(t, path)
}

func TestOpenUnreachable(t *testing.T) {
	t.Parallel()
	url := "postgres:///orderhub?host=" + t.TempDir()
	_, err := stores.Open(context.Background(), store.Options{URL: url, Sealer: storetest.Sealer()})
	require.ErrorIs(t, err, errs.ErrUnavailable)
}

func TestSQLiteFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, path := range []string{"relative.sqlite", "with space#and%41.sqlite", filepath.Join(dir, "absolute.sqlite")} {
		s, err := stores.Open(t.Context(), store.Options{URL: "sqlite:" + path, Sealer: storetest.Sealer()})
		require.NoError(t, err)
		require.NoError(t, s.Migrations.Up(t.Context()))
		require.NoError(t, s.Close())
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		require.Greater(t, info.Size(), int64(4096), "the schema is in the file that was named")
	}
	s, err := stores.Open(
		t.Context(), store.Options{URL: "sqlite://" + filepath.Join(dir, "absolute.sqlite"), Sealer: storetest.Sealer()},
	)
	require.NoError(t, err)
	pending, err := s.Migrations.Pending(t.Context())
	require.NoError(t, err)
	require.False(t, pending, "three slashes name the same file")
	require.NoError(t, s.Close())
}

func TestSQLiteSettings(t *testing.T) {
	t.Parallel()
	s := storetest.SQLite(t)()
	writer, reader := s.WriteDB, s.ReadDB
	require.Equal(t, 1, writer.Stats().MaxOpenConnections)
	require.Equal(t, 4, reader.Stats().MaxOpenConnections)
	for pragma, want := range map[string]struct{ writer, reader string }{
		"journal_mode": {"wal", "wal"},
		"page_size":    {"2048", "2048"},
		"synchronous":  {"2", "2"}, // FULL
		"busy_timeout": {"1000", "1000"},
		"foreign_keys": {"1", "0"},
		"query_only":   {"0", "1"},
	} {
		var onWriter, onReader string
		require.NoError(t, writer.QueryRow("PRAGMA "+pragma).Scan(&onWriter))
		require.NoError(t, reader.QueryRow("PRAGMA "+pragma).Scan(&onReader))
		require.Equal(t, want.writer, onWriter, "%s of the writer", pragma)
		require.Equal(t, want.reader, onReader, "%s of the reader", pragma)
	}
	_, err := reader.Exec("INSERT INTO counters (name) VALUES ('x')")
	require.Error(t, err)
	require.ErrorIs(t, store.Unavailable(err), errs.ErrUnavailable, "read-only")
}

// TestSQLiteFileOfEarlierPages opens a file that was made when pages had SQLite's own size: it keeps them, and so does
// its backup.
func TestSQLiteFileOfEarlierPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "hub.sqlite")
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA journal_mode = WAL")
	require.NoError(t, err)
	require.NoError(t, db.Close())

	pages := func(path string, use func(s *stores.All)) (size int) {
		s, err := stores.Open(t.Context(), store.Options{URL: "sqlite:" + path, Sealer: storetest.Sealer()})
		require.NoError(t, err)
		require.NoError(t, s.Migrations.Up(t.Context()))
		use(s)
		require.NoError(t, s.DB.WriteDB.QueryRow("PRAGMA page_size").Scan(&size))
		require.NoError(t, s.Close())
		return size
	}
	require.Equal(t, 4096, pages(path, func(s *stores.All) {
		_, err := s.DB.Backup(t.Context(), path+".copy")
		require.NoError(t, err)
	}))
	require.Equal(t, 4096, pages(path+".copy", func(*stores.All) {}))

	// As docs/operations.md has it.
	db, err = sql.Open("sqlite", path)
	require.NoError(t, err)
	_, err = db.Exec("PRAGMA journal_mode = DELETE; PRAGMA page_size = 2048; VACUUM")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	require.Equal(t, 2048, pages(path, func(*stores.All) {}))
}

func TestSQLiteTransactionsAreImmediate(t *testing.T) {
	t.Parallel()
	open := storetest.SQLite(t)
	first := open().WriteDB
	second := open().WriteDB
	tx, err := first.Begin()
	require.NoError(t, err)
	_, err = second.Exec("PRAGMA busy_timeout = 1")
	require.NoError(t, err)
	_, err = second.Begin()
	require.Error(t, err, "the first has the lock before it writes")
	require.True(t, store.IsLostRace(err))
	require.NoError(t, tx.Rollback())
}

func TestPostgresSettings(t *testing.T) {
	t.Parallel()
	s, _ := storetest.OpenWith(t, storetest.PostgresURL(t), storetest.SealingKey)
	for setting, want := range map[string]string{
		"application_name":                    "orderhub",
		"timezone":                            "UTC",
		"statement_timeout":                   "30s",
		"idle_in_transaction_session_timeout": "30s",
	} {
		var got string
		require.NoError(t, s.Pool().QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got))
		require.Equal(t, want, got, setting)
	}
	require.Equal(t, int32(16), s.Pool().Config().MaxConns)
}

func TestPostgresSettingsFromURL(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t) + "&pool_max_conns=3&statement_timeout=7s&application_name=mine"
	s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer()})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	require.Equal(t, int32(3), s.Pool().Config().MaxConns)
	var timeout, name string
	require.NoError(t, s.Pool().QueryRow(t.Context(),
		"SELECT current_setting('statement_timeout'), current_setting('application_name')").Scan(&timeout, &name))
	require.Equal(t, "7s", timeout)
	require.Equal(t, "mine", name)
}

func TestHandles(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		require.NoError(t, s.Ping(t.Context()))
		if s.Dialect() == "sqlite3" {
			require.NotNil(t, s.SQLite())
			require.Nil(t, s.Pool())
			return
		}
		require.Equal(t, "postgres", s.Dialect())
		require.Nil(t, s.SQLite())
		require.NotNil(t, s.Pool())
	})
}

// Instants keep their microseconds and come back in UTC, whatever zone they were given in, and compare as instants.
func TestInstants(t *testing.T) {
	t.Parallel()
	istanbul := time.FixedZone("+03", 3*60*60)
	given := time.Date(2026, 3, 29, 1, 30, 0, 123456789, istanbul)
	want := time.Date(2026, 3, 28, 22, 30, 0, 123456000, time.UTC)
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		created := s.Client.Coupon.Create().SetCode("X").SetKind("percent").SetStartsAt(given).SetCreatedAt(given)
		require.NoError(t, created.Exec(ctx))

		read, err := s.Reader.Coupon.Query().Only(ctx)
		require.NoError(t, err)
		require.Equal(t, want, read.CreatedAt)
		require.Equal(t, want, *read.StartsAt)
		require.Nil(t, read.EndsAt)

		handle := s.ReadDB
		var plain time.Time
		require.NoError(t, handle.QueryRow("SELECT created_at FROM coupons").Scan(&plain))
		require.Equal(t, want, plain)
		if s.Pool() != nil {
			var times []time.Time
			require.NoError(
				t, s.Pool().QueryRow(ctx, "SELECT created_at, array_agg(created_at) FROM coupons GROUP BY 1").Scan(&plain, &times),
			)
			require.Equal(t, want, plain)
			require.Equal(t, []time.Time{want}, times)
		}
	})
}

// Instants sort and compare rightly also where SQLite keeps them as text of different lengths.
func TestInstantsOrder(t *testing.T) {
	t.Parallel()
	second := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	instants := []time.Time{ // ascending
		second, second.Add(time.Microsecond), second.Add(100 * time.Millisecond), second.Add(100001 * time.Microsecond),
		second.Add(120 * time.Millisecond), second.Add(time.Second), second.Add(10 * time.Second),
	}
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		handle := s.WriteDB
		for i := len(instants) - 1; i >= 0; i-- {
			_, err := handle.ExecContext(
				ctx, "INSERT INTO categories (slug, name, created_at, updated_at) VALUES ($1, $2, $3, $4)",
				strings.Repeat("x", i+1), "x", instants[i], instants[i],
			)
			require.NoError(t, err)
		}
		for i, instant := range instants {
			var earlier int
			require.NoError(
				t, handle.QueryRowContext(ctx, "SELECT count(*) FROM categories WHERE created_at < $1", instant).Scan(&earlier),
			)
			require.Equal(t, i, earlier)
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			s, err := stores.Open(ctx, store.Options{URL: url(t), Sealer: storetest.Sealer()})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()

			pending, err := s.Migrations.Pending(ctx)
			require.NoError(t, err)
			require.True(t, pending)
			require.NoError(t, s.Migrations.Up(ctx))
			pending, err = s.Migrations.Pending(ctx)
			require.NoError(t, err)
			require.False(t, pending)
			require.NoError(t, s.Migrations.Up(ctx))

			steps, err := s.Migrations.Status(ctx)
			require.NoError(t, err)
			sets := map[string]int{}
			for _, step := range steps {
				require.True(t, step.Applied, "%+v", step)
				require.NotZero(t, step.Version)
				sets[step.Set]++
			}
			require.NotZero(t, sets["orderhub"])
			require.NotZero(t, sets["river"])
		})
	}
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	const processes = 4
	for name, newURL := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			url := newURL(t)
			results := make(chan error)
			for range processes {
				go func() {
					s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: storetest.Sealer()})
					if err != nil {
						results <- err
						return
					}
					results <- errors.Join(s.Migrations.Up(t.Context()), s.Close())
				}()
			}
			for range processes {
				require.NoError(t, <-results)
			}
		})
	}
}

// A database may run ahead of a program that is about to be replaced.
func TestMigrateLeavesNewerAlone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		ctx, s := t.Context(), open()
		handle := s.WriteDB
		_, err := handle.ExecContext(
			ctx, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (30000101000000, true)",
		)
		require.NoError(t, err)
		pending, err := s.Migrations.Pending(ctx)
		require.NoError(t, err)
		require.False(t, pending)
		require.NoError(t, s.Migrations.Up(ctx))
	})
}

// emptyDatabases returns, by the database's name, what makes the URL of an empty one.
func emptyDatabases(*testing.T) map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "orderhub.sqlite") },
		"postgres": func(t *testing.T) string { return pgtest.New(t) },
	}
}
