package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"orderhub/server/clock"
	"orderhub/server/errs"
	"orderhub/server/store/stmtcache"
)

const (
	// sqliteReaders is the number of reading connections. Reads on the writer's connection would wait for it.
	sqliteReaders = 4
	// sqliteStatements is how many prepared statements a connection keeps.
	sqliteStatements = 256
	// sqliteBusyMillis is how long a connection waits for another process's lock before the transaction is tried anew:
	// while it waits it does not see that its caller has gone.
	sqliteBusyMillis = "1000"
	// sqlitePatience is how long a transaction waits for its turn at the one writing connection.
	sqlitePatience = 3 * time.Second
	// sqliteWriterCache holds the pages that one large placement changes. Those of a hundred wallets are more than
	// SQLite's own 2 MiB, and a page that does not fit is written twice: when the cache overflows and at the commit.
	sqliteWriterCache = "cache_size(-32768)" // KiB
	// sqlitePage is the size in bytes of a new file's pages. A placement changes a row or two in each of many pages,
	// and
	// each goes into the log as a whole. A file that has pages of another size, as SQLite's own 4,096, keeps them.
	sqlitePage = "page_size(2048)"
	// sqliteCheckpoint is how many pages (32 MiB of a new file's) the write-ahead log grows to before they are moved
	// into
	// the file. A large placement writes more than SQLite's own 1,000, so that each would wait for that. Commits are
	// durable all the same.
	sqliteCheckpoint = "wal_autocheckpoint(16000)"
	// sqliteJournal keeps what a statement of many rows may have to take back in memory. It is a page of each index for
	// each of many wallets, and beyond 64 KiB SQLite would write it to a file, at every statement.
	sqliteJournal = "temp_store(MEMORY)"
)

// openSQLite opens the file at path, and creates it readable by its owner only.
func (s opening) openSQLite(ctx context.Context, path string) error {
	if path == "" || strings.HasPrefix(path, ":") || strings.HasPrefix(path, "file:") || strings.Contains(path, "?") {
		return fmt.Errorf(
			"sqlite:%s is not a file: the store needs a file that several connections share, "+
				"as in sqlite:orderhub.sqlite", path,
		)
	}
	path = strings.TrimPrefix(path, "//") // sqlite:///var/lib/orderhub.sqlite means the same as sqlite:/var/lib/…
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	s.file, err = file.Stat()
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	s.dialect, s.Address = dialect.SQLite, path
	// The writer comes first: it makes the file a WAL database, which a reader cannot. That needs the file for itself,
	// and
	// does not wait for another process that does the same.
	err = s.Retry(ctx, func() (err error) {
		s.WriteDB, err = openSQLiteWriter(ctx, path, false)
		return err
	})
	if err != nil {
		return err
	}
	if s.ReadDB, err = openSQLiteReader(path, sqliteReaders); err != nil {
		return errors.Join(err, s.WriteDB.Close())
	}
	// SQLite counts commits for each connection, and leaves out its own.
	if s.versionDB, err = openSQLiteReader(path, 1); err != nil {
		return errors.Join(err, s.ReadDB.Close(), s.WriteDB.Close())
	}
	// While it was waited for, a restore may have put the file aside.
	if err := s.CheckFile(); err != nil {
		return errors.Join(err, s.versionDB.Close(), s.ReadDB.Close(), s.WriteDB.Close())
	}
	return nil
}

// FileError says that the path of the database does not lead to the file that is open.
type FileError struct {
	Path string
	Gone bool // nothing is there; else another file
}

func (e *FileError) Error() string {
	if e.Gone {
		return fmt.Sprintf("the database %s is gone: what is written from here on would be lost", e.Path)
	}
	return fmt.Sprintf(
		"the database %s was replaced by another file: what is written from here on would be lost", e.Path,
	)
}

// CheckFile returns a *FileError when others who open the database would not open the file that this store works on.
func (s *DB) CheckFile() error {
	if s.file == nil {
		return nil
	}
	now, err := os.Stat(s.Address)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &FileError{Path: s.Address, Gone: true}
	case err != nil:
		return nil //nolint:nilerr // a disk that does not answer says nothing about the file
	case !os.SameFile(s.file, now):
		return &FileError{Path: s.Address}
	}
	return nil
}

