// Package testbed is what benchmarks measure: databases with full durability, made
// for the purpose, and hubs that are started on them as an operator would.
package testbed

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver of the hub, under the name "sqlite"

	"orderhub/server/store/pgtest"
)

// durable are the settings of PostgreSQL's servers.
var durable = pgtest.Options{Durable: true, Settings: map[string]string{"max_connections": "400"}}

// Engine is a kind of database, with its own default durability.
type Engine interface {
	Title() string
	Version(ctx context.Context) (string, error)
	// URL is how the hub is told of a database.
	URL(database string) string
	Create(ctx context.Context, database string) error
	// Clone copies a database that nobody uses.
	Clone(ctx context.Context, from, to string) error
	// Execute runs statements on a database, apart from any hub.
	Execute(ctx context.Context, database string, statements ...string) error
	// Number runs a query that gives one number.
	Number(ctx context.Context, database, query string) (int64, error)
	// Settle brings a database that was filled quickly to where a hub that had
	// filled it slowly would have it: with statistics and nothing left to flush.
	Settle(ctx context.Context, database string) error
	Close() error
}

// Open knows "sqlite", whose files go into the folder, and "postgresql".
func Open(ctx context.Context, name, dir string) (Engine, error) {
	switch name {
	case "sqlite":
		return &SQLite{dir: dir}, nil
	case "postgresql":
		server, err := pgtest.Start(ctx, durable)
		return &Postgres{server: server}, err
	default:
		return nil, fmt.Errorf("there is no database %q here, only sqlite and postgresql", name)
	}
}

// SQLite has a file for each database.
type SQLite struct{ dir string }

func (e *SQLite) Title() string { return "SQLite" }

func (e *SQLite) file(database string) string {
	return filepath.Join(e.dir, database+".sqlite")
}
func (e *SQLite) URL(database string) string           { return "sqlite:" + e.file(database) }
func (e *SQLite) Create(context.Context, string) error { return nil } // `migrate` does it
func (e *SQLite) Close() error                         { return nil }

// Open is one connection with the pragmas given, as the driver writes them.
func (e *SQLite) Open(database string, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"_pragma": pragmas, "_time_format": {"sqlite"}, "_timezone": {"UTC"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+e.file(database)+"?"+values.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (e *SQLite) Version(ctx context.Context) (version string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return version, err
}

func (e *SQLite) Clone(_ context.Context, from, to string) error {
	content, err := os.ReadFile(e.file(from))
	if err != nil {
		return err
	}
	return os.WriteFile(e.file(to), content, 0o600)
}

func (e *SQLite) Execute(ctx context.Context, database string, statements ...string) (err error) {
	// Filling need not survive a crash.
	db, err := e.Open(
		database, "journal_mode(WAL)", "synchronous(OFF)", "busy_timeout(5000)", "cache_size(-262144)", "temp_store(MEMORY)",
	)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w in %.200s", err, statement)
		}
	}
	return nil
}

func (e *SQLite) Number(ctx context.Context, database, query string) (n int64, err error) {
	db, err := e.Open(database, "query_only(1)", "busy_timeout(5000)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

func (e *SQLite) Settle(ctx context.Context, database string) error {
	return e.Execute(ctx, database, "PRAGMA wal_checkpoint(TRUNCATE)")
}

// Postgres has a server of its own.
type Postgres struct{ server *pgtest.Server }

func (e *Postgres) Title() string              { return "PostgreSQL" }
func (e *Postgres) URL(database string) string { return e.server.URL(database) }
func (e *Postgres) Close() error               { return e.server.Stop() }

// Pooler starts PgBouncer in front of the server, with so many connections for each database.
func (e *Postgres) Pooler(ctx context.Context, conns int) (*pgtest.Pooler, error) {
	return e.server.Pooler(ctx, conns)
}

func (e *Postgres) Create(ctx context.Context, database string) error {
	return e.server.Create(ctx, database, "")
}

func (e *Postgres) Clone(ctx context.Context, from, to string) error {
	return e.server.Create(ctx, to, from)
}

func (e *Postgres) Version(ctx context.Context) (version string, err error) {
	conn, err := pgx.Connect(ctx, e.URL("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

func (e *Postgres) Execute(ctx context.Context, database string, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, e.URL(database))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%w in %.200s", err, statement)
		}
	}
	return nil
}

func (e *Postgres) Number(ctx context.Context, database, query string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, e.URL(database))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, query).Scan(&n)
	return n, err
}

func (e *Postgres) Settle(ctx context.Context, database string) error {
	return e.Execute(ctx, database, "VACUUM (ANALYZE)", "CHECKPOINT")
}
