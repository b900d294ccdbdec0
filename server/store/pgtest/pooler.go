package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// poolerPort only names the socket, too.
const poolerPort = "6432"

// PoolerConns is how many connections to the server a pooler has for each database.
const PoolerConns = 5

// Pooler is a private PgBouncer in front of a server, in transaction mode: no two transactions of a client need be of
// one session. It runs while the Pooler is reachable.
type Pooler struct {
	dir   string
	conns int

	guarded
}

// sharedPooler is in front of the server that all tests of the process share.
var sharedPooler = sync.OnceValues(func() (*Pooler, error) {
	server, err := shared()
	if err != nil {
		return nil, err
	}
	return server.Pooler(context.Background(), PoolerConns)
})

// Pooled returns the URL of a database on the server that all tests of the process share, over a pooler. Without
// PgBouncer on the machine the test is skipped, or fails when the environment has CI=true.
func Pooled(tb testing.TB, direct string) string {
	tb.Helper()
	pooler, err := sharedPooler()
	require(tb, "PgBouncer", err)
	parsed, err := url.Parse(direct)
	if err != nil {
		tb.Fatal(err)
	}
	return pooler.URL(strings.TrimPrefix(parsed.Path, "/"))
}

// poolerSettings are those that docs/operations.md shows, and what a test needs.
const poolerSettings = `[databases]
* = host=%s port=%s

[pgbouncer]
listen_addr =
listen_port = %s
unix_socket_dir = %s
auth_type = trust
auth_file = %s
admin_users = postgres
pool_mode = transaction
default_pool_size = %d
max_client_conn = 500
query_wait_timeout = 20
server_login_retry = 1
logfile = %s
`

// Pooler starts PgBouncer in front of the server, with so many connections for each database, and waits until it
// answers. Errors: ErrNotInstalled.
func (s *Server) Pooler(ctx context.Context, conns int) (*Pooler, error) {
	program, err := findPooler()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(s.dir), "pgtest-")
	if err != nil {
		return nil, fmt.Errorf("creating the pooler's directory: %w", err)
	}
	p := &Pooler{dir: dir, conns: conns}
	if err := p.start(ctx, s, program); err != nil {
		return nil, errors.Join(err, p.Stop())
	}
	return p, nil
}

func findPooler() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", fmt.Errorf("no pgbouncer: %w", ErrNotInstalled)
}

// configure writes the pooler's settings, with the server that it is in front of.
func (p *Pooler) configure(s *Server) error {
	text := fmt.Sprintf(
		poolerSettings, s.dir, port, poolerPort, p.dir, p.file("users"), p.conns, p.file("pgbouncer.log"),
	)
	return os.WriteFile(p.file("pgbouncer.ini"), []byte(text), 0o644)
}

func (p *Pooler) file(name string) string { return filepath.Join(p.dir, name) }

// Lead puts the pooler in front of another server. Its clients stay connected.
func (p *Pooler) Lead(ctx context.Context, to *Server) error {
	if err := p.configure(to); err != nil {
		return err
	}
	return p.administer(ctx, "RELOAD")
}

func (p *Pooler) start(ctx context.Context, s *Server, program string) error {
	if err := p.configure(s); err != nil {
		return err
	}
	if err := os.WriteFile(p.file("users"), []byte(`"postgres" ""`+"\n"), 0o644); err != nil {
		return err
	}
	if err := give(s.owner, p.dir); err != nil {
		return err
	}
	if err := p.guarded.start(ctx, p.dir, s.owner, program, p.file("pgbouncer.ini")); err != nil {
		return fmt.Errorf("starting PgBouncer: %w", err)
	}
	return p.await(ctx)
}

// await returns when the pooler answers.
func (p *Pooler) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, p.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(p.file("log")) // says more where there is one
			return fmt.Errorf("waiting for PgBouncer: %w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL is the address of a database over the pooler.
func (p *Pooler) URL(database string) string { return address(database, poolerPort, p.dir) }

// Stop ends the pooler and removes what is its. It may be called again.
func (p *Pooler) Stop() error {
	return errors.Join(p.end("remove"), os.RemoveAll(p.dir))
}

// administer has the pooler do what only its administrators may.
func (p *Pooler) administer(ctx context.Context, command string) error {
	config, err := pgx.ParseConfig(p.URL("pgbouncer"))
	if err != nil {
		return err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, command)
	return errors.Join(err, conn.Close(ctx))
}
