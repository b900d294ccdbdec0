package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"entgo.io/ent/dialect"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	sqlite3 "modernc.org/sqlite/lib"

	"orderhub/server/secret"
)

// What a file is that cannot take a database's place.
var (
	ErrNoHub       = errors.New("it is not the database of a hub")
	ErrDamaged     = errors.New("it is damaged")
	ErrNewerSchema = errors.New("its schema is newer than this program's: use the version of orderhub that made it")
)

// inspect reads the whole of a SQLite file that nobody writes: it is whole, the database of a hub, at a schema that
// this program knows, and sealed with the sealer's keys. Errors: ErrNoHub, ErrDamaged, ErrNewerSchema, *KeyError.
func inspect(ctx context.Context, path string, sealer *secret.Sealer) (b Backup, err error) {
	// It needs no lock, and has no log beside it.
	conn, err := openPlain(ctx, path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	if err := conn.checkWhole(ctx); err != nil {
		return b, unfit(err)
	}
	if b.Version, b.Behind, err = conn.schema(ctx); err != nil {
		return b, unfit(err)
	}
	err = conn.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM transfers),
		(SELECT count(*) FROM units), (SELECT count(*) FROM events),
		(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)`).
		Scan(&b.Orders, &b.Transfers, &b.Units, &b.Events, &b.Bytes)
	if err != nil {
		return b, unfit(err)
	}
	return b, conn.checkKeys(ctx, sealer, b.Behind)
}

// unfit says what a file is that SQLite cannot read as the database of a hub.
func unfit(err error) error {
	switch code := sqliteCode(err); {
	case code == sqlite3.SQLITE_NOTADB, isNoSQLiteTable(err):
		return fmt.Errorf("%w: %w", ErrNoHub, err)
	case code == sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func (c *plainConn) checkWhole(ctx context.Context) error {
	var whole string
	if err := c.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&whole); err != nil {
		return err
	}
	if whole != "ok" {
		return fmt.Errorf("%w: integrity check: %s", ErrDamaged, whole)
	}
	return nil
}

// schema is the schema's version, and whether it is behind this program's. ErrNewerSchema.
func (c *plainConn) schema(ctx context.Context) (version int64, behind bool, err error) {
	newest, newestQueue, err := c.newestSchema()
	if err != nil {
		return 0, false, err
	}
	var queue int64
	err = c.QueryRowContext(ctx, `SELECT coalesce((SELECT max(version_id) FROM goose_db_version WHERE is_applied), 0),
		coalesce((SELECT max(version) FROM river_migration), 0)`).Scan(&version, &queue)
	if err == nil && (version > newest || queue > newestQueue) {
		err = ErrNewerSchema
	}
	return version, version < newest || queue < newestQueue, err
}

// newestSchema are the newest versions that this program knows, its own and the job queue's.
func (c *plainConn) newestSchema() (own, queue int64, err error) {
	provider, err := newGoose(dialect.SQLite, c.db)
	if err != nil {
		return 0, 0, err
	}
	for _, source := range provider.ListSources() {
		own = max(own, source.Version)
	}
	migrator, err := rivermigrate.New(
		riversqlite.New(c.db), &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)},
	)
	if err != nil {
		return 0, 0, err
	}
	for _, step := range migrator.AllVersions() {
		queue = max(queue, int64(step.Version))
	}
	return own, queue, nil
}

// checkKeys makes sure that what is sealed can be opened, as a start does.
func (c *plainConn) checkKeys(ctx context.Context, sealer *secret.Sealer, behind bool) error {
	checks, err := readKeyChecks(ctx, c)
	switch {
	case isNoTable(err):
		return nil // and the keys are looked at when it is migrated
	case err != nil:
		return err
	case len(checks) > 0:
		_, err = openKeyChecks(sealer, checks)
		return err
	case behind: // what is sealed may stand in columns that are not there yet
		return nil
	}
	return checkSamples(ctx, c, sealer)
}
