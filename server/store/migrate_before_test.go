package store_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"orderhub/ent/migrate/migrations"
	"orderhub/server/order"
	"orderhub/server/secret"
	"orderhub/server/store"
	"orderhub/server/store/pgtest"
	"orderhub/server/store/stores"
	"orderhub/server/store/storetest"
)

// undoMigrations takes a database back to the schema before a migration, and has it filled as the version before does.
func undoMigrations(t *testing.T, url, migration string, fill func(db *sql.DB)) {
	t.Helper()
	s, err := stores.Open(t.Context(), store.Options{URL: url, Sealer: secret.Keyless(), SealsNothing: true})
	require.NoError(t, err)
	require.NoError(t, undo(t, s, migration))
	fill(s.WriteDB)
	require.NoError(t, s.Close())
}

// undo takes an open database back to the schema before a migration.
func undo(t *testing.T, s *stores.All, migration string) error {
	t.Helper()
	files, gooseDialect := migrations.Postgres(), goose.DialectPostgres
	if s.Dialect() == dialect.SQLite {
		files, gooseDialect = migrations.SQLite(), goose.DialectSQLite3
	}
	provider, err := goose.NewProvider(gooseDialect, s.WriteDB, files, goose.WithDisableGlobalRegistry(true))
	require.NoError(t, err)
	var before int64
	for _, source := range provider.ListSources() {
		if strings.HasSuffix(source.Path, "_"+migration+".sql") {
			break
		}
		before = source.Version
	}
	_, err = provider.DownTo(t.Context(), before)
	return err
}

// TestNoWayBackWhileOrdersAreHeld keeps what is held from being lost with its tables.
func TestNoWayBackWhileOrdersAreHeld(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		w := storetest.NewWorld(t, s, 1)
		m := w.Merchant("shop", 100)
		w.Stocked("CODE", 10, 2)
		placed, err := w.Orders.Hold(t.Context(), storetest.Draft(m, "r", "CODE", 1), 0)
		require.NoError(t, err)
		require.ErrorContains(t, undo(t, s, "holds"), "held")
		require.NoError(t, s.Migrations.Up(t.Context()))
		_, err = w.Orders.ReleaseHold(t.Context(), order.ByOperator(), placed.Hold.Number)
		require.NoError(t, err)
		require.Equal(t, storetest.Baht(100), w.Balance(m))
		storetest.RequireClean(t, s)
		require.NoError(t, undo(t, s, "holds"))
	})
}

// TestNoWayBackWhileUnitsAreReplaced keeps what is being bought in the place of units from being left behind.
func TestNoWayBackWhileUnitsAreReplaced(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, open func() *stores.All) {
		s := open()
		_, err := s.WriteDB.ExecContext(t.Context(), `INSERT INTO replacements
			(claim_id, merchant_id, order_id, line_id, quantity, created_at, updated_at) VALUES (1, 1, 1, 1, 1, $1, $1)`,
			s.Now().UTC())
		require.NoError(t, err)
		require.ErrorContains(t, undo(t, s, "bought_replacements"), "being replaced")
		_, err = s.WriteDB.ExecContext(t.Context(), `UPDATE replacements SET completed = 1, ended_at = $1`, s.Now().UTC())
		require.NoError(t, err)
		require.NoError(t, undo(t, s, "bought_replacements"))
	})
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

// TestIndexWithoutLock gives charges no entry in the index of references while a transaction from before is open, with
// writers and with a second process that wants to migrate.
func TestIndexWithoutLock(t *testing.T) {
	t.Parallel()
	address := pgtest.New(t)
	ctx := t.Context()
	s, _ := storetest.OpenWith(t, address, storetest.SealingKey)
	require.NoError(t, s.Migrations.Up(ctx))
	undoMigrations(t, address, "references_of_deposits", func(*sql.DB) {})
	const transfer = `INSERT INTO transfers (debit_account_id, credit_account_id, currency, amount_micros, kind,
		merchant_id, reference, balance_micros, created_at) VALUES (1, 2, 'USD', 1, 'deposit', 1, $1, 1, now())`
	open, err := s.WriteDB.BeginTx(ctx, nil)
	require.NoError(t, err)
	_, err = open.ExecContext(ctx, transfer, "of before")
	require.NoError(t, err)

	results := make(chan error)
	for range 2 { // processes
		other, _ := storetest.OpenWith(t, address, storetest.SealingKey)
		go func() { results <- other.Migrations.Up(ctx) }()
	}
	require.Eventually(t, func() bool {
		var building int
		err := s.ReadDB.QueryRowContext(
			ctx, "SELECT count(*) FROM pg_stat_progress_create_index WHERE datname = current_database()",
		).Scan(&building)
		return err == nil && building == 1
	}, time.Minute, 10*time.Millisecond)
	_, err = s.WriteDB.ExecContext(ctx, transfer, "meanwhile")
	require.NoError(t, err)
	require.NoError(t, open.Commit())
	require.NoError(t, errors.Join(<-results, <-results))

	for _, reference := range []string{"of before", "meanwhile"} {
		_, err = s.WriteDB.ExecContext(ctx, transfer, reference)
		require.ErrorContains(t, err, "transfer_merchant_id_reference")
	}
	_, err = s.WriteDB.ExecContext(ctx, transfer, nil)
	require.NoError(t, err)
}
