// Package store opens, migrates and encrypts the database, SQLite or PostgreSQL, and runs statements in it. What is
// kept there is the business of its folders, each a store that some of the domain's packages ask for; package stores
// has all of them. Callers see domain types and domain errors, never ent's.
//
// sqlite.go and postgres.go only open and tune. What a caller has to know of the difference: SQLite has one writer, so
// a transaction there must use nothing but its own handle, and must be short.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"orderhub/ent"
	"orderhub/server/clock"
	"orderhub/server/ident"
	"orderhub/server/secret"
)

// Options say what to open.
type Options struct {
	// URL is "sqlite:PATH", where PATH may be relative, or "postgres://…" as PostgreSQL's own programs take it.
	URL string
	// Direct leads to PostgreSQL itself where URL leads to a pooler such as PgBouncer; "" where URL does.
	Direct string
	// Read leads to servers that follow PostgreSQL's, for reads that need not be of that one, see [DB.Anywhere]; "" for
	// none.
	Read string
	// MaxConns is the most connections to PostgreSQL. 0 means what the URL says (pool_max_conns), else 16.
	MaxConns int
	// Log gets migrations and retries. Nil discards.
	Log *slog.Logger
	// Tracer follows statements on PostgreSQL; nil for none.
	Tracer pgx.QueryTracer
	// Sealer encrypts what is secret. There must be one, if only secret.Keyless.
	Sealer *secret.Sealer
	// SealsNothing says that the keys only open: a key that has not sealed here before is not noted as one that has.
	SealsNothing bool
	// Now is the clock. Nil means the server's on PostgreSQL, and else the machine's.
	Now func() time.Time
	// Machine is how the process measures time, nil for what it runs on. Of no use with Now.
	Machine *clock.Machine
	// NewTicketCode makes the codes of tickets, each a new one. Nil means random UUIDs.
	NewTicketCode func() string

	pace pace // zero for the usual one
}

// DB is an open database. Its methods may be called from any number of goroutines.
type DB struct {
	// Vault encrypts and decrypts what is kept, Sealing is how much of the database is encrypted and with which keys,
	// Migrations bring its schema up to date, Clock is what Now shows, and Ledger knows the hub's own accounts.
	Vault      *Vault
	Sealing    *Sealing
	Migrations *Migrations
	Clock      *Clock
	Ledger     Ledger

	dialect string      // dialect.SQLite or dialect.Postgres
	Address string      // the file of SQLite, the URL of PostgreSQL
	file    os.FileInfo // what the file of SQLite was when it was opened, nil on PostgreSQL
	Log     *slog.Logger

	Client *ent.Client // writes
	Reader *ent.Client // reads that need no transaction; sees what is committed
	// On SQLite the handle with the one writing connection and the handle of the readers. On PostgreSQL both are
	// the pool, seen through database/sql.
	WriteDB, ReadDB *sql.DB
	versionDB       *sql.DB       // on SQLite the connection that sees what others commit, see SQLiteVersion
	pool            *pgxpool.Pool // nil on SQLite
	direct          *pgxpool.Pool // the same, or beside a pooler what leads to the server itself
	txSettings      txSettings    // nil without a pooler
	bulkSettings    string        // begins the transactions of the hot path on PostgreSQL
	pace            pace          // of servers
	servers         *servers      // nil unless PostgreSQL has several
	replicas        *replicas     // nil without Options.Read

	Sealer        *secret.Sealer
	sealsNothing  bool
	sealing       atomic.Int64     // a sealingLevel
	sealsAccounts atomic.Bool      // whether accounts are sealed; who writes one asks the database
	now           func() time.Time // UTC with microseconds, as both databases keep instants
	clock         *clock.Clock     // that now shows; nil with Options.Now
	NewTicketCode func() string

	OrderIDs, LineIDs *ids
	jobs              *jobInserter
	announcer         atomic.Pointer[announcer] // nil while nobody is told of events
	timeline          atomic.Pointer[string]    // of PostgreSQL, which another primary changes
	Primaries         atomic.Int64              // servers that connections have led to, one after the other
	// LogFound is how many of them, plus one, there were when the log of events was last identified.
	LogFound    atomic.Int64
	unreadable  atomic.Int64
	asideBefore sync.Map // of aside
}

