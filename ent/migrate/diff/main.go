// Command diff compares the schema in ent/schema with the versioned migrations and
// writes what is missing as a new migration for each database. It needs no network:
// SQLite runs in memory, PostgreSQL on a private server that ends with the command.
// Run it in the project's root after "go generate ./ent", and once more after editing
// what it wrote, for the checksums:
//
//	go run ./ent/migrate/diff add_product_tags
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"orderhub/ent/migrate"
	"orderhub/server/store/pgtest"
)

// root of the migrations, from the project's root.
var root = filepath.Join("ent", "migrate", "migrations")

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./ent/migrate/diff NAME")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "diff:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, name string) error {
	if err := diffSQLite(ctx, name); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if err := diffPostgres(ctx, name); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

func diffSQLite(ctx context.Context, name string) error {
	return diff(ctx, name, dialect.SQLite, "sqlite", "file:diff?mode=memory&cache=shared&_pragma=foreign_keys(1)")
}

func diffPostgres(ctx context.Context, name string) (err error) {
	server, err := pgtest.Start(ctx, pgtest.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	return diff(ctx, name, dialect.Postgres, "pgx", server.URL("postgres"))
}

// diff replays the migrations of one database on an empty one and writes the way from there to the schema.
func diff(ctx context.Context, name, entDialect, driver, address string) (err error) {
	db, err := sql.Open(driver, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	folder := map[string]string{dialect.SQLite: "sqlite", dialect.Postgres: "postgres"}[entDialect]
	dir, err := sqltool.NewGooseDir(filepath.Join(root, folder))
	if err != nil {
		return err
	}
	// Who edited a migration by hand runs this again.
	sum, err := dir.Checksum()
	if err != nil {
		return err
	}
	if err := atlas.WriteSumFile(dir, sum); err != nil {
		return err
	}
	err = migrate.NewSchema(entsql.OpenDB(entDialect, db)).NamedDiff(ctx, name,
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
		schema.WithIndent("  "),
	)
	if errors.Is(err, atlas.ErrNoPlan) {
		fmt.Printf("%s: nothing to do\n", folder)
		return nil
	}
	return err
}
