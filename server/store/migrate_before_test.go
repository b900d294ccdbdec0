package store_test

import (
	"database/sql"
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"orderhub/ent/migrate/migrations"
	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// undoMigrations takes a database back to the schema before a migration, and has it filled as the version before does.
func undoMigrations(t *testing.T, url, migration string, fill func(db *sql.DB)) {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: secret.Keyless(), SealsNothing: true})
	require.NoError(t, err)
	db := s.WriteDB
	files, gooseDialect := migrations.Postgres(), goose.DialectPostgres
	if s.Dialect() == dialect.SQLite {
		files, gooseDialect = migrations.SQLite(), goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(gooseDialect, db, files, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	var before int64
	for _, source := range provider.ListSources() {
		if strings.HasSuffix(source.Path, "_"+migration+".sql") {
			break
		}
		before = source.Version
	}
	_, err = provider.DownTo(t.Context(), before)
	require.NoError(t, err)
	fill(db)
	require.NoError(t, s.Close())
}

// TestStockOfBefore sells the stock that a version before has sealed in a database without merchants.
func TestStockOfBefore(t *testing.T) {
	t.Parallel()
	storetest.RunURL(t, func(t *testing.T, address string) {
		ctx := t.Context()
		stocked, _ := storetest.OpenWith(t, address, storetest.SealingKey)
		storetest.NewWorld(t, stocked, 1).Stocked("CODE", 10, 1)
		undoMigrations(t, address, "personal_data", func(db *sql.DB) {
			_, err := db.ExecContext(ctx, `UPDATE units SET content = $1`, storetest.SealVersion1(t, "CODE-OLD", "unit"))
			require.NoError(t, err)
		})
		s, _ := storetest.OpenWith(t, address, storetest.SealingKey)
		require.NoError(t, s.Migrations.Up(ctx))
		w := storetest.NewWorld(t, s, 2)
		placed, err := w.Orders.Create(ctx, storetest.Draft(w.Merchant("shop", 100), "ref-1", "CODE", 1))
		require.NoError(t, err)
		require.Equal(t, []string{"CODE-OLD"}, storetest.Contents(placed.Order.Lines[0]))
	})
}
