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
	part, err := os.CreateTemp(filepath.Dir(path), ".orderhub-backup-*") // mode 0600
	if err != nil {
		return b, err
	}
	defer func() { _ = os.Remove(part.Name()) }() // its other name stays
	defer part.Close()
	if err := (copier{s}).copyTo(ctx, part.Name()); err != nil {
		return b, fmt.Errorf("copying: %w", err)
	}
	if b, err = (copier{s}).checkCopy(ctx, part.Name()); err != nil {
		return b, fmt.Errorf("the copy is no good: %w", err)
	}
	if err := part.Sync(); err != nil {
		return b, err
	}
	// Unlike a rename, a link never replaces a file that has come meanwhile.
	if err := os.Link(part.Name(), path); err != nil {
		return b, err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return b, err
	}
	return b, errors.Join(folder.Sync(), folder.Close())
}

// copier copies a database's file.
type copier struct{ db *DB }

// copyTo copies all pages in one step: done in several, it would begin anew whenever another process has written.
func (c copier) copyTo(ctx context.Context, path string) (err error) {
	conn, err := openPlain(ctx, c.db.Address, url.Values{"mode": {"ro"}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	return conn.Raw(func(driverConn any) error {
		backup, err := driverConn.(interface {
			NewBackup(uri string) (*sqlite.Backup, error)
		}).NewBackup(path)
		if err != nil {
			return err
		}
		more, err := backup.Step(-1)
		if err == nil && more {
			err = errors.New("some pages are missing")
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

// checkCopy reads the whole copy.
func (c copier) checkCopy(ctx context.Context, path string) (b Backup, err error) {
	// Nobody else knows the file: it needs no lock, and no log beside it.
	conn, err := openPlain(ctx, path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, conn.close()) }()
	var whole string
	if err := conn.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&whole); err != nil {
		return b, err
	}
	if whole != "ok" {
		return b, fmt.Errorf("integrity check: %s", whole)
	}
	err = conn.QueryRowContext(ctx, `SELECT (SELECT max(version_id) FROM goose_db_version WHERE is_applied),
		(SELECT count(*) FROM orders), (SELECT count(*) FROM transfers), (SELECT count(*) FROM units), (SELECT count(*)
		FROM events),
		(SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)`).
		Scan(&b.Version, &b.Orders, &b.Transfers, &b.Units, &b.Events, &b.Bytes)
	if err != nil {
		return b, err
	}
	if err := c.checkCopied(ctx, &b); err != nil {
		return b, err
	}
	checks, err := readKeyChecks(ctx, conn)
	if err == nil {
		_, err = c.db.Sealing.openKeyChecks(checks)
	}
	return b, err
}

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
