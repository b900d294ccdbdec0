package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"orderhub/server/errs"
)

// A pooler such as PgBouncer gives each transaction any of its connections to the server. What belongs to a session
// (prepared statements, LISTEN, locks of sessions, settings) is lost over it, or found by somebody else. So whoever has
// a pooler names the server as well, and nothing of a session goes over the pooler.

// directConns is the most connections to the server beside a pooler, but for one that listens to events and those of a
// migration: jobs are listened for over one.
const directConns = 4

// Where the two URLs of a database must not lead.
var (
	ErrPooler = errors.New("--database leads to a pooler such as PgBouncer: name the server itself with " +
		"--database-direct, for what needs a connection of its own")
	ErrDirectPooler = errors.New("--database-direct leads to a pooler such as PgBouncer: it must lead to the server " +
		"itself")
	ErrTwoDatabases = errors.New("--database and --database-direct lead to different databases")
)

// settingsOfTx are those of postgresSettings that a pooler does not know. They are set anew in every transaction.
var settingsOfTx = []string{"statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"}

// txSettings are settings that every transaction over a pooler begins with.
type txSettings []struct{ name, value string }

// takeTxSettings takes them out of what a connection is begun with.
func takeTxSettings(params map[string]string) (taken txSettings) {
	for _, name := range settingsOfTx {
		if value, given := params[name]; given {
			taken = append(taken, struct{ name, value string }{name, value})
			delete(params, name)
		}
	}
	return taken
}

// statements set the settings, "" for none.
func (t txSettings) statements() string {
	var b strings.Builder
	for _, s := range t {
		fmt.Fprintf(&b, "; set local %s = %s", s.name, quoted(s.value))
	}
	return strings.TrimPrefix(b.String(), "; ")
}

// selected are further columns of a SELECT that set them.
func (t txSettings) selected() string {
	var b strings.Builder
	for _, s := range t {
		fmt.Fprintf(&b, ", set_config(%s, %s, true)", quoted(s.name), quoted(s.value))
	}
	return b.String()
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// openPooled opens the connections over a pooler, and beside them those to the server.
func (s opening) openPooled(ctx context.Context, opts Options) error {
	pooled, err := postgresConfig(opts.URL, opts.MaxConns)
	if err != nil {
		return err
	}
	direct, err := postgresConfig(opts.Direct, directConns)
	if err != nil {
		return err
	}
	s.txSettings = takeTxSettings(pooled.ConnConfig.RuntimeParams)
	// The description of a statement holds on any connection, a prepared statement on its own.
	pooled.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	pooled.ConnConfig.StatementCacheCapacity = 0
	pooled.ConnConfig.Tracer = alsoLimited(opts.Tracer)
	pooled.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		readInstantsInUTC(conn)
		return nil
	}
	if s.pool, err = openPool(ctx, pooled); err != nil {
		return err
	}
	direct.ConnConfig.Tracer = opts.Tracer
	if err := s.openServers(ctx, direct); err != nil {
		s.pool.Close()
		return err
	}
	s.WriteDB = sql.OpenDB(newPooledConnector(s.pool, s.txSettings.statements()))
	s.WriteDB.SetMaxIdleConns(0) // the pool keeps them
	return nil
}

// Pooled says that statements go over a pooler: what one transaction has learned of the server, the next need not find.
func (s *DB) Pooled() bool { return s.pool != s.direct }

// Direct are connections to PostgreSQL that keep their session: the pool itself where there is no pooler. It is for
// LISTEN. Nil on SQLite.
func (s *DB) Direct() *pgxpool.Pool { return s.direct }

// TxSettings are statements with which a transaction over [DB.Pool] has to begin, "" for none.
func (s *DB) TxSettings() string { return s.txSettings.statements() }

// checkPooler makes sure that poolers are where they were said to be, and that both URLs lead to one database.
func (s opening) checkPooler(ctx context.Context) error {
	if s.pool == nil {
		return nil
	}
	pooled, err := leadsToPooler(ctx, s.direct)
	switch {
	case refusesSettings(err) && s.Pooled():
		return ErrDirectPooler
	case err != nil:
		return During("looking for a pooler", err)
	case pooled && s.Pooled():
		return ErrDirectPooler
	case pooled:
		return ErrPooler
	case !s.Pooled():
		return nil
	}
	return During("comparing where the database's two URLs lead", s.checkOneDatabase(ctx))
}

// leadsToPooler compares which process the connection was said to lead to with which one answers. A pooler has none to
// name when a client connects.
func leadsToPooler(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	var answers uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&answers)
	return answers != conn.Conn().PgConn().PID(), err
}

// selectLock looks for a lock of a transaction in this database.
const selectLock = `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1
	AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
	AND classid::bigint << 32 | objid::bigint = $1)`

// checkOneDatabase takes a lock that nobody else takes over the pooler, and looks for it over the other URL.
func (s opening) checkOneDatabase(ctx context.Context) error {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails: it ends the program instead
	key := int64(binary.NativeEndian.Uint64(random[:]))
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return Unavailable(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // ends the lock
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", key); err != nil {
		return Unavailable(err)
	}
	var same bool
	if err := s.direct.QueryRow(ctx, selectLock, key).Scan(&same); err != nil {
		return Unavailable(err)
	}
	if !same {
		return ErrTwoDatabases
	}
	return nil
}

// refusesSettings says whether a connection was refused for a setting, as PgBouncer does and PostgreSQL does not.
func refusesSettings(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Message, "unsupported startup parameter")
}

// loneLimit bounds a statement outside of a transaction over a pooler, where no setting can. It is above the
// statement_timeout of transactions, whose first statement it bounds too.
const loneLimit = 35 * time.Second

// errTooLong is why a statement was given up. It is no deadline of the caller's.
var errTooLong = fmt.Errorf("%w: a statement took too long", errs.ErrUnavailable)

// limiter ends statements outside of transactions that take too long.
type limiter struct{ after time.Duration }

// alsoLimited is tracer and the limiter.
func alsoLimited(tracer pgx.QueryTracer) pgx.QueryTracer {
	if tracer == nil {
		return limiter{loneLimit}
	}
	return multitracer.New(tracer, limiter{loneLimit})
}

type cancelKey struct{}

// limited is a context that ends with errTooLong.
type limited struct {
	context.Context // with the limit

	caller context.Context
}

// Err implements context.Context.
func (l limited) Err() error {
	if err := l.caller.Err(); err != nil {
		return err
	}
	if l.Context.Err() != nil {
		return errTooLong
	}
	return nil
}

func (l limiter) limit(ctx context.Context, conn *pgx.Conn) context.Context {
	if conn.PgConn().TxStatus() != 'I' {
		return ctx
	}
	timed, cancel := context.WithTimeout(ctx, l.after)
	return context.WithValue(limited{timed, ctx}, cancelKey{}, cancel)
}

func unlimit(ctx context.Context) {
	if cancel, ok := ctx.Value(cancelKey{}).(context.CancelFunc); ok {
		cancel()
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (l limiter) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return l.limit(ctx, conn)
}

// TraceQueryEnd implements pgx.QueryTracer.
func (limiter) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryEndData) { unlimit(ctx) }

// TraceBatchStart implements pgx.BatchTracer.
func (l limiter) TraceBatchStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return l.limit(ctx, conn)
}

// TraceBatchQuery implements pgx.BatchTracer.
func (limiter) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (limiter) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchEndData) { unlimit(ctx) }
