package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the server of this test process. It is never stopped: its watchdog ends it together with the process.
var shared = sync.OnceValues(func() (*Server, error) { return Start(context.Background(), Options{}) })

// databases numbers the databases on the shared server.
var databases atomic.Int64

// New returns the URL of a new, empty database on the server that all tests of the process share. The test's end drops
// it. Without PostgreSQL on the machine the test is skipped, or fails when the environment has CI=true.
func New(tb testing.TB) string {
	tb.Helper()
	return create(tb, need(tb), "")
}

// A Template is a database that is prepared once and then copied, which is faster than preparing each copy.
type Template struct {
	prepare func(ctx context.Context, url string) error
	once    sync.Once
	name    string
	err     error
}

// NewTemplate returns a template that prepare fills when it is first needed. It must leave no connection open.
func NewTemplate(prepare func(ctx context.Context, url string) error) *Template {
	return &Template{prepare: prepare}
}

// New returns the URL of a new copy of the template; otherwise it is like the function New.
func (t *Template) New(tb testing.TB) string {
	tb.Helper()
	server := need(tb)
	t.once.Do(func() { t.name, t.err = t.fill(server) })
	if t.err != nil {
		tb.Fatalf("preparing the template database: %v", t.err)
	}
	return create(tb, server, t.name)
}

// fill creates the template's database and prepares it.
func (t *Template) fill(server *Server) (string, error) {
	ctx := context.Background()
	name := nextName("template")
	if err := server.Create(ctx, name, ""); err != nil {
		return "", err
	}
	return name, t.prepare(ctx, server.URL(name))
}

// need returns the shared server or ends the test.
func need(tb testing.TB) *Server {
	tb.Helper()
	server, err := shared()
	require(tb, "PostgreSQL", err)
	return server
}

// NewServer starts a server of the test's own with an empty database hub; the test's end stops it. Without PostgreSQL
// it is like the function New.
func NewServer(tb testing.TB, opts Options) *Server {
	tb.Helper()
	server, err := Start(context.Background(), opts)
	require(tb, "PostgreSQL", err)
	stopAfter(tb, server.Stop)
	if err := server.Create(context.Background(), "hub", ""); err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	return server
}

// NewReplicated is NewServer, and another server that follows it.
func NewReplicated(tb testing.TB, opts Options) (primary, standby *Server) {
	tb.Helper()
	primary = NewServer(tb, opts)
	standby, err := primary.Standby(context.Background())
	require(tb, "a standby", err)
	stopAfter(tb, standby.Stop)
	return primary, standby
}

// NewPooler starts a pooler in front of a server; the test's end stops it. Without PgBouncer it is like the function
// Pooled.
func NewPooler(tb testing.TB, server *Server) *Pooler {
	tb.Helper()
	pooler, err := server.Pooler(context.Background(), PoolerConns)
	require(tb, "PgBouncer", err)
	stopAfter(tb, pooler.Stop)
	return pooler
}

// require ends a test whose program did not start: where it is not installed the test is skipped, but in CI.
func require(tb testing.TB, program string, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true":
		tb.Skipf("not run with %s: %v", program, err)
	default:
		tb.Fatalf("starting %s: %v", program, err)
	}
}

func stopAfter(tb testing.TB, stop func() error) {
	tb.Cleanup(func() {
		if err := stop(); err != nil {
			tb.Errorf("stopping a server: %v", err)
		}
	})
}

func create(tb testing.TB, server *Server, template string) string {
	tb.Helper()
	name := nextName("test")
	if err := server.Create(context.Background(), name, template); err != nil {
		tb.Fatalf("creating a database: %v", err)
	}
	tb.Cleanup(func() {
		if err := server.Drop(context.Background(), name); err != nil {
			tb.Errorf("dropping a database: %v", err)
		}
	})
	return server.URL(name)
}

func nextName(kind string) string {
	return fmt.Sprintf("%s_%s", kind, strconv.FormatInt(databases.Add(1), 10))
}
