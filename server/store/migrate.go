package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
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
	"orderhub/server/clock"
)

// The two sets of migrations.
const (
	migrationsOrderhub = "orderhub"
	migrationsRiver    = "river"
)

// migrateLock is the key of PostgreSQL's advisory lock that lets one process at a time migrate; the value means
// nothing. It is not that of version 0.1.0, whose processes wait in a statement when they start, see takeMigrateLock.
const migrateLock = 7_203_941_866_120_456

// Migration is one versioned step of the schema.
type Migration struct {
	Set     string // orderhub, or river for the job queue's own tables
	Version int64
	Name    string // file or title, for people
	Applied bool
}

// Migrations bring the schema up to date: ours and those of the job queue.
type Migrations struct{ db *DB }

// Up brings the database to this program's schema. It may run in several processes at once, and again at any time:
// what is applied stays as it is. Each step is a transaction of its own. A database that is newer is left alone.
// Errors: *KeyError when the database is sealed with other keys; then it is migrated all the same.
func (m *Migrations) Up(ctx context.Context) error {
	migrate := m.migratePostgres
	if m.db.dialect == dialect.SQLite {
		migrate = m.migrateSQLite
	}
	if err := migrate(ctx); err != nil {
		return err
	}
	return m.db.Sealing.checkKeys(ctx) // the table for it may be new
}

// Pending says whether Migrate would change something. It changes nothing itself.
func (m *Migrations) Pending(ctx context.Context) (bool, error) {
	steps, err := m.Status(ctx)
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

// Status lists all steps this program knows, each set in the order in which it is applied. It changes nothing.
func (m *Migrations) Status(ctx context.Context) ([]Migration, error) {
	steps, err := m.ownMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the schema's version: %w", Unavailable(err))
	}
	river, err := m.riverMigrations(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the job queue's schema version: %w", Unavailable(err))
	}
	return append(steps, river...), nil
}

func (m *Migrations) ownMigrations(ctx context.Context) ([]Migration, error) {
	provider, err := newGoose(m.db.dialect, m.db.ReadDB)
	if err != nil {
		return nil, err
	}
	applied, err := m.appliedVersions(ctx)
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
func (m *Migrations) appliedVersions(ctx context.Context) (versions map[int64]bool, err error) {
	versions = map[int64]bool{}
	err = Rows(
		ctx, m.db.ReadDB, Keyed(versions), "SELECT version_id, true FROM "+goose.DefaultTablename+" WHERE is_applied",
	)
	if isNoTable(err) {
		err = nil
	}
	return versions, err
}

func isNoTable(err error) bool {
	const undefinedTable = "42P01"
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		return fromPostgres.Code == undefinedTable
	}
	return isNoSQLiteTable(err)
}

func (m *Migrations) riverMigrations(ctx context.Context) ([]Migration, error) {
	if m.db.dialect == dialect.SQLite {
		// Through the writer: River begins a transaction, which is immediate.
		return riverSteps(rivermigrate.New(riversqlite.New(m.db.WriteDB), m.riverConfig()))(ctx)
	}
	return riverSteps(rivermigrate.New(riverpgxv5.New(m.db.direct), m.riverConfig()))(ctx)
}

func (m *Migrations) riverConfig() *rivermigrate.Config {
	return &rivermigrate.Config{Logger: m.db.Log}
}

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
func (m *Migrations) up(ctx context.Context, db *sql.DB) error {
	provider, err := newGoose(m.db.dialect, db)
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	for _, step := range results {
		m.db.Log.InfoContext(
			ctx, "migrated", "set", migrationsOrderhub, "version", step.Source.Version, "took", step.Duration,
		)
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

// migrationPool has connections without time-outs, but for how long a statement waits for a lock; "0" for as long as
// it takes.
func (m *Migrations) migrationPool(ctx context.Context, lockTimeout string) (*pgxpool.Pool, error) {
	config := m.db.direct.Config()
	config.MaxConns, config.MinConns, config.MinIdleConns = 3, 0, 0
	for _, limit := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		config.ConnConfig.RuntimeParams[limit] = "0"
	}
	config.ConnConfig.RuntimeParams["lock_timeout"] = lockTimeout
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("migrating: %w", err)
	}
	return pool, nil
}

