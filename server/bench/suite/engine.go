package main

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

// engine is a kind of database, with its own default durability.
type engine interface {
	title() string
	version(ctx context.Context) (string, error)
	// url is how the hub is told of a database.
	url(database string) string
	create(ctx context.Context, database string) error
	// clone copies a database that nobody uses.
	clone(ctx context.Context, from, to string) error
	// execute runs statements on a database, apart from any hub.
	execute(ctx context.Context, database string, statements ...string) error
	// number runs a query that gives one number.
	number(ctx context.Context, database, query string) (int64, error)
	// fit puts a statement that fills a database into this database's words.
	fit(statement string) string
	// settle brings a database that was filled quickly to where a hub that had
	// filled it slowly would have it: with statistics and nothing left to flush.
	settle(ctx context.Context, database string) error
	// raw opens a database for orders written by hand, so many at a time.
	raw(ctx context.Context, database string, inFlight int) (rawOrders, error)
	close() error
}

func openEngine(ctx context.Context, name, dir string) (engine, error) {
	switch name {
	case "sqlite":
		return &sqliteEngine{dir: dir}, nil
	case "postgresql":
		server, err := pgtest.Start(ctx, pgtest.Options{Durable: true, Settings: map[string]string{"max_connections": "400"}})
		return &postgresEngine{server: server}, err
	default:
		return nil, fmt.Errorf("there is no database %q here, only sqlite and postgresql", name)
	}
}

type sqliteEngine struct{ dir string }

func (e *sqliteEngine) title() string { return "SQLite" }

func (e *sqliteEngine) file(database string) string {
	return filepath.Join(e.dir, database+".sqlite")
}
func (e *sqliteEngine) url(database string) string           { return "sqlite:" + e.file(database) }
func (e *sqliteEngine) create(context.Context, string) error { return nil } // `migrate` does it
func (e *sqliteEngine) close() error                         { return nil }

// open is one connection with the pragmas given, as the driver writes them.
func (e *sqliteEngine) open(database string, pragmas ...string) (*sql.DB, error) {
	values := url.Values{"_pragma": pragmas, "_time_format": {"sqlite"}, "_timezone": {"UTC"}, "_txlock": {"immediate"}}
	db, err := sql.Open("sqlite", "file:"+e.file(database)+"?"+values.Encode())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func (e *sqliteEngine) version(ctx context.Context) (version string, err error) {
	db, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		return "", err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version)
	return version, err
}

func (e *sqliteEngine) clone(_ context.Context, from, to string) error {
	content, err := os.ReadFile(e.file(from))
	if err != nil {
		return err
	}
	return os.WriteFile(e.file(to), content, 0o600)
}

func (e *sqliteEngine) execute(ctx context.Context, database string, statements ...string) (err error) {
	// Filling need not survive a crash.
	db, err := e.open(
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

func (e *sqliteEngine) number(ctx context.Context, database, query string) (n int64, err error) {
	db, err := e.open(database, "query_only(1)", "busy_timeout(5000)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

func (e *sqliteEngine) settle(ctx context.Context, database string) error {
	return e.execute(ctx, database, "PRAGMA wal_checkpoint(TRUNCATE)")
}

type postgresEngine struct{ server *pgtest.Server }

func (e *postgresEngine) title() string              { return "PostgreSQL" }
func (e *postgresEngine) url(database string) string { return e.server.URL(database) }
func (e *postgresEngine) close() error               { return e.server.Stop() }

func (e *postgresEngine) create(ctx context.Context, database string) error {
	return e.server.Create(ctx, database, "")
}

func (e *postgresEngine) clone(ctx context.Context, from, to string) error {
	return e.server.Create(ctx, to, from)
}

func (e *postgresEngine) version(ctx context.Context) (version string, err error) {
	conn, err := pgx.Connect(ctx, e.url("postgres"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

func (e *postgresEngine) execute(ctx context.Context, database string, statements ...string) (err error) {
	conn, err := pgx.Connect(ctx, e.url(database))
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

func (e *postgresEngine) number(ctx context.Context, database, query string) (n int64, err error) {
	conn, err := pgx.Connect(ctx, e.url(database))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	err = conn.QueryRow(ctx, query).Scan(&n)
	return n, err
}

func (e *postgresEngine) settle(ctx context.Context, database string) error {
	return e.execute(ctx, database, "VACUUM (ANALYZE)", "CHECKPOINT")
}
