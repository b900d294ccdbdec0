package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// Why a read goes to the primary.
const (
	becauseBehind      = "behind"      // the replica has not replayed what may have been read already
	becauseAhead       = "ahead"       // it shows what the primary does not show yet: a commit that waits for a standby
	becauseUnreachable = "unreachable" // no connection, or no answer
	becauseBusy        = "busy"        // all connections to it are at work
	becauseCancelled   = "cancelled"   // the read failed there
	becauseWritable    = "writable"    // it is no replica, or not any more
	becauseDetached    = "detached"    // it does not receive the primary's log, or that of another timeline
	becauseForeign     = "foreign"     // another database, or of another cluster
	becauseForbidden   = "forbidden"   // its user may not see what it receives
	becausePrimary     = "primary"     // the primary did not say where it is
)

// reasons are all of them.
var reasons = []string{
	becauseBehind, becauseAhead, becauseUnreachable, becauseBusy, becauseCancelled, becauseWritable, becauseDetached,
	becauseForeign, becauseForbidden, becausePrimary,
}

// notFresh is why a replica does not answer a read.
type notFresh struct {
	because string
	err     error // nil where the reason says all
}

// rests is for how long a replica is left alone after such a failure, before one read tries it again. A reason that is
// missing is about one read.
var rests = map[string]time.Duration{
	becauseBehind: passing, becauseAhead: passing, becauseUnreachable: passing, becauseDetached: passing,
	becauseWritable: lasting, becauseForeign: lasting, becauseForbidden: lasting,
}

const (
	passing = 250 * time.Millisecond
	lasting = 5 * time.Second
)

// replica is a server that follows the primary, or a pooler in front of some.
type replica struct {
	pool     *pgxpool.Pool
	db       *sql.DB // the pool, seen through database/sql
	address  string
	settings txSettings

	resting atomic.Pointer[rest] // nil while reads are given to it
	behind  atomic.Int64         // bytes of the log that it lacked when it was last asked
}

// rest is why, and until when, a replica is left alone.
type rest struct {
	because string
	until   time.Time
}

// openReplicas opens a pool for each host that opts name for reading, without connecting.
func openReplicas(ctx context.Context, opts Options) ([]*replica, error) {
	if opts.Read == "" {
		return nil, nil
	}
	config, err := postgresConfig(opts.Read, 0)
	if err != nil {
		return nil, fmt.Errorf("--database-read: %w", err)
	}
	// It may lead to poolers: nothing is left in a session.
	settings := takeTxSettings(config.ConnConfig.RuntimeParams)
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.ConnConfig.StatementCacheCapacity = 0
	config.ConnConfig.Tracer = opts.Tracer
	config.AfterConnect = func(_ context.Context, conn *pgx.Conn) error {
		readInstantsInUTC(conn)
		return nil
	}
	var opened []*replica
	for _, one := range eachHost(config) {
		pool, err := openPool(ctx, one)
		if err != nil {
			closeReplicas(opened)
			return nil, err
		}
		opened = append(opened, &replica{
			pool: pool, db: stdlib.OpenDBFromPool(pool), settings: settings,
			address: net.JoinHostPort(one.ConnConfig.Host, strconv.Itoa(int(one.ConnConfig.Port))),
		})
	}
	return opened, nil
}

// eachHost splits what leads to any of several hosts.
func eachHost(config *pgxpool.Config) (each []*pgxpool.Config) {
	type host struct {
		name string
		port uint16
	}
	conn := config.ConnConfig
	first := &pgconn.FallbackConfig{Host: conn.Host, Port: conn.Port, TLSConfig: conn.TLSConfig}
	ways := append([]*pgconn.FallbackConfig{first}, conn.Fallbacks...)
	known := make(map[host]*pgxpool.Config)
	for _, way := range ways {
		at := host{way.Host, way.Port}
		if one, again := known[at]; again { // another way to encrypt
			one.ConnConfig.Fallbacks = append(one.ConnConfig.Fallbacks, way)
			continue
		}
		one := config.Copy()
		one.ConnConfig.Host, one.ConnConfig.Port, one.ConnConfig.TLSConfig = way.Host, way.Port, way.TLSConfig
		one.ConnConfig.Fallbacks = nil
		known[at] = one
		each = append(each, one)
	}
	return each
}

