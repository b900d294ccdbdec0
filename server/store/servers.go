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
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"

	"orderhub/server/errs"
)

// pace is how long is waited for servers.
type pace struct {
	// pulseEvery is how often the server that takes writes is asked whether it does.
	pulseEvery time.Duration
	// pulseTimeout is when it counts as silent: it stands still, or waits for a standby that follows another.
	pulseTimeout time.Duration
	// silence is how long a silent server is passed over before one connection tries it.
	silence time.Duration
	// replacedFor is how long a server that was replaced is refused, since the one in its place has last answered.
	replacedFor time.Duration
}

var usualPace = pace{
	pulseEvery: time.Second, pulseTimeout: 5 * time.Second, silence: 10 * time.Second, replacedFor: time.Minute,
}

// errSilent is why a server is passed over.
var errSilent = fmt.Errorf("%w: this server did not answer a moment ago", errs.ErrUnavailable)

// errReplaced is why a connection is not used.
var errReplaced = fmt.Errorf("%w: another server has taken over from this one", errs.ErrUnavailable)

// servers knows where connections to PostgreSQL lead when the URL names several hosts. A server that stands still keeps
// its connections and takes new ones: only its silence tells. So it is asked to commit something all the time, and when
// it does not, its connections are closed, and others go on to the next host.
type servers struct {
	log  *slog.Logger
	pace pace
	dial pgconn.DialFunc // leads to any server

	mu       sync.Mutex
	conns    map[*serverConn]struct{}
	passed   map[string]passedOver // by address
	answered time.Time             // when the server that has taken over last has last committed

	stop    context.CancelFunc // ends watch
	watched sync.WaitGroup
}

// passedOver is a server that connections are not led to.
type passedOver struct {
	until time.Time // when one connection may try it
	stuck bool      // it answers, but did not commit: nobody but watch may try it, until it does
}

// watching marks what watch connects with.
type watching struct{}

// serverConn is a connection to a server.
type serverConn struct {
	net.Conn
	servers *servers
	address string
	opened  time.Time
	heard   atomic.Bool // the server has sent something
}

func newServers(log *slog.Logger, pace pace, dial pgconn.DialFunc) *servers {
	return &servers{
		log: log, pace: pace, dial: dial, conns: make(map[*serverConn]struct{}), passed: make(map[string]passedOver),
	}
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

// begin starts to watch, and admit judges what watch connects to; end stops it.
func (s *servers) begin(config *pgx.ConnConfig, admit func(context.Context, *pgx.Conn) error) {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	config = config.Copy()
	// A server keeps a session that waits for a standby although its connection is closed, and has room for so many.
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: s.pace.pulseEvery}
	}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if ctx.Value(watching{}) == nil { // to say that nobody waits any more
			return s.dial(ctx, network, address)
		}
		return s.connect(ctx, network, address)
	}
	s.watched.Go(func() { s.watch(ctx, config, admit) })
}

func (s *servers) end() {
	s.stop()
	s.watched.Wait()
}

// connect is a [pgconn.DialFunc] that passes over servers.
func (s *servers) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if !s.mayTry(address, ctx.Value(watching{}) != nil) {
		return nil, errSilent
	}
	conn, err := s.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &serverConn{Conn: conn, servers: s, address: address, opened: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns[c] = struct{}{}
	return c, nil
}

// mayTry lets one connection try a server that is passed over, once in a while.
func (s *servers) mayTry(address string, watches bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	passed, there := s.passed[address]
	if !there {
		return true
	}
	if passed.stuck && !watches || time.Now().Before(passed.until) {
		return false
	}
	passed.until = time.Now().Add(s.pace.silence)
	s.passed[address] = passed
	return true
}

// passOver has connections led elsewhere. A server that is stuck stays so until it commits.
func (s *servers) passOver(address string, stuck bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stuck = stuck || s.passed[address].stuck
	s.passed[address] = passedOver{until: time.Now().Add(s.pace.silence), stuck: stuck}
}

// Read implements net.Conn.
func (c *serverConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Swap(true) {
		c.servers.mu.Lock()
		defer c.servers.mu.Unlock()
		if !c.servers.passed[c.address].stuck {
			delete(c.servers.passed, c.address)
		}
	}
	return n, err
}

// Close implements net.Conn. Who has waited for the first answer in vain tells the others.
func (c *serverConn) Close() error {
	s := c.servers
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	if !c.heard.Load() && time.Since(c.opened) > s.pace.pulseEvery {
		s.passOver(c.address, false)
	}
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
	s.passOver(address, true)
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

// refuse has one that was replaced passed over. While the one that took over has not answered for long it is the best
// there is: then somebody has gone back to it on purpose.
func (s *servers) refuse(conn *pgx.Conn) error {
	s.mu.Lock()
	answered := s.answered
	s.mu.Unlock()
	if time.Since(answered) > s.pace.replacedFor {
		return nil
	}
	s.passOver(addressOf(conn), false)
	return errReplaced
}

// committed notes that a server is one to work with.
func (s *servers) committed(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered = time.Now()
	delete(s.passed, address)
}

// commitNothing has the server commit, which takes what every commit takes: the synchronous standby's answer too. It
// writes a few bytes into the log and needs no table.
const commitNothing = `SELECT pg_logical_emit_message(true, 'orderhub', '')`

// watch asks the server that takes writes all the time, over a connection of its own.
func (s *servers) watch(ctx context.Context, config *pgx.ConnConfig, admit func(context.Context, *pgx.Conn) error) {
	beat := time.NewTicker(s.pace.pulseEvery)
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
			if conn, err = s.pulseConn(ctx, config, admit); err != nil {
				continue // callers hear of it themselves
			}
		}
		err := s.pulse(ctx, conn)
		if err == nil {
			s.committed(addressOf(conn))
			continue
		}
		if errors.Is(err, errSilent) && ctx.Err() == nil {
			s.fall(ctx, addressOf(conn), err)
		}
		hangUp(conn)
		conn = nil
	}
}

// pulseConn makes a connection for pulses. What admit refuses is none: the answers of a server that was replaced would
// count for the one that has taken over.
func (s *servers) pulseConn(
	ctx context.Context, config *pgx.ConnConfig, admit func(context.Context, *pgx.Conn) error,
) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(context.WithValue(ctx, watching{}, true), config)
	if err != nil {
		return nil, err
	}
	if err := admit(ctx, conn); err != nil {
		hangUp(conn)
		return nil, err
	}
	return conn, nil
}

// pulse asks once. The error wraps errSilent when there was no answer in time; one that came because the question was
// taken back is none.
func (s *servers) pulse(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, s.pace.pulseTimeout)
	defer cancel()
	_, err := conn.Exec(waiting, commitNothing)
	if waiting.Err() != nil {
		return fmt.Errorf("%w: %w", errSilent, errors.Join(waiting.Err(), err))
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
