package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"orderhub/ent"
	"orderhub/server/errs"
)

// Conflict is what to say when a row breaks a unique index.
type Conflict struct {
	Index string // name as in the migrations, such as "merchants_name_key"
	Err   error
}

// NewConflict is what to say when a row breaks the index.
func NewConflict(index string, err error) Conflict { return Conflict{index, err} }

// Translate turns an error of the database into one of the domain: a missing row becomes notFound (unless that is
// nil), a broken unique index the error of its conflict, and a database that cannot answer wraps errs.ErrUnavailable.
// Everything else, cancellation included, stays as it is. Nil stays nil.
func Translate(err, notFound error, conflicts ...Conflict) error {
	switch {
	case err == nil:
		return nil
	case notFound != nil && IsNotFound(err):
		return notFound
	}
	for _, c := range conflicts {
		if IsUniqueViolation(err, c.Index) {
			return c.Err
		}
	}
	return Unavailable(err)
}

// IsNotFound says that ent found no row.
func IsNotFound(err error) bool {
	return ent.IsNotFound(err) || errors.Is(err, sql.ErrNoRows) || errors.Is(err, pgx.ErrNoRows)
}

// IsUniqueViolation says whether err is a row that breaks one of the unique indexes, or any when none is named. Names
// are those of the migrations; a primary key is TABLE_pkey.
func IsUniqueViolation(err error, indexes ...string) bool {
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		const uniqueViolation = "23505"
		return fromPostgres.Code == uniqueViolation &&
			(len(indexes) == 0 || slices.Contains(indexes, fromPostgres.ConstraintName))
	}
	var fromSQLite *sqlite.Error
	if !errors.As(err, &fromSQLite) {
		return false
	}
	switch fromSQLite.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
	default:
		return false
	}
	if len(indexes) == 0 {
		return true
	}
	// SQLite names the columns, not the index.
	for _, index := range indexes {
		if columns := ent.UniqueColumns[index]; columns != "" &&
			strings.Contains(fromSQLite.Error(), "UNIQUE constraint failed: "+columns+" (") {
			return true
		}
	}
	return false
}

// Unavailable wraps err with errs.ErrUnavailable when it means that the database cannot answer just now: it is gone,
// starting, full, read-only or overloaded. Other errors stay as they are.
func Unavailable(err error) error {
	if err == nil || errors.Is(err, errs.ErrUnavailable) || !isUnavailable(err) {
		return err
	}
	return fmt.Errorf("%w: %w", errs.ErrUnavailable, err)
}

func isUnavailable(err error) bool {
	// Before the look at the context: a time-out of our own while connecting is one of these.
	var connecting *pgconn.ConnectError
	if errors.As(err, &connecting) {
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		return isUnavailableState(fromPostgres.Code)
	}
	switch sqliteCode(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PROTOCOL:
		return true
	}
	return isLostConnection(err)
}

// IsTooMuch says whether err means that a transaction took too long, or met others: a smaller one may do better.
func IsTooMuch(err error) bool {
	var fromPostgres *pgconn.PgError
	return IsLostRace(err) || (errors.As(err, &fromPostgres) &&
		slices.Contains([]string{"57014", "55P03", "40001", "40P01"}, fromPostgres.Code))
}

// isUnavailableState looks at PostgreSQL's SQLSTATE, by class where the whole class fits.
func isUnavailableState(code string) bool {
	for _, prefix := range []string{
		"08",    // connection exceptions
		"53",    // insufficient resources: disk full, out of memory, too many connections
		"57P",   // shutting down, crashed, starting, database dropped
		"58",    // errors outside PostgreSQL, such as of the disk
		"57014", // statement_timeout, or cancelled by an administrator
		"55P03", // lock_timeout
		"25P03", // idle_in_transaction_session_timeout
		"25006", // read-only: a standby, or set so by an administrator
		"40001", // serialization failure: whoever does not retry may say so
		"40P01", // deadlock, likewise
	} {
		if strings.HasPrefix(code, prefix) {
			return true
		}
	}
	return false
}

// isLostConnection says whether err comes from a connection that broke.
func isLostConnection(err error) bool {
	var network net.Error
	switch {
	case errors.As(err, &network),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return true
	}
	return pgconn.SafeToRetry(err)
}