// Open opens the database, which for SQLite creates the file, and checks that it answers and that its secrets are
// sealed with the Sealer's keys. It does not migrate. Errors: *KeyError; those that wrap errs.ErrUnavailable may go
// away by themselves.
func Open(ctx context.Context, opts Options) (*DB, error) {
	if opts.Sealer == nil {
		return nil, errors.New("the store needs a key to encrypt what is secret")
	}
	s := opening{newStore(opts)}
	if err := s.open(ctx, opts); err != nil {
		return nil, err
	}
	s.Client = ent.NewClient(ent.Driver(entsql.OpenDB(s.dialect, s.WriteDB)))
	s.Reader = s.Client
	if s.ReadDB != s.WriteDB {
		s.Reader = ent.NewClient(ent.Driver(entsql.OpenDB(s.dialect, s.ReadDB)))
	}
	s.OrderIDs = newIDs(s.DB, "orders")
	s.LineIDs = newIDs(s.DB, "order_lines")
	s.jobs = &jobInserter{notified: make(map[string]time.Time)}
	if err := s.greet(ctx); err != nil {
		if refusesSettings(err) && !s.Pooled() {
			err = ErrPooler
		}
		return nil, errors.Join(err, s.Close())
	}
	if err := s.checkPooler(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.checkReplicas(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.Sealing.checkKeys(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s.DB, nil
}

// opening is a database on its way to be open.
type opening struct{ *DB }

// newStore takes from opts what does not depend on the database.
func newStore(opts Options) *DB {
	s := &DB{Log: opts.Log, Sealer: opts.Sealer, sealsNothing: opts.SealsNothing, NewTicketCode: opts.NewTicketCode}
	s.Vault, s.Sealing, s.Migrations = &Vault{s}, &Sealing{s}, &Migrations{s}
	s.Clock, s.Ledger.db = &Clock{s}, s
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.pace = opts.pace; s.pace == (pace{}) {
		s.pace = usualPace
	}
	if s.NewTicketCode == nil {
		s.NewTicketCode = ident.New(nil, nil).TicketCode
	}
	if opts.Now != nil {
		s.now = func() time.Time { return opts.Now().UTC().Truncate(time.Microsecond) }
		return s
	}
	machine := clock.This()
	if opts.Machine != nil {
		machine = *opts.Machine
	}
	s.clock = clock.New(machine)
	s.now = s.clock.Now
	return s
}

func (s opening) open(ctx context.Context, opts Options) error {
	scheme, rest, _ := strings.Cut(opts.URL, ":")
	switch scheme {
	case "sqlite":
		return s.openSQLite(ctx, rest)
	case "postgres", "postgresql":
		return s.openPostgres(ctx, opts)
	default:
		return errors.New(`the database's URL must begin with "sqlite:" or "postgres://"`)
	}
}

// Close waits for work of its own to end and closes the database. The Store must not be used afterwards.
func (s *DB) Close() error {
	s.OrderIDs.wait()
	s.LineIDs.wait()
	// On SQLite the writer goes last: only it can move the write-ahead log into the file.
	err := s.ReadDB.Close()
	if s.versionDB != nil {
		err = errors.Join(err, s.versionDB.Close())
	}
	if s.ReadDB != s.WriteDB {
		err = errors.Join(err, s.WriteDB.Close())
	}
	if s.servers != nil {
		s.servers.end()
	}
	if s.replicas != nil {
		s.replicas.close()
	}
	if s.pool != nil {
		s.pool.Close()
		s.direct.Close() // again, where it is the same
	}
	return err
}

// Dialect is "sqlite3" or "postgres".
func (s *DB) Dialect() string { return s.dialect }

// SQLite is the handle with the one writing connection, nil on PostgreSQL. It is for River; inside a transaction of
// it nothing else may use the handle.
func (s *DB) SQLite() *sql.DB {
	if s.dialect != dialect.SQLite {
		return nil
	}
	return s.WriteDB
}

// SQLiteVersion is a number that every commit to SQLite's file changes, whichever process makes it. It says nothing
// else: two numbers are equal or they are not.
func (s *DB) SQLiteVersion(ctx context.Context) (version int64, err error) {
	err = s.versionDB.QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	return version, Unavailable(err)
}

// Pool are the connections to PostgreSQL, nil on SQLite. It is for River; see [DB.Direct] for what a session keeps, and
// [DB.TxSettings] for what a transaction begins with.
func (s *DB) Pool() *pgxpool.Pool { return s.pool }

// Ping checks that the database answers; its error wraps errs.ErrUnavailable.
func (s *DB) Ping(ctx context.Context) error {
	if err := s.ReadDB.PingContext(ctx); err != nil {
		return Unavailable(fmt.Errorf("reaching the database: %w", err))
	}
	return nil
}

// greet checks that the database answers, and what time it is there.
func (s opening) greet(ctx context.Context) error {
	if s.pool == nil || s.clock == nil {
		return s.Ping(ctx)
	}
	return s.Clock.read(ctx)
}

// mostAside is how many values are remembered as set aside.
const mostAside = 10_000

// aside is a value that was set aside.
type aside struct {
	what string
	id   int64
}

// SetAside notes that a sealed value of a row cannot be opened, so that the row is left out and the others go on.
func (v *Vault) SetAside(what string, id int64, err error) {
	// It is told once, however often it is come across.
	if _, again := v.db.asideBefore.Load(aside{what, id}); again {
		return
	}
	if v.db.unreadable.Add(1) <= mostAside {
		v.db.asideBefore.Store(aside{what, id}, true)
	}
	v.db.Log.Error("set aside: a sealed value cannot be opened", "what", what, "id", id, "error", err)
}

// WithoutIt lets what else there is be shown where a value cannot be opened, which it notes. Other errors it returns.
func (v *Vault) WithoutIt(what string, id int64, err error) error {
	if !IsUnreadable(err) {
		return err
	}
	v.SetAside(what, id, err)
	return nil
}

// Unreadable is how often a row was set aside because a sealed value of it cannot be opened.
func (v *Vault) Unreadable() int64 { return v.db.unreadable.Load() }

// HasKey says whether values are sealed or opened with the key of this id.
func (v *Vault) HasKey(id string) bool { return slices.Contains(v.db.Sealer.KeyIDs(), id) }

// Keys returns keys for a use outside the store, derived from those that seal:
// the first signs, all of them verify.
func (v *Vault) Keys(use string) [][]byte { return v.db.Sealer.Derive(use) }
