package main

import (
	"context"
	"fmt"

	"orderhub/server/bench/testbed"
)

// engine is a kind of database that can be filled and written to by hand.
type engine interface {
	testbed.Engine
	// fit puts a statement that fills a database into this database's words.
	fit(statement string) string
	// raw opens a database for orders written by hand, so many at a time.
	raw(ctx context.Context, database string, inFlight int) (rawGroups, error)
}

type sqliteEngine struct{ *testbed.SQLite }

type postgresEngine struct{ *testbed.Postgres }

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
