package eventlog

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"orderhub/server/errs"
	"orderhub/server/event"
	"orderhub/server/store"
)

// eventLog is which log the events of this database are.
type eventLog struct {
	name, home string
	generation int
	restoredID int64 // up to here events came with a restore
	earlier    []earlierLog
}

// earlierLog is a log on a server that was replaced by one that followed it, and that
// may lack its end.
type earlierLog struct {
	name   string
	lastID int64 // of its events that are here
}

// mostEarlier is how many replaced servers are remembered.
const mostEarlier = 32

// has reports whether a position is of the log. One without a log is from before
// logs had identifiers, and of the first.
func (l *eventLog) has(p event.Position) bool {
	return p == event.Position{} || p.Log == l.name || p.Log == "" && l.generation == 1 && len(l.earlier) == 0
}

// mayHave reports whether a position is of a log that this one goes on from: it holds
// if its event is there.
func (l *eventLog) mayHave(p event.Position) bool {
	if p.Log == "" && l.generation == 1 && len(l.earlier) > 0 {
		return p.ID <= l.earlier[len(l.earlier)-1].lastID
	}
	return slices.ContainsFunc(l.earlier, func(e earlierLog) bool { return e.name == p.Log && p.ID <= e.lastID })
}

var (
	selectEventLog = `SELECT name, home, generation, restored_id, earlier FROM event_logs WHERE id = 1`
	writeEventLog  = `INSERT INTO event_logs (id, name, home, generation, restored_id, earlier, created_at, updated_at)
		VALUES (1, $1, $2, $3, $4, $5, $6, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, home = excluded.home, generation = excluded.generation,
		restored_id = excluded.restored_id, earlier = excluded.earlier, updated_at = excluded.updated_at`
	// Restored events have no number of a transaction in positions.
	selectNamedEvent = store.Same(`SELECT id FROM events
		WHERE id = $1 AND (transaction_id = $2 OR ($2 = 0 AND id <= $3))`)
	// A server has its own numbers of transactions since it was initialised; one
	// that is promoted begins a new timeline, and may lack what the last one wrote.
	selectHome = `SELECT system_identifier::text || '/' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) || '/' ||
		(SELECT oid::text FROM pg_database WHERE datname = current_database()) FROM pg_control_system()`
	selectHomeNow = store.Statement{Postgres: `SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE (` + selectHome + `) END`}
	// What is not visible yet must not be taken for restored: this waits for those
	// who write events, and holds others up for a moment.
	lockEvents = `LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE`
	// Two processes that start at once must not begin two logs.
	lockEventLog = `LOCK TABLE event_logs IN SHARE ROW EXCLUSIVE MODE`
	// Numbers that this server has not given out yet are another one's.
	selectForeignEvents = `SELECT coalesce(max(transaction_id), 0) >= ` +
		`pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM events`
	selectLastEvent = `SELECT coalesce(max(id), 0) FROM events`
)

// eventLog returns the log. The first time, and when another server has become the
// primary, it finds out whether the database is where it was, and begins another log if
// not. Any connection may be the first to that server.
func (s *Store) eventLog(ctx context.Context) (*eventLog, error) {
	for {
		primaries := s.db.Primaries.Load()
		if s.db.LogFound.Load() <= primaries {
			if err := s.findEventLog(ctx); err != nil {
				return nil, fmt.Errorf("find out which log this is: %w", err)
			}
			s.db.LogFound.Store(primaries + 1)
		}
		// Read each time: another process may have found that the server has changed.
		l, err := scanEventLog(s.db.ReadDB.QueryRowContext(ctx, selectEventLog))
		if err != nil || s.db.Primaries.Load() == primaries {
			return l, err
		}
	}
}

func scanEventLog(row *sql.Row) (*eventLog, error) {
	l := &eventLog{}
	var earlier string
	if err := row.Scan(&l.name, &l.home, &l.generation, &l.restoredID, &earlier); err != nil {
		return l, err
	}
	for _, written := range strings.Fields(earlier) {
		name, last, _ := strings.Cut(written, ":")
		lastID, err := strconv.ParseInt(last, 10, 64)
		if err != nil {
			return l, fmt.Errorf("log %s: %w", name, err)
		}
		l.earlier = append(l.earlier, earlierLog{name, lastID})
	}
	return l, nil
}

// writtenEarlier is what scanEventLog reads.
func (l *eventLog) writtenEarlier() string {
	var b strings.Builder
	for _, e := range l.earlier {
		fmt.Fprintf(&b, "%s:%d ", e.name, e.lastID)
	}
	return strings.TrimSuffix(b.String(), " ")
}

