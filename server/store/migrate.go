package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"orderhub/ent/migrate/migrations"
)

// The two sets of migrations.
const (
	migrationsOrderhub = "orderhub"
	migrationsRiver    = "river"
)

// migrateLock is the key of PostgreSQL's advisory lock that lets one process at a time migrate; the value means
// nothing.
const migrateLock = 7_203_941_866_120_455

// Migration is one versioned step of the schema.
type Migration struct {
	Set     string // orderhub, or river for the job queue's own tables
	Version int64
	Name    string // file or title, for people
	Applied bool
}

// Migrate brings the database to this program's schema. It may run in several processes at once, and again at any time:
// what is applied stays as it is. Each step is a transaction of its own. A database that is newer is left alone.
// Errors: *KeyError when the database is sealed with other keys; then it is migrated all the same.
func (s *DB) Migrate(ctx context.Context) error {
	migrate := s.migratePostgres
	if s.dialect == dialect.SQLite {
		migrate = s.migrateSQLite
	}
	if err := migrate(ctx); err != nil {
		return err
	}
	return s.checkKeys(ctx) // the table for it may be new
}

// NeedsMigration says whether Migrate would change something. It changes nothing itself.
func (s *DB) NeedsMigration(ctx context.Context) (bool, error) {
	steps, err := s.MigrationStatus(ctx)
	if err != nil {
		return false, err
	}
	for _, step := range steps {
		if !step.Applied {
			return true, nil
		}
	}
	return false, nil
}

// MigrationStatus lists all steps this program knows, each set in the order in which it is applied. It changes nothing.
func (s *DB) MigrationStatus(ctx context.Context) ([]Migration, error) {
	steps, err := s.ownMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", Unavailable(err))
	}
	river, err := s.riverMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the job queue's schema version: %w", Unavailable(err))
	}
	return append(steps, river...), nil
}

func (s *DB) ownMigrations(ctx context.Context) ([]Migration, error) {
	provider, err := newGoose(s.dialect, s.ReadDB)
	if err != nil {
		return nil, err
	}
	applied, err := s.appliedVersions(ctx)
	if err != nil {
		return nil, err
	}
	var steps []Migration
	for _, source := range provider.ListSources() {
		steps = append(steps, Migration{
			Set: migrationsOrderhub, Version: source.Version, Name: source.Path, Applied: applied[source.Version],
		})
	}
	return steps, nil
}

// appliedVersions reads goose's table, which need not exist.
func (s *DB) appliedVersions(ctx context.Context) (versions map[int64]bool, err error) {
	versions = map[int64]bool{}
	rows, err := s.ReadDB.QueryContext(ctx, "SELECT version_id FROM "+goose.DefaultTablename+" WHERE is_applied")
	if isNoTable(err) {
		return versions, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return nil, err
		}
		versions[version] = true
	}
	return versions, rows.Err()
}

func isNoTable(err error) bool {
	const undefinedTable = "42P01"
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		return fromPostgres.Code == undefinedTable
	}
	return isNoSQLiteTable(err)
}

func (s *DB) riverMigrations(ctx context.Context) ([]Migration, error) {
	if s.dialect == dialect.SQLite {
		// Through the writer: River begins a transaction, which is immediate.
		return riverSteps(rivermigrate.New(riversqlite.New(s.WriteDB), s.riverConfig()))(ctx)
	}
	return riverSteps(rivermigrate.New(riverpgxv5.New(s.pool), s.riverConfig()))(ctx)
}

func (s *DB) riverConfig() *rivermigrate.Config { return &rivermigrate.Config{Logger: s.Log} }