func closeReplicas(all []*replica) {
	for _, r := range all {
		_ = r.db.Close() // the pool has the connections
		r.pool.Close()
	}
}

// mayServe lets every read in, or after a failure one, once in a while. Else it says why not.
func (r *replica) mayServe(now time.Time) (because string, ok bool) {
	resting := r.resting.Load()
	switch {
	case resting == nil:
		return "", true
	case now.Before(resting.until):
		return resting.because, false
	}
	again := &rest{resting.because, now.Add(rests[resting.because])}
	return resting.because, r.resting.CompareAndSwap(resting, again)
}

// standing is where a replica is when a transaction begins there.
type standing struct {
	replayed   int64 // of the log, before the transaction
	recovering bool
	timeline   int64 // of what it receives: 0 for nothing, -1 for a secret
	home       string
	ended      uint64 // transactions from it on have not ended, to the eyes of this one
}

// beginReading begins a transaction that sees what had been replayed before. The first statement must not be of that
// transaction, whose view is as old as its first statement. The chain keeps the connection to the server, also over a
// pooler.
const (
	beginReading = `begin isolation level repeatable read read only;
		select coalesce((pg_last_wal_replay_lsn() - '0/0')::bigint, 0);
		commit and chain; `
	selectStanding = `select pg_is_in_recovery(),
		coalesce((select coalesce(received_tli, -1) from pg_stat_wal_receiver), 0), ` + selectHomeOfReads + `,
		pg_snapshot_xmax(pg_current_snapshot())::text`
)

// begin begins to read, and says where the replica is.
func (r *replica) begin(ctx context.Context, conn *pgx.Conn) (*standing, error) {
	settings := r.settings.statements()
	if settings != "" {
		settings += "; "
	}
	results, err := conn.PgConn().Exec(ctx, beginReading+settings+selectStanding).ReadAll()
	if err != nil {
		return nil, err
	}
	const replayed = 1 // after the beginning
	now := results[len(results)-1].Rows
	if len(results) < 4 || len(results[replayed].Rows) != 1 || len(now) != 1 {
		return nil, errors.New("the replica did not say where it is")
	}
	s := &standing{recovering: string(now[0][0]) == "t", home: string(now[0][2])}
	var failed [3]error
	s.replayed, failed[0] = strconv.ParseInt(string(results[replayed].Rows[0][0]), 10, 64)
	s.timeline, failed[1] = strconv.ParseInt(string(now[0][1]), 10, 64)
	s.ended, failed[2] = strconv.ParseUint(string(now[0][3]), 10, 64)
	return s, errors.Join(failed[:]...)
}

// holdAgainst says why a replica is not to be believed, whatever it has replayed; nil when it follows the primary.
func (s *standing) holdAgainst(m *moment) *notFresh {
	switch {
	case s.home != m.home:
		return &notFresh{because: becauseForeign}
	case !s.recovering:
		return &notFresh{because: becauseWritable}
	case s.timeline < 0:
		return &notFresh{because: becauseForbidden}
	case s.timeline != m.timeline:
		return &notFresh{because: becauseDetached}
	}
	return nil
}

// shows reports whether a replica has committed one of these transactions.
func shows(ctx context.Context, conn *pgx.Conn, transactions []uint64) (bool, error) {
	if len(transactions) == 0 {
		return false, nil
	}
	numbers := make([]string, len(transactions))
	for i, t := range transactions {
		numbers[i] = strconv.FormatUint(t, 10)
	}
	results, err := conn.PgConn().Exec(ctx, fmt.Sprintf(
		"select exists (select from unnest('{%s}'::xid8[]) t where pg_xact_status(t) = 'committed')",
		strings.Join(numbers, ","),
	)).ReadAll()
	if err == nil && (len(results) != 1 || len(results[0].Rows) != 1) {
		err = errors.New("the replica did not say what it shows")
	}
	return err == nil && string(results[0].Rows[0][0]) == "t", err
}
