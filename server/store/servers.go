package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// pulseEvery is how often the server that takes writes is asked whether it does.
	pulseEvery = time.Second
	// pulseTimeout is when it counts as silent: it stands still, or waits for a standby that follows another.
	pulseTimeout = 5 * time.Second
	// silence is how long a silent server is passed over, unless no other takes writes: then one connection after
	// the other tries it.
	silence = 10 * time.Second
	// replacedFor is how long a server that was replaced is refused, since the one in its place has last answered.
	replacedFor = time.Minute
)

// errSilent is why a server is passed over.
var errSilent = errors.New("this server did not answer a moment ago")

// errReplaced is why a connection is not used.
var errReplaced = errors.New("another server has taken over from this one")

// servers knows where connections to PostgreSQL lead when the URL names several hosts. A server that stands still keeps
// its connections and takes new ones: only its silence tells. So it is asked to commit something all the time, and when
// it does not, its connections are closed, and others go on to the next host.
type servers struct {
	log *slog.Logger

	mu       sync.Mutex
	conns    map[*serverConn]struct{}
	silent   map[string]time.Time // address to when it may be tried again
	answered time.Time            // when a server has last committed

	stop    context.CancelFunc // ends watch
	watched sync.WaitGroup
}

// serverConn is a connection to a server.
type serverConn struct {
	net.Conn
	servers *servers
	address string
	opened  time.Time
	heard   atomic.Bool // the server has sent something
}

func newServers(log *slog.Logger) *servers {
	return &servers{log: log, conns: make(map[*serverConn]struct{}), silent: make(map[string]time.Time)}
}

// severalHosts reports whether there is another server to go to.
func severalHosts(config *pgx.ConnConfig) bool {
	for _, f := range config.Fallbacks { // there is also one for each way to encrypt
		if f.Host != config.Host || f.Port != config.Port {
			return true
		}
	}
	return false
}

// begin starts to watch; end stops it.
func (s *servers) begin(config *pgx.ConnConfig) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.watched.Go(func() { s.watch(ctx, config) })
}

func (s *servers) end() {
	s.stop()
	s.watched.Wait()
}

// through makes dial pass over silent servers.
func (s *servers) through(dial pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if !s.mayTry(address) {
			return nil, errSilent
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &serverConn{Conn: conn, servers: s, address: address, opened: time.Now()}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conns[c] = struct{}{}
		return c, nil
	}
}

// mayTry lets one connection try a server that was silent, once in a while.
func (s *servers) mayTry(address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, silent := s.silent[address]
	if !silent {
		return true
	}
	if time.Now().Before(until) {
		return false
	}
	s.silent[address] = time.Now().Add(silence)
	return true
}

// Read implements net.Conn.
func (c *serverConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Swap(true) {
		c.servers.mu.Lock()
		defer c.servers.mu.Unlock()
		delete(c.servers.silent, c.address)
	}
	return n, err
}

// Close implements net.Conn. Who has waited for the first answer in vain tells the others.
func (c *serverConn) Close() error {
	s := c.servers
	s.mu.Lock()
	delete(s.conns, c)
	if !c.heard.Load() && time.Since(c.opened) > pulseEvery {
		s.silent[c.address] = time.Now().Add(silence)
	}
	s.mu.Unlock()
	return c.Conn.Close()
}

// closeAll closes connections, in the middle of whatever they do.
func (s *servers) closeAll(which func(*serverConn) bool) (closed int) {
	s.mu.Lock()
	var chosen []*serverConn
	for c := range s.conns {
		if which(c) {
			chosen = append(chosen, c)
		}
	}
	s.mu.Unlock()
	for _, c := range chosen {
		_ = c.Close()
	}
	return len(chosen)
}

// fall gives up a server.
func (s *servers) fall(ctx context.Context, address string, cause error) {
	s.mu.Lock()
	s.silent[address] = time.Now().Add(silence)
	s.mu.Unlock()
	closed := s.closeAll(func(c *serverConn) bool { return c.address == address })
	s.log.WarnContext(
		ctx, "the database's server does not commit: its connections are closed", "server", address,
		"connections", closed, "error", cause,
	)
}

// replaced gives up all servers but one, which has taken over.
func (s *servers) replaced(by *pgx.Conn) {
	s.closeAll(func(c *serverConn) bool { return c.address != addressOf(by) })
}

// refuse has one that was replaced passed over. While nobody has answered for long it is the best there is: then
// somebody has gone back to it on purpose.
func (s *servers) refuse(conn *pgx.Conn) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.answered) > replacedFor {
		return nil
	}
	s.silent[addressOf(conn)] = time.Now().Add(silence)
	return errReplaced
}

// commitNothing has the server commit, which takes what every commit takes: the synchronous standby's answer too. It
// writes a few bytes into the log and needs no table.
const commitNothing = `SELECT pg_logical_emit_message(true, 'orderhub', '')`

// watch asks the server that takes writes all the time, over a connection of its own.
func (s *servers) watch(ctx context.Context, config *pgx.ConnConfig) {
	beat := time.NewTicker(pulseEvery)
	defer beat.Stop()
	var conn *pgx.Conn
	defer func() { hangUp(conn) }()
	for {
		select {
		case <-ctx.Done():
			return
		case <-beat.C:
		}
		if conn == nil || conn.IsClosed() {
			var err error
			if conn, err = pgx.ConnectConfig(ctx, config.Copy()); err != nil {
				conn = nil // callers hear of it themselves
				continue
			}
		}
		err := pulse(ctx, conn)
		if err == nil {
			s.mu.Lock()
			s.answered = time.Now()
			s.mu.Unlock()
			continue
		}
		if errors.Is(err, errSilent) && ctx.Err() == nil {
			s.fall(ctx, addressOf(conn), err)
		}
		hangUp(conn)
		conn = nil
	}
}

// pulse asks once. The error wraps errSilent when there was no answer in time.
func pulse(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, pulseTimeout)
	defer cancel()
	_, err := conn.Exec(waiting, commitNothing)
	if err != nil && waiting.Err() != nil {
		return fmt.Errorf("%w: %w", errSilent, err)
	}
	return err
}

// addressOf is what was dialled for the connection.
func addressOf(conn *pgx.Conn) string { return conn.PgConn().Conn().RemoteAddr().String() }

// hangUp closes a connection without waiting for anything.
func hangUp(conn *pgx.Conn) {
	if conn != nil {
		_ = conn.PgConn().Conn().Close()
	}
}