func (s *Store) findEventLog(ctx context.Context) error {
	home, err := s.home(ctx)
	if err != nil {
		return err
	}
	known, err := scanEventLog(s.db.ReadDB.QueryRowContext(ctx, selectEventLog))
	if err == nil && known.home == home {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	var begun *eventLog
	err = s.db.OnceInTx(ctx, func(tx *sql.Tx) error {
		begun, err = s.beginEventLog(ctx, tx, home)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case len(begun.earlier) > 0:
		s.db.Log.WarnContext(ctx, "the database's server was replaced by one that followed it: positions in the log of all "+
			"merchants hold where their events were not lost", "log", begun.name, "before", begun.earlier[0].name)
	case begun.generation > 1:
		s.db.Log.WarnContext(ctx, "the database was restored or copied: positions in the log of all merchants begin anew",
			"log", begun.name, "events_restored_to", begun.restoredID)
	}
	return nil
}

// beginEventLog writes down the log of a database that is new here, unless another
// process has done it meanwhile.
func (s *Store) beginEventLog(ctx context.Context, tx *sql.Tx, home string) (*eventLog, error) {
	if err := s.lock(ctx, tx, lockEventLog); err != nil {
		return nil, err
	}
	next := &eventLog{name: newLogName(), home: home, generation: 1}
	known, err := scanEventLog(tx.QueryRowContext(ctx, selectEventLog))
	switch {
	case err == nil && known.home == home:
		return known, nil
	case err == nil && s.db.Pool() != nil && replaced(known.home, home):
		next.generation, next.restoredID = known.generation, known.restoredID
		return next, s.continueLog(ctx, tx, next, known)
	case err == nil:
		next.generation = known.generation + 1
	case !errors.Is(err, sql.ErrNoRows):
		return nil, err
	}
	if err := s.noteRestored(ctx, tx, next); err != nil {
		return nil, err
	}
	return next, s.write(ctx, tx, next)
}

func (s *Store) write(ctx context.Context, tx *sql.Tx, l *eventLog) error {
	_, err := tx.ExecContext(
		ctx, writeEventLog, l.name, l.home, l.generation, l.restoredID, l.writtenEarlier(), s.db.Now(),
	)
	return err
}

// replaced reports whether two homes are servers of which one followed the other, or
// was restored to a moment of it: but for the timeline they are the same.
func replaced(before, now string) bool {
	b, n := strings.Split(before, "/"), strings.Split(now, "/")
	return len(b) == 3 && len(n) == 3 && b[0] == n[0] && b[2] == n[2]
}

// continueLog writes down a log that goes on from the one that is known. Its events keep their
// order: numbers of transactions go on from those that are here.
func (s *Store) continueLog(ctx context.Context, tx *sql.Tx, next, known *eventLog) error {
	if err := s.lock(ctx, tx, lockEvents); err != nil {
		return err
	}
	before := earlierLog{name: known.name}
	if err := tx.QueryRowContext(ctx, selectLastEvent).Scan(&before.lastID); err != nil {
		return err
	}
	next.earlier = append([]earlierLog{before}, known.earlier...)
	next.earlier = next.earlier[:min(len(next.earlier), mostEarlier)]
	return s.write(ctx, tx, next)
}

// holds reports whether one goes on from a position without missing anything.
func (s *Store) holds(ctx context.Context, l *eventLog, p event.Position) (found bool, err error) {
	if l.has(p) {
		return true, nil
	}
	if !l.mayHave(p) {
		return false, nil
	}
	args := []any{p.ID, p.Transaction, l.restoredID}
	err = s.peek(ctx, l, store.NewQuery(selectNamedEvent, args, store.Found(&found)))
	return found, err
}

// errMoved means that a read of the log was of another server than the log.
var errMoved = errors.New("another server has become the primary")

// peek reads what belongs to the log. Over a pooler each read may be of another server, and says of which
// it is. Errors: errMoved.
func (s *Store) peek(ctx context.Context, l *eventLog, queries ...store.Query) error {
	if s.db.Pooled() && l.home != unknownHome {
		queries = append(queries, store.NewQuery(selectHomeNow, nil, func(row store.Scanner) error {
			var home string
			if err := row.Scan(&home); err != nil {
				return err
			}
			if strings.TrimSpace(home) != l.home {
				return errMoved
			}
			return nil
		}))
	}
	return s.db.Peek(ctx, queries...)
}

// noteRestored notes up to where events were restored. Those of a log that is the
// first here may have been as well, before logs were kept.
func (s *Store) noteRestored(ctx context.Context, tx *sql.Tx, next *eventLog) error {
	if s.db.Pool() == nil {
		return nil
	}
	var foreign bool
	if err := tx.QueryRowContext(ctx, selectForeignEvents).Scan(&foreign); err != nil {
		return err
	}
	if foreign && next.generation == 1 {
		next.generation = 2
	}
	if next.generation == 1 {
		return nil
	}
	if err := s.lock(ctx, tx, lockEvents); err != nil {
		return err
	}
	return tx.QueryRowContext(ctx, selectLastEvent).Scan(&next.restoredID)
}

// lock is for PostgreSQL; SQLite has one writer.
func (s *Store) lock(ctx context.Context, tx *sql.Tx, statement string) error {
	if s.db.Pool() == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, statement)
	return err
}

func newLogName() string {
	var name [8]byte
	_, _ = rand.Read(name[:]) // never fails: it ends the program instead
	return hex.EncodeToString(name[:])
}

// unknownHome is where a server keeps secret what it is: there a restore is found
// by the numbers of transactions alone, when the log is first asked for.
const (
	unknownHome           = "unknown"
	insufficientPrivilege = "42501"
	inRecovery            = "55000" // no server that takes writes
)

// home tells where the database is kept from anywhere else.
func (s *Store) home(ctx context.Context) (home string, err error) {
	if s.db.Pool() == nil {
		return store.FileIdentity(s.db.Address)
	}
	err = s.db.ReadDB.QueryRowContext(ctx, selectHome).Scan(&home)
	if denied, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch denied.Code {
		case insufficientPrivilege:
			return unknownHome, nil
		case inRecovery:
			return "", fmt.Errorf("%w: %w", errs.ErrUnavailable, err)
		}
	}
	return strings.TrimSpace(home), err
}