// riverSteps lists the steps of one migrator.
func riverSteps[TTx any](migrator *rivermigrate.Migrator[TTx], err error) func(context.Context) ([]Migration, error) {
	return func(ctx context.Context) ([]Migration, error) {
		if err != nil {
			return nil, err
		}
		existing, err := migrator.ExistingVersions(ctx)
		if err != nil {
			return nil, err
		}
		applied := map[int]bool{}
		for _, step := range existing {
			applied[step.Version] = true
		}
		var steps []Migration
		for _, step := range migrator.AllVersions() {
			steps = append(steps, Migration{
				Set: migrationsRiver, Version: int64(step.Version), Name: step.Name, Applied: applied[step.Version],
			})
		}
		return steps, nil
	}
}

// newGoose returns a provider of the database's own migrations.
func newGoose(entDialect string, db *sql.DB) (*goose.Provider, error) {
	gooseDialect, files := goose.DialectPostgres, migrations.Postgres
	if entDialect == dialect.SQLite {
		gooseDialect, files = goose.DialectSQLite3, migrations.SQLite
	}
	return goose.NewProvider(gooseDialect, db, files(), goose.WithDisableGlobalRegistry(true))
}

// up applies the database's own migrations.
func (s *DB) up(ctx context.Context, db *sql.DB) error {
	provider, err := newGoose(s.dialect, db)
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, step := range results {
		s.Log.InfoContext(ctx, "migrated", "set", migrationsOrderhub, "version", step.Source.Version, "took", step.Duration)
	}
	return err
}

// riverUp applies the job queue's migrations.
func riverUp[TTx any](ctx context.Context, migrator *rivermigrate.Migrator[TTx], err error) error {
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

// migratePostgres migrates over connections of its own, which have no time-outs, under a lock.
func (s *DB) migratePostgres(ctx context.Context) error {
	config := s.pool.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = 3, 0, 0
	for _, limit := range []string{"statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"} {
		config.ConnConfig.RuntimeParams[limit] = "0"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	defer pool.Close()
	// The lock belongs to this connection and goes with it.
	lock, err := pool.Acquire(ctx)
	if err != nil {
		return Unavailable(fmt.Errorf("migrating: %w", err))
	}
	defer func() {
		_ = lock.Hijack().Close(context.WithoutCancel(ctx))
	}()
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return Unavailable(fmt.Errorf("waiting for another process to migrate: %w", err))
	}
	pending, err := s.NeedsMigration(ctx)
	if err != nil || !pending {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	if err := s.up(ctx, db); err != nil {
		return Unavailable(fmt.Errorf("migrating: %w", err))
	}
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), s.riverConfig())
	if err := riverUp(ctx, migrator, err); err != nil {
		return Unavailable(fmt.Errorf("migrating the job queue: %w", err))
	}
	return nil
}

// migrateSQLite migrates over a connection of its own. SQLite has no lock that spans transactions: when two processes
// migrate at once one of them fails, and looks again.
func (s *DB) migrateSQLite(ctx context.Context) error {
	const attempts = 5
	for attempt := 1; ; attempt++ {
		pending, err := s.NeedsMigration(ctx)
		if err == nil && !pending {
			return nil
		}
		if err == nil {
			err = s.migrateSQLiteOnce(ctx)
		}
		if err == nil || attempt == attempts || ctx.Err() != nil {
			return Unavailable(err)
		}
		time.Sleep(time.Duration(attempt) * 50 * time.Millisecond)
	}
}

func (s *DB) migrateSQLiteOnce(ctx context.Context) (err error) {
	// Without foreign keys: changing a table may mean building it anew, and dropping the old one would count as
	// deleting its rows.
	db, err := openSQLiteWriter(ctx, s.Address, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := s.up(ctx, db); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	migrator, err := rivermigrate.New(riversqlite.New(db), s.riverConfig())
	if err := riverUp(ctx, migrator, err); err != nil {
		return fmt.Errorf("migrating the job queue: %w", err)
	}
	var broken int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check").Scan(&broken); err != nil {
		return err
	}
	if broken > 0 {
		return fmt.Errorf("migrating: %d rows refer to rows that do not exist", broken)
	}
	return nil
}
