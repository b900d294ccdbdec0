package store

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"orderhub/server/errs"
)

const (
	// postgresConns is the most connections when neither the options nor the URL say.
	postgresConns = 16
	// postgresConnectTimeout bounds the making of one connection.
	postgresConnectTimeout = 5 * time.Second
	// postgresUnacknowledged is how long what was sent may go unacknowledged.
	postgresUnacknowledged = 20 * time.Second
)

// postgresKeepAlive notices within half a minute that the server's machine is gone.
var postgresKeepAlive = net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3}

// postgresSettings are those of every session; the URL may say otherwise.
var postgresSettings = map[string]string{
	"application_name": "orderhub",
	"timezone":         "UTC",
	// No statement of the service takes long. What does has met a lock or a bad plan, and must not hold its
	// connection until the pool is empty.
	"statement_timeout": "30s",
	// A process that stopped inside a transaction must not keep wallets locked.
	"idle_in_transaction_session_timeout": "30s",
}

// openPostgres opens the pool, and a view of it for database/sql.
func (s opening) openPostgres(ctx context.Context, opts Options) error {
	s.dialect, s.Address = dialect.Postgres, opts.URL
	followers, err := openReplicas(ctx, opts)
	if err != nil {
		return err
	}
	if opts.Direct != "" {
		err = s.openPooled(ctx, opts)
	} else {
		err = s.openUnpooled(ctx, opts)
	}
	if err != nil {
		closeReplicas(followers)
		return err
	}
	s.ReadDB = s.WriteDB
	s.bulkSettings = planOnce + s.txSettings.selected()
	s.replicas = newReplicas(s.DB, followers)
	return nil
}

// openUnpooled opens connections to the server itself, for everything.
func (s opening) openUnpooled(ctx context.Context, opts Options) error {
	config, err := postgresConfig(opts.URL, opts.MaxConns)
	if err != nil {
		return err
	}
	config.ConnConfig.Tracer = opts.Tracer
	if err := s.openServers(ctx, config); err != nil {
		return err
	}
	s.pool = s.direct
	s.WriteDB = stdlib.OpenDBFromPool(s.pool)
	return nil
}

// openServers opens connections that lead to the server itself, and notices which one that is.
func (s opening) openServers(ctx context.Context, config *pgxpool.Config) (err error) {
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		readInstantsInUTC(conn)
		return s.noticeReplaced(ctx, conn)
	}
	if severalHosts(config.ConnConfig) {
		s.servers = newServers(s.Log, s.pace, config.ConnConfig.DialFunc)
		config.ConnConfig.DialFunc = s.servers.connect
	}
	if s.direct, err = openPool(ctx, config); err != nil {
		return err
	}
	if s.servers != nil {
		s.servers.begin(s.direct.Config().ConnConfig, s.noticeReplaced)
	}
	return nil
}

func openPool(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	var opened atomic.Pointer[pgxpool.Pool]
	config.ConnConfig.OnPgError = func(_ *pgconn.PgConn, err *pgconn.PgError) bool {
		return keepsConnection(opened.Load(), err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	opened.Store(pool)
	return pool, nil
}

// postgresConfig is what the URL says and else what is best. Most is how many connections there are when it is above 0.
func postgresConfig(url string, most int) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("reading the database's URL: %w", err) // pgx leaves the password out
	}
	switch {
	case most > 0:
		config.MaxConns = int32(min(most, 10_000))
	case !strings.Contains(url, "pool_max_conns"):
		config.MaxConns = postgresConns
	}
	conn := config.ConnConfig
	if conn.ConnectTimeout == 0 {
		conn.ConnectTimeout = postgresConnectTimeout
	}
	for name, value := range postgresSettings {
		if _, given := conn.RuntimeParams[name]; !given {
			conn.RuntimeParams[name] = value
		}
	}
	conn.DialFunc = (&net.Dialer{KeepAliveConfig: postgresKeepAlive, Control: limitUnacknowledged}).DialContext
	return config, nil
}

// keepsConnection says whether a connection is still good after an error of the server. A server that turned read-only
// goes on answering, so every connection of its pool is thrown away: another of the URL's hosts may take writes.
func keepsConnection(pool *pgxpool.Pool, err *pgconn.PgError) bool {
	const readOnly = "25006"
	if err.Code == readOnly && pool != nil {
		pool.Reset()
	}
	return err.Code != readOnly && !strings.EqualFold(err.Severity, "FATAL")
}

// readInstantsInUTC makes the connection return instants in UTC; pgx would return them in the machine's time zone.
func readInstantsInUTC(conn *pgx.Conn) {
	types := conn.TypeMap()
	instant := &pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	}
	types.RegisterType(instant)
	types.RegisterType(&pgtype.Type{
		Name: "_timestamptz", OID: pgtype.TimestamptzArrayOID, Codec: &pgtype.ArrayCodec{ElementType: instant},
	})
}

// A server that is promoted begins a new timeline.
const selectTimeline = `SELECT CASE WHEN pg_is_in_recovery() THEN '' ELSE
	substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END`

// noticeReplaced looks whether a new connection leads to another server than those before: then the log of events may
// have lost its end, and is looked at anew. Where the server does not tell, nothing is noticed. One that another has
// taken over from is not connected to again. A server that does not
// answer is none to work with.
func (s *DB) noticeReplaced(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, conn.Config().ConnectTimeout)
	defer cancel()
	var timeline string
	err := conn.QueryRow(ctx, selectTimeline).Scan(&timeline)
	if err != nil && conn.IsClosed() {
		return fmt.Errorf("%w: asking the server for its timeline: %w", errs.ErrUnavailable, err)
	}
	if err != nil || timeline == "" {
		return nil
	}
	for {
		before := s.timeline.Load()
		if before != nil && *before == timeline {
			return nil
		}
		if before != nil && s.servers != nil && timeline < *before { // as many digits, always
			if err := s.servers.refuse(conn); err != nil {
				return err
			}
		}
		if s.timeline.CompareAndSwap(before, &timeline) {
			if before != nil && s.servers != nil {
				s.servers.replaced(conn)
			}
			s.Primaries.Add(1)
			return nil
		}
	}
}
