package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"orderhub/server/clock"
	"orderhub/server/errs"
)

const (
	retryAttempts = 8
	// retryBudget is when no further attempt begins. Callers are to know within
	// five seconds that SQLite is locked: this, and the last attempt's wait for it.
	retryBudget  = 3 * time.Second
	retryBackoff = 4 * time.Millisecond // before the second attempt; doubles
	// patience is when work that nobody waits for gives up: another process that
	// writes without pause may keep a SQLite file for a while.
	patience = time.Minute
)

// errLostRace: a row that this transaction locked or checked is not as it was
// read. It cannot happen while everyone locks wallets first; the batch is tried
// again.
var errLostRace = errors.New("lost a race")

// Retry calls fn until it returns something else than a lost race with another transaction, a bounded number of times.
// fn must start over each time. The error of a race that was lost every time wraps errs.ErrUnavailable.
func (s *DB) Retry(ctx context.Context, fn func() error) error {
	started, backoff := time.Now(), retryBackoff
	for attempt := 1; ; attempt++ {
		err := fn()
		if !IsLostRace(err) {
			return Unavailable(err)
		}
		if attempt == retryAttempts || time.Since(started) > retryBudget {
			return fmt.Errorf("%w: gave up after %d attempts: %w", errs.ErrUnavailable, attempt, err)
		}
		// Half of the wait is random, so that two that met do not meet again.
		wait := backoff/2 + rand.N(backoff/2)
		s.Log.DebugContext(ctx, "lost a race, trying again", "attempt", attempt, "wait", wait, "error", err)
		if ended := clock.Sleep(ctx, wait); ended != nil {
			return errors.Join(ended, err)
		}
		backoff *= 2
	}
}

// Patiently is for the parts of long work of an operator's: it calls fn, which returns what [DB.Retry] does, until it
// has not lost every race, for at most a minute. fn must start over each time. Whose ctx has a deadline waits for the
// outcome, and fn is called once.
func (s *DB) Patiently(ctx context.Context, fn func() error) error {
	_, awaited := ctx.Deadline()
	for started := time.Now(); ; {
		err := fn()
		if !IsLostRace(err) || awaited || ctx.Err() != nil || time.Since(started) > patience {
			return err
		}
		s.Log.WarnContext(ctx, "others keep the database from being written, trying again", "error", err)
	}
}

// LostRace is err of a transaction that another one made fail, and that may simply be repeated.
func LostRace(err error) error { return fmt.Errorf("%w: %w", errLostRace, err) }

// IsLostRace says whether err means that a transaction was undone because of another one and may simply be repeated.
func IsLostRace(err error) bool {
	if errors.Is(err, errLostRace) {
		return true
	}
	var fromPostgres *pgconn.PgError
	if errors.As(err, &fromPostgres) {
		switch fromPostgres.Code {
		case "40001", // serialization failure, or lost_race(): see Change
			"40P01": // deadlock detected
			return true
		}
		return false
	}
	return sqliteCode(err) == sqlite3.SQLITE_BUSY
}

// sqliteCode is the primary result code of an error of SQLite, or 0.
func sqliteCode(err error) int {
	var fromSQLite *sqlite.Error
	if !errors.As(err, &fromSQLite) {
		return sqlite3.SQLITE_OK
	}
	return fromSQLite.Code() & 0xff
}
