package main

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"orderhub/server/bench"
	"orderhub/server/bench/testbed"
)

// engine is a kind of database that can be filled and written to by hand.
type engine interface {
	testbed.Engine
	// fit puts a statement that fills a database into this database's words.
	fit(statement string) string
	// raw opens a database for orders written by hand, so many at a time.
	raw(ctx context.Context, database string, inFlight int) (rawGroups, error)
	// reads opens a database for reading by hand.
	reads(database string) (*sql.DB, error)
	// sizes are what the tables that grow with orders, and their indexes, take in a database that nobody uses.
	sizes(ctx context.Context, database string) ([]size, error)
	// settings are ways to run this kind of database alone, with a copy of the one given and the buyers in it.
	settings(ctx context.Context, s *suite, database string, b bench.Buyers, open *closers) ([]setting, error)
}

type sqliteEngine struct{ *testbed.SQLite }

type postgresEngine struct{ *testbed.Postgres }

func (e sqliteEngine) reads(database string) (*sql.DB, error) {
	return e.Open(database, "query_only(1)", "busy_timeout(5000)", "cache_size(-32768)")
}

func (e postgresEngine) reads(database string) (*sql.DB, error) {
	return sql.Open("pgx", e.URL(database))
}

func openEngine(ctx context.Context, name, dir string) (engine, error) {
	opened, err := testbed.Open(ctx, name, dir)
	if err != nil {
		return nil, err
	}
	switch e := opened.(type) {
	case *testbed.SQLite:
		return sqliteEngine{e}, nil
	case *testbed.Postgres:
		return postgresEngine{e}, nil
	default:
		return nil, fmt.Errorf("%s cannot be written to by hand", name)
	}
}