// migratePostgres migrates over connections of its own under a lock.
func (m *Migrations) migratePostgres(ctx context.Context) error {
	pool, err := m.migrationPool(ctx, "0")
	if err != nil {
		return err
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
	if err := takeMigrateLock(ctx, lock); err != nil {
		return Unavailable(fmt.Errorf("waiting for another process to migrate: %w", err))
	}
	pending, err := m.Pending(ctx)
	if err != nil || !pending {
		return err
	}
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	if err := m.up(ctx, db); err != nil {
		return Unavailable(fmt.Errorf("migrating: %w", err))
	}
	if err := m.migrateQueue(ctx); err != nil {
		return Unavailable(fmt.Errorf("migrating the job queue: %w", err))
	}
	return nil
}

// How long a migration of the job queue waits for the lock of a table on PostgreSQL, and for how long it then lets pass
// who came after it.
const (
	queueLockTimeout = 300 * time.Millisecond
	queueLockPause   = time.Second
)

// migrateQueue migrates the job queue on PostgreSQL. Its steps lock tables for a moment, and all who come after it wait
// with it while it waits for a transaction that has one of them in use. So it gives up soon, and tries again.
func (m *Migrations) migrateQueue(ctx context.Context) error {
	pool, err := m.migrationPool(ctx, strconv.FormatInt(queueLockTimeout.Milliseconds(), 10))
	if err != nil {
		return err
	}
	defer pool.Close()
	for {
		migrator, err := rivermigrate.New(riverpgxv5.New(pool), m.riverConfig())
		if err = riverUp(ctx, migrator, err); !isLocked(err) {
			return err
		}
		m.db.Log.WarnContext(ctx, "a migration waits for transactions that use the job queue; it tries again", "error", err)
		if err := clock.Sleep(ctx, queueLockPause); err != nil {
			return err
		}
	}
}

// isLocked reports a statement that did not get a lock in time, or was in a deadlock over it.
func isLocked(err error) bool {
	const lockNotAvailable, deadlockDetected = "55P03", "40P01"
	var fromPostgres *pgconn.PgError
	return errors.As(err, &fromPostgres) &&
		(fromPostgres.Code == lockNotAvailable || fromPostgres.Code == deadlockDetected)
}

// takeMigrateLock asks again and again. A statement that waits for the lock would be waited for by the migration that
// has it: an index is built without stopping writers once all statements from before have ended.
func takeMigrateLock(ctx context.Context, conn *pgxpool.Conn) error {
	const pause = 100 * time.Millisecond
	for {
		var taken bool
		err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", int64(migrateLock)).Scan(&taken)
		if err != nil || taken {
			return err
		}
		if err := clock.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// sqliteMigrates is how long another process may take to migrate a SQLite file, which may mean to write a large table
// anew.
const sqliteMigrates = 15 * time.Minute

// migrateSQLite migrates over a connection of its own. SQLite has no lock that spans transactions: when two processes
// migrate at once one of them fails, and looks again.
func (m *Migrations) migrateSQLite(ctx context.Context) error {
	const attempts = 5
	began := time.Now()
	for attempt := 1; ; attempt++ {
		pending, err := m.Pending(ctx)
		if err == nil && !pending {
			return nil
		}
		if err == nil {
			err = m.migrateSQLiteOnce(ctx)
		}
		busy := IsLostRace(err) && time.Since(began) < sqliteMigrates
		if err == nil || ctx.Err() != nil || attempt >= attempts && !busy {
			return Unavailable(err)
		}
		if busy {
			m.db.Log.WarnContext(ctx, "migrating waits for another process that writes to the database", "error", err)
		}
		time.Sleep(time.Duration(min(attempt, attempts)) * 50 * time.Millisecond)
	}
}

func (m *Migrations) migrateSQLiteOnce(ctx context.Context) (err error) {
	// Without foreign keys: changing a table may mean building it anew, and dropping the old one would count as
	// deleting its rows.
	db, err := openSQLiteWriter(ctx, m.db.Address, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := m.up(ctx, db); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	migrator, err := rivermigrate.New(riversqlite.New(db), m.riverConfig())
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
