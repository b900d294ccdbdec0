package migrations_test

import (
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"orderhub/ent/migrate"
	"orderhub/ent/migrate/migrations"
	"orderhub/server/store/pgtest"
)

// The migrations, applied in turn to an empty database, give exactly the schema in ent/schema. If this fails, run
// "go run ./ent/migrate/diff NAME" in the project's root.
func TestMigrationsMatchSchema(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db := open(t, "sqlite", "file:"+filepath.Join(t.TempDir(), "x.sqlite")+"?_foreign_keys=1")
		requireNoDiff(t, db, dialect.SQLite, migrations.SQLite())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		requireNoDiff(t, open(t, "pgx", pgtest.New(t)), dialect.Postgres, migrations.Postgres())
	})
}

func open(t *testing.T, driver, address string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, address)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// requireNoDiff compares as ent/migrate/diff does.
func requireNoDiff(t *testing.T, db *sql.DB, entDialect string, files fs.FS) {
	t.Helper()
	copied := t.TempDir()
	require.NoError(t, os.CopyFS(copied, files))
	dir, err := sqltool.NewGooseDir(copied)
	require.NoError(t, err)
	sum, err := dir.Checksum()
	require.NoError(t, err)
	require.NoError(t, atlas.WriteSumFile(dir, sum))

	err = migrate.NewSchema(entsql.OpenDB(entDialect, db)).NamedDiff(t.Context(), "missing",
		schema.WithDir(dir), schema.WithMigrationMode(schema.ModeReplay),
		schema.WithDropColumn(true), schema.WithDropIndex(true), schema.WithErrNoPlan(true))
	if err == nil {
		missing, globErr := filepath.Glob(filepath.Join(copied, "*_missing.sql"))
		require.NoError(t, globErr)
		require.Len(t, missing, 1)
		text, readErr := os.ReadFile(missing[0])
		require.NoError(t, readErr)
		t.Fatalf("the migrations lack:\n%s", text)
	}
	require.ErrorIs(t, err, atlas.ErrNoPlan)
}

// A migration that was released is never edited: its checksum is in atlas.sum.
func TestMigrationsAreUnchanged(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"sqlite", "postgres"} {
		dir, err := sqltool.NewGooseDir(folder)
		require.NoError(t, err)
		require.NoError(t, atlas.Validate(dir), folder)
	}
}
