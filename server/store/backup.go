package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"entgo.io/ent/dialect"
	"modernc.org/sqlite"
)

// ErrNoBackup says that this database is backed up with its server's own tools.
var ErrNoBackup = errors.New(
	"only a SQLite database is backed up like this; for PostgreSQL use pg_dump or a base backup",
)

// Backup is what a copy of the database holds.
type Backup struct {
	Bytes                            int64
	Version                          int64 // of the schema
	Behind                           bool  // whether this program's schema is newer
	Orders, Transfers, Units, Events int64
}

// Backup copies a SQLite database, as it is at one moment, into a file that does not exist yet, and checks the copy:
// it is whole, at the schema's version, and sealed with the Sealer's keys. The file appears when all of that holds, or
// not at all. Hubs may serve meanwhile, and wait for nothing. Errors: ErrNoBackup, fs.ErrExist, *KeyError.
func (s *DB) Backup(ctx context.Context, path string) (b Backup, err error) {
	if s.dialect != dialect.SQLite {
		return b, ErrNoBackup
	}
	if _, err := os.Lstat(path); err == nil {
		return b, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	if err := removeLeftParts(filepath.Dir(path)); err != nil {
		return b, err
	}
	part, err := os.CreateTemp(filepath.Dir(path), partPrefix+"*") // mode 0600
	if err != nil {
		return b, err
	}
	defer func() { _ = os.Remove(part.Name()) }() // its other name stays
	defer part.Close()
	if err := lockFile(part); err != nil {
		return b, err
	}
	if err := (copier{s}).copyTo(ctx, part.Name()); err != nil {
		return b, fmt.Errorf("copying: %w", err)
	}
	b, err = inspect(ctx, part.Name(), s.Sealer)
	if err == nil {
		err = (copier{s}).checkCopied(ctx, &b)
	}
	if err != nil {
		return b, fmt.Errorf("the copy is no good: %w", err)
	}
	if err := part.Sync(); err != nil {
		return b, err
	}
	// Unlike a rename, a link never replaces a file that has come meanwhile.
	if err := os.Link(part.Name(), path); err != nil {
		return b, err
	}
	return b, syncFolder(filepath.Dir(path))
}

// partPrefix begins the names of copies that are being made.
const partPrefix = ".orderhub-backup-"

// removeLeftParts removes what copies have left whose process was killed. Those that are being made are locked.
func removeLeftParts(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), partPrefix) {
			continue
		}
		part, err := os.Open(filepath.Join(folder, entry.Name()))
		if err != nil {
			continue // complete since, or somebody else's
		}
		if lockFile(part) == nil {
			_ = os.Remove(part.Name()) // one that stays only takes room
		}
		_ = part.Close()
	}
	return nil
}

// lockFile locks a file until it is closed, or fails when another has it locked. SQLite's locks are others.
func lockFile(file *os.File) error {
	return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// copier copies a database's file.
type copier struct{ db *DB }

// copyPages is how much is copied between two looks whether it is still wanted: 16 MiB of a new file's pages.
const copyPages = 8192

// copyTo copies all pages as they are at one moment. Between its steps the connection stays in a transaction: without
// one the copy would begin anew whenever another process has written.
func (c copier) copyTo(ctx context.Context, path string) (err error) {
	conn, err := openPlain(ctx, c.db.Address, url.Values{"mode": {"ro"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	defer func() {
		_, ended := conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`)
		err = errors.Join(err, ended)
	}()
	var tables int64 // the moment is that of the first read
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	return conn.Raw(func(driverConn any) error {
		backup, err := driverConn.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		}).NewBackup(path)
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			if err = ctx.Err(); err == nil {
				more, err = backup.Step(copyPages)
			}
		}
		return errors.Join(err, backup.Finish())
	})
}

// plainConn is a connection of SQLite's driver itself.
type plainConn struct {
	*sql.Conn

	db *sql.DB
}

func openPlain(ctx context.Context, path string, params url.Values) (*plainConn, error) {
	params.Set("_busy_timeout", sqliteBusyMillis)
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: params.Encode()}
	connector, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &plainConn{conn, db}, nil
}

func (c *plainConn) close() error { return errors.Join(c.Close(), c.db.Close()) }

// checkCopied compares with the database itself, whose rows of these tables only ever become more.
func (c copier) checkCopied(ctx context.Context, b *Backup) error {
	var version, orders, transfers int64
	err := c.db.ReadDB.QueryRowContext(ctx, `SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied),
		(SELECT count(*) FROM orders), (SELECT count(*) FROM transfers)`).Scan(&version, &orders, &transfers)
	if err != nil {
		return err
	}
	if b.Version != version || b.Orders > orders || b.Transfers > transfers {
		return fmt.Errorf("it has %d orders and %d transfers at schema version %d, the database %d and %d at version %d",
			b.Orders, b.Transfers, b.Version, orders, transfers, version)
	}
	return nil
}