// fileInterval is how often WatchFile looks.
const fileInterval = 500 * time.Millisecond

// WatchFile returns the *FileError of CheckFile when there is one, or nil when ctx ends.
func (s *DB) WatchFile(ctx context.Context) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	clock.Every(ctx, fileInterval, func() {
		if err = s.CheckFile(); err != nil {
			cancel()
		}
	})
	return err
}

// openSQLiteWriter opens a handle that writes: one connection, immediate transactions, every commit durable. One that
// migrates checks no foreign keys, and sorts what an index is built of in files: it may be more than memory.
func openSQLiteWriter(ctx context.Context, path string, migrates bool) (*sql.DB, error) {
	keys, pragmas := "1", []string{sqlitePage, sqliteWriterCache, sqliteCheckpoint, sqliteJournal}
	if migrates {
		keys, pragmas = "0", []string{sqlitePage, sqliteWriterCache, sqliteCheckpoint}
	}
	// The pragmas come first: a file that has nothing yet is written by setting the journal mode.
	db, err := openSQLiteHandle(path, 1, url.Values{
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {keys},
		"_txlock":       {"immediate"},
		"_pragma":       pragmas,
	})
	if err != nil {
		return nil, err
	}
	// A file system without shared memory keeps its journal mode and does not say so.
	var mode string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return nil, errors.Join(Unavailable(fmt.Errorf("opening the database: %w", err)), db.Close())
	}
	if mode != "wal" {
		return nil, errors.Join(
			fmt.Errorf("the database's file system does not support WAL (journal mode %q)", mode), db.Close(),
		)
	}
	return db, nil
}

// writerConn is a connection that may write. On SQLite there is one: the error wraps errs.ErrUnavailable when it was
// not free in time, because whoever has it waits for a lock or a slow disk.
func (s *DB) writerConn(ctx context.Context) (*sql.Conn, error) {
	waiting, cancel := ctx, context.CancelFunc(func() {})
	if s.dialect == dialect.SQLite {
		waiting, cancel = context.WithTimeout(ctx, sqlitePatience)
	}
	defer cancel()
	conn, err := s.WriteDB.Conn(waiting)
	switch {
	case err == nil:
		return conn, nil
	case waiting.Err() != nil && ctx.Err() == nil:
		return nil, fmt.Errorf("%w: the database was not free to be written in %v", errs.ErrUnavailable, sqlitePatience)
	default:
		return nil, fmt.Errorf("waiting for a connection: %w", err)
	}
}

// beginSQLite begins a transaction on the writing connection. end rolls it back unless it was committed, and gives the
// connection back. Errors as those of writerConn.
func (s *DB) beginSQLite(ctx context.Context) (tx *sql.Tx, end func(), err error) {
	conn, err := s.writerConn(ctx)
	if err != nil {
		return nil, nil, err
	}
	// database/sql would roll back in a goroutine of its own when ctx ends, while a statement may still run.
	tx, err = conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("begin: %w", err), conn.Close())
	}
	return tx, func() {
		_ = tx.Rollback() // does nothing after a commit
		_ = conn.Close()  // gives it back
	}, nil
}

// openSQLiteReader opens a handle that only reads.
func openSQLiteReader(path string, conns int) (*sql.DB, error) {
	return openSQLiteHandle(path, conns, url.Values{"mode": {"ro"}, "_query_only": {"1"}})
}

func openSQLiteHandle(path string, conns int, params url.Values) (*sql.DB, error) {
	params.Set("_busy_timeout", sqliteBusyMillis)
	params.Set("_time_format", "sqlite")
	params.Set("_timezone", "UTC")
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: params.Encode()}
	connector, err := sqlite.NewConnector(name.String())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(stmtcache.Wrap(connector, sqliteStatements))
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}

// isNoSQLiteTable says whether err is a query of a table that does not exist, for which SQLite has no code of its own.
func isNoSQLiteTable(err error) bool {
	return sqliteCode(err) == sqlite3.SQLITE_ERROR && strings.Contains(err.Error(), "no such table")
}
